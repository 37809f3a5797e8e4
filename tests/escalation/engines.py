"""Processes of amends that tick, deliver and take in on one database, and can be killed in any transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from bot.domain.alert import AlertKey
from bot.domain.triage import Policy
from bot.service.deliver import Delivery
from bot.service.intake import Intake
from bot.service.ports import Ref
from bot.service.ticking import TickLease
from bot.store.store import SqlStore, SqlTransaction
from tests.escalation.policies import EPOCH
from tests.fakes.clock import SimulatedClock
from tests.fakes.world import RecordingChannel, ScriptedJudge

T = TypeVar("T")


class Killed(BaseException):
    """As by kill -9: nothing in the process sees it coming."""


class Mortal:
    """A store whose process is killed within, or right after, a transaction that is still to come."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.dies_in: int | None = None
        self.within = False

    def transact(self, work: Callable[[SqlTransaction], T]) -> T:
        if self.dies_in is None or self.dies_in > 1:
            self.dies_in = self.dies_in - 1 if self.dies_in is not None else None
            return self.store.transact(work)
        result = self.store.transact(self._killed(work) if self.within else work)
        raise Killed(result)

    def _killed(self, work: Callable[[SqlTransaction], T]) -> Callable[[SqlTransaction], T]:
        def killed(tx: SqlTransaction) -> T:
            raise Killed(work(tx))

        return killed


class Channel(RecordingChannel):
    """Its clock is its own: when it was told something does not depend on ours."""

    def find(self, key: AlertKey, root: Ref | None, since: datetime, *, to: str = "") -> list[Ref]:
        return super().find(key, root, EPOCH - timedelta(days=400), to=to)


class Process:
    """One of the two engines, born anew after each death under another name."""

    def __init__(
        self, name: str, url: str, clock: SimulatedClock, channel: Channel, is_known_dead: Callable[[str], bool]
    ) -> None:
        self.name = name
        self.mortal = Mortal(SqlStore(url, clock))
        self.lease = TickLease(name, is_known_dead)
        self.delivery = Delivery(self.mortal, channel, clock)

    def intake(self, judge: ScriptedJudge, policy: Policy) -> Intake:
        return Intake(self.mortal, judge, policy)

    def transacts_until(self, dies_in: int | None, *, within: bool) -> None:
        self.mortal.dies_in, self.mortal.within = dies_in, within

    def close(self) -> None:
        self.mortal.store.close()
