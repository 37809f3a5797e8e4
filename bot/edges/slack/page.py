"""A conversation as one HTML page: channels with their threads, modals and Home tabs, for whoever has no workspace.

It needs nothing else, runs no script and loads nothing, so that it can be opened anywhere and sent to anybody.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from bot.edges.slack.page_blocks import Painter

_STYLE = Path(__file__).with_name("page.css")
_COLOURS = 6


@dataclass(frozen=True, slots=True)
class Post:
    """A message. `only`: the name of the one person who sees it; `app`: amends wrote it; `edited`: it was redrawn."""

    author: str
    at: datetime
    text: str
    blocks: Sequence[dict[str, Any]] = ()
    replies: Sequence[Post | Screen] = ()
    app: bool = False
    only: str = ""
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Screen:
    """A modal or a Home tab that somebody has before them; `caption` says who, and how they came there."""

    caption: str
    view: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Channel:
    """A place: its name without the #, what it is for, and what happens there, the oldest first."""

    name: str
    purpose: str = ""
    posts: Sequence[Post | Screen] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """All of it. `names`: of members, user groups and channels by id; moments are shown in `zone`."""

    channels: Sequence[Channel]
    names: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC
    note: str = ""


def page(conversation: Conversation, title: str) -> str:
    """The whole page."""
    paint = Painter(conversation.names, conversation.zone)
    links = "".join(
        f'<a href="#c{number}"><span>#</span> {_safe(one.name)}</a>' for number, one in enumerate(conversation.channels)
    )
    channels = "".join(_channel(paint, number, one) for number, one in enumerate(conversation.channels))
    note = f"<p class=note>{_safe(conversation.note)}</p>" if conversation.note else ""
    style = _STYLE.read_text(encoding="utf-8")
    return (
        f'<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width">'
        f"<title>{_safe(title)}</title><style>{style}</style>"
        f"<body><nav><h1>{_safe(title)}</h1>{links}</nav><main>{note}{channels}</main></body></html>\n"
    )


def _channel(paint: Painter, number: int, one: Channel) -> str:
    purpose = f"<p>{_safe(one.purpose)}</p>" if one.purpose else ""
    posts = "".join(_any(paint, each) for each in one.posts) or "<p class=nothing>Nothing was said here.</p>"
    return f'<section id="c{number}"><header><h2># {_safe(one.name)}</h2>{purpose}</header>{posts}</section>'


def _any(paint: Painter, one: Post | Screen) -> str:
    return _post(paint, one) if isinstance(one, Post) else _screen(paint, one)


def _post(paint: Painter, one: Post) -> str:
    badge = "<span class=app>APP</span>" if one.app else ""
    edited = "<span class=edited>(edited)</span>" if one.edited else ""
    only = f"<p class=only>Only visible to {_safe(one.only)}</p>" if one.only else ""
    body = paint.blocks(one.blocks) if one.blocks else f"<p>{paint.mrkdwn(one.text)}</p>"
    return (
        f'<article class="post{" hidden" if one.only else ""}">{_face(one)}<div class=body>{only}'
        f"<p class=by><b>{_safe(one.author)}</b>{badge}<time>{paint.moment(one.at)}</time></p>{body}{edited}"
        f"{_thread(paint, one.replies)}</div></article>"
    )


def _face(one: Post) -> str:
    """A square with the first letters of a name, in a colour that stays theirs."""
    letters = "".join(word[0] for word in one.author.split()[:2]).upper() or "?"
    colour = "app" if one.app else f"k{sum(map(ord, one.author)) % _COLOURS}"
    return f'<span class="face {colour}" aria-hidden=true>{_safe(letters)}</span>'


def _thread(paint: Painter, replies: Sequence[Post | Screen]) -> str:
    if not replies:
        return ""
    count = sum(isinstance(one, Post) for one in replies)
    told = "1 reply" if count == 1 else f"{count} replies"
    said = "".join(_any(paint, one) for one in replies)
    return f"<details class=thread open><summary>{told}</summary>{said}</details>"


def _screen(paint: Painter, one: Screen) -> str:
    view = one.view
    blocks = paint.blocks(view["blocks"])
    if view["type"] == "home":
        return f"<figure class=home><figcaption>{_safe(one.caption)}</figcaption>{blocks}</figure>"
    buttons = "".join(
        f'<span class="button{style}">{_safe(view[name]["text"])}</span>'
        for name, style in (("close", ""), ("submit", " primary"))
        if view.get(name)
    )
    return (
        f"<figure class=modal><figcaption>{_safe(one.caption)}</figcaption><div class=window>"
        f"<h3 class=title>{_safe(view['title']['text'])}</h3>{blocks}<div class=foot>{buttons}</div></div></figure>"
    )


def _safe(text: object) -> str:
    return html.escape(str(text))
