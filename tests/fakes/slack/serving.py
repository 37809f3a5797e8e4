"""The machine room of the fake Slack: it serves calls, answers and sockets, and lets go wrong what it was told to."""

from __future__ import annotations

import copy
import json
import math
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self, TypeVar

from .answers import Json, Refusal, Reply
from .chat import OURS, content_of
from .deliveries import Deliveries, Envelope
from .deliveries import Kind as EnvelopeKind
from .faults import EVERY_METHOD, LONGEST_HOLD, Fault, Faults, Kind
from .methods import EVERY_SCOPE, METHODS, check_scope, needed
from .response_urls import ResponseUrls, refused
from .schema import Problem
from .signed import Answer, HttpRoute, RequestUrl
from .socket_mode import Connection, Reason, SocketMode
from .web_server import HOST
from .workspace import Channel, Workspace

Found = TypeVar("Found")
TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-test", "xapp-test", "a-signing-secret-for-tests"
OPEN, APP_SCOPE = "apps.connections.open", "connections:write"
SOON = 60.0  # seconds until a test gives up; a busy machine is not a bug
LIMIT_CODES = {"msg_too_long", "no_text", "invalid_blocks_format", "view_too_large"}


@dataclass(frozen=True)
class Call:
    """One request as it arrived, whatever became of it; `at` is on the monotonic clock."""

    method: str
    args: Json
    at: float


class Violation(NamedTuple):
    """A payload that Slack would not take, and its reasons."""

    method: str
    code: str
    problems: list[Problem]


class Serving:
    """Everything behind the port. Safe to use from any thread; `changed` guards all state."""

    def __init__(self, epoch: int, clock: Callable[[], float] | None) -> None:
        self.held = 0
        self.changed = threading.Condition()
        self.scopes = set(EVERY_SCOPE)
        self.violations: list[Violation] = []
        self.sockets = SocketMode()
        self._ahead = 0.0
        self._clock = clock or (lambda: epoch + self._ahead)
        self.workspace = Workspace(epoch, self.now)
        self.deliveries = Deliveries(self.now, self)
        self.workspace.announce = self.deliveries.event
        self._urls = ResponseUrls(self.workspace)
        self._calls: list[Call] = []
        self._faults = Faults()
        self._gap: dict[str, float] = {}
        self._free_at: dict[tuple[str, str], float] = {}
        self._bad_tokens: dict[str, str] = {}
        self._port = 0
        self._http: HttpRoute | None = None

    # Time

    def now(self) -> float:
        """Seconds since 1970 by the fake's own clock."""
        return self._clock()

    def advance(self, seconds: float) -> None:
        """Time passes: trigger ids and response URLs grow old, what is not acknowledged is sent again."""
        self._ahead += seconds
        self.tick()

    def tick(self) -> None:
        """Does what is due by now."""
        with self.changed:
            self.deliveries.tick()
            self.changed.notify_all()

    def redeliver(self) -> None:
        """Sends every event again that is not acknowledged, without waiting for its time."""
        with self.changed:
            self.deliveries.redeliver()

    def wait_for(self, predicate: Callable[[Self], Found], timeout: float = SOON) -> Found:
        """Returns what the predicate gives as soon as that is true; it is asked after every event."""
        with self.changed:
            found = self.changed.wait_for(lambda: predicate(self), timeout)
            if not found:
                latest = ", ".join(call.method for call in self._calls[-10:]) or "none"
                raise AssertionError(f"This did not come true in {timeout} s. Latest calls: {latest}.")
            return found

    def answer(self, envelope: Envelope | None, timeout: float = SOON) -> Json:
        """What the app said to it, as soon as it did; fails if it said nothing, or nothing that Slack takes."""
        assert envelope is not None, "No app listens."
        self.wait_for(lambda now: envelope.acked or envelope.failed, timeout)
        assert not envelope.failed, f"Slack gave up: {envelope.failed}."
        return envelope.answers[0]

    # Faults

    def fault(
        self, method: str, kind: Kind, times: int = 1, *, retry_after: int = 1, code: str = "", stored: bool = False
    ) -> None:
        """The next calls of a method ("*": of any) fare as told, in the order told; then all is well again.

        `retry_after` goes with "429", `code` with "error". "slow" holds the call until release(): before the
        message is stored, or with `stored` after that, so that only the answer is late. "silence" holds it too, and
        never answers; `stored` is whether it was heard, as with "html", a proxy's page instead of the answer.
        """
        with self.changed:
            self._faults.tell(method, Fault(kind, retry_after, code, stored), times)

    def chance(self, method: str, rates: Mapping[Kind, float], seed: int = 0, retry_after: int = 1) -> None:
        """From now on calls of a method ("*": of any) fail with these probabilities; {} ends it."""
        with self.changed:
            self._faults.by_chance(method, rates, seed, retry_after)

    def release(self) -> None:
        """Lets go of every call that a "slow" or "silence" fault holds or was going to hold."""
        with self.changed:
            self._faults.release()

    def pace(self, method: str, gap: float) -> None:
        """From now on 429 for calls of a method that come sooner than `gap` seconds after the last, in one channel."""
        with self.changed:
            self._gap[method] = gap

    def revoke(self, code: str = "token_revoked", token: str = TOKEN) -> None:
        """From here on the token is refused, with whatever code; an empty one makes it good again."""
        with self.changed:
            self._bad_tokens[token] = code

    # The way to the app

    @property
    def connections(self) -> list[Connection]:
        """Those open now."""
        with self.changed:
            return list(self.sockets.connections)

    @property
    def envelopes(self) -> list[Envelope]:
        """All that was sent to the app, in order."""
        with self.changed:
            return self.deliveries.envelopes

    def disconnect(self, reason: Reason = "refresh_requested") -> None:
        """Slack asks every connection to go."""
        for connection in self.connections:
            connection.disconnect(reason)

    def request_url(self, url: str, patience: float = 3.0) -> RequestUrl:
        """HTTP mode: from here on everything goes to this address, signed."""
        address = RequestUrl(url, SIGNING_SECRET, patience)
        with self.changed:
            self._http = HttpRoute(address, self._http_heard)
            self.deliveries.listening = True
        return address

    def send(self, envelope: Envelope) -> int | None:
        """Over HTTP if there is a Request URL; else each envelope over one of the sockets."""
        if self._http is not None:
            return self._http.send(envelope)
        last = envelope.attempts[-1].route if envelope.attempts else None
        connection = self.sockets.next(len(self.deliveries.envelopes), last)
        if connection is None:
            return None
        connection.send(envelope.message())
        return connection.number

    def submit(
        self, kind: EnvelopeKind, payload: Json, on_answer: Callable[[Json], None] = lambda answer: None
    ) -> Envelope:
        """What somebody did, on its way to the app."""
        with self.changed:
            return self.deliveries.submit(kind, payload, on_answer)

    def response_url(self, kind: str, channel: Channel, user: str, original: str | None = None) -> str:
        """An address for answers to what somebody did."""
        return f"http://{HOST}:{self._port}{self._urls.issue(kind, channel, user, original)}"

    def show_answer(self, channel: Channel, user: str, answer: Json) -> None:
        """What the app says to a slash command in its ack."""
        if not answer:
            return
        content = content_of(answer)
        if answer.get("response_type") == "in_channel":
            self.workspace.store(channel, {**OURS, **content})
        else:
            self.workspace.whisper(channel, user, content)

    def welcome(self, path: str) -> bool:
        """Whether this ticket opens a socket."""
        with self.changed:
            return self.sockets.redeem(path)

    def attend(self, sock: socket.socket, stream: Any, key: str) -> Connection:
        """A socket from its opening to its end."""
        with self.changed:
            connection = Connection(self.sockets.ever + 1, sock, stream, self._heard)
            connection.open(key)
            self.sockets.add(connection)
            self.deliveries.listening = True
            self.changed.notify_all()
        connection.read()
        with self.changed:
            self.sockets.remove(connection)
            self.changed.notify_all()
        return connection

    # Calls

    def serve(self, method: str, token: str, args: Json) -> Reply | None:
        """One call from arrival to answer; None is a reset connection."""
        fault = self._arrive(method, args)
        if fault.kind in ("slow", "silence") and not fault.stored:
            self._hold(fault)
        if refusal := fault.refusal():
            return refusal
        reply = self._perform(method, token, args) if fault.performed else Reply(200, b"", {})
        if fault.kind in ("slow", "silence") and fault.stored:
            self._hold(fault)
        return fault.spoilt(reply)

    def respond(self, path: str, args: Json) -> Reply:
        """One answer to a response_url."""
        with self.changed:
            self._calls.append(Call("response_url", copy.deepcopy(args), time.monotonic()))
            try:
                return self._urls.use(path, args)
            except Refusal as refusal:
                self._note("response_url", refusal)
                return refused(refusal)
            finally:
                self.changed.notify_all()

    def _arrive(self, method: str, args: Json) -> Fault:
        with self.changed:
            self._calls.append(Call(method, copy.deepcopy(args), time.monotonic()))
            self.changed.notify_all()
            fault = self._faults.next(method)
            wait = 0.0 if fault.kind else self._wait(method, args)
            return Fault("429", math.ceil(wait)) if wait > 0 else fault

    def _wait(self, method: str, args: Json) -> float:
        """Seconds until the next call in this channel is welcome; 0 lets it pass and starts the next gap."""
        gap = self._gap.get(method) or self._gap.get(EVERY_METHOD)
        if not gap:
            return 0.0
        place = method, str(args.get("channel", ""))
        wait = self._free_at.get(place, 0.0) - self.now()
        if wait <= 0:
            self._free_at[place] = self.now() + gap
        return max(wait, 0.0)

    def _perform(self, method: str, token: str, args: Json) -> Reply:
        with self.changed:
            try:
                body = {"ok": True, **self._run(method, token, args)}
            except Refusal as refusal:
                self._note(method, refusal)
                body = refusal.answer
            granted = {APP_SCOPE} if token == APP_TOKEN else self.scopes
            headers = {"x-oauth-scopes": ",".join(sorted(granted))}
            self.changed.notify_all()
            return Reply(200, json.dumps(body).encode(), headers)

    def _run(self, method: str, token: str, args: Json) -> Json:
        if method != OPEN and method not in METHODS:
            raise Refusal("unknown_method")
        if method != "api.test":
            self._check_token(method, token)
        if method == OPEN:
            return {"url": self.sockets.ticket(HOST, self._port)}
        known = METHODS[method]
        check_scope(needed(self.workspace, known, args), self.scopes)
        return known.run(self.workspace, args)

    def _check_token(self, method: str, token: str) -> None:
        if token not in (TOKEN, APP_TOKEN):
            raise Refusal("invalid_auth" if token else "not_authed")
        if code := self._bad_tokens.get(token):
            raise Refusal(code)
        if method != "auth.test" and (token == APP_TOKEN) != (method == OPEN):
            raise Refusal("not_allowed_token_type")

    def _note(self, method: str, refusal: Refusal) -> None:
        if refusal.problems or refusal.code in LIMIT_CODES:
            self.violations.append(Violation(method, refusal.code, refusal.problems))

    def _hold(self, fault: Fault) -> None:
        with self.changed:
            self.held += 1
            self.changed.notify_all()
        fault.gate.wait(LONGEST_HOLD)
        with self.changed:
            self.held -= 1
            self.changed.notify_all()

    def _heard(self, connection: Connection, message: Json) -> None:
        """An ack over a socket, or only a sign of life."""
        self._acknowledge(str(message.get("envelope_id")), message.get("payload") or {})

    def _http_heard(self, envelope: Envelope, answer: Answer) -> None:
        """An answer over HTTP; all but 200 is a refusal."""
        if answer.status == 200:
            self._acknowledge(envelope.id, answer.payload())
            return
        with self.changed:
            final = answer.headers.get("X-Slack-No-Retry") == "1"
            self.deliveries.refused(envelope, "http_error" if answer.status else answer.body.decode(), final)
            self.changed.notify_all()

    def _acknowledge(self, name: str, payload: Json) -> None:
        with self.changed:
            try:
                self.deliveries.answered(name, payload)
            except Refusal as refusal:
                self._note("ack", refusal)
            self.changed.notify_all()
