"""The engine and an independent model of it live through the same random histories.

`pytest tests/escalation/test_machine.py` plays a few; `python -m tests.escalation.long` plays 10,000 steps and more,
other ones each time, on SQLite.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.escalation.machine import EscalationMachine

QUICK = settings(max_examples=16, stateful_step_count=25, suppress_health_check=list(HealthCheck))


def test_whatever_happens_the_engine_and_the_model_tell_the_same() -> None:
    run_state_machine_as_test(EscalationMachine, settings=QUICK)
