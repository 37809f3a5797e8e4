"""The ways in which a call can go wrong: told one by one, or by chance."""

from __future__ import annotations

import json
import random
import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .answers import Reply

Kind = Literal["429", "500", "503", "error", "html", "truncated", "reset_before", "reset_after", "slow", "silence"]

REFUSALS = {
    "429": (429, "ratelimited"), "500": (500, "internal_error"), "503": (503, "service_unavailable"),
    "error": (200, "internal_error"),
}  # fmt: skip
ERROR_PAGE = b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>\n"
LONGEST_HOLD = 60.0  # seconds; a test that forgets to release fails instead of hanging
EVERY_METHOD = "*"


@dataclass(frozen=True)
class Fault:
    """What befalls one call instead of, or besides, its proper answer."""

    kind: Kind | None = None
    retry_after: int = 1
    code: str = ""
    stored: bool = False
    gate: threading.Event = field(default_factory=threading.Event)

    @property
    def performed(self) -> bool:
        """Whether the call has its effect although the answer is lost, late or broken."""
        return self.kind in (None, "reset_after", "truncated", "slow") or (self.stored and self.kind not in REFUSALS)

    def refusal(self) -> Reply | None:
        """The answer to a call that is not performed, if that is how it fails."""
        if self.kind not in REFUSALS:
            return None
        status, code = REFUSALS[self.kind]
        headers = {"Retry-After": str(self.retry_after)} if status == 429 else {}
        return Reply(status, json.dumps({"ok": False, "error": self.code or code}).encode(), headers)

    def spoilt(self, reply: Reply) -> Reply | None:
        """What arrives instead of the proper answer; nothing for a reset."""
        if self.kind in ("reset_before", "reset_after", "silence"):
            return None
        if self.kind == "html":
            return Reply(502, ERROR_PAGE, {"Content-Type": "text/html"})
        if self.kind == "truncated":
            return Reply(reply.status, reply.body[: len(reply.body) // 2], reply.headers)
        return reply


@dataclass
class Chance:
    """Faults by probability, the same in every run with the same seed."""

    rates: Mapping[Kind, float]
    dice: random.Random
    retry_after: int

    def draw(self) -> Fault:
        """The fate of the next call; mostly none."""
        roll = self.dice.random()
        for kind, rate in self.rates.items():
            if roll < rate:
                return Fault(kind, self.retry_after)
            roll -= rate
        return Fault()


class Faults:
    """Those still to come, for each method. The caller sees to locking."""

    def __init__(self) -> None:
        self._told: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._chances: dict[str, Chance] = {}
        self._gates: list[threading.Event] = []

    def tell(self, method: str, fault: Fault, times: int) -> None:
        """The next calls fare like that."""
        self._told[method].extend([fault] * times)
        self._gates.append(fault.gate)

    def by_chance(self, method: str, rates: Mapping[Kind, float], seed: int, retry_after: int) -> None:
        """From now on each call may; no rates end it. What was told comes first."""
        self._chances[method] = Chance(dict(rates), random.Random(seed), retry_after)

    def next(self, method: str) -> Fault:
        """The fate of the call that arrives now."""
        for name in (method, EVERY_METHOD):
            if self._told[name]:
                return self._told[name].popleft()
        for name in (method, EVERY_METHOD):
            if name in self._chances:
                fault = self._chances[name].draw()
                if fault.kind in ("slow", "silence"):
                    self._gates.append(fault.gate)
                return fault
        return Fault()

    def release(self) -> None:
        """Opens every gate: of the calls held now, and of those that were going to be held."""
        for gate in self._gates:
            gate.set()
