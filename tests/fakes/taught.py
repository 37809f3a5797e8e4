"""Installations whose own champion learnt from a few of the packaged examples: well, or from flipped labels.

Training takes seconds, so each of these is made once a session; a test works on a copy.
"""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from joblib import parallel_config
from sqlalchemy import update

from bot import champion, measuring, opening
from bot.champion import Retrained
from bot.learn.dataset import held_back
from bot.packaged import packaged
from bot.settings import Settings, load
from bot.store.models import Trusted
from bot.store.tables import trusted_model
from tests.fakes.build import DAY
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.fakes.world import World

Row = dict[str, Any]
# Of each kind so many; at least 50 with and without each label are left when a seventh is held back.
EACH = 80
CONFIG = '[store]\nurl = "sqlite:///amends.db"\n\n[models]\ndir = "models"\n'
_OPPOSITE = {(): ["mistake", "ignored"], ("mistake",): ["ignored"], ("mistake", "ignored"): []}


def good_rows() -> list[Row]:
    """Examples as authored, as many ignored requests as other mistakes as neither."""
    file = next(packaged("training_data").rglob("ignored_contrasts.jsonl"))
    authored = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [row for kind in _OPPOSITE for row in [one for one in authored if tuple(one["labels"]) == kind][:EACH]]


def flipped(rows: Iterable[Row]) -> list[Row]:
    """Three stories of four are labelled the wrong way round; what is held back stays true."""
    return [
        _flip(row) if _in_three_of_four(row["scenario"]) and not held_back(row["scenario"]) else row for row in rows
    ]


def _in_three_of_four(scenario: str) -> bool:
    return zlib.crc32(scenario.encode()) % 4 > 0


def _flip(row: Row) -> Row:
    labels = _OPPOSITE[tuple(row["labels"])]
    return row | {"labels": labels, "severity": 2 if labels else 0}


def write_lesson(folder: Path, rows: Iterable[Row]) -> Path:
    """A folder of examples."""
    folder.mkdir()
    (folder / "lesson.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def stop_the_clock(patch: pytest.MonkeyPatch, now: datetime) -> None:
    """For every command and for the champion it is this moment."""
    for module in (champion, opening):
        patch.setattr(module, "SystemClock", lambda: SimulatedClock(now))


def package(patch: pytest.MonkeyPatch, data: Path) -> None:
    """These are the examples that came with amends; all of those would take minutes."""
    for module in (champion, measuring):
        patch.setattr(module, "packaged", lambda name: data if name == "training_data" else packaged(name))


@dataclass(frozen=True)
class Taught:
    """An installation in a folder: config, database, models. `done` is its last retraining, of the moment `now`."""

    home: Path
    now: datetime
    done: Retrained | None = None

    @property
    def settings(self) -> Settings:
        return load(self.home / "config.toml")

    def world(self, days: float = 0) -> World:
        """Its inbox, so many days after the last retraining (or before)."""
        return World.at(self.home, start=self.now + days * DAY)

    def copy(self, home: Path) -> Taught:
        """The same installation elsewhere."""
        shutil.copytree(self.home, home, dirs_exist_ok=True)
        return Taught(home, self.now, self.done)

    def retrain(self, data: Path, **options: Any) -> Taught:
        """A day later; without workers, for which a busy machine would make us wait."""
        with self.world(days=1) as world, pytest.MonkeyPatch.context() as patch, parallel_config("sequential"):
            stop_the_clock(patch, world.clock.now())
            done = champion.retrain(self.settings, world.store, progress=_unheard, data=data, **options)
            return Taught(self.home, world.clock.now(), done)

    def champion(self) -> Trusted | None:
        with self.world() as world:
            return world.store.read(champion.crowned)

    def outdate(self, model: str) -> None:
        """From now on its card says that other feature code built it."""
        with self.world() as world:
            card = champion.card(world.store, model) | {"features": "of another time"}
            change = update(trusted_model).where(trusted_model.c.id == model).values(card=card)
            world.store.transact(lambda tx: tx.connection.execute(change))

    def models(self) -> list[str]:
        """What lies in its folder of models."""
        return sorted(one.name for one in (self.home / "models").iterdir())


def _unheard(_line: str) -> None:
    pass


def untaught(home: Path) -> Taught:
    """An installation that has never trained a model."""
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(CONFIG, encoding="utf-8")
    with World.at(home):
        return Taught(home, MONDAY)


@dataclass(frozen=True)
class School:
    """Two lessons, one of them bad, and two installations: badly taught first, then also well."""

    good: Path
    bad: Path
    badly_taught: Taught
    well_taught: Taught

    @classmethod
    def at(cls, folder: Path) -> School:
        """Everything is trained here; it takes some seconds."""
        good, bad = write_lesson(folder / "good", good_rows()), write_lesson(folder / "bad", flipped(good_rows()))
        badly = untaught(folder / "badly_taught").retrain(bad, must_pass=False)
        return cls(good, bad, badly, badly.copy(folder / "well_taught").retrain(good))
