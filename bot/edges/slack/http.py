"""HTTP mode: takes Slack's requests on loopback, behind a proxy that speaks TLS to the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from bot.edges.listening import Listening, LoopbackHandler, LoopbackServer, Reply

PATH = "/slack/events"
LONGEST_BODY = 1 << 20  # bytes; Slack's requests are some kilobytes
# Only a proxy in front speaks TLS.
_LISTENING = Listening(
    "slack-http", threads=16, backlog=128, refusal="Slack's requests are taken on loopback only.",
    advice="Listen on 127.0.0.1 and let a proxy with TLS pass requests on.",
)  # fmt: skip

Answering = Callable[[Mapping[str, str], bytes], Reply]


class RequestServer(LoopbackServer):
    """Listens at http://127.0.0.1:3000/slack/events, or at another loopback address; a bounded number of threads.

    What is under way when it is stopped is not waited for: unanswered, Slack sends it again.
    """

    def __init__(self, answering: Answering, host: str = "127.0.0.1", port: int = 3000) -> None:
        """Bind it. `answering` is given headers and body of each POST. Raises SettingsError where that cannot be."""
        super().__init__(partial(_Handler, answering), host, port, _LISTENING)

    @property
    def url(self) -> str:
        """Where the proxy should send requests to."""
        return super().url + PATH


class _Handler(LoopbackHandler):
    def __init__(self, answering: Answering, *more: Any) -> None:
        self._answering = answering
        super().__init__(*more)

    def do_POST(self) -> None:  # noqa: N802 (http.server calls it so)
        """The only thing that Slack does."""
        length = self.headers.get("Content-Length", "")
        if self.path.partition("?")[0] != PATH:
            self.reply(Reply(404))
        elif not (length.isascii() and length.isdigit()):
            self.reply(Reply(411))
        elif len(length) > 9 or int(length) > LONGEST_BODY:
            self.reply(Reply(413))
        else:
            self._pass_on(int(length))

    def _pass_on(self, length: int) -> None:
        try:
            body = self.rfile.read(length)
        except TimeoutError:
            body = b""
        if len(body) < length:
            self.reply(Reply(408))
        else:
            self.reply(self._answering({name.lower(): value for name, value in self.headers.items()}, body))
