"""What holds for every command: help with an example, quick starts, errors that say whose move it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from bot import opening
from bot.cli import app
from tests.cli.conftest import Amends, process
from tests.fakes.build import MISTAKE
from tests.fakes.world import World

COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]
GROUPS = {
    name: sorted(get_command(app).commands[name].commands)  # type: ignore[attr-defined]
    for name in ("mail", "models", "policy", "quarantine")
}
EVERY: list[tuple[str, ...]] = [
    *((name,) for name in COMMANDS if name not in ("mail", "policy", "quarantine")),
    *((group, name) for group, names in GROUPS.items() for name in names),
]
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
        "cases", "classify", "demo", "doctor", "draft", "evaluate", "mail", "models", "oncall", "policy", "quarantine",
        "replay", "report", "retrain", "review", "run", "show", "status", "step", "text", "treat", "why",
    ]  # fmt: skip


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_has_help_with_an_example_of_itself(amends: Amends, words: tuple[str, ...]) -> None:
    done = amends(*words, "--help")
    assert done.code == 0
    assert re.search(rf"Example: .*amends {' '.join(words)}\b", done.out)
    assert done.out == amends(*words, "-h").out


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_option_of_every_command_says_what_it_is_for(words: tuple[str, ...]) -> None:
    command: Any = get_command(app)
    for word in words:
        command = command.commands[word]
    told = {param.name: param.help for param in command.params if not param.hidden}
    assert [name for name, text in told.items() if not text] == []


def test_some_commands_have_commands_of_their_own(amends: Amends) -> None:
    assert GROUPS == {
        "mail": ["check"], "models": ["promote", "rollback", "show"], "policy": ["list", "test"],
        "quarantine": ["export", "list", "release", "retry", "show"],
    }  # fmt: skip
    for group, names in GROUPS.items():
        told = amends(group, "--help").out
        assert all(re.search(rf"│ {name} ", told) for name in names)
        done = amends(group, "crown")
        assert done.code == 2
        assert "No such command 'crown'" in done.err


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

    monkeypatch.setattr(opening, "open_store", broken)
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

    monkeypatch.setattr(opening, "open_store", interrupted)
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
