"""Slack as something that runs: heard over a socket or HTTP, kept, and worked off by one process of all that run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from bot.domain.chat import Places
from bot.domain.roster import Roster
from bot.edges.processes import is_gone, own_name
from bot.edges.slack.bolt import Listener
from bot.edges.slack.commands import Commands
from bot.edges.slack.desk import Desk
from bot.edges.slack.directory import Directory
from bot.edges.slack.home_tab import HomeTab
from bot.edges.slack.http import RequestServer
from bot.edges.slack.line import Line
from bot.edges.slack.messages import Messages
from bot.edges.slack.reception import Reception
from bot.edges.slack.sweep import Sweep
from bot.edges.slack.web import Web
from bot.errors import AmendsError
from bot.service.chat import Chat
from bot.service.defects import frames
from bot.service.inbox import Inbox
from bot.service.lease import Lease
from bot.service.letterbox import Letterbox
from bot.service.ports import Clock, Judge, Kind, Store
from bot.service.settle import Settling
from bot.settings import Settings, SlackSettings

log = logging.getLogger(__name__)
# What another process heard is found by looking; what we heard wakes us.
_LOOK = 1.0
# Somebody may wait for what Slack says of people, and for no longer than three seconds.
_ASKED = 2
_SWEPT_EVERY, _SWEPT_AGAIN = timedelta(minutes=5), timedelta(seconds=30)
LEASE = "slack"


class SlackRoom:
    """Everything that listens to Slack in this process, if the config lets amends listen at all."""

    def __init__(
        self, settings: Settings, slack: SlackSettings, store: Store, judge: Judge, clock: Clock, *,
        wake: Callable[[], None], roster: Callable[[], Roster] | None = None,
    ) -> None:  # fmt: skip
        """Nothing is connected yet. `wake` is called after what queued something to be said. Raises SettingsError.

        `roster`: who is on call as known by now; without it, as the config alone says.
        """
        self._store, self._clock = store, clock
        self._came, self._gap = threading.Event(), threading.Event()
        self._stop = threading.Event()
        self._lease = Lease(store, clock, LEASE, own_name(), is_gone)
        web = Web(slack.bot_token.reveal(), slack.api_url)
        asked = Web(slack.bot_token.reveal(), slack.api_url, timeout=_ASKED)
        self._directory = directory = _directory(asked, clock, slack)
        self._settling = Settling(store, judge, settings.policy, wake)
        places = Places(frozenset(slack.work_channels), slack.customers)
        chat = Chat(self._settling, directory, places)
        home = HomeTab(store, web, directory, clock)
        messages = Messages(store, chat, directory, home.show, self._gap.set)
        desk = Desk(store, web, directory, settings.policy, messages.pointed_at, wake, home.show, slack.alert_channel)
        self._inbox = Inbox(store, {
            Kind.EVENT: messages.heard, Kind.ACTION: desk.pressed, Kind.VIEW: desk.submitted,
            Kind.SHORTCUT: desk.cut_short,
        })  # fmt: skip
        self._sweep = Sweep(web, store, chat, clock, places, lambda: directory.names)
        commands = Commands(
            store, settings.policy, roster or (lambda: settings.policy.roster), clock, directory.called, wake
        )
        reception = Reception(store, Letterbox(store, self._came.set), directory, commands, clock)
        self._way_in = _way_in(slack, reception, self._gap.set)

    def threads(self, stop: threading.Event) -> list[threading.Thread]:
        """One that works off what came, one that reads what was said while nobody listened; not started yet."""
        self._stop = stop
        self.keep()
        return [
            threading.Thread(target=self._work, name="slack-work", daemon=True),
            threading.Thread(target=self._read_gaps, name="slack-sweep", daemon=True),
        ]

    def start(self) -> None:
        """Begin to listen."""
        self._way_in.start()

    @property
    def url(self) -> str:
        """Where requests are taken in HTTP mode; "" where a socket is used."""
        return self._way_in.url if isinstance(self._way_in, RequestServer) else ""

    def keep(self) -> None:
        """Every few seconds: go on holding the lease. Whoever gets it reads what was said meanwhile."""
        had = self._lease.held
        if self._lease.keep() and not had:
            self._gap.set()

    @property
    def is_settling(self) -> bool:
        """Whether much that was said is being decided, and alerts should wait until that is done."""
        return self._settling.is_long

    def interrupt(self) -> None:
        """Stop listening; what is under way ends by itself."""
        self._way_in.stop()
        self._came.set()
        self._gap.set()

    def leave(self) -> None:
        """Let another amends work things off at once."""
        self._lease.drop()

    def _work(self) -> None:
        while not self._stop.is_set():
            with suppress(AmendsError):  # asks who is in the team, so that nobody who presses has to wait for that
                self._directory.may_act("")
            self._came.wait(_LOOK)
            self._came.clear()
            if self._lease.held and not self._stop.is_set():
                try:
                    self._inbox.run()
                except Exception as problem:
                    log.error("working off what Slack told failed; it is tried again: %s", frames(problem))

    def _read_gaps(self) -> None:
        """After each connection that was made, and now and then."""
        due = self._clock.now()
        while not self._stop.is_set():
            is_told = self._gap.wait(_LOOK)
            self._gap.clear()  # by whoever does not hold the lease too: one who gets it later is told anew
            if self._stop.is_set() or not self._lease.held:
                continue
            if is_told or self._clock.now() >= due:
                due = self._clock.now() + self._swept()

    def _swept(self) -> timedelta:
        """When to sweep again."""
        try:
            bot_user = self._directory.ourselves().bot_user  # else talk below our own posts would be taken for news
            self._sweep.places = replace(self._sweep.places, bot_user=bot_user)
            self._sweep.sweep()
        except AmendsError as problem:
            log.warning("what was said in Slack meanwhile could not be read: %s", problem)
            return _SWEPT_AGAIN
        except Exception as problem:
            log.error("what was said in Slack meanwhile could not be read: %s", frames(problem))
            return _SWEPT_AGAIN
        return _SWEPT_EVERY


def _directory(web: Web, clock: Clock, slack: SlackSettings) -> Directory:
    """Who may act: a user group if one is named, else whoever is in the alert channel."""
    if slack.actors:
        return Directory(web, clock, groups=(slack.actors,))
    return Directory(web, clock, alert_channel=slack.alert_channel)


def _way_in(slack: SlackSettings, reception: Reception, connected: Callable[[], None]) -> Line | RequestServer:
    token = slack.bot_token.reveal()
    if slack.mode == "http":
        secret = slack.signing_secret.reveal()
        listener = Listener(reception.receive, token, api_url=slack.api_url, signing_secret=secret)
        return RequestServer(listener.over_http, *slack.listen)
    secret = slack.app_token.reveal()
    return Line(Listener(reception.receive, token, api_url=slack.api_url, app_token=secret).dial, connected)
