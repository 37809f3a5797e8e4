"""`amends status`: what a person sees who wonders whether amends works."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.domain.message import Person
from bot.opening import SystemClock
from bot.store import tables as t
from bot.store.store import SqlStore, SqlTransaction
from tests.cli.conftest import Amends
from tests.store.rows import open_case

HOUR = timedelta(hours=1)
CONFIG = """
[store]
url = "sqlite:///amends.db"
[slack]
alert_channel = "C1"
bot_token_env = "B"
on_call = "S0123456789"
[[mailbox]]
name = "support"
host = "imap.acme.example"
user = "support@acme.example"
password_env = "P"
[[mailbox]]
name = "sales"
host = "imap.acme.example"
user = "sales@acme.example"
password_env = "P"
sent = ""
"""


@pytest.fixture
def store(amends: Amends) -> SqlStore:
    """The database of an installation in which everything was looked after this very moment."""
    amends.write("config.toml", CONFIG)
    made = SqlStore(f"sqlite:///{amends.here / 'amends.db'}", SystemClock())
    amends.stores.append(made)
    ticked(made)
    return made


def ticked(store: SqlStore) -> None:
    """At a time that lies in the future, so that this test may take its time."""

    def work(tx: SqlTransaction) -> None:
        tx.now = SystemClock().now() + HOUR
        tx.pulse("tick")
        for name in ("support/INBOX", "support/Sent", "sales/INBOX"):
            tx.begin_watch(name.partition("/")[0], name)
            tx.good_look(name.partition("/")[0], name)

    store.transact(work)


def test_an_amends_that_works_exits_zero_and_tells_what_it_has_to_do(amends: Amends, store: SqlStore) -> None:
    soon = SystemClock().now() + HOUR
    store.transact(lambda tx: open_case(tx, next_due_at=soon))
    store.transact(lambda tx: open_case(tx, Person("jo@x.example"), next_due_at=soon, exhausted=True))
    done = amends("status")
    assert done.code == 0, done.out
    assert "amends does its work." in done.out
    for part in ("2 (2 suspected); 1 of them nobody has taken", "(in 59m)", "S0123456789", "empty", "support/INBOX"):
        assert part in done.out
    assert "jo@x.example" not in done.out


def test_the_same_for_machines(amends: Amends, store: SqlStore) -> None:
    told = amends("status", "--json").told
    assert (told["healthy"], told["findings"]) == (True, [])
    assert [one["folder"] for one in told["folders"]] == ["sales/INBOX", "support/INBOX", "support/Sent"]
    assert told["on_call"][0] == {"schedule": "on_call", "who": "S0123456789", "why": "named as on_call"}
    assert (told["cases"]["open"], told["next_due_at"], told["quarantine"], told["canary"]) == (0, None, 0, None)


def test_where_amends_does_not_run_it_says_so_and_exits_one(amends: Amends, store: SqlStore) -> None:
    long_ago = SystemClock().now() - 3 * HOUR
    store.transact(lambda tx: tx.connection.execute(update(t.pulse).values(good_at=long_ago)))
    done = amends("status")
    assert done.code == 1
    assert "amends does not do its work." in done.out
    assert "tick: No deadline was looked after for 3h. Is `amends run` running?" in " ".join(done.out.split())
    assert [one["id"] for one in amends("status", "--json").told["findings"]] == ["tick"]


def test_without_a_database_it_says_what_makes_one(amends: Amends, tmp_path: Path) -> None:
    done = amends("status")
    assert done.code == 7
    assert "There is no such database" in done.err
    assert not list(tmp_path.rglob("*.db"))
