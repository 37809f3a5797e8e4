"""An office: amends listens to a Slack on loopback and speaks there, over real sockets; people press and look.

Only the classifier is a script, and the clock stands still until a test moves it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from sqlalchemy import select

from bot.domain.case import Case
from bot.domain.message import Arrival, Message, Place
from bot.domain.policy import Policy
from bot.domain.verdict import Verdict
from bot.edges.slack.channel import SlackChannel
from bot.edges.slack.web import Web
from bot.service.deliver import Delivery
from bot.service.intake import Intake
from bot.service.recover import recover
from bot.service.tick import tick
from bot.settings import Settings, load
from bot.slackroom import SlackRoom
from bot.store import tables as t
from bot.store.listing import one_case
from bot.store.store import SqlStore
from tests.fakes.build import CUSTOMER, MISTAKE, POLICY, message
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.fakes.slack import Envelope, FakeSlack, Person, Seen
from tests.fakes.world import ScriptedJudge, World

ALERTS, FALLBACK, WORK, CUSTOMERS = "C1ALERTS", "C2FALLBACK", "C3WORK", "C4ACME"
SOON = 60.0
OFTEN = 0.05  # seconds between two looks at what only the database knows
CONFIG = f"""
[team]
timezone = "UTC"
[slack]
alert_channel = "{ALERTS}"
fallback_channel = "{FALLBACK}"
work_channels = ["{WORK}"]
bot_token_file = "bot.token"
app_token_file = "app.token"
api_url = "{{url}}"
mode = "{{mode}}"
signing_secret_file = "signing.secret"
on_call = "S0ONCALL"
lead = "U0LEAD"
[[slack.customer_channel]]
id = "{CUSTOMERS}"
customer = "Acme"
"""


class Office(AbstractContextManager["Office"]):
    """Ana and Ben look after complaints, Eva works elsewhere in the company, Cleo is a customer."""

    def __init__(self, folder: Path, mode: str = "socket", policy: Policy = POLICY) -> None:
        self.clock = SimulatedClock(MONDAY)
        self.slack = FakeSlack((WORK,), (), epoch=int(MONDAY.timestamp()))
        self.slack.add_channel(FALLBACK, "attic")
        self.ana, self.ben, self.eva = (self.slack.person(name) for name in ("ana", "ben", "eva"))
        self.cleo = self.slack.person("cleo", team_id="TACME", is_stranger=True)
        self.slack.add_user("U0LEAD", "lena")
        self.slack.add_group("S0ONCALL", "oncall", [self.ben.id])
        self.slack.add_channel(ALERTS, "complaints", members={self.ana.id, self.ben.id})
        self.slack.add_channel(CUSTOMERS, "acme", shared=True)
        self.slack.start()
        (folder / "bot.token").write_text(self.slack.token)
        (folder / "app.token").write_text(self.slack.app_token)
        (folder / "signing.secret").write_text(self.slack.signing_secret)
        (folder / "config.toml").write_text(CONFIG.format(url=self.slack.api_url, mode=mode))
        found = load(folder / "config.toml")
        assert found.slack is not None
        self.settings: Settings = replace(found, policy=policy, slack=replace(found.slack, listen=("127.0.0.1", 0)))
        World.at(folder).store.close()  # an empty database, made quickly
        self.store = SqlStore(f"sqlite:///{folder / 'amends.db'}", self.clock)
        self.judge = ScriptedJudge()
        channel = SlackChannel(Web(self.slack.token, self.slack.api_url), ALERTS, FALLBACK)
        self.channel, self.delivery = channel, Delivery(self.store, channel, self.clock)
        self._to_say, self._end = threading.Event(), threading.Event()
        self._speaker = threading.Thread(target=self._speak, daemon=True)
        self.room, self._threads = self._opened()

    def __enter__(self) -> Self:
        self._speaker.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.leaves()
        self._end.set()
        self._to_say.set()
        self._speaker.join(SOON)
        self.slack.stop()
        self.store.close()
        if kind is None:
            self.slack.check_limits()

    def _opened(self) -> tuple[SlackRoom, list[threading.Thread]]:
        assert self.settings.slack is not None
        room = SlackRoom(self.settings, self.settings.slack, self.store, self.judge, self.clock, wake=self._to_say.set)
        stop = self._stop = threading.Event()
        threads = room.threads(stop)
        before = self.slack.sockets.ever
        for thread in threads:
            thread.start()
        room.start()
        if room.url:
            self.slack.request_url(room.url)  # where a proxy would pass requests on to
        else:
            self.slack.wait_for(lambda now: now.sockets.ever > before and now.connections, SOON)
        return room, threads

    def leaves(self) -> None:
        """amends ends."""
        self._stop.set()
        self.room.interrupt()
        for thread in self._threads:
            thread.join(SOON)
            assert not thread.is_alive()
        self.room.leave()

    def comes_back(self) -> None:
        """amends ends and starts again on the same database."""
        self.leaves()
        self.room, self._threads = self._opened()

    def _speak(self) -> None:
        while not self._end.is_set():
            self._to_say.wait()
            self._to_say.clear()
            recover(self.store, self.channel)
            self.delivery.run()

    # what happens

    def complains(self, text: str = "You charged me twice.", verdict: Verdict = MISTAKE, number: int = 1) -> Seen:
        """A customer writes by mail; the card that comes of it."""
        self.judge.script[text] = verdict
        sender = replace(CUSTOMER, address=f"c{number}@customer.example", name=f"Mo {number}")
        mail: Message = message(text, sender=sender, rfc_id=f"<{number}@customer.example>", subject=f"Order {number}")
        before = len(self.slack.messages(ALERTS))
        Intake(self.store, self.judge, self.settings.policy, wake=self._to_say.set).take(
            [Arrival(mail, Place("support", "INBOX", 1, number))]
        )
        self.until(lambda: len(self.slack.messages(ALERTS)) > before)
        return self.card(number)

    def passes(self, length: timedelta) -> None:
        """Time goes by, and the ticker ticks."""
        self.clock.advance(length)
        self.slack.advance(length.total_seconds())
        self.room.keep()
        tick(self.store, self.settings.policy)
        self._to_say.set()

    def did(self, envelope: Envelope | None) -> dict[str, Any]:
        """What the app answered to it."""
        return self.slack.answer(envelope, SOON)

    def presses_again(self, pressed: Envelope) -> Envelope:
        """The same button once more, by somebody whose client has not drawn the card anew."""
        action = {**pressed.payload["actions"][0], "action_ts": self.slack.workspace.next_ts()}
        trigger = self.slack.workspace.triggers.issue(pressed.payload["user"]["id"])
        return self.slack.submit("interactive", pressed.payload | {"trigger_id": trigger, "actions": [action]})

    # what came of it

    def until(self, condition: Callable[[], object]) -> None:
        """Until it is true; asked whenever anything happens at Slack, and often: the database tells nobody."""
        deadline = time.monotonic() + SOON
        with self.slack.changed:
            while not condition():
                latest = [call.method for call in self.slack.posts[-10:]]
                assert time.monotonic() < deadline, f"this did not come true in {SOON} s; the latest calls: {latest}"
                self.slack.changed.wait(OFTEN)

    def card(self, number: int = 1) -> Seen:
        """The card of a case."""
        return next(one for one in self.ana.sees(ALERTS) if f"Case {number}." in json.dumps(one.blocks))

    def shows(self, *words: str, number: int = 1) -> Seen:
        """Until the card shows all these words."""
        self.until(lambda: all(each in text_of(self.card(number)) for each in words))
        return self.card(number)

    def is_told(self, person: Person, words: str, channel: str = ALERTS) -> None:
        """Until somebody alone is told this."""
        self.until(lambda: any(one.only_you and words in one.text for one in _all(person.sees(channel))))

    def case(self, number: int = 1) -> Case:
        found = self.store.transact(lambda tx: tx.case(number))  # type: ignore[arg-type]
        assert found is not None
        return found

    def waiting(self) -> list[str]:
        """Why what Slack told us was put off, once that is written down; from then on time may pass for it."""
        i = t.inbound.c
        put_off = select(i.error).where(i.payload.is_not(None), i.not_before > i.at).order_by(i.id)
        return self.store.read(lambda connection: list(connection.execute(put_off).scalars()))

    def log(self, number: int = 1) -> list[tuple[str, str]]:
        """What was done, and who did it."""
        told = self.store.read(lambda connection: one_case(connection, number))
        assert told is not None
        return [(entry["what"], entry["who"]) for entry in told["log"]]


def text_of(seen: Seen) -> str:
    """All words of a message, as they stand in its blocks."""
    return " ".join(_words(seen.blocks))


def _words(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["text"]] if isinstance(part.get("text"), str) else []
        return own + [word for value in part.values() if not isinstance(value, str) for word in _words(value)]
    return [word for one in part for word in _words(one)] if isinstance(part, list) else []


def _all(seen: list[Seen]) -> list[Seen]:
    return [one for root in seen for one in (root, *root.replies)]
