"""`amends run` over a mailbox and a Slack: what it says, when it is silent, and how it ends."""

from __future__ import annotations

import re
import signal
import socket
import stat
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.store import tables as t
from tests.fakes.dovecot import HOST

from .installation import CHANNEL, COMPLAINT, ON_CALL, QUESTION, TOKEN_VARIABLE, Installation

pytestmark = pytest.mark.dovecot
HOUR = timedelta(hours=1)


def test_a_complaint_is_alerted_once_and_a_question_is_not(installed: Installation) -> None:
    installed.customer(QUESTION, 1)
    installed.customer(COMPLAINT, 2)
    run = installed.run("--verbose").watches()
    installed.says_once("card")
    installed.customer(QUESTION, 3)
    installed.customer(COMPLAINT, 4)
    installed.says_once("card", "card")
    assert [message["text"].partition(" · ")[2] for message in installed.slack.messages(CHANNEL)] == [
        "Customer 2: Order 2",
        "Customer 4: Order 4",
    ]
    installed.until(lambda: len(installed.rows(t.message.c.id)) == 4, "all mail is stored")
    assert installed.rows(t.case.c.customer_name) == [("Customer 2",), ("Customer 4",)]
    assert not re.search(f"charged|Spain|{installed.slack.token}|{installed.box.password}", run.log)


def test_told_to_end_it_ends_and_leaves_nobody_behind(installed: Installation) -> None:
    installed.customer(COMPLAINT, 1)
    run = installed.run().watches()
    installed.says_once("card")
    assert run.left_behind(), "nothing is found even while it runs"
    assert run.signal(signal.SIGTERM).code() == 0
    assert run.left_behind() == []
    assert "Traceback" not in run.log


def test_told_to_end_it_does_not_wait_for_a_server_that_hangs(installed: Installation) -> None:
    with socket.create_server((HOST, 0)) as silent:
        installed.configure(port=silent.getsockname()[1])
        run = installed.run_lightly().watches()
        caller, _ = silent.accept()
        with caller:
            assert run.signal(signal.SIGTERM).says("stopping").code() == 0
    assert "a connection did not end in time" in run.log
    assert "It did not answer in time" not in run.log, "it waited"
    assert run.left_behind() == []


def test_what_it_writes_down_is_for_its_owners_eyes_only(installed: Installation) -> None:
    """Its umask, here 0, would let everybody read; killed, it leaves all its files."""
    installed.customer(COMPLAINT, 1)
    assert installed.run_and_die("after_commit_of_case").code() == -signal.SIGKILL
    modes = {file.name: stat.filemode(file.stat().st_mode) for file in installed.folder.glob("amends.db*")}
    assert modes == dict.fromkeys(("amends.db", "amends.db-wal", "amends.db-shm"), "-rw-------")


def test_what_nobody_answers_is_escalated_below_its_card(installed: Installation) -> None:
    installed.configure(first="1s", second="3s")
    installed.customer(COMPLAINT, 1)
    installed.run_lightly().watches()
    installed.says_once("card", "still_unanswered", "still_unanswered")
    card, to_channel, to_on_call = installed.slack.messages(CHANNEL)
    assert "thread_ts" not in card
    assert (to_channel["thread_ts"], to_on_call["thread_ts"]) == (card["ts"], card["ts"])
    assert ("subtype" in to_channel, to_on_call["subtype"]) == (False, "thread_broadcast")
    assert to_on_call["text"].startswith(f"<!subteam^{ON_CALL}> Still unanswered")


def test_what_we_answered_is_not_escalated(installed: Installation) -> None:
    answered = installed.customer(COMPLAINT, 1)
    installed.run_lightly().watches()
    installed.says_once("card")
    installed.customer(COMPLAINT, 2)
    installed.says_once("card", "card")
    installed.answer(answered)
    what = select(t.event.c.what).where(t.event.c.case_id == 1).order_by(t.event.c.id)
    installed.until(
        lambda: installed.store.read(lambda c: list(c.execute(what).scalars())) == ["opened", "contacted"],
        "our answer is found",
    )
    installed.time_passes(HOUR)  # for both
    installed.says_once("card", "card", "still_unanswered")
    assert list(installed.outbox())[-1] == "2:still_unanswered:0:0:channel"
    assert installed.rows(t.case.c.id, t.case.c.state) == [(1, "contacted"), (2, "suspected")]


def test_without_a_token_the_alerts_come_to_the_terminal(installed: Installation) -> None:
    installed.config.write_text(installed.config.read_text().replace("bot_token_env", "# bot_token_env"))
    installed.customer(COMPLAINT, 1)
    run = installed.run().watches()
    run.says("alerts go to ConsoleChannel").says("Customer 1: Order 1", on="stdout")
    assert installed.slack.posts == []
    assert run.signal(signal.SIGINT).code() == 0, "as by Ctrl-C"


def test_without_its_secrets_it_does_not_begin_and_names_them_all(installed: Installation) -> None:
    (installed.folder / "mailbox.password").unlink()
    run = installed.amends("run", **{TOKEN_VARIABLE: ""})
    assert run.code() == 3
    where = re.escape(str(installed.folder))
    assert re.fullmatch(
        rf"amends: {where}/config.toml:\d+: mailbox\[1\]\.password_file: {where}/mailbox\.password cannot be read: "
        rf"No such file or directory\.\n"
        rf"{where}/config.toml:\d+: slack\.bot_token_env: the environment variable {TOKEN_VARIABLE} is not set\.\n",
        run.log,
    )
    assert not (installed.folder / "amends.db").exists()


def test_two_of_them_on_one_database_say_what_one_would(installed: Installation) -> None:
    for run in [installed.run_lightly(), installed.run_lightly()]:
        run.watches()
    for number in range(1, 7):
        installed.customer(COMPLAINT, number)
    installed.says_once(*["card"] * 6)
    installed.time_passes(HOUR)
    installed.says_once(*["card"] * 6, *["still_unanswered"] * 6)
    assert len(installed.rows(t.message.c.id)) == 6
