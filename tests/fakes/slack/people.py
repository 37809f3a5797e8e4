"""The people's side: what they write, press, choose, fill in and see. Their clients let them do only what Slack lets.

ann = slack.person("ann")
card = ann.sees("C1")[-1]
pressed = ann.presses("claim", "C1", card.ts)
slack.answer(pressed)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from .answers import Json
from .deliveries import Envelope
from .identity import APP_ID, DOMAIN, TEAM_ID, rich
from .limits import elements_of
from .modals import View, answer_submission

if TYPE_CHECKING:
    from .server import FakeSlack

CHOICE = {  # the name under which each element tells what was chosen
    "users_select": "selected_user", "datepicker": "selected_date", "timepicker": "selected_time",
    "datetimepicker": "selected_date_time", "conversations_select": "selected_conversation",
    "channels_select": "selected_channel", "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations", "multi_channels_select": "selected_channels",
}  # fmt: skip
ONE_OPTION = ("static_select", "radio_buttons", "overflow", "external_select")
SEVERAL_OPTIONS = ("checkboxes", "multi_static_select", "multi_external_select")


class Seen(NamedTuple):
    """A message before somebody's eyes."""

    ts: str
    by: str
    text: str
    blocks: list[Json]
    replies: list[Seen]
    only_you: bool = False


class Person:
    """Somebody at a Slack client. Acts return at once; `slack.answer(envelope)` waits for the app."""

    def __init__(self, slack: FakeSlack, id: str) -> None:
        self.id = id
        self._slack = slack
        self._workspace = slack.workspace

    @property
    def view(self) -> View | None:
        """The modal on top, if one is open."""
        with self._slack.changed:
            stack = self._workspace.views.stacks.get(self.id)
            return stack[-1] if stack else None

    @property
    def home(self) -> View | None:
        """The Home tab, if the app ever published one."""
        return self._workspace.views.homes.get(self.id)

    def sees(self, channel: str) -> list[Seen]:
        """The channel from top to bottom, threads unfolded, and what only this person sees."""
        return self._slack.channel_view(channel, self.id)

    def says(self, channel: str, text: str, thread: str | None = None, **more: Any) -> str:
        """Writes a message, or a reply; returns its ts. `more` are further fields, e.g. files."""
        content = {"user": self.id, "text": text, "team": TEAM_ID, "blocks": rich(text), **more}
        content |= {"thread_ts": thread} if thread else {}
        with self._slack.changed:
            return str(self._workspace.store(self._workspace.channels[channel], content)["ts"])

    def edits(self, channel: str, ts: str, text: str) -> None:
        """Changes an own message."""
        with self._slack.changed:
            assert self._workspace.channels[channel].messages[ts]["user"] == self.id, "Only own messages can be edited."
            content = {"text": text, "blocks": rich(text)}
            self._workspace.change(self._workspace.channels[channel], ts, content, self.id)

    def deletes(self, channel: str, ts: str) -> None:
        """Takes a message away: an own one, or as an admin any."""
        with self._slack.changed:
            self._workspace.remove(self._workspace.channels[channel], ts)

    def joins(self, channel: str) -> None:
        with self._slack.changed:
            self._workspace.join(self._workspace.channels[channel], self.id)

    def presses(self, button: str, channel: str = "", ts: str = "", view: View | None = None) -> Envelope:
        """A button by its action_id or its words: on a message, or in a view (by default the modal on top)."""
        where = self._where(channel, ts, view)
        block, element = _find(where["blocks"], button, ("button",))
        told: Json = {name: element[name] for name in ("text", "value", "style", "url") if name in element}
        return self._acts(where, block, element, told)

    def chooses(
        self, choice: Any, channel: str = "", ts: str = "", view: View | None = None, element: str = ""
    ) -> Envelope:
        """An option by its value or words, or a person, day, ...; `element` is the action_id if that is not clear."""
        where = self._where(channel, ts, view)
        block, found = _offering(where["blocks"], choice, element)
        chosen = chosen_value(found, choice)
        if found["type"] != "overflow":
            where["values"].setdefault(block["block_id"], {})[found["action_id"]] = {"type": found["type"], **chosen}
        return self._acts(where, block, found, chosen)

    def submits(self, values: Json | None = None, view: View | None = None) -> Envelope:
        """Fills in the modal on top, {action_id or block_id: value}, and sends it; refused if something is missing."""
        view = self._own(view)
        for block in view.content["blocks"]:
            if block["type"] == "input":
                _fill(view, block, dict(values or {}))
        with self._slack.changed:
            view.errors = {}
            payload = self._payload("view_submission") | {"view": view.shown(), "response_urls": []}
            return self._slack.submit("interactive", payload, lambda answer: self._submitted(view, answer))

    def closes(self, view: View | None = None, all: bool = False) -> Envelope | None:
        """Closes the modal on top, or all; the app hears of it only if the view asks for that."""
        with self._slack.changed:
            view = self._own(view)
            payload = self._payload("view_closed") | {"view": view.shown(), "is_cleared": all}
            payload.pop("trigger_id")
            if all or view.content.get("clear_on_close"):
                self._workspace.views.close_all(self.id)
            else:
                self._workspace.views.close(view)
            return self._slack.submit("interactive", payload) if view.content.get("notify_on_close") else None

    def types(self, words: str, channel: str = "C1") -> Envelope:
        """A slash command, e.g. `/amends list`; the answer is shown to this person."""
        command, _, text = words.partition(" ")
        with self._slack.changed:
            place = self._workspace.channels[channel]
            about = {"channel_id": channel, "channel_name": "directmessage" if place.im else place.name}
            url = self._slack.response_url("commands", place, self.id)
            name = self._workspace.users[self.id]["name"]
            return self._slack.submit("slash_commands", {
                "token": "verification-token", "team_id": TEAM_ID, "team_domain": DOMAIN, "user_id": self.id,
                "user_name": name, "command": command, "text": text.strip(), "api_app_id": APP_ID,
                "is_enterprise_install": "false", "response_url": url,
                "trigger_id": self._workspace.triggers.issue(self.id), **about,
            }, lambda answer: self._slack.show_answer(place, self.id, answer))  # fmt: skip

    def uses_shortcut(self, callback_id: str, channel: str = "", ts: str = "") -> Envelope:
        """A shortcut of a message, or without one a global shortcut."""
        with self._slack.changed:
            payload = self._payload("message_action" if ts else "shortcut") | {"callback_id": callback_id}
            payload["action_ts"] = self._workspace.next_ts()
            if ts:
                place = self._workspace.channels[channel]
                payload |= {"channel": {"id": channel, "name": place.name}, "message_ts": ts}
                payload["message"] = place.shown(place.messages[ts])
                payload["response_url"] = self._slack.response_url("actions", place, self.id, ts)
            return self._slack.submit("interactive", payload)

    def opens_home(self, tab: str = "home") -> Envelope | None:
        """Looks at the app's Home tab; None if no app listens."""
        with self._slack.changed:
            event = {"type": "app_home_opened", "user": self.id, "channel": self._workspace.direct(self.id).id}
            view = {"view": self.home.shown()} if self.home and tab == "home" else {}
            return self._slack.deliveries.event({**event, "tab": tab, **view, "event_ts": self._workspace.next_ts()})

    def _own(self, view: View | None) -> View:
        found = view or self.view
        assert found is not None, "No modal is open."
        return found

    def _payload(self, type: str) -> Json:
        name = self._workspace.users[self.id]["name"]
        return {
            "type": type, "team": {"id": TEAM_ID, "domain": DOMAIN}, "api_app_id": APP_ID,
            "user": {"id": self.id, "username": name, "name": name, "team_id": TEAM_ID},
            "token": "verification-token", "trigger_id": self._workspace.triggers.issue(self.id),
            "enterprise": None, "is_enterprise_install": False,
        }  # fmt: skip

    def _where(self, channel: str, ts: str, view: View | None) -> Json:
        """What the payload says of the place, with the blocks that are there and the state of their elements."""
        with self._slack.changed:
            if not channel:
                found = self._own(view)
                told: Json = {"container": {"type": "view", "view_id": found.id}}
                return {"told": told, "view": found, "blocks": found.content["blocks"], "values": found.values}
            place = self._workspace.channels[channel]
            message, hidden = self._slack.shown_to(place, ts, self.id)
            container = {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": hidden}
            container |= {"thread_ts": message["thread_ts"]} if "thread_ts" in message else {}
            values = self._slack.choices.setdefault((self.id, channel, ts), {})
            told = {"container": container, "channel": {"id": channel, "name": place.name}}
            told |= {} if hidden else {"message": message}
            told["response_url"] = self._slack.response_url("actions", place, self.id, ts)
            return {"told": told, "view": None, "blocks": message.get("blocks", []), "values": values}

    def _acts(self, where: Json, block: Json, element: Json, told: Json) -> Envelope:
        with self._slack.changed:
            names = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
            action = {**names, **told, "action_ts": self._workspace.next_ts()}
            payload = self._payload("block_actions") | where["told"] | {"actions": [action]}
            payload["state"] = {"values": where["values"]}
            payload |= {"view": where["view"].shown()} if where["view"] else {}
            return self._slack.submit("interactive", payload)

    def _submitted(self, view: View, answer: Json) -> None:
        if view.id in self._workspace.views.all:
            answer_submission(self._workspace.views, view, answer)


def chosen_value(element: Json, choice: Any) -> Json:
    """What an element tells of a choice: an option by its value or words, or the choice itself."""
    kind = element["type"]
    if kind in ONE_OPTION:
        return {"selected_option": _option(element, choice)}
    if kind in SEVERAL_OPTIONS:
        return {"selected_options": [_option(element, one) for one in choice]}
    return {CHOICE.get(kind, "value"): choice}


def _options(element: Json) -> Iterable[Json]:
    yield from element.get("options", [])
    for group in element.get("option_groups", []):
        yield from group["options"]


def _option(element: Json, choice: Any) -> Json:
    for option in _options(element):
        if choice in (option["value"], option["text"]["text"]):
            return option
    raise AssertionError(f"There is no option {choice!r} in {element['action_id']}.")


def _find(blocks: list[Json], name: str, kinds: tuple[str, ...]) -> tuple[Json, Json]:
    there = [(block, one) for block in blocks for one in elements_of(block) if one["type"] in kinds]
    for block, one in there:
        if name in (one["action_id"], one["text"]["text"]):
            return block, one
    raise AssertionError(f"There is no {name!r} here, only {[one['text']['text'] for _, one in there]}.")


def _offering(blocks: list[Json], choice: Any, element: str) -> tuple[Json, Json]:
    """The element with this action_id; without one, the first that offers the choice."""
    there = [(block, one) for block in blocks for one in elements_of(block) if "action_id" in one]
    for block, one in there:
        offered = [word for option in _options(one) for word in (option["value"], option["text"]["text"])]
        if one["action_id"] == element or (not element and isinstance(choice, str) and choice in offered):
            return block, one
    raise AssertionError(f"Nothing here offers {choice!r}: {[one['action_id'] for _, one in there]}.")


def _fill(view: View, block: Json, values: Json) -> None:
    """What Slack's client sees to before it sends a form: nothing missing, nothing too short or too long."""
    element, named = block["element"], view.values[block["block_id"]]
    for name in (element["action_id"], block["block_id"]):
        if name in values:
            named[element["action_id"]] = {"type": element["type"], **chosen_value(element, values[name])}
    value = next((v for k, v in named[element["action_id"]].items() if k != "type"), None)
    label = block["label"]["text"]
    assert value or block.get("optional"), f"Slack would not send the form: {label!r} is empty."
    if value and element["type"] == "plain_text_input":
        least, most = element.get("min_length", 0), element.get("max_length", 3000)
        assert least <= len(value) <= most, f"Slack would not send the form: {label!r} has {len(value)} characters."
