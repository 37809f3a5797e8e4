"""`amends evaluate`: how good the champion is on labelled texts, on the hold-out, or on the team's own corrections."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot import champion, measuring
from bot.domain.case import Step
from bot.domain.message import Person
from bot.domain.verdict import Label
from bot.learn import curves
from bot.learn.dataset import Example, held_back
from tests.cli.conftest import Amends
from tests.fakes.build import DAY, MISTAKE
from tests.fakes.taught import Row, School, Taught, good_rows, package, stop_the_clock

COMPLAINT = "You charged me twice and nobody has answered my three mails."
HELD_OUT = [row for row in good_rows() if held_back(row["scenario"])]


@pytest.fixture(autouse=True)
def taught(amends: Amends, school: School, monkeypatch: pytest.MonkeyPatch) -> Taught:
    """In this folder is a well-taught installation; it is four days after its training."""
    stop_the_clock(monkeypatch, school.well_taught.now + 4 * DAY)
    package(monkeypatch, school.good)
    return school.well_taught.copy(amends.here)


def labelled(amends: Amends, *rows: Row) -> Path:
    return amends.write("labelled.jsonl", "".join(json.dumps(row) + "\n" for row in rows))


def row(text: str, mistake: int = 1, **other: Any) -> Row:
    return {"text": text, "mistake": mistake, "ignored": 0, "severity": mistake} | other


def sets(told: list[dict[str, Any]]) -> list[tuple[str, int, int]]:
    return [(one["set"], one["size"], one["mistake"]["positives"]) for one in told]


# what is measured


def test_without_a_file_the_hold_out_is_measured_as_the_card_has_it(amends: Amends, taught: Taught) -> None:
    (told,) = amends("evaluate", "--json").told
    assert taught.done
    card = json.loads(json.dumps(taught.done.scorecard.as_json()))
    assert {name: told[name] for name in card} == card
    assert told["size"] == len(HELD_OUT)


def test_a_labelled_file_is_measured_as_a_whole_and_in_groups(amends: Amends) -> None:
    rows = [
        row(f"{text} {number}", mistake, channel=channel, unsure=number == 0, lang=lang, source=source)
        for number in range(4)
        for text, mistake, channel, lang, source in (
            ("You charged me twice!", 1, "chat", "en", "mine"), ("Thank you, lovely kettle", 0, "email", "de", "mine"),
        )
    ]  # fmt: skip
    file = labelled(amends, *rows, rows[0])
    done = amends("evaluate", file, "--json", "--by", "channel", "--prior", "0.5")
    assert done.code == 0
    assert sets(done.told) == [("all", 9, 5), ("sure ones", 6, 3), ("chat", 5, 5), ("email", 4, 0)]
    assert {one["prior"] for one in done.told} == {0.5}
    assert [one["set"] for one in amends("evaluate", file, "--json", "--by", "lang").told[2:]] == ["en", "de"]
    assert [one["set"] for one in amends("evaluate", file, "--json", "--by", "source").told[2:]] == ["mine"]


def test_only_the_whole_set_says_how_fast_it_was_and_where_it_was_wrong(amends: Amends) -> None:
    whole, *parts = amends("evaluate", "--json", "--by", "channel").told
    assert whole["texts_per_second"] > 0
    assert parts
    assert not any({"worst", "texts_per_second"} & set(part) for part in parts)


def test_a_prior_changes_what_is_said_at_it_and_must_be_a_share(amends: Amends) -> None:
    rare, often = (amends("evaluate", "--json", "--prior", prior).told[0] for prior in ("0.05", "0.9"))
    assert (rare["prior"], often["prior"]) == (0.05, 0.9)
    assert rare["mistake"]["recall"] < often["mistake"]["recall"]
    assert rare["mistake"]["average_precision"] == often["mistake"]["average_precision"]
    for nonsense in ("0", "1", "-1", "a fifth"):
        assert amends("evaluate", "--prior", nonsense).code == 2


@pytest.mark.parametrize("most", [0, 1, 2])
def test_the_worst_errors_are_shown_as_many_as_are_wanted(amends: Amends, most: int) -> None:
    wrong = [row(f"Thank you, the kettle is lovely! {n}", source="mine") for n in range(3)]
    told = amends("evaluate", labelled(amends, *wrong, row("All sorted, thanks!", 0)), "--json", "--worst", most).told[
        0
    ]
    assert len([one for one in told["worst"] if one["label"] == "mistake"]) == most
    for one in told["worst"]:
        assert (one["true"], one["source"]) == (True, "mine")
        assert one["chance"] < 0.5
        assert one["text"].startswith("Thank you")
        assert one["clues"]
    assert amends("evaluate", "--worst", "-1").code == amends("evaluate", "--worst", "101").code == 2


def test_the_clues_of_an_error_are_those_of_the_text_as_it_was_judged(taught: Taught) -> None:
    """What was known of the thread weighed most, so it must be among the clues."""
    model = champion.load(taught.settings, taught.champion())
    waits = [str(name) == "signals__hours waiting" for name in model.features[-1].get_feature_names_out()]
    for line in model.lines.values():
        line.weights[waits] = -9.0
    example = Example("You charged me twice.", frozenset({Label.MISTAKE}), 1, "s", unanswered=3, waiting_hours=300.0)
    (error, *_) = measuring.measure(model, [example], 0.3, None, 3).worst
    assert error["true"]
    assert "hours waiting" in [text for text, _weight in error["clues"]]


def test_people_see_a_table_the_confusion_and_the_worst_errors(amends: Amends) -> None:
    file = labelled(amends, row("Thank you, lovely kettle!", source="mine"), row(COMPLAINT, 0))
    done = amends("evaluate", file, "--prior", "0.3")
    assert done.code == 0
    for words in ("set", "texts", "AP", "F1", "recall", "ECE", "prior (share of mistakes) 0.30", "texts/s", "Brier"):
        assert words in done.out, words
    assert "mistake: 0 found, 1 missed, 1 false alarms, 0 rightly left alone" in done.out
    assert "mistake, missed at" in done.out
    assert "(mine): Thank you, lovely kettle!" in done.out
    assert "mistake, false alarm at" in done.out


@pytest.mark.parametrize("name", ["[red]shop[/red]", "[/nowhere]", "\x1b]0;title\x07shop", "shop\x1b[31m"])
def test_groups_of_any_name_are_shown_as_they_are_and_act_on_nothing(amends: Amends, name: str) -> None:
    file = labelled(amends, row("You charged me twice.", channel=name, source=name), row("Thanks!", 0, channel=name))
    done = amends("evaluate", file, "--by", "channel")
    assert done.code == 0
    assert "\x1b" not in done.out
    assert "\x07" not in done.out
    assert name.partition("\x1b")[0] in done.out


def test_half_a_character_in_a_text_stops_neither_people_nor_machines(amends: Amends) -> None:
    file = labelled(amends, row("Thanks! \ud83d lovely"), row("You charged me twice \udc00", 0))
    for args in (("--json",), ()):
        done = amends("evaluate", file, *args)
        assert (done.code, done.err) == (0, "")


# corrections


@pytest.fixture
def corrected(taught: Taught) -> None:
    """Six false alarms that people dismissed: three before the training, three a day after it."""
    with taught.world(days=-1) as world:
        for number in range(1, 7):
            world.customer(f"Thanks! {number}", MISTAKE, sender=Person(f"c{number}@x.example"), subject=f"No. {number}")
            world.hears("mistake to channel")
            world.step(Step.DISMISSED, case=number, note="thanks")
            world.clock.advance(2 * DAY if number == 3 else 0 * DAY)


@pytest.mark.usefixtures("corrected")
def test_since_measures_only_by_what_the_champion_has_not_learnt(amends: Amends) -> None:
    done = amends("evaluate", "--since", "30d", "--json", "--by", "source")
    assert done.code == 0
    # threads 1 and 4 are held back; 2 and 3 were learnt; 5 and 6 came later
    assert done.err == "left out: 2 corrections that this model has learnt from\n"
    assert sets(done.told) == [("all", 4, 0), ("corrections", 4, 0)]
    recent = amends("evaluate", "--since", "4d", "--json")
    assert (recent.err, recent.told[0]["size"]) == ("", 3)


@pytest.mark.usefixtures("corrected")
def test_since_when_nothing_new_was_said_is_told_with_what_to_do(amends: Amends) -> None:
    done = amends("evaluate", "--since", "1h")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "amends: There is no correction of the last 1h that the champion has not learnt from. "
        "Answer the daily list (`amends review`), or look further back.\n"
    )


def test_without_corrections_there_is_nothing_to_measure(amends: Amends) -> None:
    assert "There is no correction of the last 30d" in amends("evaluate", "--since", "30d").err


@pytest.mark.parametrize("since", ["yesterday", "0d", "999999w", "30"])
def test_a_length_of_time_that_is_none_is_refused_with_an_example(amends: Amends, since: str) -> None:
    done = amends("evaluate", "--since", since)
    assert (done.code, done.out) == (2, "")
    assert "Since when? expected a length of time" in done.err
    assert "Write --since 30d, for example." in done.err


# what cannot be measured


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("nowhere.jsonl",), "nowhere.jsonl: It cannot be read"),
        (("empty.jsonl",), "empty.jsonl: There are no labelled texts in it."),
        (("bad.jsonl",), "2 of the lines are no examples:\nbad.jsonl:2: this is not an example"),
        (("bad.jsonl",), "\nbad.jsonl:4: this is not an example"),
        (("empty.jsonl", "--by", "mood"), "Scores cannot be grouped by mood. Take source, channel or lang."),
        (("empty.jsonl", "--since", "30d"), "Either a file or --since, not both."),
    ],
)
def test_what_cannot_be_measured_is_said(amends: Amends, args: tuple[str, ...], said: str) -> None:
    good = '{"text": "x", "labels": [], "severity": 0}\n'
    amends.write("empty.jsonl", "\n")
    amends.write("bad.jsonl", f'{good}{{"text": "x"}}\n{good}{{\n')
    done = amends("evaluate", *args)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


# the page


def test_a_page_is_written_with_all_that_was_measured(amends: Amends) -> None:
    hostile = "<script>alert(1)</script> Thank you, lovely kettle!"
    file = labelled(amends, row(hostile, source="<b>mine</b>"), row("You charged me twice.", 0), *HELD_OUT)
    done = amends("evaluate", file, "--html", "report.html", "--by", "source")
    assert done.code == 0
    assert "written: report.html" in done.err
    assert done.err.count("learning curve: ") == 5
    page = (amends.here / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert page.count("<svg") == 3
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;b&gt;mine" in page
    assert f"labelled.jsonl, model {champion.SHIPPED}" not in page
    assert "labelled.jsonl, model 20260304T090000Z" in page


def test_a_page_that_cannot_be_written_is_said(amends: Amends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "_SHARES", (1.0,))
    done = amends("evaluate", "--html", "nowhere/report.html")
    assert (done.code, done.out) == (2, "")
    assert done.err.endswith("nowhere/report.html: The report cannot be written: No such file or directory.\n")


def test_half_a_character_in_an_error_does_not_spoil_the_page(amends: Amends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "_SHARES", (1.0,))
    file = labelled(amends, row("Thanks! \ud83d lovely"), row("You charged me twice.", 0))
    assert amends("evaluate", file, "--html", "report.html").code == 0
    assert "Thanks!" in (amends.here / "report.html").read_text(encoding="utf-8")
