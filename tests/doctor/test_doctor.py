"""`amends doctor` finds what would keep `amends run` from working, says what to do, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.cli import run_command
from bot.doctor import Finding, check
from bot.learn.registry import features_version, sklearn_version
from bot.settings import load
from bot.store import models
from tests.app.installation import CHANNEL, TOKEN_VARIABLE, Installation

pytestmark = pytest.mark.dovecot
ALL = [
    "config", "store", "model", "mailbox.support", "slack", "slack.scopes", f"slack.{CHANNEL}", "slack.on_call",
    "slack.listening",
]  # fmt: skip
Break = Callable[[Installation, pytest.MonkeyPatch], None]


@pytest.fixture(autouse=True)
def token(installed: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, installed.slack.token)


def findings(installed: Installation) -> list[Finding]:
    return list(check(load(installed.config)))


def test_where_all_is_well_it_says_so_of_everything(installed: Installation) -> None:
    installed.store_is_made()
    found = findings(installed)
    assert [finding.id for finding in found] == ALL
    assert [finding for finding in found if not finding.fine or finding.hint] == []
    right = installed.box.right
    assert found[3].said == f"{right.user} at 127.0.0.1: login and folders INBOX, Sent"
    assert found[4].said == "connected as bot in Example"


def test_it_changes_nothing(installed: Installation) -> None:
    installed.customer("Where is my order?", 1)
    before = (sorted(installed.folder.iterdir()), installed.box.files(), installed.box.flags(), installed.box.folders())
    assert all(finding.fine for finding in findings(installed))
    assert before == (
        sorted(installed.folder.iterdir()), installed.box.files(), installed.box.flags(), installed.box.folders()
    )  # fmt: skip
    assert installed.slack.messages(CHANNEL) == []


def without(name: str) -> Break:
    return lambda installed, _: (installed.folder / name).unlink()


def config(**other: Any) -> Break:
    return lambda installed, _: installed.configure(**other)


def replaced(old: str, new: str) -> Break:
    def write(installed: Installation, _: pytest.MonkeyPatch) -> None:
        installed.config.write_text(installed.config.read_text().replace(old, new))

    return write


def no_database(installed: Installation, _: pytest.MonkeyPatch) -> None:
    (installed.folder / "amends.db").write_text("This is a letter, not a database. " * 50)


def model_is_gone(installed: Installation, _: pytest.MonkeyPatch) -> None:
    installed.store_is_made()
    now = datetime.now(UTC)
    card = {"sklearn": sklearn_version(), "features": features_version()}
    installed.store.transact(lambda tx: models.trust(tx.connection, "20260101", "0" * 64, card, now, champion=True))


BREAKS: dict[str, tuple[Break, str, str, str]] = {
    "a file that is no database": (no_database, "store", "This file is not a database of amends.", "[store] url"),
    "no place for a database": (
        replaced("amends.db", "config.toml/amends.db"), "store", "config.toml no database can be made", "[store] url",
    ),
    "a model that is gone": (model_is_gone, "model", "The model cannot be read: No such file", "amends retrain"),
    "a wrong password": (
        lambda installed, _: installed.password("wrong"), "mailbox.support", "It refused the login", "Check user and",
    ),
    "no password": (without("mailbox.password"), "mailbox.support", "cannot be read: No such file", "[[mailbox]]"),
    "an unknown authority": (
        replaced("ca_file", "# ca_file"), "mailbox.support", "Its certificate is not to be trusted", "ca_file",
    ),
    "a port where nobody listens": (config(port=1), "mailbox.support", "Connection refused", "host, port"),
    "a folder that is not there": (
        replaced('sent = "Sent"', 'sent = "Sent Items"'), "mailbox.support",
        "The folder “Sent Items” cannot be opened",
        "There are: ",
    ),
    "a wrong token": (
        lambda _, monkeypatch: monkeypatch.setenv(TOKEN_VARIABLE, "xoxb-no"), "slack", "invalid_auth", "bot token",
    ),
    "no token": (
        lambda _, monkeypatch: monkeypatch.delenv(TOKEN_VARIABLE), "slack", "environment variable", "[slack]",
    ),
    "Slack out of reach": (lambda installed, _: installed.slack.stop(), "slack", "Connection refused", "reaches Slack"),
}  # fmt: skip


def test_who_is_on_call_is_looked_at_and_the_heartbeats_url(
    installed: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMENDS_TEST_HEARTBEAT", "http://beats.example/secret")
    schedule = '[[oncall]]\nname = "support"\ncalendar = "gone.ics"\n[oncall.people]\nAnn = "U0123ANN"\n'
    health = '[health]\nheartbeat_url_env = "AMENDS_TEST_HEARTBEAT"\n'
    installed.config.write_text(installed.config.read_text().replace("[health]\n", health) + schedule)
    bad = {finding.id: finding for finding in findings(installed) if not finding.fine}
    assert list(bad) == ["calendar.support", "heartbeat", "slack.oncall.support.U0123ANN"]
    assert all(finding.hint for finding in bad.values())
    assert "No such file" in bad["calendar.support"].said


@pytest.mark.parametrize("broken", BREAKS)
def test_what_is_broken_is_found_with_what_to_do_and_nothing_else_is(
    installed: Installation, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    breaks, check_id, said, hint = BREAKS[broken]
    breaks(installed, monkeypatch)
    found = findings(installed)
    assert [finding.id for finding in found] == ALL[: len(found)]
    [bad] = [finding for finding in found if not finding.fine]
    assert bad.id == check_id
    assert said in bad.said
    assert bad.hint
    assert hint in bad.hint


def test_without_a_token_the_console_is_meant(installed: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE)
    replaced("bot_token_env", "# bot_token_env")(installed, monkeypatch)
    assert findings(installed)[-1] == Finding("slack", True, "no Slack token: alerts go to the console")


def test_before_the_first_run_there_is_no_database_and_that_is_fine(installed: Installation) -> None:
    found = findings(installed)[1]
    assert found == Finding("store", True, "there is no database yet; `amends run` makes it")


def test_the_command_ends_with_1_when_something_is_broken_and_says_it_to_machines_too(installed: Installation) -> None:
    installed.password("open sesame")
    told = installed.amends("doctor", "--json")
    assert told.code() == 1
    lines = [json.loads(line) for line in told.output.splitlines()]
    assert [(line["id"], line["fine"]) for line in lines] == [(each, each != "mailbox.support") for each in ALL]
    assert "sesame" not in told.output + told.log


def test_the_command_ends_with_0_when_all_is_well_and_with_3_when_the_config_is_not_one(
    installed: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["amends", "doctor", "--config", str(installed.config)])
    with pytest.raises(SystemExit) as ended:
        run_command()
    assert ended.value.code == 0
    assert capsys.readouterr().out.count("✔ ") == len(ALL)
    replaced("poll =", "pole =")(installed, monkeypatch)
    assert run_command() == 3
    assert "did you mean poll?" in capsys.readouterr().err


def test_it_tells_how_the_folders_of_the_config_do_and_of_no_others(installed: Installation) -> None:
    installed.store_is_made()
    store = installed.store
    for folder in ("support/INBOX", "support/Sent", "gone/INBOX"):
        store.transact(lambda tx, one=folder: tx.begin_watch(one.partition("/")[0], one))  # type: ignore[misc]
    for folder in ("support/Sent", "gone/INBOX"):
        store.transact(lambda tx, one=folder: tx.bad_look(one.partition("/")[0], one, "It is away."))  # type: ignore[misc]
    told = {one.id: one for one in findings(installed) if one.id.startswith("watch.")}
    assert {name: one.fine for name, one in told.items()} == {"watch.support/INBOX": True, "watch.support/Sent": False}
    assert "It is away." in told["watch.support/Sent"].said
    assert told["watch.support/Sent"].hint
