"""A database that amends 0.1 filled is opened by the amends of today, and given back: nothing that it knew is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import JSON, Boolean, Column, Connection, MetaData, String, Table, Text, insert, inspect, text

from bot.domain.alert import Alert, AlertKey, CaseId, Notice, Topic
from bot.domain.message import Arrival, ThreadId
from bot.domain.verdict import Label
from bot.errors import StoreUnfit
from bot.store import migrate
from bot.store import tables as t
from bot.store.cases import ladder_to_json
from bot.store.models import before_champion, champion, corrections, crown, depose
from bot.store.reviews import open_reviews, strata
from bot.store.store import SqlStore
from tests.fakes.build import DAY, HOUR, LADDER, NOTHING, message
from tests.fakes.clock import MONDAY, SimulatedClock

Rows = dict[str, list[dict[str, Any]]]
# What 0.1 called a model; all other tables are as they were, but for columns that came since.
OLD_MODEL = Table(
    "trusted_model", MetaData(), Column("id", Text), Column("sha256", String(64)), Column("card", JSON),
    Column("trained_at", t.Utc), Column("champion", Boolean),
)  # fmt: skip
CARD = AlertKey("1:mistake:0:0:channel")
NOTICE = Notice(AlertKey("review:1"), Topic.REVIEW, "Daily review: 1 message", ("1 · Mo",), "Answer.")


def config(connection: Connection) -> Config:
    made = Config()
    made.set_main_option("script_location", str(migrate._FOLDER))
    made.attributes["connection"] = connection
    return made


def a_message(number: int, words: str, mistake: float, *labels: str) -> dict[str, Any]:
    """As 0.1 wrote it: its verdict knows nothing of what went before."""
    verdict = {"mistake": mistake, "ignored": 0.1, "labels": list(labels), "severity": 2, "unsure": False,
               "model": "m1", "clues": [["mistake", "twice", 1.5]] if labels else []}  # fmt: skip
    return {
        "id": number, "identity": str(number) * 64, "rfc_id": f"<{number}@x>", "thread_id": number,
        "direction": "from_customer", "medium": "mail", "sender_address": "mo@customer.example", "sender_name": "Mo",
        "recipients": [], "subject": f"Order {number}", "new_text": words, "attachments": [],
        "received_at": MONDAY - HOUR, "seen_at": MONDAY - HOUR, "verdict": verdict,
    }  # fmt: skip


def a_thread(number: int) -> dict[str, Any]:
    return {"id": number, "customer_address": "mo@customer.example", "customer_name": "Mo", "waiting_count": 0,
            "subject_key": f"order {number}", "last_message_at": MONDAY - HOUR}  # fmt: skip


A_CASE = {
    "id": 1, "thread_id": 1, "message_id": 1, "state": "suspected", "reason": "mistake", "labels": ["mistake"],
    "severity": 2, "confidence": 0.9, "customer_address": "mo@customer.example", "customer_name": "Mo",
    "opened_at": MONDAY - HOUR, "waiting_since": MONDAY - HOUR, "clock_start": MONDAY - HOUR,
    "ladder": ladder_to_json(LADDER), "next_due_at": MONDAY + HOUR, "rung": 0, "loop": 0, "exhausted": False,
    "snoozed": False, "claimed_by": "", "generation": 0,
}  # fmt: skip
AN_ALERT = {
    "id": 1, "key": CARD, "case_id": 1, "reason": "mistake", "opens": True, "notify": "channel", "loop": 0, "rung": 0,
    "state": "pending", "queued_at": MONDAY - HOUR, "not_before": MONDAY - HOUR, "attempts": 0, "error": "",
}  # fmt: skip
MAIL: list[tuple[Table, list[dict[str, Any]]]] = [
    (t.thread, [a_thread(1), a_thread(2)]),
    (t.message, [a_message(1, "You charged me twice.", 0.9, "mistake"), a_message(2, "The lid broke.", 0.1)]),
    (t.reference, [{"message_id": 2, "rfc_id": "<0@x>"}]),
    (t.place, [{"account": "support", "folder": "INBOX", "uidvalidity": 1, "uid": n, "message_id": n} for n in (1, 2)]),
    (t.cursor, [{"account": "support", "folder": "INBOX", "uidvalidity": 1, "last_uid": 2, "moved_at": MONDAY}]),
    (t.case, [A_CASE]),
    (t.event, [{"id": 1, "case_id": 1, "at": MONDAY, "who": "amends", "whence": "mail", "what": "opened",
                "to_state": "suspected", "note": "mistake"}]),
    (t.correction, [{"id": 1, "message_id": 2, "labels": ["mistake"], "who": "ana", "note": "", "at": MONDAY}]),
    (t.outbox, [AN_ALERT]),
]  # fmt: skip


def models(best: str | None) -> list[tuple[Table, list[dict[str, Any]]]]:
    rows = [{"id": name, "sha256": name * 32, "card": {}, "trained_at": MONDAY + day * DAY, "champion": name == best}
            for day, name in enumerate(("m1", "m2"))]  # fmt: skip
    return [(OLD_MODEL, rows)]


@dataclass
class Old:
    """A database at the revision of 0.1, or a later one."""

    url: str
    clock: SimulatedClock
    opened: list[SqlStore]
    revision: str = "0001"

    def fill(self, *tables: tuple[Table, list[dict[str, Any]]]) -> Rows:
        """What it holds afterwards."""
        with self.engine.begin() as connection:
            for table, rows in tables:
                connection.execute(insert(table), rows)
            if connection.dialect.name == "postgresql":  # the numbers that we gave are not to be given again
                for name in ("thread", "message", "case_", "event", "outbox", "quarantine"):
                    connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), 9)"))
            return held(connection)

    @property
    def engine(self) -> Any:
        return self.opened[0].engine

    def upgraded(self) -> SqlStore:
        """As amends opens it today."""
        self.opened.append(SqlStore(self.url, self.clock))
        return self.opened[-1]

    def given_back(self) -> Rows:
        """What it holds when it was taken down to the revision of 0.1 again."""
        with self.engine.begin() as connection:
            command.downgrade(config(connection), self.revision)
            return held(connection)


def held(connection: Connection) -> Rows:
    """All rows of all tables, whatever columns they have."""
    found: Rows = {}
    for name in inspect(connection).get_table_names():
        rows = connection.execute(text(f'SELECT * FROM "{name}"'))
        found[name] = sorted((dict(row) for row in rows.mappings()), key=lambda row: json.dumps(row, default=str))
    return found


def still_there(before: Rows, after: Rows) -> None:
    """Every row of every table, with every value that there was; some columns may have come."""
    for name in before.keys() - {"alembic_version", "trusted_model"}:
        columns = {column for row in before[name] for column in row}
        kept = [{column: value for column, value in row.items() if column in columns} for row in after[name]]
        assert kept == before[name], name


@contextmanager
def at_revision(url: str, clock: SimulatedClock, revision: str) -> Iterator[Old]:
    store = SqlStore(url, clock)
    with store.engine.begin() as connection:
        command.downgrade(config(connection), "base")
        command.upgrade(config(connection), revision)
    made = Old(url, clock, [store], revision)
    yield made
    for one in made.opened:
        one.close()


@pytest.fixture
def old(url: str, clock: SimulatedClock) -> Iterator[Old]:
    with at_revision(url, clock, "0001") as made:
        yield made


# up


def test_what_was_known_is_still_known(old: Old) -> None:
    before = old.fill(*MAIL, *models(None))
    store = old.upgraded()
    still_there(before, store.read(held))
    assert store.read(held)["trusted_model"] == [
        {key: value for key, value in row.items() if key != "champion"} for row in before["trusted_model"]
    ]


def test_an_alert_that_waited_is_said_by_the_new_amends(old: Old) -> None:
    old.fill(*MAIL)
    store = old.upgraded()
    row = store.transact(lambda tx: tx.claim(timedelta(seconds=15), timedelta(seconds=5)))
    assert row is not None
    assert (row.key, row.about) == (CARD, CaseId(1))
    alert, root = store.transact(lambda tx: tx.alert_for(row))
    assert isinstance(alert, Alert)
    assert (alert.words, alert.clues[0].text, root) == ("You charged me twice.", "twice", None)


def test_the_outbox_takes_notices_and_still_refuses_what_it_refused(old: Old) -> None:
    old.fill(*MAIL)
    store = old.upgraded()
    assert store.transact(lambda tx: tx.announce(NOTICE))
    for column, value in (("state", "'lost'"), ("case_id", "77"), ("notice", "'{}'"), ("key", "'review:1'")):
        change = text(f"UPDATE outbox SET {column} = {value} WHERE id = 1")
        with pytest.raises(StoreUnfit, match=r"(?i)check|foreign key|unique"):
            store.transact(lambda tx, it=change: tx.connection.execute(it))  # type: ignore[misc]


def test_the_log_is_still_append_only(old: Old) -> None:
    old.fill(*MAIL)
    store = old.upgraded()
    with pytest.raises(StoreUnfit, match="the event log is append-only"):
        store.transact(lambda tx: tx.connection.execute(text("DELETE FROM event")))


def test_old_mail_is_neither_listed_nor_counted_and_new_mail_is(old: Old) -> None:
    old.fill(*MAIL)
    store = old.upgraded()
    assert store.transact(lambda tx: tx.review_candidates()) == []
    assert store.read(lambda connection: strata(connection, MONDAY - DAY)) == {}
    store.transact(lambda tx: tx.remember(Arrival(message("The tea is stale.")), NOTHING))
    (found,) = store.transact(lambda tx: tx.review_candidates())
    store.transact(lambda tx: tx.list_for_review(found))
    assert [one["text"] for one in store.read(open_reviews)] == ["The tea is stale."]


def test_old_corrections_teach_as_they_did(old: Old) -> None:
    old.fill(*MAIL)
    (told,) = old.upgraded().read(corrections)
    assert (told.text, told.subject, told.labels) == ("The lid broke.", "", frozenset({Label.MISTAKE}))
    assert (told.thread, told.unanswered, told.waiting_hours) == (ThreadId(2), 0, 0.0)


def test_where_nobody_was_champion_the_shipped_model_judges(old: Old) -> None:
    old.fill(*models(None))
    assert old.upgraded().read(champion) is None


def test_who_was_champion_still_is(old: Old) -> None:
    before = old.fill(*MAIL, *models("m2"))
    store = old.upgraded()
    found = store.read(champion)
    assert found is not None
    assert (found.id, found.trained_at, store.read(before_champion)) == ("m2", MONDAY + DAY, None)
    still_there(before, store.read(held))


# down


def test_what_is_given_back_is_what_was_there_and_without_notices(old: Old) -> None:
    before = old.fill(*MAIL, *models(None))
    old.upgraded().transact(lambda tx: tx.announce(NOTICE))
    after = old.given_back()
    assert after == before


@pytest.mark.parametrize("last", ["m1", "m2", None])
def test_who_reigned_last_is_champion_again(old: Old, last: str | None) -> None:
    old.fill(*models(None))
    store = old.upgraded()
    for name in ("m1", last, "m2"):
        store.transact(lambda tx, it=name: crown(tx.connection, it, tx.now))  # type: ignore[misc]
    store.transact(lambda tx: depose(tx.connection))
    champions = {row["id"]: bool(row["champion"]) for row in old.given_back()["trusted_model"]}
    assert champions == {"m1": last == "m1", "m2": last == "m2"}


def test_what_was_given_back_can_be_taken_up_again(old: Old) -> None:
    before = old.fill(*models(None))
    old.upgraded().transact(lambda tx: tx.announce(NOTICE))
    old.given_back()
    store = old.upgraded()
    still_there(before, store.read(held))
    assert store.transact(lambda tx: tx.announce(NOTICE)), "the notice before the way down is forgotten"
