"""Moments go in aware and come out as the same moments in UTC, whatever the zone of whoever wrote or of the server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from bot.store import tables as t
from bot.store.store import SqlStore, SqlTransaction
from tests.store.rows import make_due, open_case

MOMENTS = [
    datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    datetime(2026, 7, 1, 12, 30, 15, 123456, tzinfo=ZoneInfo("Asia/Kathmandu")),
    datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")),
    datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin")),
    datetime(1970, 1, 1, 0, 0, tzinfo=timezone(timedelta(hours=-12))),
    datetime(9998, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
]


def test_a_moment_comes_back_as_the_same_moment_in_utc(store: SqlStore) -> None:
    case_id = store.transact(open_case)
    for moment in MOMENTS:
        store.transact(lambda tx, at=moment: make_due(tx, case_id, at))  # type: ignore[misc]
        found = store.read(lambda c: c.execute(select(t.case.c.next_due_at)).scalar_one())
        assert found == moment.astimezone(UTC)
        assert found.tzinfo is UTC


def test_a_naive_moment_is_refused_since_its_zone_would_be_a_guess(store: SqlStore) -> None:
    case_id = store.transact(open_case)
    with pytest.raises(StatementError, match="a naive datetime must not reach the database"):
        store.transact(lambda tx: make_due(tx, case_id, datetime(2026, 3, 2, 9, 0)))  # noqa: DTZ001  (that is the test)


def test_moments_are_compared_as_moments_and_not_as_text(store: SqlStore) -> None:
    case_id = store.transact(open_case)
    early = datetime(2026, 3, 2, 9, 59, tzinfo=ZoneInfo("Europe/Berlin"))  # 8:59 UTC, though 9:59 reads later than 9:00
    store.transact(lambda tx: make_due(tx, case_id, early))
    assert [case.id for case in store.transact(lambda tx: tx.due_cases(9))] == [case_id]


@pytest.mark.parametrize("url", ["postgres"], indirect=True)
@pytest.mark.postgres
def test_the_zone_of_a_session_changes_nothing(store: SqlStore) -> None:
    def work(tx: SqlTransaction) -> tuple[datetime, str]:
        tx.connection.execute(text("SET LOCAL TIME ZONE 'Asia/Tokyo'"))
        make_due(tx, open_case(tx), MOMENTS[1])
        raw = tx.connection.execute(text("SELECT CAST(next_due_at AS text) FROM case_")).scalar_one()
        return tx.connection.execute(select(t.case.c.next_due_at)).scalar_one(), raw

    moment, raw = store.transact(work)
    assert (moment, moment.tzinfo) == (MOMENTS[1], UTC)
    assert raw.endswith("+09")  # the session really was elsewhere
