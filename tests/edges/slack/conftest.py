"""What tests of Slack share: a workspace, and an app that listens to it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from bot.edges.slack.answer import Answer
from bot.edges.slack.bolt import Listener
from bot.edges.slack.line import Line
from bot.edges.slack.session import Patience, Session
from bot.service.ports import Received
from tests.fakes.slack import FakeSlack

QUICK = Patience(first=0.01, longest=0.05, restless=0.02, refused=0.05, settled=0.0, look=0.05)


class Heard(list[Received]):
    """Notes what it is given and answers as told; fails with what it is told to, once for each."""

    def __init__(self, slack: FakeSlack) -> None:
        super().__init__()
        self._slack = slack
        self.answer = Answer()
        self.problems: list[Exception] = []

    def __call__(self, received: Received) -> Answer:
        with self._slack.changed:
            self.append(received)
            self._slack.changed.notify_all()
            if self.problems:
                raise self.problems.pop()
            return self.answer


class App:
    """A listener, the line that keeps it connected, and how often that was."""

    def __init__(self, slack: FakeSlack, receive: Callable[[Received], Answer], patience: Patience = QUICK) -> None:
        self.connected = self.tries = 0
        self.open: list[int] = []  # connections there were when the latest was made
        self._slack = slack
        self.listener = Listener(receive, slack.token, api_url=slack.api_url, app_token=slack.app_token)
        self.line = Line(self._dial, self._note, patience)

    def _dial(self, changed: Callable[[], None]) -> Session:
        with self._slack.changed:
            self.tries += 1
            self._slack.changed.notify_all()
        session = self.listener.dial(changed)
        self.open = [one.number for one in self._slack.connections]
        return session

    def _note(self) -> None:
        with self._slack.changed:
            self.connected += 1
            self._slack.changed.notify_all()


@contextlib.contextmanager
def listening(slack: FakeSlack, receive: Callable[[Received], Answer], patience: Patience = QUICK) -> Iterator[App]:
    """Connected, until the block ends."""
    app = App(slack, receive, patience)
    app.line.start()
    try:
        slack.wait_for(lambda _: app.connected)
        yield app
    finally:
        app.line.stop()


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as running:
        yield running
        running.check_limits()


@pytest.fixture
def heard(slack: FakeSlack) -> Heard:
    return Heard(slack)
