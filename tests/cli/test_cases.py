"""`amends cases`, `show` and `step`: looking at cases and moving them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from bot import app as root
from bot import opening
from bot.domain.message import Person
from tests.cli.conftest import Amends
from tests.fakes.build import HOUR, IGNORED, MISTAKE
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.fakes.world import World


@pytest.fixture
def db(amends: Amends, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two cases: Mo's of nine o'clock, and Jo's of ten; it is half past ten now."""
    with World.at(amends.here) as world:
        world.customer("You charged me twice.", MISTAKE)
        world.hears("mistake to channel")
        world.clock.advance(HOUR)
        world.customer("Nobody [red]answers[/red].", IGNORED, sender=Person("jo@x.example", "Jo"), subject="Order 18")
        world.hears("ignored to channel")
    for module in (root, opening):
        monkeypatch.setattr(module, "SystemClock", lambda: SimulatedClock(MONDAY + 1.5 * HOUR))
    return amends.here / "amends.db"


def test_cases_are_listed_with_what_is_due_first_on_top(amends: Amends, db: Path) -> None:
    done = amends("cases", "--db", db, "--json")
    assert done.code == 0
    assert [(row["id"], row["customer"], row["state"], row["labels"]) for row in done.told] == [
        (1, "Mo", "suspected", ["mistake"]), (2, "Jo", "suspected", ["ignored"]),
    ]  # fmt: skip
    shown = amends("cases", "--db", db).out
    assert shown.index("Mo ") < shown.index("Jo ")


def test_a_case_is_shown_with_its_messages_and_its_log(amends: Amends, db: Path) -> None:
    told = amends("show", 2, "--db", db, "--json").told
    assert (told["id"], told["thread"][0]["text"]) == (2, "Nobody [red]answers[/red].")
    assert [entry["what"] for entry in told["log"]] == ["opened"]
    assert [alert["state"] for alert in told["alerts"]] == ["sent"]
    shown = amends("show", 2, "--db", db).out
    assert "Nobody [red]answers[/red]." in shown
    assert "Order 18" in shown


def test_a_case_that_is_taken_waits_for_its_first_answer(amends: Amends, db: Path) -> None:
    done = amends("step", 1, "acknowledged", "--by", "Ana", "--db", db, "--json")
    assert done.code == 0
    # four working hours from half past ten on a Monday
    assert done.told == {
        "id": 1,
        "state": "acknowledged",
        "claimed_by": "Ana",
        "said": "",
        "next_due_at": "2026-03-02T14:30:00+00:00",
    }
    (entry,) = amends("show", 1, "--db", db, "--json").told["log"][1:]
    assert (entry["who"], entry["whence"], entry["what"]) == ("Ana", "cli", "acknowledged")


def test_a_step_says_to_people_where_it_led(amends: Amends, db: Path) -> None:
    assert amends("step", 1, "contacted", "--by", "Ana", "--db", db).out.startswith("Case 1 is contacted; next due ")
    done = amends("step", 1, "closed", "--by", "Ana", "--note", "by phone", "--db", db)
    assert (done.code, done.out) == (0, "Case 1 is closed.\n")


def test_dismissing_needs_a_reason_and_says_how_to_give_it(amends: Amends, db: Path) -> None:
    done = amends("step", 1, "dismissed", "--by", "Ana", "--db", db)
    assert (done.code, done.out) == (2, "")
    assert done.err == 'amends: Dismissing a case needs a reason. Add --note "customer\'s own slip", for example.\n'
    assert amends("step", 1, "dismissed", "--by", "Ana", "--note", "own slip", "--db", db).code == 0
    told = amends("show", 1, "--db", db, "--json").told
    assert (told["state"], told["log"][-1]["note"]) == ("dismissed", "own slip")


def test_a_step_that_the_case_cannot_take_says_which_it_can(amends: Amends, db: Path) -> None:
    done = amends("step", 1, "fixed", "--by", "Ana", "--db", db)
    assert (done.code, done.out) == (8, "")
    assert done.err == (
        "amends: The case is suspected; it cannot become fixed. "
        "From here it can be: acknowledged, contacted, dismissed, closed.\n"
    )


@pytest.mark.parametrize("args", [("show", 99), ("step", 99, "acknowledged", "--by", "Ana")], ids=["show", "step"])
def test_a_case_that_there_is_not_is_named(amends: Amends, db: Path, args: tuple[object, ...]) -> None:
    done = amends(*args, "--db", db)
    assert (done.code, done.err) == (2, "amends: There is no case 99. `amends cases` lists them.\n")


@pytest.mark.parametrize("number", [2**63, 10**40, 0, "seven"])
@pytest.mark.parametrize("verb", ["show", "why", "draft"])
def test_what_can_be_no_number_of_a_case_is_refused(amends: Amends, db: Path, verb: str, number: object) -> None:
    done = amends(verb, number, "--db", db)
    assert (done.code, done.out) == (2, "")
    assert "is not a number that a list shows" in " ".join(done.err.split())


def test_the_largest_number_that_a_database_holds_is_looked_for(amends: Amends, db: Path) -> None:
    done = amends("show", 2**63 - 1, "--db", db)
    assert (done.code, done.err) == (2, f"amends: There is no case {2**63 - 1}. `amends cases` lists them.\n")


@pytest.mark.parametrize("what", ["done", "claim_lapsed", ""])
def test_a_step_that_nobody_can_take_is_refused_with_those_that_one_can(amends: Amends, db: Path, what: str) -> None:
    done = amends("step", 1, what, "--by", "Ana", "--db", db)
    assert done.code == 2
    assert f"{what} is not a step. There are: acknowledged, contacted," in done.err
    assert "claim_lapsed" not in done.err.partition("There are")[2]


def test_who_takes_a_step_must_be_said(amends: Amends, db: Path) -> None:
    done = amends("step", 1, "acknowledged", "--db", db)
    assert done.code == 2
    assert "--by" in done.err


@pytest.mark.parametrize(
    ("lasting", "due"),
    [("2h", MONDAY + 3.5 * HOUR), ("2h working", MONDAY + 3.5 * HOUR), ("8h working", MONDAY + 25.5 * HOUR)],
)
def test_a_case_is_put_off_for_as_long_as_was_said(amends: Amends, db: Path, lasting: str, due: datetime) -> None:
    done = amends("step", 1, "snoozed", "--by", "Ana", "--for", lasting, "--db", db, "--json")
    assert (done.code, done.told["state"]) == (0, "suspected")
    assert done.told["next_due_at"] == due.isoformat()
    assert amends("cases", "--db", db, "--json").told[-1]["id"] == 1


@pytest.mark.parametrize("lasting", ["", "later", "0h", "999999w " * 200])
def test_without_a_length_of_time_nothing_is_put_off(amends: Amends, db: Path, lasting: str) -> None:
    done = amends("step", 1, "snoozed", "--by", "Ana", "--for", lasting, "--db", db)
    assert done.code == 2
    assert "For how long? expected a length of time" in done.err
    assert "Add --for 2h" in done.err


def test_the_zone_of_the_config_is_the_one_that_is_shown(amends: Amends, db: Path) -> None:
    amends.write("config.toml", '[team]\ntimezone = "Asia/Tokyo"\n')
    assert "Mon 02 Mar 18:00" in amends("cases").out  # nine o'clock in UTC
