"""Every button, menu and dialog of a card, pressed over a real socket."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.case import State
from bot.domain.verdict import Label
from tests.fakes.build import HOUR, verdict

from .office import ALERTS, Office, text_of

BOTH = verdict(Label.MISTAKE, Label.IGNORED)


def test_i_am_on_it(office: Office) -> None:
    card = office.complains()
    office.did(office.ana.presses("claim", ALERTS, card.ts))
    shown = office.shows("ana is on it")
    assert "I'm on it" not in text_of(shown)
    assert office.log() == [("opened", "amends"), ("acknowledged", "ana (UANA)")]
    assert len(office.slack.messages(ALERTS)) == 1


def test_two_who_press_at_once_are_both_told_who_has_it(office: Office) -> None:
    card = office.complains()
    pressed = [person.presses("claim", ALERTS, card.ts) for person in (office.ana, office.ben)]
    for one in pressed:
        office.did(one)
    office.until(lambda: office.case().claimed_by)
    first = office.case().claimed_by
    second = office.ben if first.startswith("ana") else office.ana
    office.is_told(second, f"{first} took case 1")
    assert [what for what, _who in office.log()] == ["opened", "acknowledged"]


def test_who_presses_twice_is_told_so(office: Office) -> None:
    card = office.complains()
    pressed = office.ana.presses("claim", ALERTS, card.ts)
    office.did(pressed)
    office.did(office.presses_again(pressed))
    office.is_told(office.ana, "You are on case 1 already.")


def test_a_press_that_slack_tells_three_times_counts_once(office: Office) -> None:
    card = office.complains()
    pressed = office.ana.presses("not_mistake", ALERTS, card.ts)
    office.did(pressed)
    office.shows("Dismissed")
    for _ in range(2):
        office.slack.send(pressed)
        office.until(lambda: len(pressed.answers) > 1)
    assert [what for what, _who in office.log()] == ["opened", "dismissed"]


def test_take_over(office: Office) -> None:
    card = office.complains()
    office.did(office.ana.presses("claim", ALERTS, card.ts))
    office.shows("ana is on it")
    office.did(office.ben.presses("Take over", ALERTS, card.ts))
    office.shows("ben is on it")


def test_contacted_asks_how_and_by_whom(office: Office) -> None:
    card = office.complains()
    office.did(office.ana.presses("contacted", ALERTS, card.ts))
    office.did(office.ana.submits({"how": "phone", "by": office.ben.id, "note": "he took it well"}))
    assert office.ana.view is None
    office.shows("Contacted by ana", "by phone: he took it well, by ben")
    assert office.case().state is State.CONTACTED


def test_draft_reply_shows_a_draft_and_changes_nothing(office: Office) -> None:
    card = office.complains()
    office.did(office.ana.presses("draft", ALERTS, card.ts))
    assert office.ana.view is not None
    (field,) = [block for block in office.ana.view.content["blocks"] if block["type"] == "input"]
    assert field["element"]["initial_value"].startswith("Hello Mo 1,")
    office.did(office.ana.submits({field["block_id"]: field["element"]["initial_value"]}))
    assert [what for what, _who in office.log()] == ["opened"]


@pytest.mark.parametrize(("choice", "until"), [("1h:1", HOUR), ("tomorrow:1", timedelta(days=1))])
def test_snooze_for_an_hour_or_until_tomorrow_at_nine(office: Office, choice: str, until: timedelta) -> None:
    card = office.complains()
    office.did(office.ana.chooses(choice, ALERTS, card.ts))
    office.shows("Put off by ana")
    assert office.case().step_due_at == office.clock.now() + until


def test_snooze_until_a_moment_of_ones_own(office: Office) -> None:
    card = office.complains()
    office.did(office.ana.chooses("pick:1", ALERTS, card.ts))
    office.did(office.ana.submits({"until": int((office.clock.now() - HOUR).timestamp())}))
    assert office.ana.view is not None
    assert "That moment has gone by" in office.ana.view.errors["until"]
    office.did(office.ana.submits({"until": int((office.clock.now() + 3 * HOUR).timestamp())}))
    office.shows("Put off by ana")
    assert office.case().step_due_at == office.clock.now() + 3 * HOUR


def test_not_a_mistake_and_undo(office: Office) -> None:
    card = office.complains(verdict=BOTH)
    office.did(office.ana.presses("not_mistake", ALERTS, card.ts))
    office.shows("ana says: not a mistake", "Undo")
    assert office.case().labels == {Label.IGNORED}
    office.did(office.ben.presses("undo", ALERTS, card.ts))
    office.until(lambda: "Undo" not in text_of(office.card()))
    assert office.case().labels == set(Label)


def test_not_ignored_was_the_only_label_so_the_case_is_dismissed_and_undo_brings_it_back(office: Office) -> None:
    card = office.complains(verdict=verdict(Label.IGNORED))
    office.did(office.ana.presses("not_ignored", ALERTS, card.ts))
    office.shows("Dismissed by ana", "Undo", "Reopen")
    office.did(office.ana.presses("undo", ALERTS, card.ts))
    office.shows("I'm on it")
    assert office.case().state is State.SUSPECTED


def test_the_way_to_the_end_by_what_comes_next(office: Office) -> None:
    card = office.complains()
    office.did(office.ana.presses("contacted", ALERTS, card.ts))
    office.did(office.ana.submits({}))
    office.shows("Contacted by ana")
    for button, words in (("amends_made", "Amends made"), ("fixed", "Cause fixed"), ("evidence_sent", "Evidence sent")):
        office.did(office.ana.presses(button, ALERTS, card.ts))
        office.shows(f"{words} by ana")
    office.did(office.ana.presses("closed", ALERTS, card.ts))
    office.did(office.ana.submits({}))
    office.shows("Closed by ana", "Reopen")
    assert [what for what, _ in office.log()] == [
        "opened", "contacted", "amends_made", "fixed", "evidence_sent", "closed",
    ]  # fmt: skip


def test_the_menu_closes_and_dismisses_with_a_reason_only(office: Office) -> None:
    card = office.complains()
    office.did(office.ana.chooses("closed:1", ALERTS, card.ts))
    office.did(office.ana.submits({"note": " "}))
    assert office.ana.view is not None
    assert office.ana.view.errors["note"]
    office.did(office.ana.submits({"note": "settled by phone"}))
    office.shows("Closed by ana", "settled by phone")
    office.did(office.ana.presses("reopened", ALERTS, card.ts))
    office.shows("I'm on it")
    office.did(office.ana.chooses("dismissed:1", ALERTS, card.ts))
    office.did(office.ana.submits({"note": "ordered it herself"}))
    office.shows("Dismissed by ana", "ordered it herself")


def test_a_dialog_that_was_overtaken_says_so_below_its_field(office: Office) -> None:
    card = office.complains()
    office.did(office.ana.presses("contacted", ALERTS, card.ts))
    office.did(office.ben.chooses("dismissed:1", ALERTS, card.ts))
    office.did(office.ben.submits({"note": "spam"}))
    office.shows("Dismissed by ben")
    office.did(office.ana.submits({}))
    assert office.ana.view is not None
    assert "dismissed by now" in str(office.ana.view.errors)
    assert office.case().state is State.DISMISSED


def test_an_old_card_works_after_a_restart_and_says_what_is_so_by_now(office: Office) -> None:
    card = office.complains()
    office.did(office.ana.presses("claim", ALERTS, card.ts))
    office.shows("ana is on it")
    office.comes_back()
    office.did(office.ben.presses("contacted", ALERTS, card.ts))
    office.did(office.ben.submits({}))
    office.shows("Contacted by ben")


def test_what_is_pressed_on_a_card_that_has_moved_on_is_answered_and_changes_nothing(office: Office) -> None:
    """Somebody's client has not redrawn the card yet."""
    card = office.complains()
    stale = office.ana.presses("claim", ALERTS, card.ts)
    office.did(stale)
    office.shows("ana is on it")
    office.did(office.ana.presses("contacted", ALERTS, card.ts))
    office.did(office.ana.submits({}))
    office.shows("Contacted by ana")
    office.did(office.presses_again(stale))
    office.is_told(office.ana, "The case is contacted; it cannot become acknowledged.")
    assert office.case().state is State.CONTACTED


def test_strangers_and_customers_get_a_polite_no(office: Office) -> None:
    card = office.complains()
    before = office.log()
    for person in (office.eva, office.cleo):
        for press in ("claim", "contacted", "draft"):
            office.did(person.presses(press, ALERTS, card.ts))
            assert person.view is None
        office.is_told(person, "Only the people who look after complaints")
    assert office.log() == before


def test_who_joins_the_channel_may_act(office: Office) -> None:
    card = office.complains()
    office.did(office.eva.presses("claim", ALERTS, card.ts))
    office.is_told(office.eva, "Only the people")
    office.eva.joins(ALERTS)
    office.passes(timedelta(minutes=2))
    office.did(office.eva.presses("claim", ALERTS, card.ts))
    office.shows("eva is on it")


def test_a_press_waits_until_slack_says_who_may_press(office: Office) -> None:
    card = office.complains()
    office.slack.chance("users.info", {"500": 1.0})
    office.did(office.ana.presses("claim", ALERTS, card.ts))
    office.until(office.waiting)
    assert "users.info" in office.waiting()[0]
    assert not any(one.only_you for one in office.ana.sees(ALERTS))
    office.slack.chance("users.info", {})
    office.passes(timedelta(seconds=30))
    office.shows("ana is on it")
