"""Of another process one can tell by its name that it is gone, where that is certain, and never guesses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.edges import processes
from bot.edges.processes import is_gone, own_name

TELLS = "from bot.edges.processes import own_name; print(own_name(), flush=True); input()"


def started() -> tuple[subprocess.Popen[str], str]:
    """A process, and what it is called."""
    process = subprocess.Popen([sys.executable, "-c", TELLS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])})  # fmt: skip
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_we_are_not_gone() -> None:
    assert not is_gone(own_name())
    assert own_name() == own_name()


def test_another_that_lives_is_not_gone_and_is_when_it_was_killed_even_before_anybody_took_note() -> None:
    process, name = started()
    with process:
        assert name != own_name()
        assert not is_gone(name)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and its parent has not asked yet
        assert is_gone(name)
    assert is_gone(name)


def test_another_that_got_the_same_number_later_is_another() -> None:
    place, _, started_at = own_name().rpartition("/")
    assert is_gone(f"{place}/{int(started_at) - 1}")


@pytest.mark.parametrize("part", [0, 1, 2])
def test_of_another_host_boot_or_container_nothing_is_known(part: int) -> None:
    words = own_name().split("/")
    words[part] = "other"
    words[-2] = "999999999"
    assert not is_gone("/".join(words))


@pytest.mark.parametrize("name", ["", "/", "we", "a/b/c/d/e", "a/b/c/1/2/3/4"])
def test_of_what_is_no_name_nothing_is_known(name: str) -> None:
    assert not is_gone(name)


def test_where_the_system_does_not_tell_nobody_is_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(processes, "_BOOT", tmp_path / "none")
    name = own_name()
    assert "unknown" in name
    assert not is_gone(name.rpartition("/")[0].rpartition("/")[0] + "/999999999/1")
