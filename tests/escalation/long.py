"""`python -m tests.escalation.long [STEPS]`: the machine of test_machine.py until it has done so many (10,000).

Other histories each time; a failure is told with the steps that lead to it, made as few as possible.
"""

from __future__ import annotations

import logging
import random
import sys
import time

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.escalation.machine import EscalationMachine

LONG = settings(
    max_examples=20, stateful_step_count=60, deadline=None, database=None, derandomize=False,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def main(steps: int) -> None:
    logging.disable(logging.CRITICAL)
    begun = time.monotonic()
    while EscalationMachine.steps_done < steps:
        number = random.randrange(2**32)
        sys.stdout.write(f"seed {number}, {EscalationMachine.steps_done} steps done\n")
        run_state_machine_as_test(seed(number)(EscalationMachine), settings=LONG)
    sys.stdout.write(f"{EscalationMachine.steps_done} steps in {time.monotonic() - begun:.0f} s, no difference\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
