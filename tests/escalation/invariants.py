"""What must be true of a database at any moment, whatever happened before: S1, S2 and S3 of one look."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import Connection, select

from bot.domain.alert import Reason
from bot.domain.case import State, Step, after
from bot.store import tables as t
from bot.store.store import SqlStore

_STEPS = {step.value for step in Step}
# Lines of the log that amends writes because of what it says; the others are what people and customers did.
_SAYING = {reason.value for reason in Reason} - {"exhausted"}


def hold(store: SqlStore) -> None:
    """Raises AssertionError where one of them does not."""
    store.read(_hold)


def _hold(connection: Connection) -> None:
    rows = _all(connection, t.outbox)
    assert not [key for key, count in Counter(row["key"] for row in rows).items() if count > 1]
    log = defaultdict(list)
    for line in _all(connection, t.event):
        log[line["case_id"]].append(line)
    said = defaultdict(list)
    for row in rows:
        said[row["case_id"]].append((row["reason"], row["loop"], row["rung"]))
    for case in _all(connection, t.case):
        _one(case, log[case["id"]], said[case["id"]])


def _one(case: dict[str, Any], log: list[dict[str, Any]], said: list[tuple[str, int, int]]) -> None:
    assert replayed(log) is State(case["state"])
    assert case["generation"] == len(log) - 1, "each change is a line of the log, and each line a change"
    assert (case["next_due_at"] is None) == State(case["state"]).resolved
    opened = sum(line["what"] in ("opened", "reopened") for line in log)
    told = sum(Reason(reason).opens for reason, _, _ in said)
    assert opened == told, "whoever opened a case queued its card"
    for line in log:
        if line["what"] in _SAYING:
            assert [reason for reason, _, _ in said if reason == line["what"]], f"{line['what']} was logged, not queued"


def replayed(log: list[dict[str, Any]]) -> State | None:
    """Each line starts where the one before it ended, and leads where the table of steps says."""
    state: State | None = None
    for line in log:
        assert line["from_state"] == (state.value if state else None)
        if state is None:
            assert line["what"] == "opened"
            state = State.SUSPECTED
        elif line["what"] in _STEPS:
            state = after(state, Step(line["what"]))
        assert line["to_state"] == state.value
    return state


def _all(connection: Connection, table: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
