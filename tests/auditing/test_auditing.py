"""What an installation's audit looks at, and what it shows to machines."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event, insert

from bot import auditing
from bot.domain.message import Person
from bot.edges.listening import Reply
from bot.settings import Settings, load
from bot.store import tables as t
from bot.store.store import SqlStore, SqlTransaction
from tests.fakes.build import MINUTE
from tests.fakes.clock import SimulatedClock
from tests.store.rows import open_case

SECOND = timedelta(seconds=1)
BOX = """
[[mailbox]]
name = "{name}"
host = "imap.acme.example"
user = "{name}@acme.example"
password_env = "P"
folders = {folders}
sent = ""
poll = "10s"
max_connections = {most}
"""


def settings(folder: Path, *boxes: tuple[str, list[str], int]) -> Settings:
    file = folder / "config.toml"
    text = [BOX.format(name=name, folders=str(folders).replace("'", '"'), most=most) for name, folders, most in boxes]
    file.write_text("".join(text), encoding="utf-8")
    return load(file)


@pytest.fixture
def store(tmp_path: Path, clock: SimulatedClock) -> Iterator[SqlStore]:
    made = SqlStore(f"sqlite:///{tmp_path / 'amends.db'}", clock)
    yield made
    made.close()


def numbers(reply: Reply) -> dict[str, float]:
    """name{label} -> value, as Prometheus understands it."""
    families = text_string_to_metric_families(reply.body.decode())
    return {
        one.name + "".join(f"{{{value}}}" for value in one.labels.values()): one.value
        for family in families
        for one in family.samples
    }


def test_each_folder_is_expected_to_be_read_as_often_as_the_config_says(tmp_path: Path) -> None:
    found = auditing.expected(settings(tmp_path, ("support", ["INBOX", "Orders"], 6)))
    every = 10 * SECOND
    assert found.folders == {("support", "support/INBOX"): every, ("support", "support/Orders"): every}
    assert (found.heartbeat, found.canary) == (None, False)


def test_folders_that_share_a_connection_may_take_their_turn(tmp_path: Path) -> None:
    """Two accounts of one server, which takes three connections for all of them."""
    boxes = [(name, [f"F{number}" for number in range(5)], 3) for name in ("support", "sales")]
    found = auditing.expected(settings(tmp_path, *boxes))
    assert set(found.folders.values()) == {8 * 3 * SECOND}
    assert len(found.folders) == 10


def test_rows_of_an_older_config_are_nobodys_business(tmp_path: Path, store: SqlStore, clock: SimulatedClock) -> None:
    def write(tx: SqlTransaction) -> None:
        for folder in ("support/INBOX", "support/Gone"):
            tx.begin_watch("support", folder)
        tx.connection.execute(insert(t.calendar).values(schedule="gone", error="No such host."))

    store.transact(write)
    wanted = settings(tmp_path, ("support", ["INBOX"], 6))
    seen = auditing.look(wanted, store)(clock.now())
    assert ([one.folder for one in seen.folders], seen.calendars) == (["support/INBOX"], {})
    told = auditing.status(wanted, store, clock.now())[1]
    assert [one["folder"] for one in told["folders"]] == ["support/INBOX"]
    scraped = auditing.answers(auditing.auditor(wanted, store, clock), store)["/metrics"]()
    assert b"Gone" not in scraped.body


def test_heartbeat_and_canary_are_expected_where_they_are_wanted(tmp_path: Path) -> None:
    wanted = settings(tmp_path)
    secret = replace(wanted.health.heartbeat, env="BEAT")
    found = auditing.expected(replace(wanted, health=replace(wanted.health, heartbeat=secret, canary_channel="C1")))
    assert (found.heartbeat, found.canary) == (MINUTE, True)


def test_the_disk_of_a_file_is_looked_at_and_that_of_a_server_is_not(tmp_path: Path) -> None:
    told = auditing.disk_free(settings(tmp_path))
    assert told is not None
    assert told > 0
    assert auditing.disk_free(replace(settings(tmp_path), store_url="postgresql+psycopg://a@b/c")) is None


def test_metrics_are_numbers_without_words_of_anybody(tmp_path: Path, store: SqlStore, clock: SimulatedClock) -> None:
    def write(tx: SqlTransaction) -> None:
        tx.pulse("tick")
        open_case(tx)
        open_case(tx, Person("jo@x.example", "Jo"), exhausted=True)
        tx.begin_watch("support", "support/INBOX")

    store.transact(write)
    clock.advance(2 * SECOND)
    wanted = settings(tmp_path, ("support", ["INBOX"], 6))
    reply = auditing.answers(auditing.auditor(wanted, store, clock), store)["/metrics"]()
    assert reply.content_type.startswith("text/plain")
    found = numbers(reply)
    assert found == {
        "amends_healthy": 1.0, "amends_findings{unhealthy}": 0.0, "amends_findings{warning}": 0.0,
        "amends_tick_age_seconds": 2.0, "amends_open_cases{suspected}": 2.0, "amends_exhausted_cases": 1.0,
        "amends_due_cases": 0.0, "amends_oldest_pending_seconds": 0.0, "amends_mailbox_age_seconds{support/INBOX}": 2.0,
        "amends_quarantined": 0.0, "amends_rung_lateness_seconds": 0.0,
    }  # fmt: skip
    assert not re.search(r"@|Jo|customer\.example", reply.body.decode())


def test_many_who_ask_within_a_second_cost_one_look(tmp_path: Path, store: SqlStore, clock: SimulatedClock) -> None:
    answers = auditing.answers(auditing.auditor(settings(tmp_path), store, clock), store)
    asked: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda _c, _u, statement, *_: asked.append(statement))
    first = answers["/metrics"](), answers["/healthz"]()
    looks = len(asked)
    assert looks
    assert (answers["/metrics"](), answers["/healthz"]()) == first
    assert len(asked) == looks
    clock.advance(SECOND)
    answers["/metrics"]()
    assert len(asked) > looks


def test_what_takes_long_to_count_is_believed_for_twenty_times_as_long(
    tmp_path: Path, store: SqlStore, clock: SimulatedClock
) -> None:
    """Each look at this watch takes a second; so does counting."""
    watch = itertools.count()
    scrape = auditing._Scrape(auditing.auditor(settings(tmp_path), store, clock), store, lambda: float(next(watch)))
    counted: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda _c, _u, words, *_: counted.append(words))
    for _ in range(60):
        scrape()
        clock.advance(SECOND)
    assert sum("GROUP BY case_.state" in words for words in counted) == 3


def test_a_database_that_cannot_be_read_is_told_and_ends_nothing(
    tmp_path: Path, clock: SimulatedClock, store: SqlStore
) -> None:
    answers = auditing.answers(auditing.auditor(settings(tmp_path), store, clock), store)
    store.transact(lambda tx: tx.connection.exec_driver_sql("DROP TABLE watch"))
    assert answers["/healthz"]().status == 503
    found = numbers(answers["/metrics"]())
    assert (found["amends_healthy"], found["amends_findings{unhealthy}"]) == (0.0, 1.0)
