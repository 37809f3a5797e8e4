"""Every verb has two ways: a button and a line in a terminal. Both lead to the same case, log and lesson."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

import pytest

from bot import acting
from bot.domain.verdict import Label
from bot.store.models import corrections
from tests.fakes.build import verdict
from tests.fakes.slack import Envelope

from .office import ALERTS, Office

BOTH = verdict(Label.MISTAKE, Label.IGNORED)


class Hand(Protocol):
    """Somebody who does things to case 1."""

    def does(self, verb: str, **told: str) -> None: ...


class SlackHand:
    """By what is on the card."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self._last = ""
        self._pressed: Envelope | None = None

    def does(self, verb: str, **told: str) -> None:
        office, ts = self.office, self.office.card().ts
        before = len(office.log()), len(office.slack.calls("response_url"))
        if verb == self._last:  # the card shows another button by now, and somebody's client does not know that yet
            assert self._pressed is not None
            office.did(office.presses_again(self._pressed))
            office.until(lambda: (len(office.log()), len(office.slack.calls("response_url"))) != before)
            return
        on_menu = {"amends_made", "fixed", "evidence_sent", "closed", "dismissed", "reopened"}
        buttons = str(office.card().blocks)
        if verb == "snoozed":
            office.did(office.ana.chooses(f"{told['lasting']}:1", ALERTS, ts))
        elif verb in on_menu and f"'action_id': '{verb}'" not in buttons:
            office.did(office.ana.chooses(f"{verb}:1", ALERTS, ts))
        else:
            buttons_of = {"acknowledged": "claim", "taken_over": "take_over", "undone": "undo"}
            self._last, self._pressed = verb, office.ana.presses(buttons_of.get(verb, verb), ALERTS, ts)
            office.did(self._pressed)
        if office.ana.view is not None:
            office.did(office.ana.submits({"note": told["note"]} if told.get("note") else {}))
        office.until(lambda: (len(office.log()), len(office.slack.calls("response_url"))) != before)
        office.until(lambda: f"case:1:{office.case().generation}'" in str(office.card().blocks))


class ConsoleHand:
    """By `amends step`."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def does(self, verb: str, **told: str) -> None:
        lasting = {"1h": "1h", "tomorrow": "tomorrow"}.get(told.get("lasting", ""), "")
        note = told.get("note", "")
        acting.take_step(self.office.settings, self.office.store, 1, verb, by="ana (UANA)", note=note, lasting=lasting)


STORIES: dict[str, list[tuple[str, dict[str, str]]]] = {
    "taken": [("acknowledged", {})],
    "taken twice": [("acknowledged", {}), ("acknowledged", {})],
    "answered and mended": [
        ("acknowledged", {}), ("contacted", {}), ("amends_made", {}), ("fixed", {}), ("evidence_sent", {}),
        ("closed", {"note": "she is content"}),
    ],
    "fixed before amends": [("contacted", {}), ("fixed", {}), ("amends_made", {}), ("closed", {"note": "settled"})],
    "not a mistake": [("not_mistake", {})],
    "neither": [("not_mistake", {}), ("not_ignored", {})],
    "taken back": [("not_mistake", {}), ("undone", {})],
    "dismissed and taken back": [("dismissed", {"note": "her own slip"}), ("undone", {})],
    "dismissed and reopened": [("dismissed", {"note": "her own slip"}), ("reopened", {})],
    "put off": [("snoozed", {"lasting": "tomorrow"})],
}  # fmt: skip


def told(office: Office, hand: Hand, story: list[tuple[str, dict[str, str]]]) -> tuple[object, ...]:
    """What a story leads to, without the words in which somebody was contacted: only a dialog asks for those."""
    office.complains(verdict=BOTH)
    for verb, more in story:
        hand.does(verb, **more)
    case = office.case()
    lessons = [sorted(label.value for label in one.labels) for one in office.store.read(corrections)]
    return (case.state, case.labels, case.claimed_by, case.snoozed, case.step_due_at, case.loop, lessons, office.log())


@pytest.fixture
def outcomes(
    office: Office, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[tuple[object, ...], tuple[object, ...]]]:
    def both(story: str) -> tuple[tuple[object, ...], tuple[object, ...]]:
        pressed = told(office, SlackHand(office), STORIES[story])
        with Office(tmp_path_factory.mktemp("console")) as other:
            return pressed, told(other, ConsoleHand(other), STORIES[story])

    return both


@pytest.mark.parametrize("story", STORIES)
def test_a_button_and_a_command_lead_to_the_same(
    outcomes: Callable[[str], tuple[tuple[object, ...], tuple[object, ...]]], story: str
) -> None:
    pressed, typed = outcomes(story)
    assert pressed == typed


def test_a_report_is_the_same_by_command_and_on_a_terminal(office: Office) -> None:
    office.did(office.ana.types("/amends report We billed March twice.", ALERTS))
    acting.report(office.settings, office.store, "We billed April twice.", kind="mistake", by="ana (UANA)", customer="")
    office.passes(timedelta(seconds=1))
    office.until(lambda: len(office.slack.messages(ALERTS)) == 2)
    first, second = (office.case(number) for number in (1, 2))
    assert (first.reason, first.labels, first.ladder) == (second.reason, second.labels, second.ladder)
    assert office.log(1) == office.log(2) == [("opened", "ana (UANA)")]


def test_the_draft_is_the_same_in_the_dialog_and_on_a_terminal(office: Office) -> None:
    card = office.complains()
    office.did(office.ana.presses("draft", ALERTS, card.ts))
    assert office.ana.view is not None
    (field,) = [block for block in office.ana.view.content["blocks"] if block["type"] == "input"]
    written = acting.draft_for(office.store, 1)
    assert field["element"]["initial_value"] == written
    assert "We " in written
