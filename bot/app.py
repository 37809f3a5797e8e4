"""The composition root: Settings in, a running App out. The only file that names concrete classes."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.champion import crowned, load, load_model, prior
from bot.edges.processes import is_gone, own_name
from bot.errors import ModelUnfit, SettingsError
from bot.healthroom import HealthRoom
from bot.oncall import OnCallRoom
from bot.opening import SystemClock, open_store
from bot.service.ports import Channel
from bot.service.ticking import TickLease
from bot.settings import Settings, require_secrets

if TYPE_CHECKING:
    from bot.slackroom import SlackRoom

log = logging.getLogger(__name__)
Progress = Callable[[str], None]

_TICK_SECONDS = 1.0
# How soon a calendar of shifts, or a gap between them, is looked at.
_ON_CALL_SECONDS = 60.0
# How soon what is to be done once a day is begun.
_CHORES_SECONDS = 60.0
# How soon a running amends takes up a champion that `amends retrain` has crowned.
_MODEL_SECONDS = 10.0
# What is still under way after this is left: whatever it was, the database knows.
_STOP_SECONDS = 3.0


def channel(settings: Settings) -> Channel:
    """Slack when a token is there, else the console."""
    from bot.edges.console import ConsoleChannel

    if settings.slack is None or not settings.slack.bot_token.named:
        return ConsoleChannel(settings.policy.hours.zone)
    from bot.edges.slack.channel import SlackChannel
    from bot.edges.slack.web import Web

    slack = settings.slack
    web = Web(slack.bot_token.reveal(), slack.api_url)
    team = SlackChannel(web, slack.alert_channel, slack.fallback_channel, buttons=slack.listens)
    if not settings.health.canary_channel:
        return team
    from bot.edges.canary_channel import SlackChannelWithCanary

    return SlackChannelWithCanary(team, SlackChannel(web, settings.health.canary_channel, buttons=False))


class App:
    """Everything that `amends run` keeps going: a watch an account, the ticker, and one thread that delivers."""

    def __init__(self, settings: Settings, *, rebuild: bool, progress: Progress) -> None:
        """Opens all; nothing runs yet. Raises SettingsError, StoreUnfit, ModelUnfit."""
        if not settings.mailboxes and not (settings.slack and settings.slack.hears_people):
            advice = "Copy config.example.toml to config.toml and name one there."
            raise SettingsError("There is no [[mailbox]] to read.", where=str(settings.source or ""), advice=advice)
        require_secrets(settings)
        from bot.learn.judge import HistoryJudge, ModelJudge
        from bot.service.deliver import Delivery
        from bot.service.pace import Pace
        from bot.watching import Mailroom

        self._settings = settings
        self._clock = SystemClock()
        self._stop, self._something_to_say = threading.Event(), threading.Event()
        self._channel = channel(settings)
        self._store = open_store(settings, self._clock)
        self._store.transact(lambda tx: tx.name_roles(settings.on_call))
        champion = self._store.read(crowned)  # before it is loaded: one that is crowned meanwhile is taken up later
        self._tried = champion.id if champion else ""
        model = load_model(settings, self._store, rebuild=rebuild, progress=progress)
        self._judge = ModelJudge(model, prior(settings, self._store))
        self._delivery = Delivery(self._store, self._channel, self._clock, Pace())
        self._mailroom = Mailroom(
            settings, self._store, self._judge, self._clock, wake=self._something_to_say.set,
            historian=HistoryJudge(self._judge),
        )  # fmt: skip
        self._on_call = OnCallRoom(settings, self._store, self._clock)
        self._slackroom = self._listening()
        self._health = HealthRoom(settings, self._store, self._clock)
        self._tick_lease = TickLease(own_name(), is_gone)

    def _listening(self) -> SlackRoom | None:
        """What listens to Slack, where the config lets amends listen."""
        slack = self._settings.slack
        if slack is None or not slack.listens:
            return None
        from bot.slackroom import SlackRoom

        return SlackRoom(
            self._settings, slack, self._store, self._judge, self._clock, wake=self._something_to_say.set,
            roster=lambda: self._on_call.roster,
        )  # fmt: skip

    def stop(self) -> None:
        """Ask it to end; may be called from a signal handler."""
        self._stop.set()
        self._something_to_say.set()

    def run(self) -> None:
        """Until `stop`; then ends within a few seconds, whatever servers do meanwhile."""
        from bot.edges.ticker import Ticker

        ticker = Ticker()
        ticker.every(_TICK_SECONDS, self._tick, "tick")
        ticker.every(_CHORES_SECONDS, self._do_chores, "chores")
        ticker.every(_MODEL_SECONDS, self._take_up_champion, "model")
        ticker.every(_ON_CALL_SECONDS, self._on_call.keep, "on-call")
        ticker.every(self._mailroom.RENEWED_EVERY, self._keep, "watches")
        threads = [threading.Thread(target=self._deliver, name="deliver", daemon=True)]
        threads += self._mailroom.threads(self._stop)
        if self._slackroom is not None:
            threads += self._slackroom.threads(self._stop)
            self._slackroom.start()
        threads += self._health.threads(self._stop)
        for thread in threads:
            thread.start()
        ticker.start()
        self._health.start(threads, self._stop)
        names = ", ".join(f"{box.name} ({box.host})" for box in self._settings.mailboxes) or "no mailbox"
        listens = " and listening to Slack" if self._slackroom is not None else ""
        log.info("watching %s%s; alerts go to %s", names, listens, type(self._channel).__name__)
        self._stop.wait()
        log.info("stopping")
        ticker.stop()
        self._health.stop()
        self._mailroom.interrupt()
        if self._slackroom is not None:
            self._slackroom.interrupt()
        deadline = self._clock.now().timestamp() + _STOP_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - self._clock.now().timestamp()))
        if any(thread.is_alive() for thread in threads):
            log.info("a connection did not end in time; it is left behind, and nothing is lost by that")
            logging.shutdown()
            os._exit(0)
        self._mailroom.leave()
        if self._slackroom is not None:
            self._slackroom.leave()
        self._store.transact(self._tick_lease.drop)
        self._store.close()

    def _keep(self) -> None:
        self._mailroom.keep()
        if self._slackroom is not None:
            self._slackroom.keep()

    def _is_settling(self) -> bool:
        return self._mailroom.is_settling or (self._slackroom is not None and self._slackroom.is_settling)

    def _tick(self) -> None:
        from bot.service.tick import tick

        with self._health.ticking():
            policy = replace(self._settings.policy, roster=self._on_call.roster)
            tick(self._health, policy, self._health.fence(self._tick_lease))
        self._something_to_say.set()

    def _do_chores(self) -> None:
        from bot.service.chores import do_chores

        settings = self._settings
        if do_chores(self._store, settings.policy.hours, settings.reviews, self._judge.model.id):
            self._judge.prior = prior(settings, self._store)
            self._something_to_say.set()

    def _take_up_champion(self) -> None:
        """A model that cannot be loaded changes nothing: the one in use stays, and it is said once."""
        own = self._store.read(crowned)
        wanted = own.id if own else ""
        if wanted == self._tried:
            return
        self._tried = wanted
        try:
            self._judge.model = load(self._settings, own)
        except ModelUnfit as problem:
            log.warning("the new champion is not taken up: %s", problem)
        else:
            log.info("judging with model %s from now on", self._judge.model.id)

    def _deliver(self) -> None:
        """Woken by every commit that queued something, and when the channel may be spoken to again.

        The tick is only the safety net.
        """
        from bot.service.recover import recover

        while not self._stop.is_set():
            pause = self._delivery.pause()
            self._something_to_say.wait(pause.total_seconds() if pause is not None else None)
            self._something_to_say.clear()
            if self._stop.is_set():
                return
            try:
                if not self._is_settling():  # else the tick wakes it again
                    recover(self._store, self._channel)
                    self._delivery.run()
                self._health.delivered()
            except Exception:
                log.exception("delivery failed; it is tried again at the next tick")
