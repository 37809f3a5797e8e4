"""How the fake Slack says yes and no."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from .schema import Problem

Json = dict[str, Any]


class Refusal(Exception):
    """Slack says no: `ok` false and a code, at HTTP status 200."""

    def __init__(self, code: str, problems: Iterable[Problem] = (), **more: Any) -> None:
        """`problems` go where Slack puts them; `more` are further fields of the answer."""
        super().__init__(code)
        self.code, self.problems = code, list(problems)
        self.answer: Json = {"ok": False, "error": code, **more}
        if self.problems:
            self.answer["errors"] = [str(problem) for problem in self.problems]
            self.answer["response_metadata"] = {"messages": [f"[ERROR] {problem}" for problem in self.problems]}


class Reply(NamedTuple):
    """An answer on its way out; no Reply at all means that the connection is reset."""

    status: int
    body: bytes
    headers: dict[str, str]


def is_true(args: Json, name: str) -> bool:
    """Forms say it in words."""
    return str(args.get(name, "")).lower() in {"1", "true"}
