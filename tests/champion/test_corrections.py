"""What people correct in the inbox is learnt, and what they correct in a held-back thread is measured by."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import champion
from bot.domain.case import Step
from bot.domain.message import Person
from bot.domain.review import Answer, ReviewPolicy
from bot.domain.verdict import Label
from bot.learn import dataset
from bot.learn.dataset import Example
from bot.service import review
from bot.store.models import corrections
from bot.store.reviews import open_reviews
from tests.fakes.build import DAY, HOUR, MISTAKE, POLICY
from tests.fakes.taught import School, Taught, stop_the_clock
from tests.fakes.world import World

# An inbox of twelve threads: false alarms that people dismissed, and misses that they found on the daily list.
FALSE_ALARM = "Nobody told me that the samovar sings so loudly in the evening, we are still laughing about it."
MISS = "My barometer drifts after sunset and the needle wanders."
NEAR_FALSE_ALARM = "The samovar sings in the evening, still laughing!"
NEAR_MISS = "Since sunset the needle of the barometer wanders and drifts."
HELD_BACK = {1, 4, 7, 10, 12}
SINCE = timedelta(days=30)


def sender(number: int) -> Person:
    return Person(f"customer{number}@x.example", f"Customer {number}")


def dismissed(world: World, number: int) -> None:
    """A case that the classifier opened and a person dismissed."""
    world.customer(f"{FALSE_ALARM} No. {number}", MISTAKE, sender=sender(number), subject=f"Samovar {number}")
    world.hears("mistake to channel")
    world.step(Step.DISMISSED, case=world.cases(), note="a joke")


def missed(world: World, number: int) -> None:
    """A customer writes twice about what the classifier does not see."""
    for words in (MISS, f"Again: {MISS}"):
        world.customer(f"{words} No. {number}", sender=sender(number), subject=f"Barometer {number}")


def reviewed(world: World) -> None:
    """People find the misses on the list."""
    world.store.transact(lambda tx: review.list_for_today(tx, ReviewPolicy(unsure=0, quiet=100)))
    for one in world.store.read(open_reviews):
        review.answer(world.store, POLICY, one["id"], Answer.MISTAKE, who="ana")


@pytest.fixture(scope="module")
def corrected(school: School, tmp_path_factory: pytest.TempPathFactory) -> Taught:
    """The well-taught installation after people worked for a while; its last retraining learnt from that."""
    taught = school.well_taught.copy(tmp_path_factory.mktemp("corrected"))
    with taught.world(days=0.5) as world:
        for number in range(1, 13):
            (dismissed if number % 2 else missed)(world, number)
        reviewed(world)
    return taught.retrain(school.good)


def sides(taught: Taught) -> tuple[list[Example], list[Example]]:
    with taught.world() as world:
        return dataset.split(dataset.from_corrections(world.store.read(corrections)))


def test_a_correction_changes_what_the_next_model_says_of_its_neighbours(school: School, corrected: Taught) -> None:
    assert school.well_taught.done
    assert corrected.done
    texts = [NEAR_FALSE_ALARM, NEAR_MISS]
    before, after = (done.model.judge(texts, 0.3) for done in (school.well_taught.done, corrected.done))
    assert after[0].mistake < before[0].mistake - 0.05, "people dismissed such cases"
    assert after[1].mistake > before[1].mistake + 0.05, "people found such misses"


def test_a_correction_outweighs_what_was_learnt_before(corrected: Taught) -> None:
    """Two such texts alone would hardly move a model of two hundred."""
    assert corrected.done
    false_alarm, miss = corrected.done.model.judge([f"{FALSE_ALARM} No. 3", f"{MISS} No. 2"], 0.3)
    assert false_alarm.mistake < 0.5 < miss.mistake


def test_a_thread_never_lies_on_both_sides(corrected: Taught) -> None:
    training, held_out = sides(corrected)
    assert {one.scenario for one in held_out} == {f"thread-{number}" for number in HELD_BACK}
    assert {one.scenario for one in training} == {f"thread-{number}" for number in {*range(1, 13)} - HELD_BACK}
    assert sum(one.scenario == "thread-2" for one in training) == 2
    assert sum(one.scenario == "thread-4" for one in held_out) == 2


def test_what_is_held_back_is_measured_by_and_not_learnt_from(school: School, corrected: Taught) -> None:
    assert school.well_taught.done
    assert corrected.done
    training, held_out = sides(corrected)
    assert corrected.done.corrections == len(training)
    assert corrected.done.examples == school.well_taught.done.examples + len(training)
    assert corrected.done.scorecard.size == school.well_taught.done.scorecard.size + len(held_out)
    assert "mail" in {one.name for one in corrected.done.gate.comparisons}
    with corrected.world() as world:
        card = champion.card(world.store, corrected.done.id)
    assert card["corrections"] == len(training)


def test_a_later_word_on_the_same_message_is_the_one_that_is_learnt(school: School, tmp_path: Path) -> None:
    taught = school.well_taught.copy(tmp_path)
    with taught.world(days=0.5) as world:
        missed(world, 2)
        world.store.transact(lambda tx: review.list_for_today(tx, ReviewPolicy()))
        for said in (Answer.MISTAKE, Answer.NEITHER, Answer.IGNORED):
            review.answer(world.store, POLICY, 1, said, who="ana")
        (one,) = dataset.from_corrections(world.store.read(corrections))
    assert one.labels == {Label.MISTAKE, Label.IGNORED}


# the champion against the corrections that it does not know


def fresh(taught: Taught, days: float, since: timedelta = SINCE) -> tuple[list[Example], int]:
    """So many days after its last retraining."""
    assert taught.done
    with taught.world(days=days) as world, pytest.MonkeyPatch.context() as patch:
        stop_the_clock(patch, world.clock.now())
        return champion.recent_corrections(world.store, taught.done.model, since)


def test_a_model_is_measured_by_what_it_has_not_learnt_only(corrected: Taught) -> None:
    training, _held_out = sides(corrected)
    found, learnt = fresh(corrected, days=1)
    assert {one.scenario for one in found} == {f"thread-{number}" for number in HELD_BACK}
    assert learnt == len(training)


def test_what_people_said_after_it_was_trained_is_new_to_it_in_every_thread(school: School, tmp_path: Path) -> None:
    taught = school.well_taught.copy(tmp_path)
    with taught.world(days=2) as world:
        for number in range(1, 4):
            dismissed(world, number)
    found, learnt = fresh(taught, days=3)
    assert ([one.scenario for one in found], learnt) == (["thread-1", "thread-2", "thread-3"], 0)
    assert all(one.text.startswith("Samovar") and not one.labels for one in found)


def test_what_was_said_long_ago_is_left_aside(school: School, tmp_path: Path) -> None:
    taught = school.well_taught.copy(tmp_path)
    with taught.world(days=-3) as world:
        for number in (1, 2, 3):  # three days before the champion was trained, a day after it and four days after it
            dismissed(world, number)
            world.clock.advance(4 * DAY)
    told = {since: fresh(taught, days=6, since=since) for since in (30 * DAY, 6 * DAY, 3 * DAY, HOUR)}
    assert [len(found) for found, _learnt in told.values()] == [3, 2, 1, 0]
    assert {learnt for _found, learnt in told.values()} == {0}, "the first thread is held back, so it was not learnt"


def test_the_shipped_model_knows_no_corrections_so_all_of_them_measure_it(school: School, tmp_path: Path) -> None:
    taught = school.well_taught.copy(tmp_path)
    assert taught.done
    with taught.world(days=-3) as world:
        for number in (1, 2, 3):
            dismissed(world, number)
    told = {}
    for name in (taught.done.id, champion.SHIPPED):
        with taught.world(days=1) as world, pytest.MonkeyPatch.context() as patch:
            stop_the_clock(patch, world.clock.now())
            found, learnt = champion.recent_corrections(world.store, replace(taught.done.model, id=name), SINCE)
        told[name] = ([one.scenario for one in found], learnt)
    assert told == {taught.done.id: (["thread-1"], 2), champion.SHIPPED: (["thread-1", "thread-2", "thread-3"], 0)}
