"""The real pipeline under a simulated clock: the bundled demo, and one's own mail played back."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.champion import Progress, load_model, prior
from bot.domain.alert import Alert, AlertKey, CaseId, Notice
from bot.domain.case import Step
from bot.domain.hours import Delay
from bot.domain.house import House
from bot.domain.message import Arrival, Direction, Medium, Message, Person
from bot.domain.triage import Policy
from bot.errors import IllegalStep, UsageError
from bot.learn.judge import ModelJudge
from bot.opening import existing_store, open_store
from bot.packaged import demo_inbox
from bot.service.deliver import Delivery
from bot.service.feedback import step
from bot.service.intake import Intake
from bot.service.ports import Channel, Ref
from bot.service.simulate import Happening, SimulatedClock, Simulation
from bot.settings import Settings
from bot.settings.words import parse_hours
from bot.store import listing
from bot.store.store import SqlStore

_HOUSE = House(frozenset({"support@brightkettle.example"}))
ZONE = ZoneInfo("Europe/London")
# After the last thing that happens, the demo goes on for this long, so that the evening's deadlines fire.
_AFTERMATH = timedelta(hours=3)


@dataclass(slots=True)
class Recorder:
    """A channel that keeps what is said, for `--json`."""

    alerts: list[dict[str, Any]] = field(default_factory=list)

    def post(self, alert: Alert | Notice, root: Ref | None, *, plainly: bool = False) -> Ref:  # noqa: ARG002
        """One entry an alert; nobody reviews a rehearsal, so notices are not kept."""
        if isinstance(alert, Notice):
            return Ref("recorded:notice")
        self.alerts.append(
            {
                "at": alert.at.isoformat(), "case": alert.case, "reason": alert.reason.value,
                "notify": alert.notify.value, "customer": alert.customer, "subject": alert.subject,
                "labels": [label.value for label in sorted(alert.labels, key=lambda lb: lb.value)],
                "severity": alert.severity, "text": alert.words, "reply": root is not None,
                "waiting_since": alert.waiting_since.isoformat(),
                "clues": [{"label": c.label.value, "text": c.text, "weight": c.weight} for c in alert.clues],
            }
        )  # fmt: skip
        return Ref(f"recorded:{len(self.alerts)}")

    def find(self, key: AlertKey, root: Ref | None, since: datetime, *, to: str = "") -> list[Ref]:  # noqa: ARG002
        """Nothing here gets lost."""
        return []

    def redraw(self, ref: Ref, alert: Alert, *, plainly: bool = False) -> None:
        """What people did stands in the database."""

    def delete(self, ref: Ref) -> None:
        """Nothing here is said twice."""


@contextmanager
def _stage(settings: Settings, keep: Path | None, clock: SimulatedClock) -> Iterator[SqlStore]:
    """A database for one rehearsal: kept where asked, else gone afterwards."""
    if keep is not None and keep.exists():
        raise UsageError("There is such a file already; a rehearsal begins with an empty database.", where=str(keep))
    with tempfile.TemporaryDirectory(prefix="amends-") as folder:
        file = (keep or Path(folder) / "rehearsal.db").resolve()
        store = open_store(replace(settings, store_url=f"sqlite:///{file}"), clock)
        try:
            yield store
        finally:
            store.close()


def _judge(settings: Settings, *, rebuild: bool, progress: Progress) -> ModelJudge:
    own = existing_store(settings)
    try:
        return ModelJudge(load_model(settings, own, rebuild=rebuild, progress=progress), prior(settings, own))
    finally:
        if own is not None:
            own.close()


def _play(settings: Settings, store: SqlStore, clock: SimulatedClock, judge: ModelJudge, channel: Channel,
          happenings: list[Happening], until: datetime) -> dict[str, int]:  # fmt: skip
    intake = Intake(store, judge, settings.policy)
    Simulation(clock, store, intake, settings.policy, Delivery(store, channel, clock)).play(happenings, until)
    return store.read(listing.tally)


def demo(
    settings: Settings, speak: Callable[[SimulatedClock], Channel], *, keep: Path | None, rebuild: bool,
    progress: Progress, afterwards: Callable[[SqlStore, SimulatedClock, Policy], None] = lambda *_: None,
) -> dict[str, int]:  # fmt: skip
    """Four days at Brightkettle, a shop that does not exist; returns the counts of what happened.

    `speak` makes the channel, `afterwards` is given the database before it is put away.
    """
    hours = parse_hours("Mon-Fri 09:00-17:00", ZONE)
    told = replace(settings, house=_HOUSE, policy=replace(settings.policy, hours=hours))
    judge = _judge(settings, rebuild=rebuild, progress=progress)
    inbox = demo_inbox()
    messages = [*_mail(inbox / "mail", ours=False), *_mail(inbox / "sent", ours=True), *_work_channel(inbox)]
    happenings = [Happening(arrival.message.received_at, arrival) for arrival in messages]
    clock = SimulatedClock(min(h.at for h in happenings))
    with _stage(told, keep, clock) as store:
        happenings += _team(inbox, store, told)
        until = max(h.at for h in happenings) + _AFTERMATH
        counts = _play(told, store, clock, judge, speak(clock), happenings, until)
        afterwards(store, clock, told.policy)
        return counts


def replay(settings: Settings, path: Path, channel: Channel, *, keep: Path | None, rebuild: bool,
           progress: Progress) -> dict[str, int]:  # fmt: skip
    """One's own export through the pipeline, each mail at its own time; nobody is reminded for ever."""
    from bot.edges.replay import read

    patience = replace(settings.policy.patience, nag=Delay(timedelta(days=366)))
    told = replace(settings, policy=replace(settings.policy, patience=patience))
    arrivals = read(path, settings.house)
    progress(f"{len(arrivals)} mails read from {path}")
    judge = _judge(settings, rebuild=rebuild, progress=progress)
    happenings = [Happening(arrival.message.received_at, arrival) for arrival in arrivals]
    clock = SimulatedClock(happenings[0].at)
    with _stage(told, keep, clock) as store:
        return _play(told, store, clock, judge, channel, happenings, happenings[-1].at)


def _mail(folder: Path, *, ours: bool) -> list[Arrival]:
    from bot.edges.replay import read_one

    return [read_one(file, _HOUSE, proven=ours) for file in sorted(folder.glob("*.eml"))]


def _work_channel(inbox: Path) -> list[Arrival]:
    return [
        Arrival(
            Message(
                sender=Person(line["who"].lower(), line["who"]), direction=Direction.FROM_CUSTOMER,
                subject=line["channel"], new_text=line["text"], received_at=datetime.fromisoformat(line["at"]),
                medium=Medium.WORK_CHANNEL,
            )
        )
        for line in _lines(inbox / "work_channel.jsonl")
    ]  # fmt: skip


def _team(inbox: Path, store: SqlStore, settings: Settings) -> list[Happening]:
    return [
        Happening(datetime.fromisoformat(line["at"]), _person_acts(store, settings, line))
        for line in _lines(inbox / "team.jsonl")
    ]


def _person_acts(store: SqlStore, settings: Settings, line: dict[str, str]) -> Callable[[], None]:
    def act() -> None:
        case = store.read(lambda connection: listing.case_of_message(connection, line["message_id"]))
        if case is None:
            return  # the classifier saw nothing in that message, so nobody was asked to act
        try:
            step(
                store,
                settings.policy,
                CaseId(case),
                Step(line["step"]),
                who=line["by"],
                whence="demo",
                note=line["note"],
            )
        except IllegalStep:
            return  # somebody's reply moved the case first

    return act


def _lines(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
