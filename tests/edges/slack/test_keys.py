"""What Slack repeats has the same key; whatever else people do has another."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.edges.slack.keys import key_of, kind_of, received
from bot.service.ports import Kind

EVENT: dict[str, Any] = {"type": "event_callback", "event_id": "Ev01", "event": {"type": "message", "text": "hello"}}
PRESS: dict[str, Any] = {
    "type": "block_actions", "user": {"id": "U1"}, "trigger_id": "1.2.a",
    "actions": [{"action_id": "claim", "action_ts": "1700000000.000001", "value": "7"}],
}  # fmt: skip
FORM: dict[str, Any] = {
    "type": "view_submission", "user": {"id": "U1"}, "trigger_id": "1.2.b",
    "view": {"id": "V1", "hash": "156.abc", "state": {"values": {"why": {"text": {"value": "spam", "type": "text"}}}}},
}  # fmt: skip
COMMAND: dict[str, Any] = {"command": "/amends", "text": "list", "user_id": "U1", "trigger_id": "1.2.c"}
SHORTCUT: dict[str, Any] = {
    "type": "shortcut",
    "user": {"id": "U1"},
    "action_ts": "1700000000.000002",
    "callback_id": "report",
}
ON_A_MESSAGE = SHORTCUT | {"type": "message_action", "message": {"ts": "1.1"}}
ALL: list[dict[str, Any]] = [EVENT, PRESS, FORM, COMMAND, SHORTCUT, ON_A_MESSAGE]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
NAMES = ["type", "user", "id", "actions", "action_id", "action_ts", "view", "hash", "command", "event_id", "user_id"]


def key(payload: dict[str, Any]) -> str:
    found = received(payload)
    assert found is not None
    return found.key


def changed(payload: dict[str, Any], value: Any, *path: Any) -> dict[str, Any]:
    """A copy in which this stands at the end of the path."""
    found = made = copy.deepcopy(payload)
    for name in path[:-1]:
        found = found[name]
    found[path[-1]] = value
    return made


@pytest.mark.parametrize(
    ("payload", "kind"), list(zip(ALL, ["event", "action", "view", "command", "shortcut", "shortcut"], strict=True))
)
def test_every_payload_is_of_one_kind(payload: dict[str, Any], kind: str) -> None:
    found = received(payload)
    assert found is not None
    assert (found.kind, found.payload) == (Kind(kind), payload)


def turned(told: Any) -> Any:
    """The same JSON with the fields of every object in the opposite order."""
    if isinstance(told, dict):
        return {name: turned(told[name]) for name in reversed(told)}
    return [turned(one) for one in told] if isinstance(told, list) else told


@pytest.mark.parametrize("payload", ALL)
def test_what_is_told_again_has_the_same_key_in_whatever_order_its_fields_come(payload: dict[str, Any]) -> None:
    assert key(turned(payload)) == key(payload)


def test_no_two_kinds_share_a_key() -> None:
    assert len({key(payload) for payload in ALL[:5]}) == 5


@pytest.mark.parametrize(
    ("payload", "other"),
    [
        (EVENT, changed(EVENT, "Ev02", "event_id")),
        (PRESS, changed(PRESS, "1700000000.000009", "actions", 0, "action_ts")),
        (PRESS, changed(PRESS, "ignore", "actions", 0, "action_id")),
        (PRESS, changed(PRESS, {"id": "U2"}, "user")),
        (FORM, changed(FORM, "V2", "view", "id")),
        (FORM, changed(FORM, "157.def", "view", "hash")),
        (FORM, changed(FORM, {"id": "U2"}, "user")),
        (FORM, changed(FORM, "view_closed", "type")),
        (COMMAND, changed(COMMAND, "1.2.d", "trigger_id")),
        (COMMAND, changed(COMMAND, "U2", "user_id")),
        (SHORTCUT, changed(SHORTCUT, "1700000000.000003", "action_ts")),
        (SHORTCUT, changed(SHORTCUT, {"id": "U2"}, "user")),
    ],
)
def test_two_acts_have_two_keys(payload: dict[str, Any], other: dict[str, Any]) -> None:
    assert key(payload) != key(other)


def test_a_form_that_is_sent_again_after_its_mistakes_were_mended_is_another() -> None:
    mended = changed(FORM, "not a complaint", "view", "state", "values", "why", "text", "value")
    assert key(mended) != key(FORM)


def test_a_shortcut_without_a_time_is_known_by_its_trigger() -> None:
    without = {"type": "shortcut", "user": {"id": "U1"}}
    assert key(without | {"trigger_id": "1.a"}) != key(without | {"trigger_id": "2.a"})


@pytest.mark.parametrize("payload", ALL)
def test_what_lacks_its_fields_is_known_by_all_that_it_has(payload: dict[str, Any]) -> None:
    bare: dict[str, Any] = {name: payload[name] for name in ("type", "command") if name in payload}
    assert key(bare | {"more": 1}) == key({"more": 1} | bare)
    assert key(bare) != key(bare | {"more": 1})


def test_that_slack_left_out_events_is_an_event() -> None:
    told = {"type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 1_518_467_820}
    assert received(told) is not None
    assert key(told) != key(told | {"minute_rate_limited": 1_518_467_880})


@pytest.mark.parametrize("type", ["url_verification", "block_suggestion", "", 7, None, [], {}])
def test_nobody_acts_on_the_rest(type: Any) -> None:
    assert received({"type": type}) is None


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), JSON, max_size=6), st.sampled_from(Kind))
def test_any_json_has_a_key_and_a_kind_or_none(payload: dict[str, Any], kind: Kind) -> None:
    kind_of(payload)
    assert key_of(kind, payload) == key_of(kind, json.loads(json.dumps(payload)))
