"""response_url: an app may answer an interaction five times within half an hour, whatever its scopes."""

from __future__ import annotations

import json
from dataclasses import dataclass

from .answers import Json, Refusal, Reply, is_true
from .chat import OURS, content_of
from .identity import BOT, TEAM_ID
from .workspace import Channel, Workspace

MOST_USES, LIFETIME = 5, 1800.0  # seconds
JSON_TYPE = {"Content-Type": "application/json; charset=utf-8"}


@dataclass
class _Url:
    channel: Channel
    user: str
    original: str | None
    issued: float
    uses: int = 0


class ResponseUrls:
    """Those given out so far. The caller sees to locking."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._issued: dict[str, _Url] = {}

    def issue(self, kind: str, channel: Channel, user: str, original: str | None = None) -> str:
        """The path; `original` is the ts of the message that was acted on."""
        number = len(self._issued) + 1
        path = f"/{kind}/{TEAM_ID}/{number}/{number * 7919:024x}"
        self._issued[path] = _Url(channel, user, original, self._workspace.now())
        return path

    def knows(self, path: str) -> bool:
        return path.startswith(("/actions/", "/commands/"))

    def use(self, path: str, args: Json) -> Reply:
        """One answer of the app. Raises Refusal for what Slack would not show."""
        url = self._issued.get(path)
        if url is None:
            return _no(404, "invalid_url")
        if self._workspace.now() - url.issued > LIFETIME:
            return _no(404, "expired_url")
        if url.uses >= MOST_USES:
            return _no(404, "used_url")
        url.uses += 1
        self._perform(url, args)
        return Reply(200, b"ok", {"Content-Type": "text/plain"})

    def _perform(self, url: _Url, args: Json) -> None:
        if is_true(args, "delete_original"):
            self._change(url, None)
        elif is_true(args, "replace_original"):
            self._change(url, content_of(args))
        else:
            self._say(url, args)

    def _say(self, url: _Url, args: Json) -> None:
        content = content_of(args) | ({"thread_ts": args["thread_ts"]} if args.get("thread_ts") else {})
        if args.get("response_type") == "in_channel":
            self._workspace.store(url.channel, {**OURS, **content})
        else:
            self._workspace.whisper(url.channel, url.user, content)

    def _change(self, url: _Url, content: Json | None) -> None:
        """Replaces the message that was acted on, or takes it away; be it one that only one person sees."""
        channel, ts = url.channel, url.original
        if ts in channel.messages and content is None:
            self._workspace.remove(channel, ts)
        elif ts in channel.messages and content is not None:
            self._workspace.change(channel, ts, {"blocks": None, **content}, BOT["user_id"])
        for whisper in [one for one in channel.ephemerals if one["ts"] == ts]:
            if content is None:
                channel.ephemerals.remove(whisper)
            else:
                whisper.pop("blocks", None)
                whisper.update(content)


def refused(refusal: Refusal) -> Reply:
    """What the app hears when Slack cannot show its answer."""
    return Reply(400, json.dumps(refusal.answer).encode(), JSON_TYPE)


def _no(status: int, code: str) -> Reply:
    return Reply(status, json.dumps({"ok": False, "error": code}).encode(), JSON_TYPE)
