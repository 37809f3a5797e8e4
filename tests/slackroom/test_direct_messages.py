"""A direct message is worked with as the card is: by its buttons, over a real socket; what they did is said there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.domain.escalation import How, Ladder, Notify, Rung
from bot.domain.hours import Delay
from bot.domain.roster import Duty, Roster
from bot.slackcheck import SCOPES
from tests.fakes.build import MINUTE, ON_CALL, POLICY
from tests.fakes.slack import Person, Seen

from .office import ALERTS, Office, text_of


@dataclass(frozen=True)
class Turns:
    """Somebody's turn for good."""

    name: str
    who: str

    def duty(self, at: datetime) -> Duty:
        return Duty(
            self.who,
            f"weekly rotation {self.name}, until Mon 2026-03-09 09:00"
            if self.who
            else f"nobody: {self.name} has not begun",
        )


LADDER = Ladder("default", (
    Rung(Delay(5 * MINUTE), Notify.SCHEDULE, "support", How.DM), Rung(Delay(9 * MINUTE), Notify.PERSON, "UEVA", How.DM),
))  # fmt: skip
ROSTER = Roster(ON_CALL, (Turns("support", "UBEN"), Turns("night", ""), Turns("lead", "UANA")))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Ben is on call; after nine minutes Eva is told, who may not act."""
    with Office(tmp_path, policy=replace(POLICY, ladders=(LADDER,), roster=ROSTER)) as office:
        office.slack.scopes = set(SCOPES)
        yield office


def told(office: Office, person: Person) -> Seen:
    """The direct message to somebody, as soon as there is one."""
    conversation = f"D{person.id}"
    office.until(lambda: conversation in office.slack.workspace.channels and office.slack.messages(conversation))
    return next(one for one in person.sees(conversation) if not one.only_you)


def rings(office: Office) -> Seen:
    """A customer complains, and nobody takes it for five minutes."""
    office.complains()
    office.passes(5 * MINUTE)
    return told(office, office.ben)


def test_who_is_on_call_takes_a_case_where_they_were_told(office: Office) -> None:
    message = rings(office)
    assert "Told to whoever is on call by the rotation support." in text_of(message)
    assert len(office.slack.messages(ALERTS)) == 1, "the channel hears nothing of it"
    office.did(office.ben.presses("claim", "DUBEN", message.ts))
    office.shows("ben is on it")
    office.is_told(office.ben, "Done. The card of the case shows how it is now.", "DUBEN")
    assert office.log()[-1] == ("acknowledged", "ben (UBEN)")


def test_a_button_that_is_out_of_date_says_how_it_is_now(office: Office) -> None:
    message = rings(office)
    office.did(office.ana.presses("claim", ALERTS, office.card().ts))
    office.shows("ana is on it")
    office.did(office.ben.presses("claim", "DUBEN", message.ts))
    office.is_told(office.ben, "ana", "DUBEN")
    assert office.case().claimed_by == "ana (UANA)"


def test_dialogs_open_from_there_too(office: Office) -> None:
    message = rings(office)
    office.did(office.ben.presses("contacted", "DUBEN", message.ts))
    office.did(office.ben.submits({}))
    office.shows("Contacted by ben")
    office.is_told(office.ben, "Done.", "DUBEN")


def test_who_is_told_and_may_not_act_gets_a_polite_no_and_the_case_goes_on(office: Office) -> None:
    rings(office)
    office.passes(4 * MINUTE)
    message = told(office, office.eva)
    office.did(office.eva.presses("claim", "DUEVA", message.ts))
    office.is_told(office.eva, "Only the people who look after complaints", "DUEVA")
    assert not office.case().claimed_by


def test_our_own_direct_messages_are_never_read_as_somebodys_words(office: Office) -> None:
    message = rings(office)
    office.did(office.ben.presses("claim", "DUBEN", message.ts))
    office.shows("ben is on it")
    office.comes_back()
    assert [what for what, _who in office.log()] == ["opened", "still_unanswered", "acknowledged"]
    assert len(office.store.transact(lambda tx: tx.open_cases(9))) == 1


def test_oncall_tells_whose_turn_it_is_by_every_rotation(office: Office) -> None:
    answer = office.did(office.ana.types("/amends oncall", ALERTS))
    said = " ".join(json.dumps(answer, ensure_ascii=False).split())
    assert answer["text"] == "On call: @oncall."
    for turn in (
        "ana (weekly rotation lead, until Mon 2026-03-09 09:00)",
        "ben (weekly rotation support, until Mon 2026-03-09 09:00)", "nobody: night has not begun",
    ):  # fmt: skip
        assert turn in said
    assert "<@" not in said
