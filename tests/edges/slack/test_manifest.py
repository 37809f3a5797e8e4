"""The manifest is what Slack takes, and asks for exactly what amends needs."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import yaml

from bot.edges.slack.reception import REPORT, TREAT
from tests.fakes.slack.methods import METHODS
from tests.fakes.slack.schema import boolean, exactly, integer, items, shape, string

HOME = Path(__file__).resolve().parents[3]
MANIFEST = HOME / "deploy" / "slack-manifest.yaml"
# docs.slack.dev/reference/app-manifest
WANTED = shape(
    _metadata=shape(major_version=integer(1, 2), minor_version=integer(1, 9)),
    display_information=shape(
        name=string(35, 1), description=string(140, 1), long_description=string(4000, 175),
        background_color=string(7, 4, r"#[0-9a-fA-F]{3,6}"),
    ),
    features=shape(
        app_home=shape(
            home_tab_enabled=boolean, messages_tab_enabled=boolean, messages_tab_read_only_enabled=boolean
        ),
        bot_user=shape(display_name=string(80, 1), always_online=boolean),
        slash_commands=items(
            shape(command=string(32, 2, r"/[a-z]+"), description=string(2000, 1), usage_hint=string(1000, 1),
                  should_escape=boolean), 1, 50,
        ),
        shortcuts=items(
            shape(name=string(24, 1), type=exactly("message", "global"), callback_id=string(255, 1),
                  description=string(150, 1)), 1, 10,
        ),
    ),
    oauth_config=shape(scopes=shape(bot=items(string(50, 1), 1, 255))),
    settings=shape(
        event_subscriptions=shape(bot_events=items(string(50, 1), 1, 100)), interactivity=shape(is_enabled=boolean),
        org_deploy_enabled=boolean, socket_mode_enabled=boolean, token_rotation_enabled=boolean,
    ),
)  # fmt: skip


def manifest() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    return found


def test_slack_would_take_it() -> None:
    assert [str(problem) for problem in WANTED(manifest(), "")] == []


def test_it_asks_for_the_scopes_that_the_methods_need_which_amends_calls_and_for_no_others() -> None:
    """Every method named in the code is looked up in what Slack's reference says of it."""
    called = set()
    for path in (HOME / "bot" / "edges" / "slack").glob("*.py"):
        texts = (node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant))
        called |= {text for text in texts if isinstance(text, str) and text in METHODS}
    assert {"chat.postMessage", "chat.update", "users.info", "conversations.history"} <= called
    needed = {METHODS[method].scope for method in called} - {""}
    wanted = {scope for scope in needed if "*" not in scope}
    for scope in needed - wanted:  # amends may be given public and private channels
        wanted |= {scope.replace("*", kind) for kind in ("channels", "groups")}
    wanted |= {"im:history"}  # and looks for the direct messages that it wrote itself; it asks nothing else about them
    assert set(manifest()["oauth_config"]["scopes"]["bot"]) == wanted | {"commands"}


def test_people_can_get_direct_messages_and_cannot_write_where_nobody_reads() -> None:
    home = manifest()["features"]["app_home"]
    assert (home["messages_tab_enabled"], home["messages_tab_read_only_enabled"]) == (True, True)
    assert "message.im" not in manifest()["settings"]["event_subscriptions"]["bot_events"]


def test_its_shortcuts_and_command_are_those_that_amends_answers() -> None:
    features = manifest()["features"]
    assert {one["callback_id"] for one in features["shortcuts"]} == {TREAT, REPORT}
    assert [one["command"] for one in features["slash_commands"]] == ["/amends"]


def test_it_uses_sockets_and_says_how_not_to() -> None:
    assert manifest()["settings"]["socket_mode_enabled"] is True
    assert re.search(r"# HTTP mode .*\n(#.*\n)*#\s+https://\S+/slack/events", MANIFEST.read_text(encoding="utf-8"))
