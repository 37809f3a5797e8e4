"""A process that delivers, for the campaign of benchmarks.slack_chaos: it stops itself at the worst moments."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.edges.slack import channel as channel_room
from bot.edges.slack.channel import SlackChannel
from bot.edges.slack.web import Web
from bot.errors import Retriable
from bot.opening import SystemClock
from bot.service import deliver
from bot.service.deliver import Delivery, Timing
from bot.service.pace import Limiter, Pace, Rate
from bot.service.recover import recover
from bot.store import cards, outbox
from bot.store.store import SqlStore

CHANNEL = "C0123456789"
# The real times, made shorter so that a campaign ends; what depends on what stays as it is.
CALL_SECONDS = 1
TIMING = Timing(
    call=timedelta(seconds=1.5), lease=timedelta(seconds=2.5), settle=timedelta(seconds=0.5),
    look_again=timedelta(seconds=1),
)  # fmt: skip
TWIN_LOOKS = (timedelta(seconds=3), timedelta(seconds=10))
DRAWN_AGAIN = TWIN_LOOKS
_BEAT = 0.05


@dataclass(frozen=True)
class Place:
    """Where a process works: a database, a Slack, how often it stops itself around a post, and its dice."""

    url: str
    api_url: str
    token: str
    pauses: float
    seed: int


def work(place: Place) -> None:
    """Deliver until killed."""
    logging.disable(logging.CRITICAL)
    in_short_time()
    store = SqlStore(place.url, SystemClock(), create=False)
    channel = SlackChannel(Sleepy(place), CHANNEL)
    fast = Pace(Limiter(Rate(timedelta(milliseconds=20), 5)), Limiter(Rate(timedelta(milliseconds=20), 5)))
    delivery, beat = Delivery(store, channel, SystemClock(), fast, TIMING), threading.Event()
    while not beat.wait(_BEAT):
        with contextlib.suppress(Retriable):  # the database is locked by somebody who sleeps
            recover(store, channel, 20, TIMING)
            delivery.run(50)


def in_short_time() -> None:
    """Shorten what is no parameter; and let each card say which generation of its case it shows."""
    outbox._TWIN_LOOKS, cards._DRAWN_AGAIN = TWIN_LOOKS, DRAWN_AGAIN
    deliver._FIRST_WAIT, deliver._LONGEST_WAIT = 0.2, 2.0
    names = vars(channel_room)
    draw: Callable[..., tuple[str, Any]] = names["card"]

    def numbered(alert: Any, **how: bool) -> tuple[str, Any]:
        text, blocks = draw(alert, **how)
        return f"{text} (generation {alert.generation})", blocks

    names["card"] = numbered


class Sleepy(Web):
    """The web, before or after which the process stops now and then, as a machine that is put to sleep."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.token, place.api_url, timeout=CALL_SECONDS)
        self._chance, self._dice = place.pauses, random.Random(place.seed)

    def ask(self, method: str, **arguments: Any) -> dict[str, Any]:
        sleeps = method in ("chat.postMessage", "chat.update") and self._dice.random() < self._chance
        before = self._dice.random() < 0.5
        if sleeps and before:
            os.kill(os.getpid(), signal.SIGSTOP)
        answer = super().ask(method, **arguments)
        if sleeps and not before:
            os.kill(os.getpid(), signal.SIGSTOP)
        return answer
