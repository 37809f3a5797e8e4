"""What somebody pressed, read from whatever came."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert import Reason
from bot.edges.slack.cards import card
from bot.edges.slack.presses import Press, read_press, user_of
from tests.edges.cards import alert
from tests.fakes.slack import FakeSlack

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
FIELDS = st.sampled_from(["actions", "user", "channel", "message", "selected_option", "value", "action_id", "id", "ts"])
PAYLOADS = st.dictionaries(FIELDS, JSON | st.dictionaries(FIELDS, JSON, max_size=4).map(lambda one: [one]), max_size=6)


def pressed(**action: Any) -> dict[str, Any]:
    return {
        "user": {"id": "U1"}, "channel": {"id": "C1"}, "message": {"ts": "1.2", "thread_ts": "1.2"},
        "actions": [action],
    }  # fmt: skip


def test_a_button_names_its_case() -> None:
    assert read_press(pressed(action_id="claim", value="7")) == Press("claim", 7, "U1", "C1")


def test_an_option_of_a_menu_says_what_and_about_what() -> None:
    told = pressed(action_id="snooze", selected_option={"value": "tomorrow:12"})
    assert read_press(told) == Press("tomorrow", 12, "U1", "C1")


def test_in_a_thread_the_answer_belongs_into_the_thread() -> None:
    told = pressed(action_id="claim", value="7") | {"message": {"ts": "3.4", "thread_ts": "1.2"}}
    assert read_press(told) == Press("claim", 7, "U1", "C1", "1.2")


def test_in_the_home_tab_there_is_no_channel() -> None:
    told = pressed(action_id="claim", value="7")
    del told["channel"], told["message"]
    assert read_press(told) == Press("claim", 7, "U1")


@pytest.mark.parametrize("value", ["", "0", "-1", "7.0", "seven", "1" * 11, "٧", " 7", None, 7.5, {"a": 1}])
def test_what_names_no_number_is_none_of_ours(value: Any) -> None:
    assert read_press(pressed(action_id="claim", value=value)) is None


@given(PAYLOADS)
def test_whatever_comes_is_read_or_left_alone(payload: dict[str, Any]) -> None:
    found = read_press(payload)
    assert found is None or (found.verb and found.number > 0 and found.user)
    assert isinstance(user_of(payload), str)


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason.opens])
def test_every_button_of_a_card_is_read(reason: Reason) -> None:
    """What a client sends of each button and option that a card has is understood."""
    with FakeSlack() as slack:
        text, blocks = card(alert(reason))
        ts = slack.bot_says("C1", text, blocks=blocks)
        person = slack.person("ana")
        count = 0
        for block in blocks:
            for element in block.get("elements", []) if block["type"] == "actions" else []:
                names = [option["value"] for option in element.get("options", [])] or [element["action_id"]]
                for name in names:
                    act = person.chooses if "options" in element else person.presses
                    found = read_press(act(name, "C1", ts).payload)
                    assert found is not None
                    assert (found.number, found.user, found.channel) == (7, person.id, "C1"), name
                    count += 1
        assert count >= 6
