"""Modals and Home tabs as people have them before them (docs.slack.dev/surfaces/modals)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from .answers import Json, Refusal
from .identity import APP_ID, BOT, TEAM_ID, with_ids
from .limits import LARGEST_VIEW, view_problems
from .schema import Problem

DEEPEST = 3  # views in one stack
DEFAULTS: Json = {
    "private_metadata": "", "callback_id": "", "external_id": "", "title": None, "close": None, "submit": None,
    "clear_on_close": False, "notify_on_close": False,
}  # fmt: skip
# What an element says at first, and the name under which its state says it.
INITIAL = {
    "initial_value": "value", "initial_option": "selected_option", "initial_options": "selected_options",
    "initial_user": "selected_user", "initial_users": "selected_users", "initial_date": "selected_date",
    "initial_time": "selected_time", "initial_date_time": "selected_date_time",
    "initial_conversation": "selected_conversation", "initial_channel": "selected_channel",
}  # fmt: skip


@dataclass
class View:
    """One modal or Home tab as one person has it before them."""

    id: str
    user: str
    content: Json
    values: Json
    hash: str
    root: str
    previous: str | None = None
    errors: dict[str, str] = field(default_factory=dict)

    def shown(self) -> Json:
        """As Slack puts it into answers and payloads."""
        return {
            **DEFAULTS, **self.content, "id": self.id, "team_id": TEAM_ID, "state": {"values": self.values},
            "hash": self.hash, "root_view_id": self.root, "previous_view_id": self.previous, "app_id": APP_ID,
            "app_installed_team_id": TEAM_ID, "bot_id": BOT["bot_id"],
        }  # fmt: skip


class Views:
    """All views; for each person the stack of open modals, the last on top, and the Home tab."""

    def __init__(self) -> None:
        self.all: dict[str, View] = {}
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self._changes = 0

    def open(self, user: str, content: Json) -> View:
        """A modal over the channel, in place of any other."""
        self.close_all(user)
        return self.push(user, content)

    def push(self, user: str, content: Json) -> View:
        """A modal over the one on top."""
        stack = self.stacks.setdefault(user, [])
        if len(stack) >= DEEPEST:
            raise Refusal("push_limit_reached")
        self._unique(content, None)
        view = self._new(user, content)
        if stack:
            view.root, view.previous = stack[0].root, stack[-1].id
        stack.append(view)
        return view

    def publish(self, user: str, content: Json) -> View:
        """The Home tab, which stays the same view."""
        home = self.homes.get(user)
        self._unique(content, home)
        if home is None:
            home = self.homes[user] = self._new(user, content)
        else:
            self.replace(home, content)
        return home

    def replace(self, view: View, content: Json) -> View:
        """Other content; what was typed stays where block_id and action_id stay."""
        self._unique(content, view)
        kept, view.content, view.errors = view.values, _completed(content), {}
        view.values = _first_values(view.content["blocks"])
        for block, values in view.values.items():
            values |= {action: kept[block][action] for action in values if action in kept.get(block, {})}
        view.hash = self._hash()
        return view

    def close(self, view: View) -> None:
        """Only this one; the one below shows again."""
        self.stacks[view.user].remove(view)
        del self.all[view.id]

    def close_all(self, user: str) -> None:
        for view in self.stacks.pop(user, []):
            del self.all[view.id]

    def find(self, args: Json) -> View:
        """By view_id or external_id, and unchanged if the caller says since when."""
        for view in self.all.values():
            if view.id == args.get("view_id") or (
                args.get("external_id") and view.content.get("external_id") == args["external_id"]
            ):
                check_hash(view, args)
                return view
        raise Refusal("not_found")

    def _new(self, user: str, content: Json) -> View:
        content = _completed(content)
        name = self._hash()
        view = View(f"V{self._changes:08d}", user, content, _first_values(content["blocks"]), name, "")
        view.root = view.id
        self.all[view.id] = view
        return view

    def _hash(self) -> str:
        self._changes += 1
        return f"{self._changes}.{self._changes * 7919:08x}"

    def _unique(self, content: Json, itself: View | None) -> None:
        if (name := content.get("external_id")) and any(
            view is not itself and view.content.get("external_id") == name for view in self.all.values()
        ):
            raise Refusal("duplicate_external_id")


def check_hash(view: View, args: Json) -> None:
    """Refuses an update made from an older state than the present one."""
    if args.get("hash") and args["hash"] != view.hash:
        raise Refusal("hash_conflict")


def checked(content: Any, kind: str) -> Json:
    """A view that Slack would take, or a refusal."""
    problems = list(view_problems(content))
    if isinstance(content, dict) and content.get("type") in ("modal", "home") and content["type"] != kind:
        problems.insert(0, Problem("/view/type", f"must be {kind}"))
    if problems:
        raise Refusal("invalid_arguments", problems)
    if len(json.dumps(content).encode()) > LARGEST_VIEW:
        raise Refusal("view_too_large")
    taken: Json = content
    return taken


def answer_submission(views: Views, view: View, answer: Json) -> None:
    """What the app says to a submission: errors, update, push, clear, or nothing, which closes the modal."""
    action = answer.get("response_action")
    if action == "errors":
        view.errors = _known_errors(view, answer.get("errors"))
    elif action == "update":
        views.replace(view, checked(answer.get("view"), "modal"))
    elif action == "push":
        views.push(view.user, checked(answer.get("view"), "modal"))
    elif action == "clear":
        views.close_all(view.user)
    elif action is None:
        views.close(view)
    else:
        raise Refusal("invalid_arguments", [Problem("/response_action", f"unsupported action: {action}")])


def _known_errors(view: View, errors: Any) -> dict[str, str]:
    """Slack shows an error under an input block and knows no other place."""
    inputs = {block["block_id"] for block in view.content["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        raise Refusal("invalid_arguments", [Problem("/errors", "must provide an object")])
    if unknown := [name for name in errors if name not in inputs]:
        raise Refusal("invalid_arguments", [Problem("/errors", f"no input block is called {unknown[0]}")])
    return {str(name): str(text) for name, text in errors.items()}


def _completed(content: Json) -> Json:
    return {**content, "blocks": with_ids(content["blocks"])}


def _first_values(blocks: list[Json]) -> Json:
    """The state before anybody touched anything: input blocks only."""
    values: Json = {}
    for block in blocks:
        if block["type"] == "input":
            element = block["element"]
            values[block["block_id"]] = {element["action_id"]: first_value(element)}
    return values


def first_value(element: Json) -> Json:
    """What the element holds when the view opens."""
    kind = element["type"]
    value: Json = {"type": kind}
    if kind.endswith("_input"):
        value["value"] = None
    elif kind in ("static_select", "radio_buttons", "external_select"):
        value["selected_option"] = None
    elif kind in ("checkboxes", "multi_static_select", "multi_external_select"):
        value["selected_options"] = []
    return value | {named: element[initial] for initial, named in INITIAL.items() if initial in element}
