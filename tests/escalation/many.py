"""Many open cases at once, written as rows: to take in as many complaints would take longer than the tests of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert

from bot.store import tables as t
from bot.store.cases import ladder_to_json
from tests.escalation.processes import Life
from tests.fakes.build import HOUR, LADDER, MINUTE
from tests.store.test_upgrading import A_CASE, a_message, a_thread


def open_cases(life: Life, count: int) -> None:
    """Opened now, each first due in a quarter of an hour, and all of them named by numbers from 1 on."""
    now = life.clock.now()
    case: dict[str, Any] = A_CASE | {
        "ladder": ladder_to_json(LADDER), "opened_at": now, "waiting_since": now, "clock_start": now,
        "step_due_at": now + 15 * MINUTE, "next_due_at": now + 15 * MINUTE, "answer_due_at": now + 8 * HOUR,
    }  # fmt: skip
    numbers = range(1, count + 1)
    with life.store.engine.begin() as connection:
        connection.execute(insert(t.thread), [a_thread(n) for n in numbers])
        connection.execute(
            insert(t.message), [a_message(n, "Twice!", 0.9, "mistake") | {"identity": f"{n:064d}"} for n in numbers]
        )
        connection.execute(insert(t.case), [case | {"id": n, "thread_id": n, "message_id": n} for n in numbers])
