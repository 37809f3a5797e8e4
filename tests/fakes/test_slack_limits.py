"""The fake Slack refuses every payload that Slack would refuse, says where it is wrong, and remembers it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from .slack import FakeSlack
from .slack.limits import block_problems, view_problems

GOLDEN = sorted((Path(__file__).parent.parent / "edges" / "golden").rglob("*.json"))
Json = dict[str, Any]


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as server:
        yield server


def plain(text: str, **more: Any) -> Json:
    return {"type": "plain_text", "text": text, **more}


def mrkdwn(text: str, **more: Any) -> Json:
    return {"type": "mrkdwn", "text": text, **more}


def acts(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def asks(**element: Any) -> Json:
    return {"type": "input", "label": plain("Label"), "element": {"type": "plain_text_input", **element}}


def option(name: str = "one", **more: Any) -> Json:
    return {"text": plain(name), "value": name, **more}


def rich(*elements: Json, kind: str = "rich_text_section") -> Json:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": list(elements)}]}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("Go"), **more}


def menu(kind: str, **more: Any) -> Json:
    return {"type": kind, **more}


def header(text: Json) -> Json:
    return {"type": "header", "text": text}


def section(**more: Any) -> Json:
    return {"type": "section", "text": mrkdwn("x"), **more}


CONFIRM: Json = {"title": plain("x" * 100), "text": plain("x" * 300), "confirm": plain("x" * 30), "deny": plain("No")}
ODD = {"type": "text", "text": "x", "style": {"bold": True}}

# What just fits, and the same with one thing too much: where the fake has to say so.
EDGES: dict[str, tuple[Json, Json, str]] = {
    "section text": (section(text=mrkdwn("x" * 3000)), section(text=mrkdwn("x" * 3001)), "/text/text"),
    "section without text": (section(fields=[plain("x")]), {"type": "section"}, ""),
    "empty text": (section(), section(text=mrkdwn("")), "/text/text"),
    "field": (section(fields=[plain("x" * 2000)]), section(fields=[plain("x" * 2001)]), "/fields/0/text"),
    "fields": (section(fields=[plain("x")] * 10), section(fields=[plain("x")] * 11), "/fields"),
    "header": (header(plain("x" * 150)), header(plain("x" * 151)), "/text/text"),
    "header in mrkdwn": (header(plain("x")), header(mrkdwn("x")), "/text/type"),
    "emoji in mrkdwn": (section(text=plain("x", emoji=True)), section(text=mrkdwn("x", emoji=True)), "/text"),
    "unknown field": (section(), section(colour="red"), ""),
    "block_id": (section(block_id="x" * 255), section(block_id="x" * 256), "/block_id"),
    "button text": (acts(button(text=plain("x" * 75))), acts(button(text=plain("x" * 76))), "/elements/0/text/text"),
    "button in mrkdwn": (acts(button()), acts(button(text=mrkdwn("x"))), "/elements/0/text/type"),
    "value": (acts(button(value="x" * 2000)), acts(button(value="x" * 2001)), "/elements/0/value"),
    "action_id": (acts(button(action_id="x" * 255)), acts(button(action_id="x" * 256)), "/elements/0/action_id"),
    "url": (acts(button(url="x" * 3000)), acts(button(url="x" * 3001)), "/elements/0/url"),
    "style": (acts(button(style="danger")), acts(button(style="loud")), "/elements/0/style"),
    "confirm": (
        acts(button(confirm=CONFIRM)), acts(button(confirm=CONFIRM | {"deny": plain("x" * 31)})),
        "/elements/0/confirm/deny/text",
    ),
    "same action_id": (
        acts(button(action_id="a"), button(action_id="b")), acts(button(action_id="a"), button(action_id="a")),
        "/elements",
    ),
    "elements": (acts(*[button()] * 25), acts(*[button()] * 26), "/elements"),
    "no elements": (acts(button()), acts(), "/elements"),
    "overflow": (
        acts(menu("overflow", options=[option()] * 5)), acts(menu("overflow", options=[option()] * 6)),
        "/elements/0/options",
    ),
    "option text": (
        acts(menu("overflow", options=[option("x" * 75)])),
        acts(menu("overflow", options=[{"text": plain("x" * 76), "value": "x"}])), "/elements/0/options/0/text/text",
    ),
    "option value": (
        acts(menu("overflow", options=[option() | {"value": "x" * 150}])),
        acts(menu("overflow", options=[option() | {"value": "x" * 151}])), "/elements/0/options/0/value",
    ),
    "url in a select": (
        acts(menu("overflow", options=[option(url="https://example.com")])),
        acts(menu("static_select", options=[option(url="https://example.com")])), "/elements/0/options/0",
    ),
    "options": (
        acts(menu("static_select", options=[option()] * 100)), acts(menu("static_select", options=[option()] * 101)),
        "/elements/0/options",
    ),
    "no options": (
        acts(menu("static_select", option_groups=[{"label": plain("x"), "options": [option()]}])),
        acts(menu("static_select")), "/elements/0",
    ),
    "initial option": (
        acts(menu("static_select", options=[option()], initial_option=option())),
        acts(menu("static_select", options=[option()], initial_option=option("two"))), "/elements/0",
    ),
    "radio buttons": (
        acts(menu("radio_buttons", options=[{"text": mrkdwn("x"), "value": "x"}] * 10)),
        acts(menu("radio_buttons", options=[option()] * 11)), "/elements/0/options",
    ),
    "date": (
        acts(menu("datepicker", initial_date="2026-03-02")), acts(menu("datepicker", initial_date="02.03.2026")),
        "/elements/0/initial_date",
    ),
    "date and time": (
        acts(menu("datetimepicker", initial_date_time=1_700_000_000)),
        acts(menu("datetimepicker", initial_date_time=17)), "/elements/0/initial_date_time",
    ),
    "placeholder": (
        acts(menu("users_select", placeholder=plain("x" * 150))),
        acts(menu("users_select", placeholder=plain("x" * 151))), "/elements/0/placeholder/text",
    ),
    "context": (
        {"type": "context", "elements": [mrkdwn("x")] * 10}, {"type": "context", "elements": [mrkdwn("x")] * 11},
        "/elements",
    ),
    "button in a context": (
        {"type": "context", "elements": [plain("x")]}, {"type": "context", "elements": [button()]}, "/elements/0/type",
    ),
    "image": (
        {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "x"},
        {"type": "image", "image_url": "https://example.com/a.png"}, "",
    ),
    "max_length": (asks(max_length=3000), asks(max_length=3001), "/element/max_length"),
    "initial value": (
        asks(max_length=3, initial_value="xxx"), asks(max_length=3, initial_value="xxxx"), "/element/initial_value",
    ),
    "label": (asks(), asks() | {"label": plain("x" * 2001)}, "/label/text"),
    "button as input": (asks(), asks() | {"element": button()}, "/element/type"),
    "rich text": (rich(ODD), rich({"type": "text"}), "/elements/0/elements/0"),
    "rich style": (rich(ODD), rich(ODD | {"style": {"loud": True}}), "/elements/0/elements/0/style"),
    "rich kind": (rich(ODD, kind="rich_text_quote"), rich(ODD, kind="rich_text_box"), "/elements/0/type"),
    "broadcast": (
        rich({"type": "broadcast", "range": "here"}), rich({"type": "broadcast", "range": "all"}),
        "/elements/0/elements/0/range",
    ),
    "markdown": ({"type": "markdown", "text": "x" * 12_000}, {"type": "markdown", "text": "x" * 12_001}, "/text"),
}  # fmt: skip


@pytest.mark.parametrize(("fits", "breaks", "where"), EDGES.values(), ids=EDGES)
def test_what_just_fits_is_taken_and_one_thing_more_is_refused_in_its_place(
    fits: Json, breaks: Json, where: str
) -> None:
    assert list(block_problems([fits])) == []
    assert f"/blocks/0{where}" in [problem.pointer for problem in block_problems([breaks])]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.stem}-{path.stem}")
def test_all_that_is_drawn_today_is_within_the_limits(path: Path) -> None:
    drawn = json.loads(path.read_text(encoding="utf-8"))
    assert list(view_problems(drawn) if "type" in drawn else block_problems(drawn["blocks"])) == []


def modal(**more: Any) -> Json:
    return {"type": "modal", "title": plain("x" * 24), "blocks": [section()], **more}


VIEWS: dict[str, tuple[Json, Json, str]] = {
    "title": (modal(), modal(title=plain("x" * 25)), "/title/text"),
    "submit": (modal(submit=plain("x" * 24)), modal(submit=plain("x" * 25)), "/submit/text"),
    "close": (modal(close=plain("x" * 24)), modal(close=plain("x" * 25)), "/close/text"),
    "blocks": (modal(blocks=[section()] * 100), modal(blocks=[section()] * 101), "/blocks"),
    "private_metadata": (modal(private_metadata="x" * 3000), modal(private_metadata="x" * 3001), "/private_metadata"),
    "callback_id": (modal(callback_id="x" * 255), modal(callback_id="x" * 256), "/callback_id"),
    "external_id": (modal(external_id="x" * 255), modal(external_id="x" * 256), "/external_id"),
    "input without submit": (modal(blocks=[asks()], submit=plain("Save")), modal(blocks=[asks()]), "/submit"),
    "same block_id": (
        modal(blocks=[section(block_id="a"), section(block_id="b")]), modal(blocks=[section(block_id="a")] * 2),
        "/blocks",
    ),
    "table in a modal": (modal(), modal(blocks=[{"type": "markdown", "text": "x"}]), "/blocks/0/type"),
    "home with a button to send": (
        {"type": "home", "blocks": [asks()]}, {"type": "home", "blocks": [], "submit": plain("x")}, "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fits", "breaks", "where"), VIEWS.values(), ids=VIEWS)
def test_views_have_limits_of_their_own(fits: Json, breaks: Json, where: str) -> None:
    assert list(view_problems(fits)) == []
    assert f"/view{where}" in [problem.pointer for problem in view_problems(breaks)]


def test_a_refusal_reads_as_slack_writes_it(slack: FakeSlack) -> None:
    client = WebClient(slack.token, base_url=slack.api_url)
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="C1", text="x", blocks=[section(text=mrkdwn("x" * 3001))])
    assert caught.value.response.data == {
        "ok": False,
        "error": "invalid_blocks",
        "errors": [
            "failed to match all allowed schemas [json-pointer:/blocks/0/text]",
            "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
        ],
        "response_metadata": {
            "messages": [
                "[ERROR] failed to match all allowed schemas [json-pointer:/blocks/0/text]",
                "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
            ]
        },
    }


def test_every_refused_payload_is_remembered_for_the_end_of_the_test(slack: FakeSlack) -> None:
    client = WebClient(slack.token, base_url=slack.api_url)
    slack.check_limits()
    for wrong in ({"text": "x" * 40_001}, {"text": "x", "metadata": {"event_type": "a"}}):
        with pytest.raises(SlackApiError):
            client.chat_postMessage(channel="C1", **wrong)
    with pytest.raises(SlackApiError):
        client.views_publish(user_id="U1", view={"type": "home", "blocks": [{"type": "sektion"}]})
    codes = [(violation.method, violation.code) for violation in slack.violations]
    assert codes == [
        ("chat.postMessage", "msg_too_long"),
        ("chat.postMessage", "invalid_metadata_format"),
        ("views.publish", "invalid_arguments"),
    ]
    with pytest.raises(AssertionError, match="unsupported type: sektion"):
        slack.check_limits()
