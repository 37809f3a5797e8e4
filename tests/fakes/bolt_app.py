"""A real Bolt app on the fake Slack: over sockets, or behind an HTTP server on loopback."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient

from .slack import HOST, FakeSlack


def bolt(slack: FakeSlack, **more: Any) -> App:
    """An app that asks nothing of Slack before it has to; `more` goes to App."""
    client = WebClient(slack.token, base_url=slack.api_url, retry_handlers=[])
    told: dict[str, Any] = {"process_before_response": True, "token_verification_enabled": False} | more
    return App(client=client, signing_secret=slack.signing_secret, **told)


@contextlib.contextmanager
def connected(
    slack: FakeSlack, app: App, ping_interval: float = 2, hears: Callable[[str], None] | None = None
) -> Iterator[SocketModeHandler]:
    """The app with an open socket of its own, until the block ends; `hears` is given every message as it came."""
    before = slack.sockets.ever
    handler = SocketModeHandler(app, slack.app_token, ping_interval=ping_interval)
    handler.client.on_message_listeners += [hears] if hears else []
    try:
        handler.client.connect()
        slack.wait_for(lambda now: now.sockets.ever > before)
        yield handler
    finally:
        handler.client.auto_reconnect_enabled = False
        handler.client.closed = True
        for connection in slack.connections:  # its threads wait for bytes or an end, for seconds
            connection.fin()
        handler.client.close()


@contextlib.contextmanager
def behind_http(app: App) -> Iterator[str]:
    """The app at an address on loopback, until the block ends."""

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads it."""

    with make_server(HOST, 0, SlackRequestHandler(app, path="/slack/events"), handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://{HOST}:{server.server_address[1]}/slack/events"
        server.shutdown()
        thread.join()
