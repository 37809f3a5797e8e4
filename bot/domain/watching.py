"""Whether the folders are watched: a watch that fails in silence loses more than one that never was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

# So many intervals without a good look, and people are told.
INTERVALS = 3
# But no sooner: one look alone may take half a minute where a server is slow, and nobody is to be told of that.
SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Watched:
    """How a folder does: since when it is watched, when it was last read well (UTC), what is wrong, who knows.

    `folder` is what people call it, account/name.
    """

    account: str
    folder: str
    begun_at: datetime
    good_at: datetime | None
    error: str
    is_told: bool

    @property
    def last_known_good(self) -> datetime:
        """When it was last read well; while it never was, when the watch began."""
        return max(self.begun_at, self.good_at) if self.good_at else self.begun_at


def unwatched(
    folders: Iterable[Watched], intervals: Mapping[tuple[str, str], timedelta], now: datetime
) -> list[Watched]:
    """Those of the folders in `intervals` (account, folder) of which nobody was told that they are not read."""
    return [
        one for one in folders
        if (interval := intervals.get((one.account, one.folder))) is not None
        and not one.is_told and now - one.last_known_good >= max(INTERVALS * interval, SHORTEST)
    ]  # fmt: skip
