"""However a connection ends, there is another soon; and whatever is under way, an end is an end."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.edges.slack.answer import Answer
from bot.edges.slack.line import Line
from bot.edges.slack.session import Patience
from bot.errors import Refused, Retriable
from bot.service.ports import Received
from tests.edges.slack.conftest import QUICK, App, Heard, listening
from tests.fakes.slack import FakeSlack

DEAF = replace(QUICK, pong=4.0)


@pytest.mark.parametrize("end", ["fin", "reset", "close", "deaf"])
def test_whatever_befalls_a_connection_there_is_another_over_which_events_come(
    slack: FakeSlack, heard: Heard, end: str
) -> None:
    with listening(slack, heard, DEAF) as app:
        [connection] = slack.connections
        if end == "deaf":
            connection.deaf = True
        else:
            getattr(connection, end)()
        slack.wait_for(lambda _: app.connected == 2)
        slack.say("C1", "back again")
        slack.redeliver()
        slack.wait_for(lambda _: heard)
        assert app.line.health.connected
        slack.wait_for(lambda now: end == "deaf" or [one.number for one in now.connections] == [2])


def test_what_was_lost_on_the_way_comes_again(slack: FakeSlack, heard: Heard) -> None:
    with listening(slack, heard, DEAF) as app:
        slack.connections[0].deaf = True
        slack.say("C1", "into a deaf ear")
        slack.connections[0].fin()
        slack.wait_for(lambda _: app.connected == 2)
        slack.redeliver()
        slack.wait_for(lambda now: now.envelopes[0].acked)
    assert [one.payload["event"]["text"] for one in heard] == ["into a deaf ear"]


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
def test_slack_asks_to_change_and_the_new_connection_stands_before_the_old_one_goes(
    slack: FakeSlack, heard: Heard, reason: Any
) -> None:
    with listening(slack, heard) as app:
        slack.disconnect(reason)
        slack.wait_for(lambda now: [one.number for one in now.connections] == [2])
        slack.wait_for(lambda _: app.connected == 2)
        assert app.open == [1, 2]
        slack.say("C1", "still there?")
        slack.wait_for(lambda _: heard)


def test_what_came_over_the_old_connection_is_still_answered_there(slack: FakeSlack) -> None:
    go = threading.Event()

    def receive(received: Received) -> Answer:
        go.wait(60)
        return Answer(ack={"text": "done"})

    with listening(slack, receive, replace(QUICK, drain=10.0)) as app:
        command = slack.person("ann").types("/amends list")
        slack.wait_for(lambda now: command.attempts)
        slack.disconnect()
        slack.wait_for(lambda _: app.connected == 2)
        go.set()
        assert slack.answer(command) == {"text": "done"}
        slack.wait_for(lambda now: [one.number for one in now.connections] == [2])


@pytest.mark.parametrize("fault", ["500", "503", "429", "html", "truncated", "reset_before"])
def test_the_first_connection_is_tried_until_it_stands(slack: FakeSlack, heard: Heard, fault: Any) -> None:
    slack.fault("apps.connections.open", fault, times=3, retry_after=0)
    with listening(slack, heard):
        assert len(slack.calls("apps.connections.open")) == 4


def test_one_connection_too_many_is_told_and_tried_again_until_there_is_room(
    slack: FakeSlack, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    with contextlib.ExitStack() as others:
        for _ in range(10):
            others.enter_context(listening(slack, heard))
        app = App(slack, heard)
        app.line.start()
        slack.wait_for(lambda _: app.tries > 2)
        assert app.connected == 0
    slack.wait_for(lambda _: app.connected == 1)
    app.line.stop()
    assert "No connection came about" in caplog.text


def test_an_outage_of_slack_ends_with_it(slack: FakeSlack, heard: Heard) -> None:
    with listening(slack, heard) as app:
        slack.stop()
        slack.wait_for(lambda _: app.tries > 3)
        slack.start()
        slack.wait_for(lambda _: app.connected == 2)
        slack.say("C1", "after the outage")
        slack.wait_for(lambda _: heard)


def test_a_refusal_is_told_once_and_tried_again(
    slack: FakeSlack, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    slack.revoke("invalid_auth", slack.app_token)
    app = App(slack, heard)
    app.line.start()
    slack.wait_for(lambda _: app.tries > 3)
    health = app.line.health
    told = [record for record in caplog.records if "invalid_auth" in record.message]
    slack.revoke("", slack.app_token)
    slack.wait_for(lambda _: app.connected)
    app.line.stop()
    assert len(told) == 1
    assert "app token" in told[0].message
    assert (health.connected, "invalid_auth" in health.error, health.last_pong) == (False, True, None)


def test_health_tells_since_when_it_is_so(slack: FakeSlack, heard: Heard) -> None:
    with listening(slack, heard) as app:
        up = app.line.health
        assert up.connected
        assert up.last_pong is not None
        assert up.error == ""
        slack.fault("apps.connections.open", "slow")
        slack.connections[0].fin()
        slack.wait_for(lambda now: now.held)
        down = app.line.health
        assert (down.connected, down.error != "", down.since >= up.since) == (False, True, True)
        slack.release()
        slack.wait_for(lambda _: app.connected == 2)
    assert not app.line.health.connected


# the end


def test_it_ends_while_slack_lets_it_wait_for_an_address_and_opens_nothing_after_that(
    slack: FakeSlack, heard: Heard
) -> None:
    slack.fault("apps.connections.open", "slow")
    app = App(slack, heard)
    app.line.start()
    slack.wait_for(lambda now: now.held)
    app.line.stop()
    assert slack.held == 1, "the call is still held, and we are through"
    slack.release()
    slack.wait_for(lambda now: now.sockets.ever == 1 and not now.connections)
    assert app.connected == 0


def test_it_ends_while_it_waits_for_the_next_try(slack: FakeSlack, heard: Heard) -> None:
    slack.fault("apps.connections.open", "429", retry_after=3600)
    app = App(slack, heard)
    app.line.start()
    slack.wait_for(lambda _: app.tries)
    app.line.stop()
    assert app.tries == 1


def test_it_ends_although_something_is_stuck(slack: FakeSlack) -> None:
    stuck, go = threading.Event(), threading.Event()

    def receive(received: Received) -> Answer:
        stuck.set()
        go.wait(60)
        return Answer()

    app = App(slack, receive, replace(QUICK, stop=0.1))
    app.line.start()
    slack.wait_for(lambda _: app.connected)
    slack.say("C1", "hello")
    assert stuck.wait(60)
    app.line.stop()
    assert not go.is_set()
    slack.wait_for(lambda now: not now.connections)
    go.set()


def test_it_ends_although_nothing_comes_that_the_reader_could_read(slack: FakeSlack, heard: Heard) -> None:
    app = App(slack, heard)
    app.line.start()
    slack.wait_for(lambda _: app.connected)
    session: Any = app.line._session
    session._framed._stream.settimeout(None)
    [connection] = slack.connections
    connection.ping()  # from here on the reader reads without a timeout
    slack.wait_for(lambda _: connection.pongs)
    connection.deaf = True
    ending = threading.Thread(target=app.line.stop, daemon=True)
    ending.start()
    ending.join(60)
    assert not ending.is_alive()


def test_what_is_under_way_at_the_end_is_answered(slack: FakeSlack) -> None:
    begun, go = threading.Event(), threading.Event()

    def receive(received: Received) -> Answer:
        begun.set()
        go.wait(60)
        return Answer()

    app = App(slack, receive, replace(QUICK, stop=10.0))
    app.line.start()
    slack.wait_for(lambda _: app.connected)
    slack.say("C1", "hello")
    assert begun.wait(60)
    ending = threading.Thread(target=app.line.stop)
    ending.start()
    go.set()
    ending.join(60)
    slack.wait_for(lambda now: now.envelopes[0].acked)


def test_no_thread_outlives_its_line(slack: FakeSlack, heard: Heard) -> None:
    before = set(threading.enumerate())
    with listening(slack, heard) as app:
        slack.connections[0].fin()
        slack.wait_for(lambda _: app.connected == 2)
        ours = set(threading.enumerate()) - before
    for thread in ours:
        thread.join(60)
    assert not [thread for thread in ours if thread.is_alive()]


# scripted: how long it waits


class Scripted:
    """A session that lasts as long as the script says."""

    trouble = ""
    is_leaving = False

    def __init__(self, lasts: bool) -> None:
        self.is_open, self.last_pong, self.ended = lasts, float("inf"), False

    def end(self, patience: float) -> None:
        self.ended = True


def pauses(script: Sequence[Exception | bool], patience: Patience) -> list[float]:
    """How long the line waited before each try, by the script of what its tries came to; the last stays."""
    done, waited, turns = threading.Event(), list[float](), iter(script)

    def dial(changed: Callable[[], None]) -> Scripted:
        waited.append(line._pause())
        turn = next(turns)
        if isinstance(turn, Exception):
            raise turn
        if turn:
            done.set()
        return Scripted(turn)

    line = Line(dial, lambda: None, patience)
    line.start()
    assert done.wait(60)
    line.stop()
    return waited


def test_each_failure_doubles_the_pause_up_to_a_limit_and_a_connection_ends_that() -> None:
    down = [Retriable("It is down.")] * 8
    waited = pauses([*down, True], Patience(first=0.002, longest=0.02))
    assert waited[0] == 0
    for n, seconds in enumerate(waited[1:]):
        most = min(0.002 * 2**n, 0.02)
        assert most / 2 <= seconds <= most


def test_connections_that_end_at_once_are_not_made_without_end() -> None:
    waited = pauses([False] * 6 + [True], Patience(first=0.002, restless=0.01))
    assert waited[0] == 0
    assert all(0.001 <= seconds <= 0.01 for seconds in waited[1:])


def test_after_a_connection_that_lasted_there_is_no_pause() -> None:
    assert pauses([False, True], Patience(settled=0.0)) == [0, 0]


def test_a_connection_forgives_the_failures_before_it() -> None:
    assert pauses([*[Retriable("It is down.")] * 4, False, True], Patience(first=0.002, settled=0.0))[-1] == 0


def test_a_refusal_is_not_repeated_each_second(caplog: pytest.LogCaptureFixture) -> None:
    no = Refused("Slack refuses: invalid_auth.")
    pauses([no, no, no, True], Patience(first=100, refused=0.01))
    assert [record.levelno for record in caplog.records if "invalid_auth" in record.message] == [logging.ERROR]
