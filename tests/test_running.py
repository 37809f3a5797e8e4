"""How `python -m tests` runs them."""

from __future__ import annotations

import pytest

from tests.__main__ import side_by_side


@pytest.mark.parametrize(("cores", "processes"), [(1, "2"), (2, "4"), (4, "4"), (6, "6"), (64, "8")])
def test_more_tests_run_at_a_time_than_there_are_cores_but_not_without_limit(cores: int, processes: str) -> None:
    assert side_by_side(cores) == ["-n", processes, "--dist", "worksteal"]
