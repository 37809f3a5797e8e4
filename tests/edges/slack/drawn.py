"""What the tests of all drawings ask: would Slack take it, can anything in it act, does it look as it did?"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.fakes.slack.limits import Surface, block_problems, view_problems

GOLDEN = Path(__file__).parent.parent / "golden"
_OURS = re.compile(r"<!subteam\^S0ONCALL>|<@U0LEAD>")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt);)")
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_LIVELY = ("link", "user", "usergroup", "broadcast", "channel", "emoji", "image")
_KINDS = ("mrkdwn", "plain_text", "text")


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """All objects of a drawing, from the outside in."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from parts(inner)


def texts(drawing: Any, kind: str) -> list[str]:
    return [part["text"] for part in parts(drawing) if part.get("type") == kind]


def flat(drawing: Any) -> str:
    """All words of a drawing, in order, in single spaces; moments as their fallback."""
    found = (
        part["fallback"] if part["type"] == "date" else part["text"]
        for part in parts(drawing)
        if part.get("type") in ("date", *_KINDS)
    )
    return " ".join(" ".join(found).split())


def pressable(drawing: Any) -> list[str]:
    """action_ids of buttons and menus, in order."""
    return [part["action_id"] for part in parts(drawing) if "action_id" in part]


def choices(drawing: Any, action: str) -> list[str]:
    """The values that a menu offers."""
    (menu,) = (part for part in parts(drawing) if part.get("action_id") == action)
    return [option["value"] for option in menu["options"]]


def assert_inert(text: str, blocks: list[dict[str, Any]], surface: Surface = "message") -> None:
    """Slack takes it, and nothing in it acts, whatever words of a customer went into it."""
    assert list(block_problems(blocks, surface)) == []
    for marked in [text, *texts(blocks, "mrkdwn")]:
        foreign = _OURS.sub("", marked)
        assert "<" not in foreign
        assert ">" not in foreign
        assert not _BARE_AMPERSAND.search(foreign)
    assert all(_OURS.fullmatch(marked) for marked in texts(blocks, "mrkdwn")), (
        "mrkdwn holds nothing but our own mentions"
    )
    assert not [part for part in parts(blocks) if part.get("type") in _LIVELY]
    assert all(part["emoji"] is False for part in parts(blocks) if part.get("type") == "plain_text")
    said = [text, *(one for kind in _KINDS for one in texts(blocks, kind))]
    labels = [part["accessibility_label"] for part in parts(blocks) if "accessibility_label" in part]
    assert not [c for one in [*said, *labels] for c in one if c != "\n" and unicodedata.category(c) in _UNSEEN]


def assert_view_inert(view: dict[str, Any]) -> None:
    """The same for a modal or the Home tab."""
    assert list(view_problems(view)) == []
    assert_inert("", view["blocks"], view["type"])


def assert_reachable(drawing: Any) -> None:
    """Everything that can be pressed has words that a screen reader says; those of buttons name what they are about."""
    for part in parts(drawing):
        if part.get("type") == "button":
            assert part["text"]["text"].strip()
            assert 1 <= len(part.get("accessibility_label", "x")) <= 75
        if part.get("type") in ("static_select", "users_select"):
            assert part["placeholder"]["text"].strip()


def assert_as_it_was(name: str, drawn: Any) -> None:
    """Golden files. AMENDS_WRITE_GOLDEN=1 writes them anew: look at the difference before you commit it."""
    file = GOLDEN / f"{name}.json"
    if os.environ.get("AMENDS_WRITE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(drawn, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert drawn == json.loads(file.read_text(encoding="utf-8"))


def golden_names(folder: str) -> set[str]:
    return {file.stem for file in (GOLDEN / folder).glob("*.json")}
