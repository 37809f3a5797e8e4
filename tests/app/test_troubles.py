"""Servers that lose answers, ask for patience or close the door: nothing is lost, nothing is said twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.store import tables as t

from .installation import COMPLAINT, Installation

pytestmark = pytest.mark.dovecot
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("kind", ["reset_after", "reset_before"])
def test_when_an_answer_of_slack_is_lost_one_message_stands_there(installed: Installation, kind: str) -> None:
    installed.slack.fault("chat.postMessage", kind)  # type: ignore[arg-type]
    installed.customer(COMPLAINT, 1)
    run = installed.run_lightly().watches()
    run.says("Its outcome is looked up before anything is repeated.")
    installed.until(lambda: list(installed.outbox().values()) == ["unknown"], "nobody knows")
    installed.time_passes(MINUTE)
    installed.says_once("card")
    assert len(installed.slack.calls("chat.postMessage")) == (1 if kind == "reset_after" else 2)


def test_when_slack_asks_for_patience_it_is_said_later(installed: Installation) -> None:
    installed.slack.fault("chat.postMessage", "429", retry_after=1)
    installed.customer(COMPLAINT, 1)
    installed.run_lightly().watches().says("Slack asks for patience. Tried again in 1 s.")
    installed.says_once("card")
    assert len(installed.slack.calls("chat.postMessage")) == 2
    assert installed.rows(t.outbox.c.attempts) == [(2,)]


def test_when_slack_is_down_alerts_wait_for_it(installed: Installation) -> None:
    installed.slack.stop()
    installed.customer(COMPLAINT, 1)
    run = installed.run_lightly().watches()
    run.says("Slack cannot be reached")
    installed.until(lambda: list(installed.outbox().values()) == ["pending"], "it waits")
    installed.slack.start()
    installed.time_passes(MINUTE)
    installed.says_once("card")


def test_a_wrong_password_is_one_sentence_and_once_corrected_all_works(installed: Installation) -> None:
    installed.customer(COMPLAINT, 1)
    installed.password("open sesame")
    run = installed.run_lightly("impatient").watches()
    for folder in ("Sent", "INBOX"):
        run.says(f"support/{folder}: support (127.0.0.1:{installed.box.right.port}): It refused the login")
    installed.password(installed.box.password)
    run.says("support/INBOX: works again")
    installed.says_once("card")
    told = [line.partition("WARNING bot.service.watch: ")[2] for line in run.log.splitlines() if "WARNING" in line]
    assert {line.partition(":")[0] for line in told} == {"support/Sent", "support/INBOX"}
    assert all("It refused the login of" in line for line in told)
    assert "Traceback" not in run.log
    assert "sesame" not in run.log
