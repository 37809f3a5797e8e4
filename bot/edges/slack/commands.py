"""What people type after /amends. Words in, an answer out that only they see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.domain.chat import Member
from bot.domain.escalation import Notify
from bot.domain.hours import Delay, parse_delay
from bot.domain.roster import Roster
from bot.domain.triage import Policy
from bot.domain.verdict import Label
from bot.edges.slack import listings, modals
from bot.edges.slack.answer import Answer
from bot.edges.slack.forms import LONGEST_SNOOZE
from bot.edges.slack.pieces import Json
from bot.errors import AmendsError, UsageError
from bot.service.ports import Clock, Received, Store, Transaction
from bot.service.team import Team

_MOST = 50
_ROLES = {Notify.ON_CALL.value: "On call", Notify.LEAD.value: "Lead"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One command: who typed which words, where."""

    member: Member
    channel: str
    words: tuple[str, ...]
    text: str
    told: Received


@dataclass(frozen=True, slots=True)
class Commands:
    """`list`, `show`, `mine`, `oncall`, `snooze`, `report`, `help`.

    `roster`: who is on call, as known by now. `called`: the names of a member or a user group; `changed` is called
    after what may be seen in the channel.
    """

    store: Store
    policy: Policy
    roster: Callable[[], Roster]
    clock: Clock
    called: Callable[[str], list[str]]
    changed: Callable[[], None]

    def answer(self, asked: Asked) -> Answer:
        """What is said, or the dialog that is opened. What people got wrong is said to them, and never raised."""
        verbs: dict[str, Callable[[Asked], Answer]] = {
            "": self._help, "help": self._help, "list": self._list, "mine": self._mine, "show": self._show,
            "oncall": self._on_call, "snooze": self._snooze, "report": self._report,
        }  # fmt: skip
        verb = asked.words[0].lower() if asked.words else ""
        try:
            return verbs.get(verb, self._help)(asked)
        except AmendsError as problem:
            return shown(*listings.problem(problem))

    def _help(self, _asked: Asked) -> Answer:
        return shown(*listings.help_text())

    def _list(self, _asked: Asked) -> Answer:
        cases, total = self.store.transact(lambda tx: (tx.open_cases(_MOST), tx.count_open()))
        return shown(*listings.listed(cases, self.clock.now(), total))

    def _mine(self, asked: Asked) -> Answer:
        by = asked.member.id
        cases, total = self.store.transact(lambda tx: (tx.open_cases(_MOST, by=by), tx.count_open(by=by)))
        return shown(*listings.mine(cases, self.clock.now(), total))

    def _show(self, asked: Asked) -> Answer:
        number = _number(asked, "/amends show 12")
        story = self.store.transact(lambda tx: tx.story(number))
        if story is None:
            raise UsageError(f"There is no case {number}. /amends list shows the open ones.")
        return shown(*listings.show(story, self.clock.now()))

    def _on_call(self, _asked: Asked) -> Answer:
        hours, now = self.policy.hours, self.clock.now()
        told = [(role, self.called(who), why) for role, who, why in self._duties(now)]
        return shown(*listings.oncall(told, f"{hours}.", working=hours.at_work(now)))

    def _duties(self, now: datetime) -> Iterator[tuple[str, str, str]]:
        """Role, id and by which turns, if by any."""
        roster = self.roster()
        by_turns = {one.name for one in roster.schedules}
        for name, duty in roster.duties(now).items():
            yield _ROLES.get(name, name), duty.who if duty else "", duty.why if duty and name in by_turns else ""

    def _snooze(self, asked: Asked) -> Answer:
        """Done at once, in the transaction that keeps its key: the answer rides in the ack."""
        number = _number(asked, "/amends snooze 12 2h")
        length = " ".join(asked.words[2:])
        try:
            delay = None if length == "tomorrow" else parse_delay(length)
        except ValueError:
            raise UsageError("For how long? Type /amends snooze 12 2h, or 1d, or tomorrow.") from None

        until = self._until(delay)

        def work(tx: Transaction) -> bool:
            if not tx.once(asked.told):
                return False
            Team(tx, self.policy, asked.member.signature, "slack").snooze(number, until)
            return True

        is_new = self.store.transact(work)
        self.changed()
        return said(f"Case {number} is put off until {until.astimezone(self.policy.hours.zone):%a %d %b %H:%M}."
                    if is_new else f"Case {number} is put off already.")  # fmt: skip

    def _until(self, delay: Delay | None) -> datetime:
        """That long from now on; None is tomorrow. Raises UsageError for longer than the dialog takes."""
        now, hours = self.clock.now(), self.policy.hours
        try:
            until = hours.add(now, delay) if delay else hours.tomorrow(now)
        except OverflowError:  # working hours, of which there are few
            until = now + 2 * LONGEST_SNOOZE
        if until - now > LONGEST_SNOOZE:
            raise UsageError(f"A case can be put off for {LONGEST_SNOOZE.days} days at most.")
        return until

    def _report(self, asked: Asked) -> Answer:
        """With words it is done at once; without, a dialog asks for them."""
        words = asked.text.partition(" ")[2].strip()
        if not words:
            return Answer(modal=modals.report(asked.channel))

        def work(tx: Transaction) -> str:
            if not tx.once(asked.told):
                return "That was reported already."
            team = Team(tx, self.policy, asked.member.signature, "slack")
            return team.report(words, frozenset({Label.MISTAKE}), asked.told.key)

        came = self.store.transact(work)
        self.changed()
        return said(came)


def _number(asked: Asked, example: str) -> int:
    word = asked.words[1].lstrip("#") if len(asked.words) > 1 else ""
    if not (word.isascii() and word.isdigit() and len(word) < 10):
        raise UsageError(f"Which case? Type {example}, for example.")
    return int(word)


def shown(text: str, blocks: list[Json]) -> Answer:
    """An answer that only the person sees."""
    return Answer(ack={"response_type": "ephemeral", "text": text, "blocks": blocks})


def said(sentence: str) -> Answer:
    """The same in one sentence, plain."""
    return shown(*listings.said(sentence))
