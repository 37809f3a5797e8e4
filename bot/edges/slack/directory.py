"""Who is who at Slack, and who may act on cases; asked once and remembered for a while."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, TypeVar

from bot.domain.chat import Member
from bot.edges.slack.plain_words import cleaned
from bot.edges.slack.web import Web
from bot.errors import AmendsError, Refused, Retriable
from bot.service.ports import Clock

T = TypeVar("T")
_Source = tuple[str, Callable[[], frozenset[str]]]
log = logging.getLogger(__name__)
_MEMBER_FOR, _OURSELVES_FOR, _TEAM_FOR = timedelta(hours=1), timedelta(hours=6), timedelta(seconds=60)
# Slack is not asked again at once when it did not answer: somebody waits for theirs within three seconds.
_PAUSE = timedelta(seconds=10)
_MOST_MEMBERS, _PAGE, _MOST_PAGES, _LONGEST_NAME = 5000, 200, 100, 80
# What Slack calls people of whom it tells nothing.
_NOBODY = ("user_not_found", "user_not_visible", "users_not_found")
_NOT_STAFF = ("is_restricted", "is_ultra_restricted", "is_stranger", "is_bot", "is_workflow_bot", "deleted")


@dataclass(frozen=True, slots=True)
class Ourselves:
    """Our workspace, the organisation that it belongs to ("": none), and the member id under which amends writes.

    `url`: where people look at the workspace.
    """

    team: str
    enterprise: str
    bot_user: str
    url: str = ""


@dataclass(slots=True)
class _Known(Generic[T]):
    """Something that was asked, until when it is fresh; what is old still serves when Slack does not answer."""

    value: T | None = None
    until: datetime | None = None


@dataclass(slots=True)
class Directory:
    """People, as one token sees them. `groups` and the members of `alert_channel` may act. Used by any thread."""

    web: Web
    clock: Clock
    alert_channel: str = ""
    groups: Sequence[str] = ()
    _members: OrderedDict[str, _Known[Member]] = field(default_factory=OrderedDict)
    _ourselves: _Known[Ourselves] = field(default_factory=_Known)
    _team: dict[str, _Known[frozenset[str]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def who(self, user: str) -> Member:
        """Somebody by their id; whom Slack does not know is a stranger. Raises Retriable or Refused."""
        with self._lock:
            known = self._members.setdefault(user, _Known())
            self._members.move_to_end(user)
            while len(self._members) > _MOST_MEMBERS:
                self._members.popitem(last=False)
        return self._fresh(known, lambda: self._asked(user), _MEMBER_FOR)

    @property
    def names(self) -> Mapping[str, str]:
        """Names by id of those who were asked about lately; nobody is asked about for it."""
        with self._lock:
            return {user: known.value.name for user, known in self._members.items() if known.value}

    def ourselves(self) -> Ourselves:
        """Which workspace this is, and who we are in it (auth.test). Raises Retriable or Refused."""
        return self._fresh(self._ourselves, lambda: ask_ourselves(self.web), _OURSELVES_FOR)

    def may_act(self, user: str) -> bool:
        """Whether somebody is of our team: in the alert channel or a group, and of our company.

        While Slack does not answer, what was known last counts. Raises Retriable where nothing was known.
        """
        sources = [(group, partial(self._in_group, group)) for group in self.groups]
        if self.alert_channel:
            sources.append((self.alert_channel, partial(self._in_channel, self.alert_channel)))
        try:
            return self._is_in_one(user, sources) and self.who(user).is_ours
        except Refused as problem:
            log.warning("nobody can tell whether somebody may act: %s", problem)
            return False

    def _is_in_one(self, user: str, sources: Sequence[_Source]) -> bool:
        silent: Retriable | None = None
        for source in sources:
            try:
                if user in self._team_of(*source):
                    return True
            except Retriable as problem:
                silent = problem
        if silent is not None:
            raise silent
        return False

    def called(self, target: str) -> list[str]:
        """The names of a member or a user group, as people say them; the id where Slack does not tell. Never raises."""
        if not target:
            return []
        try:
            return [f"@{self._handle(target)}" if target.startswith("S") else self.who(target).name]
        except (Retriable, Refused):
            return [target]

    def _handle(self, group: str) -> str:
        told = self.web.ask("usergroups.list").get("usergroups")
        groups = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
        return next((str(one["handle"]) for one in groups if one.get("id") == group and one.get("handle")), group)

    # what Slack says

    def _fresh(self, known: _Known[T], ask: Callable[[], T], length: timedelta) -> T:
        now = self.clock.now()
        if known.value is not None and known.until is not None and now < known.until:
            return known.value
        try:
            known.value = ask()
        except (Retriable, Refused):
            if known.value is None:
                raise
            length = _PAUSE
        known.until = now + length
        return known.value

    def _asked(self, user: str) -> Member:
        ourselves = self.ourselves()
        try:
            told = self.web.ask("users.info", user=user).get("user")
        except Refused as problem:
            if problem.code not in _NOBODY:
                raise
            told = None
        return _member(user, told if isinstance(told, dict) else {}, ourselves)

    def _team_of(self, source: str, ask: Callable[[], frozenset[str]]) -> frozenset[str]:
        """One channel or group; where we may not ask about it, nobody. Raises Retriable where nothing is known."""
        with self._lock:
            known = self._team.setdefault(source, _Known())
        if known.value is None and known.until is not None and self.clock.now() < known.until:
            raise Retriable(f"Slack did not tell a moment ago who is in {source}.")
        try:
            return self._fresh(known, ask, _TEAM_FOR)
        except Retriable:
            known.until = self.clock.now() + _PAUSE
            raise
        except AmendsError as problem:
            log.warning("nobody can tell who is in %s: %s", source, problem)
            known.value, known.until = frozenset(), self.clock.now() + _PAUSE
            return frozenset()

    def _in_channel(self, channel: str) -> frozenset[str]:
        return frozenset(user for page in self._pages(channel) for user in page)

    def _pages(self, channel: str) -> Iterator[list[str]]:
        cursor = ""
        for _ in range(_MOST_PAGES):
            page = self.web.ask("conversations.members", channel=channel, limit=_PAGE, cursor=cursor or None)
            yield _strings(page.get("members"))
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return

    def _in_group(self, group: str) -> frozenset[str]:
        return frozenset(_strings(self.web.ask("usergroups.users.list", usergroup=group).get("users")))


def ask_ourselves(web: Web) -> Ourselves:
    """auth.test. Raises Retriable or Refused."""
    told = web.ask("auth.test")
    return Ourselves(*(str(told.get(name) or "") for name in ("team_id", "enterprise_id", "user_id", "url")))


def _member(user: str, told: Mapping[str, Any], ourselves: Ourselves) -> Member:
    profile = told.get("profile")
    names = profile if isinstance(profile, dict) else {}
    found = (names.get("display_name"), names.get("real_name"), told.get("real_name"), told.get("name"))
    name = next((one for one in found if isinstance(one, str) and one.strip()), "")
    return Member(user, " ".join(cleaned(name, _LONGEST_NAME).split()), is_ours(told, ourselves))


def is_ours(told: Mapping[str, Any], ourselves: Ourselves) -> bool:
    """Of our workspace or organisation, and no guest, stranger or machine (docs.slack.dev, "User object")."""
    if any(told.get(name) for name in _NOT_STAFF):
        return False
    enterprise = told.get("enterprise_user")
    organisation = enterprise.get("enterprise_id") if isinstance(enterprise, dict) else told.get("enterprise_id")
    is_here = bool(ourselves.team) and told.get("team_id") == ourselves.team
    return is_here or (bool(ourselves.enterprise) and organisation == ourselves.enterprise)


def _strings(found: Any) -> list[str]:
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
