"""Works off what people pressed and sent: one transaction each, and a word to the person where no card says it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.case import Step
from bot.domain.hours import Delay
from bot.domain.message import Arrival
from bot.domain.review import Answer as Reviewed
from bot.domain.triage import Policy
from bot.domain.verdict import Label
from bot.edges.slack import forms
from bot.edges.slack.directory import Directory
from bot.edges.slack.directs import is_direct
from bot.edges.slack.presses import Press, channel_of, read_press, user_of
from bot.edges.slack.web import Web
from bot.errors import AmendsError, LostRace, Retriable, UsageError
from bot.service.ports import InboundRow, RowId, Store, Transaction
from bot.service.races import until_won
from bot.service.team import Team
from bot.text.mrkdwn import escape

log = logging.getLogger(__name__)
NOT_FOR_YOU = "Only the people who look after complaints can do that here. Ask them to add you."
_DONE = "Done. The card of the case shows how it is now."
_AGAIN = "Slack was too slow for that dialog. Please press once more."

Work = Callable[[Team], str]

_PRESSED: Mapping[str, Callable[[Team, int], str]] = {
    "claim": lambda team, case: team.claim(case),
    "take_over": lambda team, case: team.claim(case, over=True),
    "not_mistake": lambda team, case: team.deny(case, Label.MISTAKE),
    "not_ignored": lambda team, case: team.deny(case, Label.IGNORED),
    "undo": lambda team, case: team.undo(case),
    "1h": lambda team, case: team.snooze_for(case, Delay(timedelta(hours=1))),
    "tomorrow": lambda team, case: team.snooze_until_tomorrow(case),
    **{
        step.value: lambda team, case, step=step: team.step(case, step)  # type: ignore[misc]
        for step in (Step.AMENDS_MADE, Step.FIXED, Step.EVIDENCE_SENT, Step.CLOSED, Step.REOPENED)
    },
    **{
        f"review_{said.value}": lambda team, number, said=said: team.review(number, said)  # type: ignore[misc]
        for said in Reviewed
    },
}
# Verbs that open a dialog; they come here only where it could not be opened.
_ASK_MORE = {
    "contacted": Step.CONTACTED, "dismissed": Step.DISMISSED, "pick": None, "draft": None, "show": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Where:
    """Who did something, and where a word to them alone can be said; without a channel it was in the Home tab."""

    user: str
    channel: str = ""
    thread_ts: str = ""
    response_url: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """Used by one thread. `arrival` makes of a message that somebody pointed at what the intake reads; `alerts` is the
    team's channel, where a word can be said to whoever did something in no channel at all.

    `changed` is called after what may be seen in the channel, `look` with whoever looks at his Home tab.
    """

    store: Store
    web: Web
    directory: Directory
    policy: Policy
    arrival: Callable[[forms.Treated], Arrival]
    changed: Callable[[], None]
    look: Callable[[str], None]
    alerts: str = ""

    def pressed(self, row: InboundRow) -> None:
        """A button, or an option of a menu."""
        press = read_press(row.payload)
        if press is None or press.verb not in {*_PRESSED, *_ASK_MORE}:
            self._nothing(row.id)
            return
        where = Where(press.user, press.channel, press.thread_ts, _response_url(row))
        self._act(row.id, where, lambda team: _pressed(team, press))

    def submitted(self, row: InboundRow) -> None:
        """A form; what was wrong with it was said when it was sent."""
        user = user_of(row.payload)
        try:
            form = forms.read(row.payload.get("view"))
        except UsageError:
            self._nothing(row.id)
            return
        who = self.directory.who(form.by).name if isinstance(form, forms.Contacted) and form.by != user else ""
        # numbers begin anew where all rows were forgotten; with its time it is the same only when tried again
        work = self._filled_in(form, f"form:{row.id}:{row.at.timestamp():.6f}", who)
        self._act(row.id, Where(user, "" if isinstance(form, forms.Treated) else form.channel), work)

    def cut_short(self, row: InboundRow) -> None:
        """A shortcut or a dialog that was not opened, because whoever used it may not."""
        where = Where(user_of(row.payload), channel_of(row.payload), response_url=_response_url(row))
        self._act(row.id, where, lambda _team: _AGAIN)

    def _filled_in(self, form: forms.Form, key: str, by: str) -> Work:
        """What a form asks for."""
        match form:
            case forms.Contacted():
                note = f"{form.told}, by {by}" if by else form.told
                return lambda team: team.step(form.case, Step.CONTACTED, note)
            case forms.Snoozed():
                return lambda team: team.snooze(form.case, form.until)
            case forms.Closed():
                return lambda team: team.step(form.case, Step.CLOSED, form.note)
            case forms.Dismissed():
                return lambda team: team.step(form.case, Step.DISMISSED, form.note)
            case forms.Reported():
                return lambda team: team.report(form.words, frozenset({form.label}), key, form.customer)
            case forms.Treated():
                arrival = self.arrival(form)
                return lambda team: team.treat(arrival, frozenset({form.label}), form.note)
            case forms.Drafted():
                return lambda _team: ""

    def _act(self, row: RowId, where: Where, work: Work) -> None:
        """Do it if the person may, and tell them what the card does not."""
        if not self.directory.may_act(where.user):
            self._nothing(row)
            self._tell(where, NOT_FOR_YOU)
            return
        member = self.directory.who(where.user)
        try:
            told = self._once(row, lambda tx: work(Team(tx, self.policy, member.signature, "slack")))
        except Retriable:
            raise
        except AmendsError as problem:
            self._nothing(row)
            told = problem.what
        self.changed()
        if told or is_direct(where.channel):
            self._tell(where, told or _DONE)  # a direct message is not drawn again
        if not where.channel:
            self.look(where.user)

    def _once(self, row: RowId, work: Callable[[Transaction], str]) -> str:
        """In one transaction with the note that it was done; what somebody changed meanwhile is looked at again."""
        try:
            return until_won(self.store, lambda tx: work(tx) if tx.worked_off(row) else "")
        except LostRace as problem:
            raise Retriable("Too many people changed this case at the same moment.") from problem

    def _nothing(self, row: RowId) -> None:
        self.store.transact(lambda tx: tx.worked_off(row))

    def _tell(self, where: Where, sentence: str) -> None:
        """Only this person sees it. Lost with the process that dies just then: the card shows what was done."""
        thread = {"thread_ts": where.thread_ts} if where.thread_ts else {}
        try:
            if where.response_url:
                self.web.whisper(where.response_url, escape(sentence))
            elif channel := where.channel or self.alerts:
                self.web.ask("chat.postEphemeral", channel=channel, user=where.user, text=escape(sentence), **thread)
        except AmendsError as problem:
            log.info("a word to somebody who pressed did not arrive: %s", problem)


def _pressed(team: Team, press: Press) -> str:
    if press.verb in _PRESSED:
        return _PRESSED[press.verb](team, press.number)
    return team.why_not(press.number, _ASK_MORE[press.verb]) or _AGAIN


def _response_url(row: InboundRow) -> str:
    url = row.payload.get("response_url")
    return url if isinstance(url, str) else ""
