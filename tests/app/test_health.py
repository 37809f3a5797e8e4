"""Whoever asks a running amends how it does is told, also while its database is locked; people ask the database."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import sqlite3
import threading

import pytest
from sqlalchemy import update

from bot.store import tables as t
from tests.fakes.dovecot import wait_until

from .installation import CHANNEL, COMPLAINT, SOON, Installation

pytestmark = pytest.mark.dovecot
CANARIES = "C0CANARY00"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def asked(port: int, path: str) -> tuple[int, str]:
    """Status and body; (0, "") where nobody answers yet."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SOON)
    with contextlib.closing(connection), contextlib.suppress(ConnectionRefusedError):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    return 0, ""


def ids(port: int) -> set[str]:
    return {one["id"] for one in json.loads(asked(port, "/healthz")[1])["findings"]}


def test_an_amends_that_works_says_so_to_machines_and_to_people(installed: Installation) -> None:
    port = free_port()
    installed.configure(health=f"127.0.0.1:{port}")
    installed.customer(COMPLAINT, 1)
    run = installed.run_lightly().watches()
    installed.says_once("card")
    installed.until(lambda: asked(port, "/healthz")[0] == 200, "it is healthy")
    told = asked(port, "/metrics")[1]
    assert 'amends_open_cases{state="suspected"} 1.0' in told
    assert "customer.example" not in told
    people = installed.amends("status")
    assert people.code() == 0, people.output
    assert "amends does its work." in people.output
    assert "CRITICAL" not in run.log


def test_while_its_database_is_locked_it_is_unhealthy_and_lives_and_afterwards_it_is_well(
    installed: Installation,
) -> None:
    port = free_port()
    installed.configure(health=f"127.0.0.1:{port}")
    run = installed.run_lightly().watches()
    installed.until(lambda: asked(port, "/healthz")[0] == 200, "it is healthy")
    with contextlib.closing(sqlite3.connect(installed.folder / "amends.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert wait_until(lambda: "tick" in ids(port), SOON)
        assert asked(port, "/healthz")[0] == 503
        assert installed.amends("status").code() == 1
        threading.Event().wait(7)  # longer than a tick may hang by itself
    installed.until(lambda: asked(port, "/healthz")[0] == 200, "it is healthy again")
    assert "CRITICAL" not in run.log


def test_a_port_that_is_taken_ends_nothing(installed: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        installed.configure(health=f"127.0.0.1:{taken.getsockname()[1]}")
        installed.customer(COMPLAINT, 1)
        run = installed.run_lightly().watches()
        run.says("/healthz and /metrics are not there, everything else works")
        installed.says_once("card")


def test_the_canary_arrives_in_its_own_channel_and_is_closed(installed: Installation) -> None:
    installed.slack.add_channel(CANARIES)
    installed.configure(canary=CANARIES)
    installed.run_lightly().watches()
    installed.until(lambda: installed.rows(t.pulse.c.good_at).count((None,)) == 0
                    and len(installed.rows(t.pulse.c.name)) == 3, "it was seen to arrive")  # fmt: skip
    (told,) = installed.slack.messages(CANARIES)
    assert told["text"] == "The canary has arrived"
    assert installed.slack.messages(CHANNEL) == []
    assert installed.rows(t.case.c.id) == []
    installed.store.transact(lambda tx: tx.connection.execute(update(t.chore).values(due_at=tx.now)))
    installed.until(lambda: len(installed.slack.messages(CANARIES)) == 2, "the next one flies when it is due")
