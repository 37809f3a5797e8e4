"""Killed at any point, amends goes on where it was: nothing is lost, nothing is said twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.store import tables as t

from .installation import COMPLAINT, QUESTION, Installation

pytestmark = pytest.mark.dovecot
MINUTE = timedelta(minutes=1)
SIGKILL = -9
WHILE_MAIL_ARRIVES = [
    "before_storing", "after_commit_of_beginning", "before_commit_of_keeping", "after_commit_of_keeping",
    "between_batches", "before_commit_of_deciding", "after_commit_of_deciding", "before_commit_of_case",
    "after_commit_of_case", "before_commit_of_claim", "before_post", "after_post", "before_commit_of_settling",
    "after_commit_of_settling",
]  # fmt: skip


def five_mails(installed: Installation) -> None:
    for number, text in enumerate((QUESTION, COMPLAINT, QUESTION, COMPLAINT, "Thank you!"), 1):
        installed.customer(text, number)


def each_mail_is_stored_once(installed: Installation) -> None:
    assert installed.rows(t.message.c.id, t.message.c.subject) == [(n, f"Order {n}") for n in range(1, 6)]
    assert installed.rows(t.place.c.folder, t.place.c.uid, t.place.c.message_id) == [
        ("INBOX", n, n) for n in range(1, 6)
    ]
    assert dict(installed.rows(t.cursor.c.folder, t.cursor.c.last_uid)) == {"INBOX": 5, "Sent": 0}


@pytest.mark.parametrize("point", WHILE_MAIL_ARRIVES)
def test_killed_while_mail_arrives_it_alerts_once_for_each_complaint(installed: Installation, point: str) -> None:
    five_mails(installed)
    assert installed.run_and_die(point).code() == SIGKILL
    installed.time_passes(MINUTE)
    installed.run()
    installed.until(lambda: len(installed.rows(t.message.c.id)) == 5, "all mail is stored")
    installed.says_once("card", "card")
    each_mail_is_stored_once(installed)


@pytest.mark.parametrize("point", ["before_look_up", "after_look_up"])
def test_killed_again_while_it_looks_up_what_it_said_it_still_says_it_once(installed: Installation, point: str) -> None:
    five_mails(installed)
    for each in ("after_post", point):
        assert installed.run_and_die(each).code() == SIGKILL
        installed.time_passes(MINUTE)
    installed.run_lightly()
    installed.says_once("card", "card")


@pytest.mark.parametrize("point", ["before_commit_of_rung", "after_commit_of_rung"])
def test_killed_while_it_escalates_it_escalates_once(installed: Installation, point: str) -> None:
    five_mails(installed)
    dying = installed.run_and_die(point).watches()
    installed.says_once("card", "card")
    installed.time_passes(16 * MINUTE)
    assert dying.code() == SIGKILL
    installed.run_lightly()
    installed.says_once("card", "card", "still_unanswered", "still_unanswered")
    told = [(case, what) for case, what in installed.rows(t.event.c.case_id, t.event.c.what) if what != "opened"]
    assert sorted(told) == [(1, "still_unanswered"), (2, "still_unanswered")]
