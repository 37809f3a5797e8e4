"""What holds for every command: help with an example, quick starts, errors that say whose move it is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.main import get_command

from bot import app as root
from bot.cli import app
from tests.cli.conftest import Amends, process
from tests.fakes.build import MISTAKE
from tests.fakes.world import World

COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]
HEAVY = ("sklearn", "joblib", "scipy", "numpy", "alembic", "slack_sdk", "imapclient", "apscheduler", "re2")
# Runs a command and then names what of the heavy libraries was loaded.
LOADED = f"""
import sys
from bot.__main__ import main
try:
    main()
finally:
    print("loaded:", *[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""


def test_the_commands_are_those_that_people_are_told_of() -> None:
    assert COMMANDS == [
        "cases", "classify", "demo", "doctor", "evaluate", "replay", "retrain", "run", "show", "step", "text",
    ]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_of_itself(amends: Amends, command: str) -> None:
    done = amends(command, "--help")
    assert done.code == 0
    assert re.search(rf"Example: .*amends {command}\b", done.out)
    assert done.out == amends(command, "-h").out


def test_the_help_names_every_command(amends: Amends) -> None:
    done = amends("--help")
    assert done.code == 0
    assert all(re.search(rf"│ {command} ", done.out) for command in COMMANDS)
    assert amends().out.strip() == done.out.strip()


@pytest.mark.parametrize("args", [("--help",), ("cases", "--help"), ("cases", "--json"), ("cases",), ("show", "1")])
def test_nothing_heavy_is_loaded_for_looking(tmp_path: Path, args: tuple[str, ...]) -> None:
    with World.at(tmp_path) as world:
        world.customer("You charged me twice.", MISTAKE)
        world.hears("mistake to channel")
    (tmp_path / "config.toml").write_text("")
    done = process(*args, here=tmp_path, code=("-c", LOADED))
    assert (done.code, done.err) == (0, "loaded:\n")


def test_a_command_that_there_is_not_is_refused(amends: Amends) -> None:
    done = amends("clasify")
    assert done.code == 2
    assert "No such command 'clasify'" in done.err


# the config


def test_all_problems_of_a_config_are_told_before_anything_is_done(amends: Amends) -> None:
    file = amends.write("config.toml", '[team]\nnmae = "Acme"\n\n[judge]\nprior = 2\n')
    done = amends("cases")
    assert (done.code, done.out) == (3, "")
    assert done.err == (
        "amends: config.toml:2: team.nmae: is not a setting; did you mean name?\n"
        "config.toml:5: judge.prior: expected less than 1\n"
    )
    assert amends("cases", "--config", file).code == 3
    assert [one.name for one in amends.here.iterdir()] == ["config.toml"]


def test_a_config_is_taken_from_the_option_the_environment_or_this_folder(
    amends: Amends, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("option", "environment", "config"):
        amends.write(f"{name}.toml", f'[store]\nurl = "sqlite:///{name}.db"\n')
    assert f"{amends.here}/config.db" in amends("cases").err
    monkeypatch.setenv("AMENDS_CONFIG", "environment.toml")
    assert f"{amends.here}/environment.db" in amends("cases").err
    assert f"{amends.here}/option.db" in amends("cases", "-c", "option.toml").err
    assert amends("cases", "-c", "nowhere.toml").code == 3


@pytest.mark.parametrize(
    "args", [("cases",), ("show", "1"), ("step", "1", "acknowledged", "--by", "Ana")], ids=lambda args: args[0]
)
def test_a_database_that_is_not_there_is_named_and_not_made(amends: Amends, args: tuple[str, ...]) -> None:
    done = amends(*args, "--db", "nowhere.db")
    assert (done.code, done.out) == (7, "")
    assert done.err == (
        f"amends: {amends.here}/nowhere.db: There is no such database. `amends run` or `amends demo` makes one.\n"
    )
    assert list(amends.here.iterdir()) == []


def test_a_file_that_is_no_database_is_named(amends: Amends) -> None:
    amends.write("notes.db", "these are notes, and many of them\n" * 100)
    done = amends("cases", "--db", "notes.db")
    assert done.code == 7
    assert "notes.db" in done.err


# defects


def test_an_unexpected_error_is_one_sentence_without_a_traceback(
    amends: Amends, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the moon is blue")

    monkeypatch.setattr(root, "open_store", broken)
    done = amends("cases", "--db", "x.db")
    assert (done.code, done.out) == (70, "")
    assert done.err.count("\n") == 1
    assert "a defect of amends: RuntimeError: the moon is blue." in done.err
    assert "Traceback" not in done.err
    monkeypatch.setenv("AMENDS_DEBUG", "1")
    with pytest.raises(RuntimeError, match="blue"):
        amends("cases", "--db", "x.db")


def test_an_interrupt_ends_quietly(amends: Amends, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(root, "open_store", interrupted)
    done = amends("cases", "--db", "x.db")
    assert (done.code, done.out, done.err.strip()) == (130, "", "")


# one mail


MAIL = """From: "Mo \x1b[31mFarouk" <mo@customer.example>
To: support@acme.example
Subject: =?utf-8?q?K=C3=A4nnchen?=
Date: Mon, 2 Mar 2026 09:00:00 +0000
Content-Type: text/plain; charset=utf-8

It leaks \x1b[31mall over.

> We shipped it.
"""


def test_one_mail_is_told_with_exactly_these_keys(amends: Amends) -> None:
    done = amends("text", amends.write("one.eml", MAIL), "--json")
    assert done.code == 0
    assert done.told == {
        "from": "mo@customer.example", "subject": "Kännchen", "date": "2026-03-02T09:00:00+00:00",
        "direction": "from_customer", "new_text": done.told["new_text"], "quoted": "> We shipped it.",
        "attachments": [],
    }  # fmt: skip
    assert list(done.told) == ["from", "subject", "date", "direction", "new_text", "quoted", "attachments"]
    assert "It leaks" in done.told["new_text"]


def test_one_mail_is_shown_to_people_without_what_could_act(amends: Amends) -> None:
    done = amends("text", amends.write("one.eml", MAIL))
    assert done.code == 0
    assert "It leaks" in done.out
    assert "all over." in done.out
    assert "16 characters quoted" in done.out
    assert "\x1b" not in done.out


def test_a_mail_of_ours_is_known_by_the_config(amends: Amends) -> None:
    amends.write("config.toml", '[team]\naddresses = ["mo@customer.example"]\n')
    assert amends("text", amends.write("one.eml", MAIL), "--json").told["direction"] == "from_us"


def test_a_mail_that_is_not_there_is_named(amends: Amends) -> None:
    done = amends("text", "nowhere.eml")
    assert (done.code, done.err) == (2, "amends: nowhere.eml: It cannot be read: No such file or directory.\n")


# labelled texts


def test_a_labelled_file_is_measured_as_a_whole_and_in_groups(amends: Amends) -> None:
    rows = [
        {"text": f"{text} {number}", "mistake": mistake, "ignored": 0, "severity": mistake, "channel": channel,
         "unsure": number == 0}
        for number in range(4)
        for text, mistake, channel in (("You charged me twice!", 1, "chat"), ("Thank you, lovely kettle", 0, "email"))
    ]  # fmt: skip
    file = amends.write("labelled.jsonl", "".join(json.dumps(row) + "\n" for row in [*rows, rows[0]]))
    done = amends("evaluate", file, "--json", "--by", "channel", "--prior", "0.5")
    assert done.code == 0
    assert [(row["set"], row["size"], row["mistake"]["positives"], row["prior"]) for row in done.told] == [
        ("all", 9, 5, 0.5), ("sure ones", 6, 3, 0.5), ("chat", 5, 5, 0.5), ("email", 4, 0, 0.5),
    ]  # fmt: skip
    shown = amends("evaluate", file).out
    assert "mistake" in shown
    assert "AP" in shown


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("evaluate", "nowhere.jsonl"), "nowhere.jsonl: It cannot be read"),
        (("evaluate", "empty.jsonl"), "empty.jsonl: There are no labelled texts in it."),
        (("evaluate", "bad.jsonl"), "bad.jsonl:2: This line is not an example"),
        (
            ("evaluate", "empty.jsonl", "--by", "mood"),
            "Scores cannot be grouped by mood. Take source, channel or lang.",
        ),
    ],
)
def test_what_cannot_be_measured_is_said(amends: Amends, args: tuple[str, ...], said: str) -> None:
    amends.write("empty.jsonl", "\n")
    amends.write("bad.jsonl", '{"text": "x", "labels": [], "severity": 0}\n{"text": "x"}\n')
    done = amends(*args)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
