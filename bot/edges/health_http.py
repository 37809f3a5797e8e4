"""Answers on this machine how amends does: GET /healthz and /metrics, nothing else, in bounded time and memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from bot.domain.health import Health
from bot.edges.listening import Listening, LoopbackHandler, LoopbackServer, Reply

# What is told here is not for everybody.
_LISTENING = Listening(
    "health-http", threads=4, backlog=16, refusal="How amends does is told on loopback only.",
    advice="Listen on 127.0.0.1; a proxy of yours may pass requests on.",
)  # fmt: skip

Answers = dict[str, Callable[[], Reply]]


def healthz(health: Callable[[], Health]) -> Reply:
    """200 where amends does its work, else 503; which findings there are, and no word of theirs."""
    found = health()
    told = {
        "healthy": found.is_healthy,
        "findings": [{"id": one.id, "severity": one.severity.value} for one in found.findings],
    }
    return Reply(200 if found.is_healthy else 503, json.dumps(told).encode() + b"\n", "application/json")


class HealthServer(LoopbackServer):
    """Listens at a loopback address; a few threads at most. Port 0: any that is free."""

    def __init__(self, answers: Answers, host: str, port: int) -> None:
        """Bind it; `answers` by path. Raises SettingsError where that cannot be."""
        super().__init__(partial(_Handler, answers), host, port, _LISTENING)


class _Handler(LoopbackHandler):
    def __init__(self, answers: Answers, *more: Any) -> None:
        self._answers = answers
        super().__init__(*more)

    def do_GET(self) -> None:  # noqa: N802 (http.server calls it so)
        """All that there is; a body is not read."""
        answer = self._answers.get(self.path.partition("?")[0])
        self.reply(answer() if answer is not None else Reply(404), {"Cache-Control": "no-store"})
