"""What Slack sends to the app, until it is acknowledged or given up: envelopes, acks, redelivery."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from .answers import Json, Refusal
from .identity import APP_ID, BOT, TEAM_ID

Kind = Literal["events_api", "interactive", "slash_commands"]
PATIENCE = 3.0  # seconds until an ack is late
RETRIES = (0.0, 60.0, 300.0)  # seconds after that: at once, after a minute, after five


class Attempt(NamedTuple):
    """One try: over which connection (none if there was none), when, and as which repetition."""

    route: int | None
    at: float
    number: int


@dataclass
class Envelope:
    """One payload on its way, and what the app said to it."""

    id: str
    kind: Kind
    payload: Json
    on_answer: Callable[[Json], None]
    attempts: list[Attempt] = field(default_factory=list)
    answers: list[Json] = field(default_factory=list)  # one for each ack, {} where it said nothing
    failed: str = ""  # why Slack gave it up
    reason: str = ""  # why it was last repeated
    due: float = 0.0

    @property
    def acked(self) -> bool:
        return bool(self.answers)

    def message(self) -> Json:
        """As it travels over a socket."""
        body: Json = {"envelope_id": self.id, "type": self.kind, "payload": self.payload}
        body["accepts_response_payload"] = self.kind != "events_api"
        if self.kind == "events_api":
            body |= {"retry_attempt": len(self.attempts), "retry_reason": self.reason}
        return body


class Route(Protocol):
    """A way to the app."""

    def send(self, envelope: Envelope) -> int | None:
        """Sends it without waiting; returns over which connection, or None if there is none."""
        ...


class Deliveries:
    """All envelopes. The caller sees to locking."""

    def __init__(self, now: Callable[[], float], route: Route) -> None:
        self.route = route
        self.listening = False  # nobody hears of what happened before an app ever connected
        self._now = now
        self._all: dict[str, Envelope] = {}
        self._waiting: dict[str, Envelope] = {}
        self._events = 0

    def event(self, event: Json) -> Envelope | None:
        """An event, in the wrapping of the Events API."""
        if not self.listening:
            return None
        self._events += 1
        about = {"team_id": TEAM_ID, "user_id": BOT["user_id"], "is_bot": True, "is_enterprise_install": False}
        return self.submit("events_api", {
            "token": "verification-token", "team_id": TEAM_ID, "context_team_id": TEAM_ID, "api_app_id": APP_ID,
            "event": event, "type": "event_callback", "event_id": f"Ev{self._events:08d}",
            "event_time": int(self._now()), "is_ext_shared_channel": False,
            "authorizations": [{"enterprise_id": None, **about}],
            "event_context": f"4-{event['type']}-{TEAM_ID}-{APP_ID}-{event.get('channel', '')}",
        })  # fmt: skip

    def submit(self, kind: Kind, payload: Json, on_answer: Callable[[Json], None] = lambda answer: None) -> Envelope:
        """Sends it for the first time."""
        name = f"{len(self._all):08x}-0000-4000-8000-{len(self._all) * 7919:012x}"
        envelope = Envelope(name, kind, json.loads(json.dumps(payload)), on_answer)
        self._all[name] = self._waiting[name] = envelope
        self._send(envelope)
        return envelope

    def answered(self, name: str, answer: Json) -> None:
        """An ack. Only the first counts; what comes after Slack gave up comes too late."""
        self._waiting.pop(name, None)
        if (envelope := self._all.get(name)) is None:
            return
        envelope.answers.append(answer)
        if len(envelope.answers) > 1 or envelope.failed:
            return
        try:
            envelope.on_answer(answer)
        except Refusal as refusal:
            envelope.failed = "invalid_command_response" if envelope.kind == "slash_commands" else refusal.code
            raise

    def refused(self, envelope: Envelope, reason: str, final: bool = False) -> None:
        """The app was reached and said no, or was not reached at all; Slack knows without waiting."""
        envelope.reason = reason
        if envelope.kind != "events_api" or final or len(envelope.attempts) > len(RETRIES):
            self._give_up(envelope, reason)
        else:
            envelope.due = self._now() + RETRIES[max(len(envelope.attempts) - 1, 0)]

    def tick(self) -> None:
        """Repeats, or gives up, what has been waiting for too long."""
        for envelope in [one for one in self._waiting.values() if one.due <= self._now()]:
            self._again(envelope)

    def redeliver(self) -> None:
        """Repeats every event that is not acknowledged, without waiting for its time."""
        for envelope in [one for one in self._waiting.values() if one.kind == "events_api"]:
            self._again(envelope)

    @property
    def envelopes(self) -> list[Envelope]:
        """All that were ever sent, in order."""
        return list(self._all.values())

    def waiting(self) -> list[Envelope]:
        """Those neither acknowledged nor given up."""
        return list(self._waiting.values())

    def _again(self, envelope: Envelope) -> None:
        envelope.reason = envelope.reason or "timeout"
        if envelope.kind != "events_api" or len(envelope.attempts) > len(RETRIES):
            self._give_up(envelope, "operation_timeout")
        else:
            self._send(envelope)

    def _send(self, envelope: Envelope) -> None:
        number = len(envelope.attempts)
        wait = RETRIES[number] if number < len(RETRIES) else 0.0
        envelope.due = self._now() + PATIENCE + wait
        route = self.route.send(envelope)
        envelope.attempts.append(Attempt(route, self._now(), number))
        if route is None and envelope.kind != "events_api":
            self._give_up(envelope, "dispatch_failed")

    def _give_up(self, envelope: Envelope, why: str) -> None:
        envelope.failed = why
        self._waiting.pop(envelope.id, None)
