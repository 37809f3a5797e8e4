"""Slack's limits on what stands inside blocks: composition objects, interactive elements and rich text.

Numbers are those of docs.slack.dev/reference/block-kit; lengths are in characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .schema import (
    Check,
    Problem,
    anything,
    boolean,
    both,
    by_type,
    exactly,
    exactly_one_of,
    integer,
    items,
    shape,
    string,
    text,
)

URL = string(3000, 1)
ACTION_ID = string(255, 1)
DATE, TIME = string(10, 10, r"\d{4}-\d{2}-\d{2}"), string(5, 5, r"\d{2}:\d{2}")
STYLE = exactly("primary", "danger")
PLACEHOLDER = text(150, "plain_text")
CONFIRM = shape(
    title=text(100, "plain_text"), text=text(300), confirm=text(30, "plain_text"), deny=text(30, "plain_text"),
    style_=STYLE,
)  # fmt: skip


def option(*kinds: str, **more: Check) -> Check:
    """A choice; only menus of an overflow know `url`."""
    return shape(text=text(75, *kinds), value=string(150, 1), description_=text(75, *kinds), **more)


PLAIN_OPTION, MARKED_OPTION = option("plain_text"), option()
OPTIONS = items(PLAIN_OPTION, 1, 100)
GROUPS = items(shape(label=text(75, "plain_text"), options=OPTIONS), 1, 100)
FILTER = shape(include_=anything, exclude_external_shared_channels_=boolean, exclude_bot_users_=boolean)


def element(**fields: Check) -> Check:
    """An interactive element: `type`, an optional action_id, and these."""
    return shape(type=anything, action_id_=ACTION_ID, **fields)


def menu(**fields: Check) -> Check:
    """A select of whatever kind."""
    return element(placeholder_=PLACEHOLDER, confirm_=CONFIRM, focus_on_load_=boolean, **fields)


def several(**fields: Check) -> Check:
    """The same for more than one choice."""
    return menu(max_selected_items_=integer(1, 1_000_000), **fields)


def checkable(**fields: Check) -> Check:
    """Checkboxes and radio buttons: their options may be mrkdwn."""
    return element(options=items(MARKED_OPTION, 1, 10), confirm_=CONFIRM, focus_on_load_=boolean, **fields)


def field(**fields: Check) -> Check:
    """What somebody types into, in an input block."""
    return element(
        placeholder_=PLACEHOLDER, focus_on_load_=boolean,
        dispatch_action_config_=shape(trigger_actions_on_=items(string(50), 1, 2)), **fields,
    )  # fmt: skip


def _initial_is_an_option(value: Any, at: str) -> Iterator[Problem]:
    """What is chosen from the start has to be among the options, letter for letter."""
    if not isinstance(value, dict) or not all(isinstance(value.get(name, []), list) for name in _CHOICES):
        return
    offered = [*value.get("options", []), *(o for g in value.get("option_groups", []) for o in g.get("options", []))]
    initial = value.get("initial_options") or [value.get("initial_option")]
    if isinstance(initial, list) and any(one and one not in offered for one in initial):
        yield Problem(at, "the initial option must match exactly one of the options")


_CHOICES = ("options", "option_groups")


def _lengths_agree(value: Any, at: str) -> Iterator[Problem]:
    """min_length, max_length and the initial value must not contradict each other."""
    least, most = value.get("min_length", 0), value.get("max_length", 3000)
    if not (isinstance(least, int) and isinstance(most, int)):
        return
    if least > most:
        yield Problem(f"{at}/min_length", "must not be more than max_length")
    if len(str(value.get("initial_value") or "")) > most:
        yield Problem(f"{at}/initial_value", f"must be less than {most + 1} characters")


_FROM_LIST = both(exactly_one_of(*_CHOICES), _initial_is_an_option)
_LIST: dict[str, Check] = {"options_": OPTIONS, "option_groups_": GROUPS}
_CONVERSATIONS: dict[str, Check] = {"default_to_current_conversation_": boolean, "filter_": FILTER}
_IDS = items(string(50, 1), 1, 1000)

BUTTON = element(
    text=text(75, "plain_text"), url_=URL, value_=string(2000), style_=STYLE, confirm_=CONFIRM,
    accessibility_label_=string(75),
)  # fmt: skip
IMAGE = both(
    shape(type=anything, image_url_=URL, slack_file_=anything, alt_text=string(2000, 1)),
    exactly_one_of("image_url", "slack_file"),
)
TEXT_INPUT = both(
    field(multiline_=boolean, min_length_=integer(0, 3000), max_length_=integer(1, 3000), initial_value_=string(3000)),
    _lengths_agree,
)

SELECTS: dict[str, Check] = {
    "static_select": both(menu(initial_option_=PLAIN_OPTION, **_LIST), _FROM_LIST),
    "external_select": menu(initial_option_=PLAIN_OPTION, min_query_length_=integer(0, 1000)),
    "users_select": menu(initial_user_=string(50, 1)),
    "conversations_select": menu(initial_conversation_=string(50, 1), response_url_enabled_=boolean, **_CONVERSATIONS),
    "channels_select": menu(initial_channel_=string(50, 1), response_url_enabled_=boolean),
    "multi_static_select": both(several(initial_options_=OPTIONS, **_LIST), _FROM_LIST),
    "multi_external_select": several(initial_options_=OPTIONS, min_query_length_=integer(0, 1000)),
    "multi_users_select": several(initial_users_=_IDS),
    "multi_conversations_select": several(initial_conversations_=_IDS, **_CONVERSATIONS),
    "multi_channels_select": several(initial_channels_=_IDS),
}
PICKERS: dict[str, Check] = {
    "datepicker": menu(initial_date_=DATE),
    "timepicker": menu(initial_time_=TIME, timezone_=string(60, 1)),
    "datetimepicker": element(
        initial_date_time_=integer(1_000_000_000, 9_999_999_999), confirm_=CONFIRM, focus_on_load_=boolean
    ),
    "checkboxes": both(checkable(initial_options_=items(MARKED_OPTION, 1, 10)), _initial_is_an_option),
    "radio_buttons": both(checkable(initial_option_=MARKED_OPTION), _initial_is_an_option),
}
OVERFLOW = element(options=items(option("plain_text", url_=URL), 1, 5), confirm_=CONFIRM)
FIELDS: dict[str, Check] = {
    "plain_text_input": TEXT_INPUT,
    "email_text_input": field(initial_value_=string(3000)),
    "url_text_input": field(initial_value_=string(3000)),
    "number_input": field(
        is_decimal_allowed=boolean, initial_value_=string(100), min_value_=string(100), max_value_=string(100)
    ),
    "rich_text_input": field(initial_value_=anything),
    "file_input": element(filetypes_=items(string(20, 1), 1, 50), max_files_=integer(1, 10)),
}

STYLED = shape(bold_=boolean, italic_=boolean, strike_=boolean, code_=boolean, underline_=boolean)
INLINE = by_type(
    text=shape(type=anything, text=string(40_000, 1), style_=STYLED),
    link=shape(type=anything, url=URL, text_=string(40_000), unsafe_=boolean, style_=STYLED),
    emoji=shape(type=anything, name=string(100, 1), unicode_=string(50), style_=STYLED),
    user=shape(type=anything, user_id=string(50, 1), style_=STYLED),
    usergroup=shape(type=anything, usergroup_id=string(50, 1), style_=STYLED),
    channel=shape(type=anything, channel_id=string(50, 1), style_=STYLED),
    broadcast=shape(type=anything, range=exactly("here", "channel", "everyone"), style_=STYLED),
    date=shape(
        type=anything, timestamp=integer(0, 99_999_999_999), format=string(500, 1), url_=URL, fallback_=string(500, 1)
    ),
    color=shape(type=anything, value=string(7, 4)),
)
_LINE: dict[str, Check] = {"type": anything, "elements": items(INLINE, 0, 1000), "border_": integer(0, 1)}
RICH = by_type(
    rich_text_section=shape(type=anything, elements=items(INLINE, 0, 1000)),
    rich_text_preformatted=shape(language_=string(50), **_LINE),
    rich_text_quote=shape(**_LINE),
    rich_text_list=shape(
        type=anything,
        style=exactly("bullet", "ordered"),
        elements=items(by_type(rich_text_section=shape(type=anything, elements=items(INLINE, 0, 1000))), 1, 1000),
        indent_=integer(0, 8),
        offset_=integer(0, 100_000),
        border_=integer(0, 1),
    ),
)
