"""What to say of an error that nobody expected: its kind and place, never its own words: they may be a customer's."""

from __future__ import annotations

import traceback
from pathlib import Path


def defect(problem: BaseException) -> str:
    """In a few words: its kind, file and line."""
    frames = traceback.extract_tb(problem.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(problem).__name__}{where}"


def frames(problem: BaseException) -> str:
    """For the log: its kind, and the way that led to it, a line a frame."""
    way = "".join(traceback.format_tb(problem.__traceback__)).rstrip()
    return f"{type(problem).__name__}\n{way}"
