"""`amends review`: what people should look at, and what they say of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import app as root
from bot import opening
from bot.domain.message import Person
from bot.domain.review import ReviewPolicy
from bot.domain.verdict import Label
from bot.service import review
from bot.store import models
from tests.cli.conftest import Amends
from tests.fakes.build import DAY, HOUR, verdict
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.fakes.world import World

UNSURE = verdict(unsure=True)
NOTHING_WAITS = "Nothing waits for a review.\n"


@pytest.fixture
def db(amends: Amends, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two messages on Tuesday's list: Mo's, of which the classifier was unsure, and Jo's, drawn from the quiet ones."""
    with World.at(amends.here) as world:
        world.customer("The lid broke [red]on its first day[/red].", UNSURE)
        world.customer("Lovely \x1b[31mkettle\x07!", sender=Person("jo@x.example", "Jo [/bold]"), subject="")
        world.clock.advance(DAY)
        world.store.transact(lambda tx: review.list_for_today(tx, ReviewPolicy()))
        world.delivery.run()
        world.hears("review: Daily review: 2 messages")
    for module in (root, opening):
        monkeypatch.setattr(module, "SystemClock", lambda: SimulatedClock(MONDAY + DAY + HOUR))
    return amends.here / "amends.db"


def waiting(amends: Amends, db: Path) -> list[int]:
    return [one["id"] for one in amends("review", "--db", db, "--json").told]


def test_what_waits_is_listed_for_machines(amends: Amends, db: Path) -> None:
    done = amends("review", "--db", db, "--json")
    assert done.code == 0
    first, second = done.told
    assert first == {
        "id": 1, "why": "unsure", "listed_at": "2026-03-03T09:00:00+00:00", "received_at": "2026-03-02T09:00:00+00:00",
        "customer": "Mo", "subject": "Order 17", "text": "The lid broke [red]on its first day[/red].", "mistake": 0.1,
        "ignored": 0.1,
    }  # fmt: skip
    assert (second["id"], second["why"], second["customer"]) == (2, "quiet", "Jo [/bold]")


def test_people_see_the_list_as_it_was_written_and_how_to_answer(amends: Amends, db: Path) -> None:
    done = amends("review", "--db", db)
    assert done.code == 0
    assert "Order 17: The lid broke [red]on its first day[/red]." in done.out
    assert "Jo [/bold]" in done.out
    assert "Lovely kettle!" in done.out
    assert "Mon 02 Mar 09:00" in done.out
    assert "10%" in done.out
    assert "\x1b" not in done.out
    assert done.out.endswith("Answer each with: amends review NUMBER mistake|ignored|neither --by YOU\n")


def test_the_zone_of_the_config_is_the_one_that_is_shown(amends: Amends, db: Path) -> None:
    amends.write("config.toml", '[team]\ntimezone = "Asia/Tokyo"\n')
    assert "Mon 02 Mar 18:00" in amends("review", "--db", db).out


def test_an_answer_is_kept_and_the_message_is_done_with(amends: Amends, db: Path) -> None:
    done = amends("review", 2, "neither", "--by", "Ana", "--db", db)
    assert (done.code, done.out) == (0, "Message 2: neither, noted. `amends retrain` learns from it.\n")
    assert waiting(amends, db) == [1]
    assert amends("cases", "--db", db, "--json").told == []


@pytest.mark.parametrize(
    ("said", "labels"),
    [("mistake", {Label.MISTAKE}), ("ignored", {Label.MISTAKE, Label.IGNORED}), ("neither", set[Label]())],
)
def test_what_was_said_is_a_correction_to_learn_from(amends: Amends, db: Path, said: str, labels: set[Label]) -> None:
    assert amends("review", 1, said, "--by", "Ana", "--note", "it is cracked", "--db", db).code == 0
    with World.at(amends.here) as world:
        (correction,) = world.store.read(models.corrections)
    assert correction.text == "The lid broke [red]on its first day[/red]."
    assert correction.labels == labels
    assert correction.at == MONDAY + DAY + HOUR


def test_who_was_missed_gets_a_case(amends: Amends, db: Path) -> None:
    done = amends("review", 1, "ignored", "--by", "Ana", "--db", db, "--json")
    assert (done.code, done.told) == (
        0,
        {
            "number": 1,
            "answer": "ignored",
            "said": "Message 1: ignored, noted. A case was opened for it.",
        },
    )
    (case,) = amends("cases", "--db", db, "--json").told
    assert (case["customer"], case["state"], case["reason"]) == ("Mo", "suspected", "ignored")
    assert "A case was opened for it." in amends("review", 2, "mistake", "--by", "Ana", "--db", db).out


def test_a_second_word_replaces_the_first_and_opens_no_second_case(amends: Amends, db: Path) -> None:
    assert (
        amends("review", 1, "mistake", "--by", "Ana", "--db", db, "--json")
        .told["said"]
        .endswith("A case was opened for it.")
    )
    assert (
        amends("review", 1, "ignored", "--by", "Ana", "--db", db, "--json").told["said"] == "Message 1: ignored, noted."
    )
    assert len(amends("cases", "--db", db, "--json").told) == 1
    with World.at(amends.here) as world:
        (correction,) = world.store.read(models.corrections)
    assert correction.labels == set(Label)


def test_when_all_is_answered_nothing_waits(amends: Amends, db: Path) -> None:
    for number in (1, 2):
        assert amends("review", number, "neither", "--by", "Ana", "--db", db).code == 0
    assert (amends("review", "--db", db).out, amends("review", "--db", db, "--json").told) == (NOTHING_WAITS, [])


# what cannot be said


@pytest.mark.parametrize("said", ["Mistake", "both", "", "yes"])
def test_an_answer_that_there_is_not_is_refused_with_those_that_there_are(amends: Amends, db: Path, said: str) -> None:
    done = amends("review", 1, said, "--by", "Ana", "--db", db)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"amends: {said} is not an answer. There are: mistake, ignored, neither.\n"
    assert waiting(amends, db) == [1, 2]


def test_who_says_so_must_be_said(amends: Amends, db: Path) -> None:
    done = amends("review", 1, "mistake", "--db", db)
    assert (done.code, done.out, done.err) == (2, "", "amends: Who says so? Add --by YOU.\n")
    assert waiting(amends, db) == [1, 2]


def test_a_number_that_is_not_on_the_list_is_named(amends: Amends, db: Path) -> None:
    done = amends("review", 99, "mistake", "--by", "Ana", "--db", db)
    assert (done.code, done.out) == (2, "")
    assert done.err == "amends: There is no message 99 to review. `amends review` lists them.\n"
    assert amends("review", "the first", "mistake", "--by", "Ana", "--db", db).code == 2


def test_without_a_database_there_is_nothing_to_review(amends: Amends) -> None:
    for args in ((), ("1", "mistake", "--by", "Ana")):
        done = amends("review", *args, "--db", "nowhere.db")
        assert (done.code, done.out) == (7, "")
        assert "nowhere.db: There is no such database." in done.err
    assert list(amends.here.iterdir()) == []
