"""Processes by name, so that one can tell of another's name whether it certainly lives no more (Linux: proc(5))."""

from __future__ import annotations

import os
import socket
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")


def own_name() -> str:
    """host/boot/namespace/pid/start: what no two processes have in common."""
    return f"{_place()}/{os.getpid()}/{_started(os.getpid())}"


def is_gone(name: str) -> bool:
    """Whether the process of that name ran here, where its absence proves something, and is no more."""
    place, _, rest = name.rpartition("/")
    place, _, pid = place.rpartition("/")
    return place == _place() and "unknown" not in name and pid.isdigit() and _started(int(pid)) != rest


def _place() -> str:
    """This machine since it was started, and the part of it that shares our numbering of processes."""
    try:
        boot = _BOOT.read_text(encoding="ascii").strip()
        namespace = str(_NAMESPACE.stat().st_ino)
    except OSError:
        boot, namespace = "unknown", "unknown"
    return f"{socket.gethostname()}/{boot}/{namespace}"


def _started(pid: int) -> str:
    """When a process was started, in ticks since the machine was; "" if there is none."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    # the name of the program stands in brackets and may hold anything; the start is the 20th word behind it
    words = told.rpartition(")")[2].split()
    return "" if words[:1] == ["Z"] else words[19]
