"""Reading once more what lies in quarantine."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from bot.domain.house import House
from bot.domain.message import Arrival, Unreadable
from bot.service import quarantine
from bot.service.defects import defect
from bot.service.intake import Intake
from bot.text.mime import read_mail

if TYPE_CHECKING:
    from bot.service.ports import Judge, Store
    from bot.settings import Settings

Outcome = Literal["read", "asked", "failed"]


def retry(settings: Settings, store: Store, number: int) -> Outcome:
    """Take it in like any mail, if it can be read by now. Raises UsageError, ModelUnfit."""
    found = quarantine.waiting(store, number)
    if not found.mail.raw:
        quarantine.ask_again(store, number)
        return "asked"
    arrival = read_again(found.mail, found.at, settings.house)
    judge = _judge(settings, store)
    Intake(store, judge, settings.policy).try_again([arrival])
    after = store.transact(lambda tx: tx.quarantined(number))
    return "read" if after is not None and after.ended_at is not None else "failed"


def read_again(mail: Unreadable, at: datetime, house: House) -> Arrival | Unreadable:
    """Its bytes as a message that came when it was put aside (UTC), or what is wrong with them now."""
    try:
        message = read_mail(mail.raw, at, house, proven_ours=mail.proven_ours)
    except Exception as problem:
        # whatever it does to the parser, it stays where it is
        return Unreadable(mail.place, mail.raw, defect(problem), mail.proven_ours)
    return Arrival(message, mail.place, mail.raw)


def _judge(settings: Settings, store: Store) -> Judge:
    from bot.champion import load_model, prior
    from bot.learn.judge import ModelJudge
    from bot.store.store import SqlStore

    assert isinstance(store, SqlStore)
    model = load_model(settings, store, rebuild=False, progress=lambda _line: None)
    return ModelJudge(model, prior(settings, store))
