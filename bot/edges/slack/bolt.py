"""Hears what Slack tells, over sockets or HTTP. The only file that imports slack_bolt, and with it the socket client.

Of Bolt is used what it does well: checking signatures, parsing, shaking hands. One middleware takes everything before
Bolt looks for listeners, or asks Slack whose token it has (auth.test) while Slack waits.
"""

from __future__ import annotations

import copy
import json
import logging
import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.adapter.socket_mode.builtin import SocketModeClient, SocketModeRequest  # type: ignore[attr-defined]
from slack_bolt.middleware import Middleware, RequestVerification

from bot.edges.listening import Reply
from bot.edges.slack.answer import Answer
from bot.edges.slack.frames import FramedSocket
from bot.edges.slack.keys import kind_of, received
from bot.edges.slack.refusals import code_of, not_opened
from bot.edges.slack.session import Session
from bot.errors import Retriable
from bot.service.ports import Received

log = logging.getLogger(__name__)

# At DEBUG both libraries write tokens and bodies, and at INFO a body whose signature is wrong. Bolt makes its loggers
# in the image of the one it is given, so this one says nothing and belongs to no tree that somebody could turn up.
_SILENT = logging.Logger("silent", logging.CRITICAL + 1)  # noqa: LOG001
_SILENT.disabled = True
for _name in ("slack_bolt", "slack_sdk"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_OPEN_VIEW, _OPEN_CONNECTION = 2, 5  # seconds; a trigger_id and Slack's patience both last three
_PING, _HELLO = 2.5, 5.0  # seconds
_WORKERS = 30
_LONGEST_ACK = 65_535  # bytes; the library writes a length of at most two bytes
_SIGNATURE, _SECONDS = re.compile(r"v0=[0-9a-f]{64}", re.ASCII), re.compile(r"[0-9]{1,12}")


class Listener:
    """Takes whatever Slack sends and asks `receive` what to answer; if that raises, nothing is acknowledged.

    `receive` is called by several threads at once, and not always in the order in which Slack told.
    """

    def __init__(
        self, receive: Callable[[Received], Answer], bot_token: str, *, api_url: str, app_token: str = "",
        signing_secret: str = "",
    ) -> None:  # fmt: skip
        """Nothing is asked of Slack yet. Sockets need `app_token`, HTTP needs `signing_secret`."""
        self._receive, self._app_token = receive, app_token
        self._app = App(
            name="slack_bolt.amends", token=bot_token, logger=_SILENT, before_authorize=_Everything(self._taken),
            process_before_response=True, token_verification_enabled=False, request_verification_enabled=False,
            ssl_check_enabled=False, ignoring_self_events_enabled=False, url_verification_enabled=False,
            attaching_function_token_enabled=False,
        )  # fmt: skip
        self._app.error(_untaken)
        client = self._app.client
        client.base_url = api_url if api_url.endswith("/") else f"{api_url}/"
        client.timeout, client.retry_handlers, client.ssl = _OPEN_VIEW, [], ssl.create_default_context()
        self._connecting = copy.copy(client)
        self._connecting.timeout = _OPEN_CONNECTION
        self._verifier = RequestVerification(signing_secret, base_logger=_SILENT).verifier if signing_secret else None

    def dial(self, changed: Callable[[], None]) -> Session:
        """Open a socket; `changed` is called when it ends or should. Raises Retriable or Refused."""
        try:
            url = self._connecting.apps_connections_open(app_token=self._app_token)["url"]
        except Exception as problem:
            raise not_opened(problem) from problem
        session = _Socket(self._connecting, self._answered, changed)
        session.open(url)
        return session

    def over_http(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer one POST; names of headers in lower case. What was not signed by Slack is not even parsed."""
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return Reply(400)
        if not self._is_signed(headers, text):
            return Reply(200 if parse_qs(text).get("ssl_check") == ["1"] else 401)
        try:
            request = BoltRequest(body=text, headers=dict(headers))
        except ValueError:
            return Reply(400)
        response = self._app.dispatch(request)
        return Reply(response.status, response.body.encode(), response.headers["content-type"][0])

    def _is_signed(self, headers: Mapping[str, str], text: str) -> bool:
        """By Slack, within the last five minutes."""
        seconds, signature = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
        if self._verifier is None or not (_SECONDS.fullmatch(seconds) and _SIGNATURE.fullmatch(signature)):
            return False
        return bool(self._verifier.is_valid(text, seconds, signature))

    def _answered(self, payload: dict[str, Any]) -> BoltResponse:
        return self._app.dispatch(BoltRequest(body=payload, mode="socket_mode"))

    def _taken(self, payload: dict[str, Any]) -> BoltResponse:
        if payload.get("type") == "url_verification":
            return BoltResponse(status=200, body={"challenge": payload.get("challenge")})
        told = received(payload)
        if told is None:  # nobody acts on it, and nothing gets better by hearing of it again
            return BoltResponse(status=200)
        answer = self._receive(told)
        if answer.modal is not None and (trigger := payload.get("trigger_id")):
            self._open_view(trigger, answer.modal)
        return BoltResponse(status=200, body=answer.ack or "")

    def _open_view(self, trigger: str, view: dict[str, Any]) -> None:
        try:
            self._app.client.views_open(trigger_id=trigger, view=view)
        except Exception as problem:  # whatever it is, what was pressed is taken and must be acknowledged
            log.warning("A dialog could not be opened: %s.", code_of(problem) or type(problem).__name__)


class _Everything(Middleware):
    """Stands before all of Bolt's own, and passes nothing on."""

    def __init__(self, take: Callable[[dict[str, Any]], BoltResponse]) -> None:
        self._take = take

    def process(self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], BoltResponse]) -> BoltResponse:  # noqa: ARG002
        """Nothing of the payload but what `take` makes of it goes any further."""
        return self._take(req.body)


def _untaken(error: Exception, body: dict[str, Any]) -> BoltResponse:
    """No ack, so that Slack sends the event again, and a person sees that the press failed."""
    kind = kind_of(body)
    log.error("Something from Slack (%s) was not taken: %s.", kind.value if kind else "?", type(error).__name__)
    return BoltResponse(status=500)


def _note_failure(answering: Future[None]) -> None:
    """What fails before Bolt takes it, which is a bug: of a thread in a pool nobody hears otherwise."""
    if not answering.cancelled() and (problem := answering.exception()) is not None:
        log.error("Something from Slack was not taken: %s.", type(problem).__name__)


class _Socket(SocketModeClient):
    """One connection, from its opening to its end; the library's client never makes another by itself."""

    def __init__(self, web: Any, answered: Callable[[dict[str, Any]], BoltResponse], changed: Callable[[], None]):
        super().__init__(
            "", _SILENT, web, auto_reconnect_enabled=False, ping_interval=_PING, concurrency=_WORKERS,
            on_error_listeners=[lambda error: self._over(type(error).__name__)],
            on_close_listeners=[self._closed],
        )  # fmt: skip
        self._answered, self._tell = answered, changed
        self._under_way = 0
        self._quiet = threading.Condition()  # guards `_under_way`
        self._decided = threading.Event()  # set by a hello, or by what comes in its place
        self._framed: FramedSocket | None = None
        self._greeted = False
        self.is_leaving = False
        self.trouble = ""

    @property
    def is_open(self) -> bool:
        """Until an error, a close frame or the end of the stream."""
        return not self.trouble and bool(self.is_connected())

    @property
    def last_pong(self) -> float:
        """On the monotonic clock."""
        return self._framed.last_pong if self._framed else 0.0

    def open(self, url: str) -> None:
        """Shake hands and wait until Slack says hello. Raises Retriable."""
        self.wss_uri = url
        self.connect()
        session = self.current_session
        if session is not None and (sock := session.sock) is not None:
            self._framed = FramedSocket(sock)
            session.sock = self._framed  # type: ignore[assignment]
            self._decided.wait(_HELLO)
        if not self._greeted:
            self.end(0)
            raise Retriable(f"No connection came about: {self.trouble or 'Slack said no hello.'}", where="Slack")

    def enqueue_message(self, message: str) -> None:
        """Called by the thread that reads: goodbyes and hellos at once, all else is work."""
        told = json.loads(message)
        if told.get("type") == "disconnect":
            self.is_leaving = True
            self._changed()
        elif told.get("type") == "hello":
            self._greeted = True
            self._changed()
        elif (request := SocketModeRequest.from_dict(told)) is not None:
            self._count(+1)
            try:
                self.message_workers.submit(self._answer, request).add_done_callback(_note_failure)
            except RuntimeError:  # it is being closed; Slack tells it again to another
                self._count(-1)

    def _answer(self, request: Any) -> None:
        try:
            response = self._answered(request.payload)
            if response.status == 200:
                self._acknowledge(request.envelope_id, json.loads(response.body) if response.body else None)
        finally:
            self._count(-1)

    def _acknowledge(self, envelope: str, payload: Any) -> None:
        text = json.dumps({"envelope_id": envelope, **({"payload": payload} if payload else {})})
        if len(text) > _LONGEST_ACK:
            log.error("An answer of %d bytes is too long for Slack, which gets an empty one.", len(text))
            text = json.dumps({"envelope_id": envelope})
        try:
            self.send_message(text)
        except Exception as problem:  # the connection is gone, in whichever way; Slack tells it again
            log.warning("An acknowledgement did not reach Slack: %s.", type(problem).__name__)

    def end(self, patience: float) -> None:
        """Answer what has come, for at most so many seconds; then close the socket and end the threads."""
        with self._quiet:
            self._quiet.wait_for(lambda: not self._under_way or not self.is_open, patience)
        self.closed = self.current_session_state.terminated = True
        if self._framed is not None:
            with suppress(OSError):  # without this the reader holds on to it until its timeout
                self._framed.shutdown(socket.SHUT_RDWR)
        self.message_queue.put(None)
        self.message_workers.shutdown(wait=False, cancel_futures=True)
        with suppress(AttributeError):  # the reader may take the socket away between the library's look and its grip
            self.disconnect()
        for runner in (self.current_session_runner, self.current_app_monitor, self.message_processor):
            if runner.is_alive():
                runner.shutdown()  # type: ignore[no-untyped-call]

    def _closed(self, code: int, _reason: str | None = None) -> None:
        self._over(f"Slack closed it ({code})")

    def _over(self, why: str) -> None:
        self.trouble = self.trouble or f"{why}."
        self._changed()

    def _changed(self) -> None:
        self._decided.set()
        with self._quiet:
            self._quiet.notify_all()
        self._tell()

    def _count(self, more: int) -> None:
        with self._quiet:
            self._under_way += more
            self._quiet.notify_all()
