"""What Slack tells is kept before it is acknowledged: many that come at the same moment share one commit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from bot.service.ports import Received, Store, Transaction

# So many rows a transaction: others wait for the writer too.
MOST = 200


@dataclass(frozen=True, slots=True)
class _Letter:
    """Something to be kept. `turn` comes to True when its sender is to carry out the next commit, to False when it
    was kept by another's; or it raises what that raised."""

    told: Received
    turn: Future[bool] = field(default_factory=Future)


@dataclass(slots=True)
class Letterbox:
    """Used by many threads at once. `wake` is called after a commit that kept something new.

    One of those that wait commits for all; then the first of those that came meanwhile does.
    """

    store: Store
    wake: Callable[[], None] = field(default=lambda: None)
    _waiting: list[_Letter] = field(default_factory=list)
    _is_busy: bool = False  # somebody commits, or was told to
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, told: Received) -> None:
        """Returns when it is safe on disk. Raises what the database raises; then it was not kept for certain."""
        letter = _Letter(told)
        with self._lock:
            self._waiting.append(letter)
            is_mine, self._is_busy = not self._is_busy, True
        if is_mine or letter.turn.result():
            self._commit(letter)

    def _commit(self, own: _Letter) -> None:
        batch: list[_Letter] = []
        try:
            new = self.store.transact(lambda tx: self._empty(tx, batch))
        except BaseException as problem:
            self._fail(batch or self._take(None), own, problem)
            raise
        else:
            for letter in batch:
                if letter is not own:
                    letter.turn.set_result(False)
        finally:
            self._pass_on()
        if new:
            self.wake()

    def _empty(self, tx: Transaction, batch: list[_Letter]) -> int:
        batch += self._take(MOST)
        return tx.receive([letter.told for letter in batch])

    def _take(self, most: int | None) -> list[_Letter]:
        with self._lock:
            taken = self._waiting[:most]
            del self._waiting[:most]
        return taken

    def _fail(self, letters: list[_Letter], own: _Letter, problem: BaseException) -> None:
        for letter in letters:
            if letter is not own:
                letter.turn.set_exception(problem)

    def _pass_on(self) -> None:
        """To whoever has waited longest, if anybody does."""
        with self._lock:
            self._is_busy = bool(self._waiting)
            following = self._waiting[0] if self._waiting else None
        if following is not None:
            following.turn.set_result(True)
