"""`amends why` and `amends policy`: what happened and why, and what would happen."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bot import opening
from bot.domain.case import Step
from bot.domain.message import Person
from tests.cli.conftest import Amends, Done
from tests.fakes.build import HOUR, MINUTE, MISTAKE
from tests.fakes.clock import MONDAY, SimulatedClock
from tests.fakes.world import World

README = Path(__file__).parents[2] / "README.md"
NASTY = "Charged [red]twice[/red] \x1b[31mhere\x1b[0m \u202eevil"
CONFIG = """
[team]
timezone = "Europe/Berlin"
[slack]
alert_channel = "C0123456789"
on_call = "S0123456789"
[[escalation.policy]]
name = "default"
rungs = [{ after = "15m", notify = "channel" }, { after = "1h", notify = "on_call", how = "channel" }]
[[escalation.policy]]
name = "globex"
value = 10000
rungs = [{ after = "5m", notify = "U0000000001", how = "dm" }]
[[customer]]
name = "Globex"
match = ["@globex.example"]
value = 12000
"""


@pytest.fixture
def db(amends: Amends, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Mo's case: two rungs fired, then Ana took it at half past ten, which it is now."""
    with World.at(amends.here) as world:
        world.customer(NASTY, MISTAKE, sender=Person("mo@customer.example", "Mo [bold]\x1b[1m"))
        world.hears("mistake to channel")
        world.passes(90 * MINUTE)
        world.hears("still_unanswered to channel", "still_unanswered to on_call")
        world.step(Step.ACKNOWLEDGED, who="Ana")
    monkeypatch.setattr(opening, "SystemClock", lambda: SimulatedClock(MONDAY + 1.5 * HOUR))
    return amends.here / "amends.db"


def test_a_case_is_told_from_its_first_message_to_what_is_next(amends: Amends, db: Path) -> None:
    done = amends("why", 1, "--db", db)
    assert done.code == 0
    lines = [line.rstrip() for line in done.out.splitlines()]
    assert lines[0] == "Case 1 · Mo [bold] · acknowledged"
    assert lines[2] == "Mon 02 Mar 2026"
    chances, clues = "mistake 90%, ignored 10%", "because of sounds like mistake"
    judged = f"The classifier (model m1) found mistake, severity 2 (real harm): {chances}; {clues}."
    sentences = [re.sub(r"^\d\d:\d\d  ", "", line) for line in lines[3:]]
    assert sentences[:2] == [
        "A mail from Mo [bold] “Order 17” was read. “Charged [red]twice[/red] here evil”",
        f"{judged} That opened this case.",
    ]
    assert (
        "Nobody had taken it, so rung 2 fired, to S0ONCALL, named as on_call. Said at once, with a ping of S0ONCALL."
        in sentences
    )
    assert sentences[-5] == "Ana, in Slack, took the case, and had until Mon 02 Mar 14:30."
    then = "if there is none by then, the channel is told at once."
    assert lines[-2:] == [
        "next: Ana loses it, and the ladder begins anew, on Mon 02 Mar 14:30 (in 4h), if the customer hears nothing.",
        f"the customer's first answer is due, on Mon 02 Mar 17:00 (in 6h 30m); {then}",
    ]


def test_a_story_for_machines_is_the_same_story(amends: Amends, db: Path) -> None:
    told = amends("why", 1, "--db", db, "--json").told
    assert {key: told[key] for key in ("id", "state")} == {"id": 1, "state": "acknowledged"}
    assert [line["kind"] for line in told["story"]] == [
        "read", "judged", "opened", "policy", "still_unanswered", "still_unanswered", "acknowledged",
    ]  # fmt: skip
    assert told["story"][0]["words"] == NASTY
    assert [due["kind"] for due in told["next"]] == ["claim_lapsed", "first_response_overdue"]
    assert told["next"][0]["at"] == "2026-03-02T14:30:00+00:00"


def test_telling_changes_nothing(amends: Amends, db: Path) -> None:
    before = amends("show", 1, "--db", db, "--json").out
    amends("why", 1, "--db", db)
    assert amends("show", 1, "--db", db, "--json").out == before


def test_a_case_that_there_is_not_has_no_story(amends: Amends, db: Path) -> None:
    done = amends("why", 99, "--db", db)
    assert (done.code, done.out, done.err) == (2, "", "amends: There is no case 99. `amends cases` lists them.\n")


def test_a_ladder_is_shown_with_why_it_is_that_one_and_what_it_does_when(amends: Amends) -> None:
    amends.write("config.toml", CONFIG)
    done = amends("policy", "test", "2026-12-24 17:30")
    assert done.code == 0
    lines = [re.sub(r"\s{2,}", " | ", line.rstrip()) for line in done.out.splitlines()]
    assert lines[:3] == [
        "Thu 24 Dec 2026 17:30 (Europe/Berlin): mistake of severity 2, by mail",
        "Policy “default” holds: it is for every case that no other is for.",
        " | not “globex”: it asks for a customer worth 10,000 or more, and this one is worth 0.",
    ]
    assert lines[5:10] == [
        "Thu 24 Dec 17:30 | 0s | ▏ | the case opens: a card in the channel",
        "Thu 24 Dec 17:45 | 15m | ▏ | rung 1: the channel",
        "Thu 24 Dec 18:30 | 1h | ▍ | rung 2: S0123456789 (named as on_call), seen in the channel too",
        "Fri 25 Dec 17:00 | 23h 30m | █████████▍ | first answer overdue: S0123456789 (named as on_call)",
        "Fri 25 Dec 18:30 | 1d 1h | ██████████ | everybody was told: the channel is reminded",
    ]


def test_a_customer_has_the_value_of_the_config_unless_another_is_said(amends: Amends) -> None:
    amends.write("config.toml", CONFIG)

    def chosen(*args: object) -> str:
        told = amends("policy", "test", "2026-12-24 17:30", "--json", *args).told
        return str(told["policy"])

    assert chosen("--customer", "Ann@globex.example") == "globex"
    assert chosen("--customer", "ann@globex.example", "--value", 0) == "default"
    assert chosen("--value", 10000) == "globex"


def test_a_ladder_for_machines_has_every_moment_and_who_is_meant(amends: Amends) -> None:
    amends.write("config.toml", CONFIG)
    told = amends("policy", "test", "2026-12-24T17:30+01:00", "--value", 10000, "--json").told
    assert (told["at"], told["policy"], told["others"]) == (
        "2026-12-24T16:30:00+00:00", "globex", [{"policy": "default", "because": "“globex” comes before it"}],
    )  # fmt: skip
    assert told["moments"][1] == {
        "at": "2026-12-24T16:35:00+00:00", "elapsed_seconds": 300, "kind": "rung", "rung": 1, "round": 1,
        "notify": "person", "how": "dm", "who": "U0000000001", "whom": "U0000000001 (named by the policy)",
        "ping_at": "2026-12-24T16:35:30+00:00", "quiet_hours": False,
    }  # fmt: skip


def test_a_time_that_clocks_show_twice_is_said_to_be_the_first(amends: Amends) -> None:
    amends.write("config.toml", CONFIG)
    done = amends("policy", "test", "2026-10-25 02:30")
    assert "this is the first, 02:30+02:00; the second is 02:30+01:00." in done.out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("tomorrow",), "“tomorrow” is not a moment. Write it like"),
        (("2026-12-24 17:30", "--reason", "boredom"), "boredom is not a kind of case. There are: mistake, ignored,"),
        (("2026-12-24 17:30", "--channel", "fax"), "fax is not a channel. There are: mail,"),
        (("2026-12-24 17:30", "--reason", "staff_report", "--channel", "mail"), "is a staff_report"),
        (("2026-12-24 17:30", "--reason", "unanswered", "--severity", "3"), "its severity is 1"),
        (("2026-12-24 17:30", "--severity", "4"), "severity"),
    ],
)
def test_a_case_that_cannot_be_is_refused_in_a_sentence(amends: Amends, args: tuple[str, ...], said: str) -> None:
    done = amends("policy", "test", *args)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_the_policies_are_listed_in_the_order_in_which_they_are_tried(amends: Amends) -> None:
    amends.write("config.toml", CONFIG)
    assert [one["policy"] for one in amends("policy", "list", "--json").told] == ["globex", "default"]
    assert amends("policy", "list").out == (
        "1. globex, for cases of customers worth 10,000 or more\n   after 5m, to U0000000001, by direct message\n"
        "2. default, for every case that no other is for\n   after 15m, to the channel\n"
        "   after 1h, to the on-call, seen in the channel too\n"
    )


def transcripts() -> dict[str, str]:
    """What the README shows below each command that it types after a $."""
    fenced = re.findall(r"```text\n\$ (amends (?:why|policy)[^\n]*)\n(.*?)\n```", README.read_text("utf-8"), re.DOTALL)
    return dict(fenced)


@pytest.mark.parametrize("command", ["amends why 1 --db demo.db", 'amends policy test "2026-12-24 17:30"'])
def test_the_readme_shows_what_is_printed(
    command: str, amends: Amends, demo: tuple[Done, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As far as it is quoted."""
    monkeypatch.setenv("COLUMNS", "80")
    args = [str(demo[1]) if word == "demo.db" else word for word in shlex.split(command)[1:]]
    printed, shown = amends(*args).out, transcripts()[command]
    assert words(printed)[: len(words(shown))] == words(shown)
    assert max(map(len, shown.splitlines())) <= 80


def words(text: str) -> list[str]:
    """Without what another version of the classifier says."""
    return re.sub(r"\(model \S+\)|\d+%", "", text).split()
