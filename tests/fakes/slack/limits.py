"""Slack's limits on blocks, messages and views (docs.slack.dev/reference/block-kit and /reference/views).

The SDK checks none of this in raw dicts, and Slack refuses the whole payload for one unknown field: a fake that
takes everything proves nothing about the messages a program builds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

from . import elements as e
from .schema import (
    Check,
    Problem,
    anything,
    boolean,
    both,
    by_type,
    exactly,
    exactly_one_of,
    items,
    shape,
    string,
    text,
)

Surface = Literal["message", "modal", "home"]
Json = dict[str, Any]

MOST_BLOCKS: dict[Surface, int] = {"message": 50, "modal": 100, "home": 100}
LONGEST_TEXT = 40_000
LARGEST_VIEW = 250_000  # bytes of JSON
LONGEST_MARKDOWN = 12_000


def block(**fields: Check) -> Check:
    """A block: `type`, an optional block_id, and these."""
    return shape(type=anything, block_id_=string(255, 1), **fields)


ACTIONS = by_type(button=e.BUTTON, overflow=e.OVERFLOW, **e.SELECTS, **e.PICKERS)
ACCESSORY = by_type(button=e.BUTTON, overflow=e.OVERFLOW, image=e.IMAGE, **e.SELECTS, **e.PICKERS)
INPUT = by_type(**e.SELECTS, **e.PICKERS, **e.FIELDS)


def _has_text_or_fields(value: Any, at: str) -> Iterator[Problem]:
    if not value.get("text") and not value.get("fields"):
        yield Problem(at, "missing required field: text")


EVERYWHERE: dict[str, Check] = {
    "actions": block(elements=items(ACTIONS, 1, 25)),
    "context": block(
        elements=items(by_type(image=e.IMAGE, plain_text=text(3000), mrkdwn=text(3000)), 1, 10),
    ),
    "divider": block(),
    "header": block(text=text(150, "plain_text")),
    "image": both(
        block(
            image_url_=e.URL, slack_file_=anything, alt_text=string(2000, 1), title_=text(2000, "plain_text")
        ),
        exactly_one_of("image_url", "slack_file"),
    ),
    "input": block(
        label=text(2000, "plain_text"), element=INPUT, hint_=text(2000, "plain_text"), optional_=boolean,
        dispatch_action_=boolean,
    ),
    "section": both(
        block(text_=text(3000), fields_=items(text(2000), 1, 10), accessory_=ACCESSORY, expand_=boolean),
        _has_text_or_fields,
    ),
    "rich_text": block(elements=items(e.RICH, 1, 1000)),
    "video": anything,
}  # fmt: skip
MESSAGES_ONLY: dict[str, Check] = {
    "markdown": block(text=string(LONGEST_MARKDOWN, 1)),
    "file": block(external_id=string(255, 1), source=exactly("remote")),
    "table": anything,
    "context_actions": anything,
}
BLOCK: dict[Surface, Check] = {
    "message": by_type(**EVERYWHERE, **MESSAGES_ONLY),
    "modal": by_type(**EVERYWHERE),
    "home": by_type(**EVERYWHERE),
}


def block_problems(blocks: Any, surface: Surface = "message", at: str = "/blocks") -> Iterator[Problem]:
    """All that Slack would say against these blocks."""
    yield from items(BLOCK[surface], 0, MOST_BLOCKS[surface])(blocks, at)
    if isinstance(blocks, list):
        yield from _doubles(blocks, at)


def elements_of(one: Json) -> Iterator[Json]:
    """The interactive elements of a block (and its images), wherever it keeps them."""
    if one.get("type") in ("actions", "context"):
        yield from one.get("elements", [])
    for name in ("accessory", "element"):
        if isinstance(one.get(name), dict):
            yield one[name]


def _doubles(blocks: list[Any], at: str) -> Iterator[Problem]:
    """A block_id stands once in a message or view, an action_id once in a block."""
    named = Counter(one["block_id"] for one in blocks if isinstance(one, dict) and one.get("block_id"))
    yield from (Problem(at, f"block_id {name} already exists") for name, times in named.items() if times > 1)
    for position, one in enumerate(blocks):
        if not isinstance(one, dict) or not isinstance(one.get("elements", []), list):
            continue
        inside = [element.get("action_id") for element in elements_of(one) if isinstance(element, dict)]
        twice = [name for name, times in Counter(filter(None, inside)).items() if times > 1]
        yield from (Problem(f"{at}/{position}/elements", f"action_id {name} already exists") for name in twice)


_VIEW: dict[str, Check] = {
    "type": anything, "blocks": anything, "private_metadata_": string(3000), "callback_id_": string(255),
    "external_id_": string(255),
}  # fmt: skip
VIEW = by_type(
    modal=shape(
        title=text(24, "plain_text"), close_=text(24, "plain_text"), submit_=text(24, "plain_text"),
        clear_on_close_=boolean, notify_on_close_=boolean, submit_disabled_=boolean, **_VIEW,
    ),
    home=shape(title_=text(24, "plain_text"), **_VIEW),
)  # fmt: skip


def view_problems(view: Any, at: str = "/view") -> Iterator[Problem]:
    """All that Slack would say against a modal or a Home tab."""
    yield from VIEW(view, at)
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        return
    yield from block_problems(view.get("blocks"), view["type"], f"{at}/blocks")
    blocks = view.get("blocks")
    asks = isinstance(blocks, list) and any(isinstance(b, dict) and b.get("type") == "input" for b in blocks)
    if view["type"] == "modal" and asks and not view.get("submit"):
        yield Problem(f"{at}/submit", "missing required field: submit, as there is an input block")


def metadata_problems(metadata: Any, at: str = "/metadata") -> Iterator[Problem]:
    """A message's metadata: a type of event, and an object of simple values."""
    yield from shape(event_type=string(255, 1), event_payload=anything, entities_=anything)(metadata, at)
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    if payload is not None and not isinstance(payload, dict):
        yield Problem(f"{at}/event_payload", "must provide an object")
