"""The share of mail that reports a mistake: as configured, as people's answers show it, or one in five."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot import champion
from bot.champion import DEFAULT_PRIOR
from bot.domain.message import Arrival, Person
from bot.domain.review import Answer, ReviewPolicy
from bot.service import review
from bot.store.reviews import open_reviews
from tests.fakes.build import HOUR, POLICY, message
from tests.fakes.taught import Taught, stop_the_clock, untaught

MESSAGES, EVERY = 102, 6  # quiet messages, and of how many one was a mistake that nobody was told of


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Taught:
    """People have looked at enough quiet mail."""
    home = untaught(tmp_path_factory.mktemp("answered"))
    quiet_mail_reviewed(home, MESSAGES)
    return home


def quiet_mail_reviewed(home: Taught, count: int) -> None:
    """It comes; an hour later all of it is on the list, and every sixth message was a mistake."""
    letters = [message(f"Letter {n}", sender=Person(f"c{n}@x.example"), subject=f"Letter {n}") for n in range(count)]
    with home.world() as world:
        world.intake.take([Arrival(letter) for letter in letters])
        world.clock.advance(HOUR)
        world.store.transact(lambda tx: review.list_for_today(tx, ReviewPolicy(unsure=0, quiet=count)))
        for number, one in enumerate(world.store.read(open_reviews)):
            said = Answer.MISTAKE if number % EVERY == 0 else Answer.NEITHER
            review.answer(world.store, POLICY, one["id"], said, who="ana")


def priors(home: Taught, days: float = 1) -> tuple[float | None, float]:
    """(what people's answers show, what is taken) so many days later."""
    with home.world(days) as world, pytest.MonkeyPatch.context() as patch:
        stop_the_clock(patch, world.clock.now())
        return champion.estimated_prior(world.store), champion.prior(home.settings, world.store)


def test_what_people_answered_shows_how_much_mail_reports_a_mistake(answered: Taught) -> None:
    shown, taken = priors(answered)
    assert shown == taken == pytest.approx(1 / EVERY, abs=0.02)


def test_what_is_configured_holds_whatever_people_answered(answered: Taught) -> None:
    with answered.world() as world:
        assert champion.prior(replace(answered.settings, prior=0.07), world.store) == 0.07


def test_what_people_answered_long_ago_is_no_longer_counted(answered: Taught) -> None:
    assert priors(answered, days=89)[0] is not None
    assert priors(answered, days=91) == (None, DEFAULT_PRIOR)


def test_while_people_have_said_too_little_one_in_five_is_taken(tmp_path: Path) -> None:
    home = untaught(tmp_path / "home")
    quiet_mail_reviewed(home, 31)
    assert priors(home) == (None, 0.2)
    assert champion.prior(home.settings, None) == DEFAULT_PRIOR == 0.2
