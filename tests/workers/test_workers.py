"""Processes that share work end when the one that started them is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.dovecot import wait_until

PARENT = """
import os, sys, threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from bot.workers import end_with_parent

pool = ProcessPoolExecutor(2, get_context(sys.argv[1]), end_with_parent)
asked = [pool.submit(os.getpid) for _ in range(50)]
print(*{one.result() for one in asked}, flush=True)
threading.Event().wait()
"""


def is_alive(pid: int) -> bool:
    """Whether it runs; one that ended and was not asked how is no more."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return told.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("start", ["fork", "forkserver", "spawn"])
def test_workers_end_with_the_process_that_started_them(start: str) -> None:
    command = [sys.executable, "-c", PARENT, start]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        assert workers
        assert all(map(is_alive, workers))
        parent.kill()
        parent.wait()
        assert wait_until(lambda: not any(map(is_alive, workers)), 30.0)
