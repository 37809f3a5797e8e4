"""What people type after /amends, the shortcuts and the Home tab, over a real socket."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain.case import State
from bot.domain.review import ReviewPolicy
from bot.service.inbox import forget
from bot.service.review import list_for_today
from bot.store.models import corrections
from bot.store.tables import inbound
from tests.fakes.build import DAY, HOUR, NOTHING, message
from tests.fakes.slack import Person

from .office import ALERTS, CUSTOMERS, WORK, Office, text_of


def types(office: Office, words: str, person: Person | None = None, channel: str = ALERTS) -> str:
    """All words of the answer, which only they see."""
    answer = office.did((person or office.ana).types(words, channel))
    assert answer["response_type"] == "ephemeral"
    return f"{answer['text']} {json.dumps(answer['blocks'], ensure_ascii=False)}"


@pytest.mark.parametrize("words", ["/amends", "/amends help", "/amends dance"])
def test_help(office: Office, words: str) -> None:
    said = types(office, words)
    for command in ("list", "show", "mine", "oncall", "snooze", "report"):
        assert command in said


def test_list_and_mine(office: Office) -> None:
    assert "There are no open cases." in types(office, "/amends list")
    card = office.complains(number=1)
    office.complains("You sent me two kettles.", number=2)
    said = types(office, "/amends list")
    assert "Mo 1" in said
    assert "Mo 2" in said
    assert "You have no open cases." in types(office, "/amends mine")
    office.did(office.ana.presses("claim", ALERTS, card.ts))
    office.shows("ana is on it")
    mine = types(office, "/amends mine")
    assert "Mo 1" in mine
    assert "Mo 2" not in mine
    assert "Mo 1" not in types(office, "/amends mine", office.ben)


def test_show_tells_the_whole_story(office: Office) -> None:
    office.complains("You charged me twice.")
    said = types(office, "/amends show 1")
    assert "You charged me twice." in said
    assert "There is no case 9" in types(office, "/amends show 9")
    assert "Which case?" in types(office, "/amends show")
    assert "Which case?" in types(office, "/amends show <@UANA>")


def test_oncall_names_people_and_pings_nobody(office: Office) -> None:
    said = types(office, "/amends oncall")
    assert "@oncall" in said
    assert "lena" in said
    assert "<!subteam" not in said


def test_snooze(office: Office) -> None:
    office.complains()
    assert "put off until Mon 02 Mar 11:00" in types(office, "/amends snooze 1 2h")
    assert office.case().step_due_at == office.clock.now() + 2 * HOUR
    assert office.log()[-1] == ("snoozed", "ana (UANA)")
    office.shows("Put off by ana")
    assert "For how long?" in types(office, "/amends snooze 1 whenever")
    assert "put off until Tue 03 Mar 09:00" in types(office, "/amends snooze 1 tomorrow")


@pytest.mark.parametrize("length", ["91d", "366d", "366d working"])
def test_nothing_is_put_off_for_longer_than_the_dialog_allows(office: Office, length: str) -> None:
    office.complains()
    assert "for 90 days at most" in types(office, f"/amends snooze 1 {length}")
    assert not office.case().snoozed


def test_a_command_that_slack_tells_twice_is_carried_out_once(office: Office) -> None:
    told = office.ana.types("/amends report We billed March twice.", ALERTS)
    assert "Case 1 was opened." in json.dumps(office.did(told))
    office.slack.send(told)
    office.until(lambda: len(told.answers) > 1)
    assert "reported already" in json.dumps(told.answers[1])
    office.until(lambda: len(office.slack.messages(ALERTS)) == 1)


def test_report_without_words_asks_for_them(office: Office) -> None:
    office.did(office.ana.types("/amends report", WORK))
    office.did(office.ana.submits({"kind": "ignored", "words": "Nobody called Acme back.", "customer": "Acme"}))
    office.until(lambda: office.slack.messages(ALERTS))
    assert "Nobody called Acme back." in text_of(office.card())
    assert office.case().reason.value == "staff_report"


def test_the_shortcut_for_reports(office: Office) -> None:
    office.did(office.ben.uses_shortcut("report_complaint"))
    office.did(office.ben.submits({"kind": "mistake", "words": "They got the wrong invoice."}))
    office.until(lambda: office.slack.messages(ALERTS))
    assert office.log()[0] == ("opened", "ben (UBEN)")


def _are_told(office: Office, cards: int) -> bool:
    return len(office.slack.messages(ALERTS)) == cards


def _left_of_what_was_told(office: Office) -> list[Any]:
    return list(office.store.read(lambda connection: connection.execute(select(inbound.c.payload)).scalars()))


def test_a_report_is_a_new_one_though_all_rows_before_it_were_forgotten(office: Office) -> None:
    words = "They got the wrong invoice."
    for number in (1, 2):
        office.did(office.ben.uses_shortcut("report_complaint"))
        office.did(office.ben.submits({"kind": "mistake", "words": words}))
        office.until(partial(_are_told, office, number))
        office.until(lambda: _left_of_what_was_told(office) == [None, None])  # the form, and the card itself
        office.clock.advance(8 * DAY)
        office.room.keep()
        office.store.transact(forget)
    assert words in text_of(office.card(2))


def test_treat_as_complaint_opens_a_case_for_what_was_missed_and_teaches_the_classifier(office: Office) -> None:
    ts = office.cleo.says(CUSTOMERS, "Our export is empty again.")
    office.did(office.ana.uses_shortcut("treat_as_complaint", CUSTOMERS, ts))
    office.did(office.ana.submits({"kind": "mistake", "note": "third time"}))
    office.until(lambda: office.slack.messages(ALERTS))
    office.shows("Our export is empty again.")
    assert [one.text for one in office.store.read(corrections)] == ["Our export is empty again."]
    assert office.case().customer.display == "cleo (Acme)"


def test_treat_as_complaint_works_where_amends_does_not_read(office: Office) -> None:
    office.slack.add_channel("C9RANDOM", "random")
    ts = office.eva.says("C9RANDOM", "A customer told me that nobody answers her.")
    office.did(office.ana.uses_shortcut("treat_as_complaint", "C9RANDOM", ts))
    office.did(office.ana.submits({"kind": "ignored"}))
    office.until(lambda: office.slack.messages(ALERTS))
    office.shows("A customer told me that nobody answers her.")


def test_treat_as_complaint_shows_and_keeps_words_and_no_markup(office: Office) -> None:
    office.slack.add_channel("C9RANDOM", "random")
    marked = "Smith &amp; Co: <https://shop.example.com|the shop> charged &lt;twice&gt;."
    ts = office.eva.says("C9RANDOM", marked, blocks=[])
    office.did(office.ana.uses_shortcut("treat_as_complaint", "C9RANDOM", ts))
    office.did(office.ana.submits({"kind": "mistake"}))
    office.until(lambda: office.slack.messages(ALERTS))
    office.shows("Smith & Co: the shop charged <twice>.")


@pytest.mark.parametrize("shortcut", ["treat_as_complaint", "report_complaint"])
def test_shortcuts_are_for_the_team(office: Office, shortcut: str) -> None:
    ts = office.cleo.says(CUSTOMERS, "Hello!")
    office.did(office.cleo.uses_shortcut(shortcut, *((CUSTOMERS, ts) if shortcut.startswith("treat") else ())))
    assert office.cleo.view is None


@pytest.mark.parametrize("words", ["list", "show 1", "mine", "snooze 1 2h", "report x"])
def test_commands_are_for_the_team(office: Office, words: str) -> None:
    office.complains("The secret words of a customer.")
    for person in (office.eva, office.cleo):
        said = types(office, f"/amends {words}", person, WORK)
        assert "Only the people who look after complaints" in said
        assert "secret words" not in said
    assert office.log() == [("opened", "amends")]


# the Home tab


def home(office: Office, person: Person) -> dict[str, Any]:
    before = person.home.content if person.home else None
    office.did(person.opens_home())
    office.until(lambda: person.home is not None and person.home.content is not before)
    assert person.home is not None
    return person.home.content


def test_the_home_tab_shows_what_is_mine_the_teams_and_overdue(office: Office) -> None:
    card = office.complains(number=1)
    office.complains("You sent me two kettles.", number=2)
    office.did(office.ana.presses("claim", ALERTS, card.ts))
    office.shows("ana is on it")
    shown = json.dumps(home(office, office.ana))
    assert "My open cases (1)" in shown
    assert "The team's open cases (1)" in shown
    assert "cases opened" in shown


def test_a_stranger_sees_a_polite_sentence_and_no_case(office: Office) -> None:
    office.complains("The secret words of a customer.")
    shown = json.dumps(home(office, office.eva))
    assert "support team" in shown
    assert "Mo 1" not in shown


def test_a_case_is_looked_at_from_the_home_tab(office: Office) -> None:
    office.complains("You charged me twice.")
    home(office, office.ana)
    office.did(office.ana.presses("show", view=office.ana.home))
    assert office.ana.view is not None
    assert "You charged me twice." in json.dumps(office.ana.view.content)


def test_the_review_list_is_answered_there_and_grows_shorter(office: Office) -> None:
    from bot.domain.message import Arrival, Place
    from bot.service.intake import Intake

    office.judge.script["The lid is odd."] = NOTHING
    mail = message("The lid is odd.", rfc_id="<9@customer.example>")
    Intake(office.store, office.judge, office.settings.policy).take([Arrival(mail, Place("support", "INBOX", 1, 9))])
    office.store.transact(lambda tx: list_for_today(tx, ReviewPolicy(5, 5)))
    assert "The lid is odd." in json.dumps(home(office, office.ana))
    office.did(office.ana.presses("review_mistake", view=office.ana.home))
    office.until(lambda: office.ana.home and "The lid is odd." not in json.dumps(office.ana.home.content))
    assert [one.text for one in office.store.read(corrections)] == ["The lid is odd."]
    assert office.case().state is State.SUSPECTED


def test_the_review_list_in_the_channel_has_buttons_too(office: Office) -> None:
    from bot.domain.message import Arrival, Place
    from bot.service.intake import Intake

    mail = message("The lid is odd.", rfc_id="<9@customer.example>")
    Intake(office.store, office.judge, office.settings.policy).take([Arrival(mail, Place("support", "INBOX", 1, 9))])
    office.store.transact(lambda tx: list_for_today(tx, ReviewPolicy(5, 5)))
    office.passes(HOUR / 60)
    office.until(lambda: office.slack.messages(ALERTS))
    (posted,) = office.ana.sees(ALERTS)
    office.did(office.ana.presses("review_neither", ALERTS, posted.ts))
    office.is_told(office.ana, "Message 1: neither, noted.")
