"""Block Kit as plain HTML: all that we draw, much as Slack shows it. Nothing in it runs, and nothing is loaded."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

Json = dict[str, Any]

# <@U1>, <!subteam^S1>, <!date^1^{date}|fallback>, <https://…|words>: what mrkdwn means by angle brackets.
_ANGLE = re.compile(r"<([@#!]?)([^<>|]{1,3000})(?:\|([^<>]{0,3000}))?>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_STYLES = {"bold": "b", "italic": "i", "strike": "s", "code": "code"}


@dataclass(frozen=True, slots=True)
class Painter:
    """Turns Block Kit into HTML. `names`: of members, user groups and channels by id; moments are shown in `zone`."""

    names: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC

    def moment(self, at: datetime) -> str:
        """As people write it."""
        local = at.astimezone(self.zone)
        return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"

    def blocks(self, blocks: Any) -> str:
        """All blocks of a message or view; one that is not known is named."""
        return "".join(_BLOCKS.get(one.get("type"), _unknown)(self, one) for one in blocks)

    def mrkdwn(self, text: str) -> str:
        """A message's text: mentions by name, links as words, everything else as it is."""
        shown, last = [], 0
        for found in _ANGLE.finditer(text):
            shown += [_plain(text[last : found.start()]), self._angle(found)]
            last = found.end()
        return "".join([*shown, _plain(text[last:])]).replace("\n", "<br>")

    def _angle(self, found: re.Match[str]) -> str:
        kind, what, words = found.groups()
        if kind == "!" and what.startswith("date^"):
            return f"<time>{_plain(words or what)}</time>"
        if kind:
            name = words or self.names.get(what.rpartition("^")[2], what.rpartition("^")[2])
            return f"<span class=at>{'#' if kind == '#' else '@'}{_plain(name)}</span>"
        return f"<span class=link>{_plain(words or what)}</span>"

    def text(self, one: Json) -> str:
        """A text object."""
        return self.mrkdwn(one["text"]) if one["type"] == "mrkdwn" else _safe(one["text"])

    def inline(self, one: Json) -> str:
        """A piece of rich text."""
        match one["type"]:
            case "text":
                return _styled(_safe(one["text"]).replace("\n", "<br>"), one.get("style", {}))
            case "date":
                return f"<time>{self.moment(datetime.fromtimestamp(one['timestamp'], UTC))}</time>"
            case "link":
                return f"<span class=link>{_safe(one.get('text') or one['url'])}</span>"
            case "user" | "usergroup" | "channel":
                known = one[f"{one['type']}_id"]
                return f"<span class=at>@{_safe(self.names.get(known, known))}</span>"
            case "emoji":
                return f":{_safe(one['name'])}:"
            case other:
                return f"<span class=at>@{_safe(one.get('range', other))}</span>"

    def rich(self, one: Json) -> str:
        """A section, list, quote or block of code."""
        if one["type"] == "rich_text_list":
            tag = "ol" if one["style"] == "ordered" else "ul"
            return f"<{tag}>{''.join(f'<li>{self.pieces(item)}</li>' for item in one['elements'])}</{tag}>"
        tag = {"rich_text_quote": "blockquote", "rich_text_preformatted": "pre"}.get(one["type"], "p")
        return f"<{tag}>{self.pieces(one)}</{tag}>"

    def pieces(self, one: Json) -> str:
        """What stands in one of these."""
        return "".join(map(self.inline, one["elements"]))

    def element(self, one: Json) -> str:
        """What can be pressed, chosen or filled in. Menus open without a script."""
        kind = one["type"]
        if kind == "button":
            style = f" {one['style']}" if one.get("style") in ("primary", "danger") else ""
            label = _safe(one.get("accessibility_label", ""))
            return f'<span class="button{style}" title="{label}">{_safe(one["text"]["text"])}</span>'
        if kind == "radio_buttons":
            return "".join(_radio(option, option == one.get("initial_option")) for option in one["options"])
        if kind == "plain_text_input":
            lines = " lines" if one.get("multiline") else ""
            return f'<div class="typed{lines}">{_filled(one)}</div>'
        if kind in ("overflow", "static_select"):
            options = "".join(f"<li>{_safe(option['text']['text'])}</li>" for option in one.get("options", []))
            shown = one["placeholder"]["text"] if "placeholder" in one else "⋯"
            return f'<details class="menu {kind}"><summary>{_safe(shown)}</summary><ul>{options}</ul></details>'
        return f'<div class="typed picked">{self._picked(one)}</div>'

    def _picked(self, one: Json) -> str:
        if one["type"] == "datetimepicker" and "initial_date_time" in one:
            return self.moment(datetime.fromtimestamp(one["initial_date_time"], UTC))
        if one.get("initial_user"):
            return _safe(self.names.get(one["initial_user"], one["initial_user"]))
        return f"<i>{_safe(one.get('placeholder', {}).get('text', one['type']))}</i>"


def _header(_paint: Painter, one: Json) -> str:
    return f"<h3>{_safe(one['text']['text'])}</h3>"


def _section(paint: Painter, one: Json) -> str:
    text = f"<p>{paint.text(one['text'])}</p>" if "text" in one else ""
    fields = "".join(f"<p>{paint.text(each)}</p>" for each in one.get("fields", []))
    beside = paint.element(one["accessory"]) if "accessory" in one else ""
    return f"<div class=section><div>{text}{fields}</div>{beside}</div>"


def _context(paint: Painter, one: Json) -> str:
    return f"<p class=context>{' '.join(paint.text(each) for each in one['elements'] if 'text' in each)}</p>"


def _actions(paint: Painter, one: Json) -> str:
    return f"<div class=actions>{''.join(map(paint.element, one['elements']))}</div>"


def _rich_text(paint: Painter, one: Json) -> str:
    return f"<div class=rich>{''.join(map(paint.rich, one['elements']))}</div>"


def _input(paint: Painter, one: Json) -> str:
    optional = " <span class=optional>(optional)</span>" if one.get("optional") else ""
    hint = f"<p class=context>{_safe(one['hint']['text'])}</p>" if "hint" in one else ""
    label = f"<p><b>{_safe(one['label']['text'])}</b>{optional}</p>"
    return f"<div class=input>{label}{paint.element(one['element'])}{hint}</div>"


def _divider(_paint: Painter, _one: Json) -> str:
    return "<hr>"


def _unknown(_paint: Painter, one: Json) -> str:
    return f"<p class=context>[{_safe(one.get('type', 'a block'))}]</p>"


_BLOCKS: dict[Any, Callable[[Painter, Json], str]] = {
    "header": _header, "section": _section, "context": _context, "actions": _actions, "rich_text": _rich_text,
    "input": _input, "divider": _divider,
}  # fmt: skip


def _safe(text: object) -> str:
    return html.escape(str(text))


def _plain(mrkdwn: str) -> str:
    """Text that was escaped for Slack, escaped for HTML instead."""
    for entity, meant in _ENTITIES:
        mrkdwn = mrkdwn.replace(entity, meant)
    return _safe(mrkdwn)


def _styled(shown: str, style: Mapping[str, Any]) -> str:
    for name, tag in _STYLES.items():
        shown = f"<{tag}>{shown}</{tag}>" if style.get(name) else shown
    return shown


def _radio(option: Json, chosen: bool) -> str:
    return f"<p class=radio>{'◉' if chosen else '○'} {_safe(option['text']['text'])}</p>"


def _filled(one: Json) -> str:
    if one.get("initial_value"):
        return _safe(one["initial_value"])
    return f"<i>{_safe(one.get('placeholder', {}).get('text', ''))}</i>"
