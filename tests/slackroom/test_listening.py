"""What people write in Slack is read like mail: complaints, answers, second thoughts, and what was said meanwhile."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from bot.domain.case import State
from bot.slackroom import LEASE
from tests.fakes.build import HOUR, IGNORED, MISTAKE

from .office import ALERTS, CUSTOMERS, WORK, Office

BROKEN = "Our export is empty again, and it cost us a day."


def complains_in_slack(office: Office) -> str:
    office.judge.script[BROKEN] = MISTAKE
    ts = office.cleo.says(CUSTOMERS, BROKEN)
    office.until(lambda: office.slack.messages(ALERTS))
    return ts


def test_a_customers_words_become_a_card_for_the_team_and_for_nobody_else(office: Office) -> None:
    complains_in_slack(office)
    office.shows(BROKEN, "cleo (Acme)")
    assert [one.text for one in office.cleo.sees(CUSTOMERS)] == [BROKEN]


def test_our_answer_in_the_thread_is_the_answer(office: Office) -> None:
    ts = complains_in_slack(office)
    office.eva.says(CUSTOMERS, "We see it; a fix goes out within the hour.", thread=ts)
    office.shows("Contacted by eva")
    assert office.case().state is State.CONTACTED


def test_a_customers_own_words_in_the_thread_stop_nothing(office: Office) -> None:
    ts = complains_in_slack(office)
    office.judge.script["Anybody there?"] = IGNORED
    office.cleo.says(CUSTOMERS, "Anybody there?", thread=ts)
    office.until(lambda: len(office.slack.messages(ALERTS)) == 2)
    assert office.case().state is State.SUSPECTED


def test_an_answer_that_is_taken_back_is_none(office: Office) -> None:
    ts = complains_in_slack(office)
    answer = office.eva.says(CUSTOMERS, "We see it.", thread=ts)
    office.shows("Contacted by eva")
    office.eva.deletes(CUSTOMERS, answer)
    office.until(lambda: office.case().state is State.SUSPECTED)


def test_words_that_are_changed_into_a_complaint_are_one(office: Office) -> None:
    ts = office.cleo.says(CUSTOMERS, "Hi all")
    office.judge.script[BROKEN] = MISTAKE
    office.cleo.edits(CUSTOMERS, ts, BROKEN)
    office.until(lambda: office.slack.messages(ALERTS))
    office.shows(BROKEN)


def test_words_that_are_taken_back_are_gone_from_the_card_and_the_case_stays(office: Office) -> None:
    ts = complains_in_slack(office)
    office.cleo.deletes(CUSTOMERS, ts)
    office.until(lambda: BROKEN not in str(office.card().blocks))
    assert office.case().state is State.SUSPECTED
    assert office.log()[-1][0] == "retracted"


def test_a_colleague_who_tells_of_a_mess_up_is_heard(office: Office) -> None:
    words = "We sent the March invoice to everybody twice."
    office.judge.script[words] = MISTAKE
    office.eva.says(WORK, words)
    office.until(lambda: office.slack.messages(ALERTS))
    assert office.case().reason.value == "staff_report"


def test_talk_in_the_thread_of_a_card_is_about_the_case_and_none_of_it(office: Office) -> None:
    card = office.complains()
    office.judge.script["We charged her twice, what a mess."] = MISTAKE
    office.ana.says(ALERTS, "We charged her twice, what a mess.", thread=card.ts)
    office.complains("You sent me two kettles.", number=2)
    assert office.store.transact(lambda tx: tx.count_open()) == 2


def test_bots_and_newcomers_are_left_alone(office: Office) -> None:
    office.judge.script[BROKEN] = MISTAKE
    office.slack.bot_says(CUSTOMERS, BROKEN)
    office.ben.joins(CUSTOMERS)
    complains_in_slack(office)
    assert office.store.transact(lambda tx: tx.count_open()) == 1


def test_what_was_said_while_amends_was_away_is_read_from_history(office: Office) -> None:
    first = complains_in_slack(office)
    office.leaves()
    office.judge.script["And now the import fails, too."] = MISTAKE
    office.cleo.says(CUSTOMERS, "And now the import fails, too.", thread=first)
    words = "Invoices went out twice."
    office.judge.script[words] = MISTAKE
    office.eva.says(WORK, words)
    office.clock.advance(timedelta(minutes=10))
    office.slack.advance(600)
    office.room, office._threads = office._opened()
    office.until(lambda: len(office.slack.messages(ALERTS)) == 3)
    office.shows(words, number=2)


def test_who_only_stands_by_rests_until_the_lease_is_his_and_reads_the_gap_then(office: Office) -> None:
    office.leaves()
    office.store.transact(lambda tx: tx.take_lease(LEASE, "another", HOUR, from_the_dead=frozenset()))
    words = "Invoices went out twice."
    office.judge.script[words] = MISTAKE
    office.eva.says(WORK, words)
    office.room, office._threads = office._opened()
    office.room._gap.set()
    office.until(lambda: not office.room._gap.is_set())  # else its thread would turn round and round
    assert not office.slack.messages(ALERTS)
    office.store.transact(lambda tx: tx.drop_lease(LEASE, "another"))
    office.room.keep()
    office.until(lambda: office.slack.messages(ALERTS))
    office.shows(words)


def test_a_question_without_an_answer_becomes_a_case_by_itself(office: Office) -> None:
    office.cleo.says(CUSTOMERS, "Could you tell me when the export is back?")
    office.until(lambda: office.store.transact(lambda tx: tx.next_due()) is not None)
    office.passes(8 * HOUR)
    office.until(lambda: office.slack.messages(ALERTS))
    assert office.case().reason.value == "unanswered"


def test_neither_tokens_nor_words_are_in_the_log(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    complains_in_slack(office)
    office.did(office.ana.presses("claim", ALERTS, office.card().ts))
    office.shows("ana is on it")
    office.slack.fault("chat.update", "error", code="internal_error")
    office.did(office.ben.presses("take_over", ALERTS, office.card().ts))
    for secret in (office.slack.token, office.slack.app_token, BROKEN, "response_url", "hooks"):
        assert secret not in caplog.text
