"""The composition root: Settings in, a running App out. The only file that names concrete classes."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.domain.alert import CaseId
from bot.domain.case import AUTOMATIC_STEPS, Case, Step
from bot.errors import ModelOutdated, ModelUnfit, SettingsError, UsageError
from bot.packaged import packaged
from bot.service import feedback
from bot.service.ports import Channel, Clock
from bot.settings import MailboxSettings, Settings, require_secrets
from bot.settings.words import parse_delay

if TYPE_CHECKING:
    from bot.edges.mailbox import Account
    from bot.learn.evaluate import GateResult, Scorecard
    from bot.learn.model import Triage
    from bot.service.intake import Intake
    from bot.store.models import Trusted
    from bot.store.store import SqlStore

log = logging.getLogger(__name__)
Progress = Callable[[str], None]

_TICK_SECONDS = 1.0
# How soon a running amends takes up a champion that `amends retrain` has crowned.
_MODEL_SECONDS = 10.0
# What is still under way after this is left: whatever it was, the database knows.
_STOP_SECONDS = 3.0


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """UTC, aware."""
        return datetime.now(UTC)


def open_store(settings: Settings, clock: Clock | None = None, *, create: bool = True) -> SqlStore:
    """The database of these settings. Raises SettingsError, StoreUnfit or Retriable."""
    from bot.store.store import SqlStore  # SQLAlchemy takes its time; judging alone does not need it

    return SqlStore(settings.store_url, clock or SystemClock(), settings.on_call, create=create)


# models


def existing_store(settings: Settings) -> SqlStore | None:
    """The database, if there is one already; asking for a verdict must not make one."""
    file = settings.store_url.removeprefix("sqlite:///")
    return open_store(settings) if file == settings.store_url or Path(file).exists() else None


def load_model(settings: Settings, store: SqlStore | None, *, rebuild: bool, progress: Progress) -> Triage:
    """The champion of this installation, else the shipped model. Raises ModelUnfit.

    One that another scikit-learn built is replaced by a new one (`rebuild`), trained from the packaged examples
    and this installation's corrections.
    """
    from bot.learn import registry, shipped

    own = store.read(_champion) if store else None
    try:
        if own is not None:
            return registry.load(settings.models / own.id, own.sha256, own.sklearn, own.features)
        return registry.load(packaged("models") / shipped.ID, shipped.SHA256, shipped.SKLEARN, shipped.FEATURES)
    except ModelOutdated as problem:
        if not rebuild:
            raise
        progress(problem.what)
        progress("Rebuilding the model from the packaged examples and your corrections; this happens once.")
    return retrain(settings, store or open_store(settings), progress=progress, must_pass=False).model


def _champion(connection: Any) -> Trusted | None:
    from bot.store import models

    return models.champion(connection)


@dataclass(frozen=True, slots=True)
class Retrained:
    """What a retraining gave."""

    model: Triage
    id: str
    scorecard: Scorecard
    before: Scorecard | None
    gate: GateResult
    examples: int
    corrections: int


def retrain(
    settings: Settings,
    store: SqlStore,
    *,
    progress: Progress,
    must_pass: bool = True,
    data: Path | None = None,
    ship: bool = False,
) -> Retrained:
    """Train on the packaged examples (or a folder `data`) and corrections; champion only if the gate passes.

    `must_pass=False` takes it in any case: there is nothing else that could be loaded. `ship` is for maintainers:
    the model is written into this clone as the one that ships.
    """
    from bot.learn import dataset, evaluate, registry, train
    from bot.store import models

    base = dataset.read_folder(data or packaged("training_data"))
    corrected = dataset.from_corrections(store.read(models.corrections))
    training, held_out = dataset.split([*base, *corrected])
    challenger = train.train(training, progress)
    progress(f"comparing on {len(held_out)} examples that neither model has seen")
    card = evaluate.score(challenger, held_out)
    before = _score_of_champion(settings, store, held_out)
    verdict = evaluate.gate(before, card)
    now = SystemClock().now()
    told = {
        "trained_at": now.isoformat(timespec="seconds"),
        "examples": len(training),
        "corrections": len(corrected),
        "held_out": card.as_json(),
        "gate": {"passed": verdict.passed, "reasons": list(verdict.reasons)},
    }
    if ship:
        return Retrained(
            challenger, registry.ship(challenger, told), card, before, verdict, len(training), len(corrected)
        )
    saved = registry.save(challenger, settings.models, registry.new_id(now), told)
    told |= {"sklearn": registry.sklearn_version(), "features": registry.features_version()}
    crowned = verdict.passed or not must_pass
    store.transact(lambda tx: models.trust(tx.connection, saved.id, saved.sha256, told, tx.now, champion=crowned))
    return Retrained(challenger, saved.id, card, before, verdict, len(training), len(corrected))


def _score_of_champion(settings: Settings, store: SqlStore, held_out: Any) -> Scorecard | None:
    from bot.learn import evaluate

    try:
        champion = load_model(settings, store, rebuild=False, progress=lambda _line: None)
    except ModelUnfit:
        return None
    return evaluate.score(champion, held_out)


# people


def take_step(settings: Settings, store: SqlStore, case: int, what: str, *, by: str, note: str, lasting: str) -> Case:
    """A step or a snooze by name, as typed. Raises UsageError, IllegalStep or LostRace."""
    number = CaseId(case)
    if what == "snoozed":
        try:
            length = parse_delay(lasting)
        except ValueError as problem:
            raise UsageError(f"For how long? {problem}.", advice="Add --for 2h, for example.") from None
        until = settings.policy.hours.add(SystemClock().now(), length)
        return feedback.put_off(store, number, until, who=by, whence="cli")
    by_hand = [step.value for step in Step if step not in AUTOMATIC_STEPS]
    if what not in by_hand:
        raise UsageError(f"{what} is not a step.", advice=f"There are: {', '.join(by_hand)}, snoozed.")
    return feedback.step(store, settings.policy, number, Step(what), who=by, whence="cli", note=note)


# running


def account(box: MailboxSettings) -> Account:
    """A mailbox of the config as the IMAP edge wants it."""
    from bot.edges.mailbox import Account

    return Account(box.name, box.host, box.port, box.tls, box.user, box.password.reveal, box.ca_file, box.since_days)


def channel(settings: Settings) -> Channel:
    """Slack when a token is there, else the console."""
    from bot.edges.console import ConsoleChannel

    if settings.slack is None or not settings.slack.bot_token.named:
        return ConsoleChannel(settings.policy.hours.zone)
    from bot.edges.slack_out import SlackChannel

    slack = settings.slack
    return SlackChannel(slack.bot_token.reveal(), slack.alert_channel, slack.api_url)


class App:
    """Everything that `amends run` keeps going: a watch an account, the ticker, and one thread that delivers."""

    def __init__(self, settings: Settings, *, rebuild: bool, progress: Progress) -> None:
        """Opens all; nothing runs yet. Raises SettingsError, StoreUnfit, ModelUnfit."""
        if not settings.mailboxes:
            advice = "Copy config.example.toml to config.toml and name one there."
            raise SettingsError("There is no [[mailbox]] to read.", where=str(settings.source or ""), advice=advice)
        require_secrets(settings)
        from bot.learn.judge import ModelJudge
        from bot.service.deliver import Delivery
        from bot.service.intake import Intake

        self._settings = settings
        self._clock = SystemClock()
        self._stop, self._something_to_say = threading.Event(), threading.Event()
        self._channel = channel(settings)
        self._store = open_store(settings, self._clock)
        model = load_model(settings, self._store, rebuild=rebuild, progress=progress)
        self._judge = ModelJudge(model, settings.prior)
        self._delivery = Delivery(self._store, self._channel, self._clock)
        self._intake: Intake = Intake(self._store, self._judge, settings.policy, wake=self._something_to_say.set)

    def stop(self) -> None:
        """Ask it to end; may be called from a signal handler."""
        self._stop.set()
        self._something_to_say.set()

    def run(self) -> None:
        """Until `stop`; then ends within a few seconds, whatever servers do meanwhile."""
        from bot.edges.ticker import Ticker

        ticker = Ticker()
        ticker.every(_TICK_SECONDS, self._tick, "tick")
        ticker.every(_MODEL_SECONDS, self._take_up_champion, "model")
        threads = [threading.Thread(target=self._deliver, name="deliver", daemon=True), *self._watches()]
        for thread in threads:
            thread.start()
        ticker.start()
        names = ", ".join(f"{box.name} ({box.host})" for box in self._settings.mailboxes)
        log.info("watching %s; alerts go to %s", names, type(self._channel).__name__)
        self._stop.wait()
        log.info("stopping")
        ticker.stop()
        deadline = self._clock.now().timestamp() + _STOP_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - self._clock.now().timestamp()))
        if any(thread.is_alive() for thread in threads):
            log.info("a connection did not end in time; it is left behind, and nothing is lost by that")
            logging.shutdown()
            os._exit(0)
        self._store.close()

    def _watches(self) -> list[threading.Thread]:
        from bot.edges.mailbox import folders
        from bot.service.watch import Watch

        found = []
        for box in self._settings.mailboxes:
            sources = folders(account(box), box.folders, box.sent, self._settings.addresses, self._clock)
            watch = Watch(sources, self._intake, self._store, self._clock, box.poll_seconds)
            found.append(threading.Thread(target=watch.run, args=(self._stop,), name=f"watch-{box.name}", daemon=True))
        return found

    def _tick(self) -> None:
        from bot.service.tick import tick

        tick(self._store, self._settings.policy)
        self._something_to_say.set()

    def _take_up_champion(self) -> None:
        """A model that cannot be loaded changes nothing: the one in use stays."""
        own = self._store.read(_champion)
        if own is None or own.id == self._judge.model.id:
            return
        try:
            self._judge.model = load_model(self._settings, self._store, rebuild=False, progress=log.info)
        except ModelUnfit as problem:
            log.warning("the new champion is not taken up: %s", problem)
        else:
            log.info("judging with model %s from now on", own.id)

    def _deliver(self) -> None:
        """Woken by every commit that queued something; the tick is only the safety net."""
        from bot.service.recover import recover

        while not self._stop.is_set():
            self._something_to_say.wait()
            self._something_to_say.clear()
            if self._stop.is_set():
                return
            try:
                recover(self._store, self._channel)
                self._delivery.run()
            except Exception:
                log.exception("delivery failed; it is tried again at the next tick")
