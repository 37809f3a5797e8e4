"""HTTP mode: what Slack would post to a Request URL, signed (docs.slack.dev, Verifying requests from Slack)."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import queue
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from .answers import Json
from .deliveries import Envelope

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class Answer(NamedTuple):
    """What came back; status 0 if nothing did, and then `body` says why in Slack's words."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    def payload(self) -> Json:
        """As an ack over a socket would carry it."""
        if not self.body:
            return {}
        with contextlib.suppress(ValueError):
            parsed = json.loads(self.body)
            if isinstance(parsed, dict):
                return parsed
        return {"text": self.body.decode(errors="replace")}


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Version 0: HMAC-SHA256 over version, time and body."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()


def body_of(envelope: Envelope) -> tuple[bytes, str]:
    """The request's body and its content type, for each kind of payload."""
    if envelope.kind == "events_api":
        return json.dumps(envelope.payload).encode(), JSON
    if envelope.kind == "interactive":
        return urlencode({"payload": json.dumps(envelope.payload)}).encode(), FORM
    return urlencode(envelope.payload).encode(), FORM


class RequestUrl:
    """Where the app takes requests, and the secret that signs them."""

    def __init__(self, url: str, secret: str, patience: float = 3.0) -> None:
        """`patience` in seconds of real time, as it is the network that is waited for."""
        self.url, self._secret, self._patience = url, secret, patience

    def post(self, body: bytes, content_type: str, *, timestamp: str = "", sign: str = "", **headers: str) -> Answer:
        """One request; a false `timestamp` or `sign` is what an attacker would send. `_` stands for `-` in headers."""
        timestamp = timestamp or str(int(time.time()))
        request = urllib.request.Request(self.url, body, {
            "Content-Type": content_type, "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": sign or signature(self._secret, timestamp, body),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        })  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=self._patience) as answer:
                return Answer(answer.status, answer.read(), dict(answer.headers))
        except urllib.error.HTTPError as refused:
            with refused:
                return Answer(refused.code, refused.read(), dict(refused.headers))
        except TimeoutError:
            return Answer(0, b"http_timeout", {})
        except OSError as failed:
            slow = isinstance(getattr(failed, "reason", None), TimeoutError)
            return Answer(0, b"http_timeout" if slow else b"connection_failed", {})

    def deliver(self, envelope: Envelope, number: int) -> Answer:
        """An envelope as Slack would send it; repetitions say so in their headers."""
        body, content_type = body_of(envelope)
        again = {"X_Slack_Retry_Num": str(number), "X_Slack_Retry_Reason": envelope.reason} if number else {}
        return self.post(body, content_type, **again)

    def verify(self, challenge: str = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P") -> Answer:
        """url_verification: the app has to give the challenge back."""
        body = {"token": "verification-token", "challenge": challenge, "type": "url_verification"}
        return self.post(json.dumps(body).encode(), JSON)

    def ssl_check(self) -> Answer:
        """What Slack asks now and then of an address for commands."""
        return self.post(urlencode({"token": "verification-token", "ssl_check": "1"}).encode(), FORM)


class HttpRoute:
    """Sends envelopes to a Request URL, one after the other, in a thread of its own."""

    def __init__(self, url: RequestUrl, heard: Callable[[Envelope, Answer], None]) -> None:
        self._url, self._heard = url, heard
        self._waiting: queue.SimpleQueue[tuple[Envelope, int] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="fake-slack-http", daemon=True)
        self._thread.start()

    def send(self, envelope: Envelope) -> int | None:
        """It counts as one connection, number 0."""
        self._waiting.put((envelope, len(envelope.attempts)))
        return 0

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (task := self._waiting.get()) is not None:
            envelope, number = task
            self._heard(envelope, self._url.deliver(envelope, number))
