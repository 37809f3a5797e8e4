"""The classifier of an installation: which model judges, how a challenger is trained, and how it becomes champion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import ModelOutdated, ModelUnfit, UsageError
from bot.opening import SystemClock, open_store
from bot.packaged import packaged
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.learn.dataset import Example
    from bot.learn.evaluate import Judged, Scorecard
    from bot.learn.gate import GateResult
    from bot.learn.model import Triage
    from bot.store.models import Trusted
    from bot.store.store import SqlStore

Progress = Callable[[str], None]
SHIPPED = "shipped"
DEFAULT_PRIOR = 0.2
_PRIOR_WINDOW = timedelta(days=90)


def load_model(settings: Settings, store: SqlStore | None, *, rebuild: bool, progress: Progress) -> Triage:
    """The champion of this installation, else the shipped model. Raises ModelUnfit.

    One that another scikit-learn built is replaced by a new one (`rebuild`), trained from the packaged examples
    and this installation's corrections.
    """
    own = store.read(crowned) if store else None
    try:
        return load(settings, own)
    except ModelOutdated as problem:
        if not rebuild:
            raise
        progress(problem.what)
        progress("Rebuilding the model from the packaged examples and your corrections; this happens once.")
    return retrain(settings, store or open_store(settings), progress=progress, must_pass=False).model


def load(settings: Settings, own: Trusted | None) -> Triage:
    """One model that this installation trained, or the shipped one. Raises ModelUnfit."""
    from bot.learn import registry, shipped

    if own is not None:
        return registry.load(settings.models / own.id, own.sha256, own.sklearn, own.features)
    return registry.load(packaged("models") / shipped.ID, shipped.SHA256, shipped.SKLEARN, shipped.FEATURES)


def crowned(connection: Any) -> Trusted | None:
    """The champion that this installation trained, if it is not the shipped model."""
    from bot.store import models

    return models.champion(connection)


def prior(settings: Settings, store: SqlStore | None) -> float:
    """The share of mail that reports a mistake: as configured, else as people's answers show it, else one in five."""
    if settings.prior is not None:
        return settings.prior
    return (estimated_prior(store) if store else None) or DEFAULT_PRIOR


def estimated_prior(store: SqlStore) -> float | None:
    """From what people said in the last months; None while they said too little."""
    from bot.domain.review import prevalence
    from bot.store import reviews

    since = SystemClock().now() - _PRIOR_WINDOW
    return prevalence(store.read(lambda connection: reviews.strata(connection, since)))


# retraining


@dataclass(frozen=True, slots=True)
class Retrained:
    """What a retraining gave. `promoted`: it judges from now on."""

    model: Triage
    id: str
    scorecard: Scorecard
    gate: GateResult
    promoted: bool
    examples: int
    corrections: int


def retrain(
    settings: Settings,
    store: SqlStore,
    *,
    progress: Progress,
    must_pass: bool = True,
    dry_run: bool = False,
    data: Path | None = None,
    ship: bool = False,
) -> Retrained:
    """Train on the packaged examples (or a folder `data`) and corrections; champion only if the gate passes.

    `must_pass=False` takes it in any case: there is nothing else that could be loaded. `dry_run` keeps nothing.
    `ship` is for maintainers: the model is written into this clone as the one that ships.
    Raises UsageError (BadLines names every line that is no example) and ModelUnfit.
    """
    from bot.learn import dataset, evaluate, gate, train

    base = dataset.read_folder(data or packaged("training_data"))
    training, held_out = dataset.split([*base, *_corrected(store)])
    if not held_out:
        raise UsageError("No story is held back to compare models by.", advice="One in seven is; there are too few.")
    challenger = train.train(training, progress)
    progress(f"comparing on {len(held_out)} examples that neither model has seen")
    answers = evaluate.judged(challenger, held_out)
    verdict = gate.gate(_champions_answers(settings, store, held_out), answers)
    card = evaluate.scored(answers)
    told = _card(training, answers, card, verdict, challenger)
    passed = verdict.passed or not must_pass
    done = Retrained(challenger, "", card, verdict, passed and not dry_run, len(training), told["corrections"])
    return done if dry_run else _kept(settings, store, done, told, ship=ship and passed)


def _corrected(store: SqlStore) -> list[Example]:
    from bot.learn import dataset
    from bot.store import models

    return dataset.from_corrections(store.read(models.corrections))


def _champions_answers(settings: Settings, store: SqlStore, held_out: list[Example]) -> Judged | None:
    from bot.learn import evaluate

    try:
        champion = load(settings, store.read(crowned))
    except ModelUnfit:
        return None
    return evaluate.judged(champion, held_out)


def _card(
    training: list[Example], answers: Judged, card: Scorecard, verdict: GateResult, challenger: Triage
) -> dict[str, Any]:
    """What a model's card says of it; `registry` adds hash, size and versions."""
    from bot.learn import dataset, evaluate

    return {
        "trained_at": SystemClock().now().isoformat(timespec="seconds"),
        "examples": len(training), "corrections": sum(e.source == "corrections" for e in training),
        "positives": {label.value: sum(label in e.labels for e in training) for label in challenger.lines},
        "data_sha256": dataset.fingerprint(training),
        "thresholds": {label.value: value for label, value in challenger.thresholds.items()},
        "calibration": {
            label.value: {"slope": round(line.slope, 4), "shift": round(line.shift, 4)}
            for label, line in challenger.lines.items()
        },
        "held_out": card.as_json(), "predictions_sha256": evaluate.fingerprint(answers),
        "gate": {"passed": verdict.passed, "reasons": list(verdict.reasons),
                 "comparisons": [c.as_json() for c in verdict.comparisons]},
    }  # fmt: skip


def _kept(settings: Settings, store: SqlStore, done: Retrained, told: dict[str, Any], *, ship: bool) -> Retrained:
    from dataclasses import replace

    from bot.learn import registry
    from bot.store import models

    if ship:
        return replace(done, id=registry.ship(done.model, told))
    saved = registry.save(done.model, settings.models, registry.new_id(SystemClock().now()), told)
    told |= registry.built_by()
    store.transact(lambda tx: models.trust(tx.connection, saved.id, saved.sha256, told, tx.now, champion=done.promoted))
    return replace(done, id=saved.id, model=replace(done.model, id=saved.id))


# the models there are


def listed(store: SqlStore | None) -> list[dict[str, Any]]:
    """Every model, the newest first, the shipped one last, each with what matters of its card."""
    from bot.store import models

    reigning = store.read(crowned) if store else None
    own = store.read(models.every) if store else []
    cards = [(trusted.id, trusted.card) for trusted in own] + [(SHIPPED, _shipped_card())]
    champion = reigning.id if reigning else SHIPPED
    return [
        {"id": name, "champion": name == champion, "trained_at": card.get("trained_at"),
         "examples": card.get("examples"), "corrections": card.get("corrections"),
         "mistake": card["held_out"]["mistake"]["average_precision"],
         "ignored": card["held_out"]["ignored"]["average_precision"]}
        for name, card in cards
    ]  # fmt: skip


def card(store: SqlStore | None, model_id: str) -> dict[str, Any]:
    """What is known of a model. Raises UsageError."""
    from bot.store import models

    if model_id == SHIPPED:
        return _shipped_card()
    own = {trusted.id: trusted for trusted in (store.read(models.every) if store else [])}
    if model_id not in own:
        raise _no_model(model_id)
    return {"id": model_id, "sha256": own[model_id].sha256, **own[model_id].card}


def _shipped_card() -> dict[str, Any]:
    from bot.learn import registry, shipped

    return registry.read_card(packaged("models") / shipped.ID)


def _no_model(model_id: str) -> UsageError:
    return UsageError(f"There is no model {model_id}.", advice="`amends models` lists them.")


def promote(settings: Settings, store: SqlStore, model_id: str) -> str:
    """Let this model judge from now on; the id of the one before. Raises UsageError or ModelUnfit.

    It must be loadable: a champion that cannot be would leave a running amends with what it has.
    """
    from bot.store import models

    known = {trusted.id: trusted for trusted in store.read(models.every)}
    if model_id != SHIPPED and model_id not in known:
        raise _no_model(model_id)
    load(settings, known.get(model_id))
    before = _name(store.read(crowned))
    if model_id != before:
        store.transact(lambda tx: models.crown(tx.connection, None if model_id == SHIPPED else model_id, tx.now))
    return before


def roll_back(settings: Settings, store: SqlStore) -> tuple[str, str]:
    """Back to the champion before this one: (the one that judges now, the one that did). Raises UsageError."""
    from bot.store import models

    now = store.read(lambda connection: models.reigns(connection, 1))
    if not now:
        raise UsageError("The shipped model judges; there is nothing to go back to.")
    earlier = store.read(models.before_champion)
    load(settings, earlier)
    store.transact(lambda tx: models.depose(tx.connection))
    return _name(earlier), _name(now[0])


def _name(model: Trusted | None) -> str:
    return model.id if model else SHIPPED


def recent_corrections(store: SqlStore, model: Triage, since: timedelta) -> tuple[list[Example], int]:
    """(corrections of the last while that `model` did not learn from, how many it did)."""
    from bot.learn import dataset
    from bot.store import models

    after = SystemClock().now() - since
    found = [c for c in store.read(models.corrections) if c.at >= after]
    trained_at = _trained_at(store, model.id)
    fresh = [c for c in found if trained_at is None or c.at > trained_at or dataset.held_back(f"thread-{c.thread}")]
    return dataset.from_corrections(fresh), len(found) - len(fresh)


def _trained_at(store: SqlStore, model_id: str) -> datetime | None:
    """None for the shipped model, which knows no corrections."""
    from bot.store import models

    return next((t.trained_at for t in store.read(models.every) if t.id == model_id), None)
