"""What is said to Slack within its three seconds: dialogs, what is wrong with a form, answers to commands.

Whatever changes a case is kept as a row, and worked off after that; only a command, whose answer rides in the ack, is
carried out at once, in the transaction that keeps its key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.domain.alert import Alert, CaseId
from bot.domain.case import STEPS, State, Step
from bot.domain.chat import Member
from bot.domain.draft import draft, facts_of
from bot.edges import wording
from bot.edges.slack import forms, listings, modals
from bot.edges.slack.answer import Answer
from bot.edges.slack.commands import Asked, Commands, said
from bot.edges.slack.desk import NOT_FOR_YOU
from bot.edges.slack.directory import Directory
from bot.edges.slack.pieces import Json
from bot.edges.slack.plain_words import words_of
from bot.edges.slack.presses import Press, channel_of, read_press, user_of
from bot.errors import Refused, Retriable, UsageError
from bot.service.letterbox import Letterbox
from bot.service.ports import Clock, Kind, Received, Store

TREAT, REPORT = "treat_as_complaint", "report_complaint"
"""The callback ids of the shortcuts in deploy/slack-manifest.yaml."""
_UNKNOWN = "Slack does not tell just now who may do that. Please try again in a moment."
_STEP_OF = {"contacted": Step.CONTACTED, "closed": Step.CLOSED, "dismissed": Step.DISMISSED}


@dataclass(frozen=True, slots=True)
class Reception:
    """Used by many threads at once."""

    store: Store
    letterbox: Letterbox
    directory: Directory
    commands: Commands
    clock: Clock

    def receive(self, told: Received) -> Answer:
        """What to answer. What this raises is not acknowledged: Slack tells it again, or the person sees it failed."""
        at_once: dict[Kind, Callable[[Received], Answer | None]] = {
            Kind.ACTION: self._pressed, Kind.VIEW: self._submitted, Kind.COMMAND: self._typed, Kind.SHORTCUT: self._cut,
        }  # fmt: skip
        answer = at_once[told.kind](told) if told.kind in at_once else None
        if answer is None:
            self.letterbox.keep(told)
        return answer or Answer()

    def _pressed(self, told: Received) -> Answer | None:
        """A dialog where one is needed; without one, None: it is kept."""
        press = read_press(told.payload)
        if press is None:
            return Answer()
        if press.verb not in {*_STEP_OF, "pick", "draft", "show"} or not self._may_act(press.user):
            return None
        if press.verb == "show":
            return Answer(modal=self._story(press.number))
        alert = self.store.transact(lambda tx: tx.picture(CaseId(press.number)))
        view = self._dialog(press, alert) if alert is not None else None
        return Answer(modal=view) if view is not None else None

    def _story(self, number: int) -> Json | None:
        story = self.store.transact(lambda tx: tx.story(number))
        return listings.show_modal(story, self.clock.now()) if story is not None else None

    def _dialog(self, press: Press, alert: Alert) -> Json | None:
        about = modals.About(press.number, alert.customer, press.channel)
        state = State(alert.state)
        if press.verb == "draft":
            return modals.draft(about, draft(facts_of(alert, alert.at, wording.first_clue(alert))))
        if press.verb == "pick":
            now = self.clock.now()
            return None if state.resolved else modals.snoozed(about, self.commands.policy.hours.tomorrow(now))
        if _STEP_OF[press.verb] not in STEPS[state] or state.value == press.verb:
            return None
        if press.verb == "contacted":
            return modals.contacted(about, press.user)
        if press.verb == "closed":
            return modals.closed(about, evidence_sent=state is State.EVIDENCE_SENT)
        return modals.dismissed(about)

    def _submitted(self, told: Received) -> Answer | None:
        """What is wrong stands below its field, and nothing is kept; else None."""
        view = told.payload.get("view")
        if told.payload.get("type") != "view_submission":
            return Answer()
        try:
            form = forms.read(view)
            wrong = forms.problems(form, self.clock.now()) or self._too_late(form, view)
        except UsageError as problem:
            wrong = _below_the_first(view, str(problem))
        return Answer(ack={"response_action": "errors", "errors": wrong}) if wrong else None

    def _too_late(self, form: forms.Form, view: Any) -> dict[str, str]:
        """Somebody else was faster while this was being filled in."""
        if not isinstance(form, forms.Contacted | forms.Closed | forms.Dismissed):
            return {}
        case = self.store.transact(lambda tx: tx.case(CaseId(form.case)))
        if case is None or _STEP_OF[view["callback_id"]] in STEPS[case.state]:
            return {}
        sentence = f"Case {form.case} is {case.state.value.replace('_', ' ')} by now: somebody was faster."
        return _below_the_first(view, sentence)

    def _typed(self, told: Received) -> Answer:
        user, text = user_of(told.payload), told.payload.get("text")
        try:
            may_act = bool(user) and self.directory.may_act(user)
        except Retriable:
            return said(_UNKNOWN)
        if not may_act:
            return said(NOT_FOR_YOU)
        text = text if isinstance(text, str) else ""
        asked = Asked(self._known(user), channel_of(told.payload), tuple(text.split()), text, told)
        return self.commands.answer(asked)

    def _cut(self, told: Received) -> Answer | None:
        """A shortcut; its dialog, where the person may act."""
        payload = told.payload
        if not self._may_act(user_of(payload)):
            return None
        if payload.get("callback_id") == REPORT:
            return Answer(modal=modals.report())
        message = payload.get("message")
        if payload.get("callback_id") != TREAT or not isinstance(message, dict):
            return Answer()
        return Answer(modal=modals.treat(self._source(channel_of(payload), message)))

    def _source(self, channel: str, message: Json) -> modals.Source:
        """Its words as they are read wherever amends listens; a parent that names itself answers nothing."""
        ts, thread, user = (_text(message.get(name)) for name in ("ts", "thread_ts", "user"))
        words = words_of(message, self.directory.names)
        return modals.Source(channel, ts, "" if thread == ts else thread, user, words)

    def _known(self, user: str) -> Member:
        try:
            return self.directory.who(user)
        except (Retriable, Refused):
            return Member(user, user, is_ours=True)

    def _may_act(self, user: str) -> bool:
        """Where Slack cannot be asked just now, it is asked again when the row is worked off."""
        try:
            return bool(user) and self.directory.may_act(user)
        except Retriable:
            return False


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _below_the_first(view: Any, sentence: str) -> dict[str, str]:
    """Below the first field that there is: Slack shows an error nowhere else."""
    blocks = view.get("blocks") if isinstance(view, dict) else None
    fields = [block for block in blocks or [] if isinstance(block, dict) and block.get("type") == "input"]
    return {str(fields[0].get("block_id")): sentence} if fields else {}
