"""What follows when people change or take back what they wrote. Nothing here closes a case or makes it look better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.case import Case, Entry, State, Step
from bot.domain.message import Direction, Medium, Message, MessageId, ThreadId
from bot.domain.silence import Waiting, awaits_answer
from bot.domain.triage import AMENDS, Action, ChangeCase, Facts, OpenCase, Policy, Track, on_message, take_step, worse
from bot.domain.verdict import Label, Verdict

_SLACK = "slack"


@dataclass(frozen=True, slots=True)
class Change:
    """A message with new words, as `facts` have it, and what was found in the old ones (`had`).

    `facts` are of the moment at which it was changed if we had answered before that, else of when it came.
    """

    id: MessageId
    facts: Facts
    had: frozenset[Label]


@dataclass(frozen=True, slots=True)
class Retraction:
    """A message whose words are gone, and what is left of its thread.

    `unanswered`: the customer's messages after our last word that still stands, in order, with their verdicts.
    `contacted_by_words`: the case counts the customer as contacted because we wrote, not because somebody said so.
    """

    message: Message
    thread: ThreadId
    case: Case | None
    waiting: Waiting | None
    unanswered: Sequence[tuple[Message, Verdict | None]]
    contacted_by_words: bool = False


def on_edit(change: Change, policy: Policy, now: datetime) -> tuple[Action, ...]:
    """What new words lead to: what they would have led to at first, but nothing that they led to is undone."""
    facts, case = change.facts, change.facts.case
    if facts.message.direction is not Direction.FROM_CUSTOMER:
        return ()
    is_complaint = facts.verdict is not None and bool(facts.verdict.labels - change.had)
    if case is None:
        return _without_case(change, policy, now, is_complaint=is_complaint)
    who, is_new_to_us = facts.message.sender.address, facts.message.medium is not Medium.WORK_CHANNEL
    if is_complaint and is_new_to_us and not facts.overtaken and not case.state.awaits_first_answer:
        return take_step(worse(case, facts.verdict), Step.REOPENED, policy, now, who=who, whence=_SLACK, note="edited")
    return (ChangeCase(worse(case, facts.verdict), Entry(now, who, _SLACK, "edited", case.state, case.state)),)


def _without_case(change: Change, policy: Policy, now: datetime, *, is_complaint: bool) -> tuple[Action, ...]:
    facts = change.facts
    if change.had and not is_complaint:  # it was answered before anybody was told, and nothing is new in it
        return ()
    if facts.waiting is not None and not facts.overtaken:  # it is counted already
        facts = replace(facts, waiting=replace(facts.waiting, count=max(0, facts.waiting.count - 1)))
    actions = on_message(facts, policy, now)
    return tuple(replace(one, message=change.id) if isinstance(one, OpenCase) else one for one in actions)


def on_retraction(gone: Retraction, policy: Policy, now: datetime) -> tuple[Action, ...]:
    """What a deletion leads to. The customer's may end a waiting, ours may begin one again."""
    if gone.message.direction is Direction.FROM_US:
        return _answer_gone(gone, policy, now)
    if gone.message.direction is not Direction.FROM_CUSTOMER:
        return ()
    if gone.case is not None:
        who, state = gone.message.sender.address, gone.case.state
        return (ChangeCase(gone.case, Entry(now, who, _SLACK, "retracted", state, state)),)
    if gone.waiting is None:
        return ()
    return (Track(gone.thread, _still_waiting(gone, gone.waiting.due_at, gone.waiting.clock)),)


def _still_waiting(gone: Retraction, due_at: datetime | None, clock: datetime | None) -> Waiting | None:
    asking = [place for place, one in enumerate(gone.unanswered) if awaits_answer(*one)]
    if not asking:
        return None
    first = gone.unanswered[asking[0]][0]
    return Waiting(gone.thread, first.received_at, len(gone.unanswered) - asking[0], due_at, clock)


def _answer_gone(gone: Retraction, policy: Policy, now: datetime) -> tuple[Action, ...]:
    """Where it was our last word, the customer's last one stands unanswered again."""
    if not gone.unanswered or gone.unanswered[-1][0].received_at >= gone.message.received_at:
        return ()
    since, case = gone.unanswered[0][0].received_at, gone.case
    if case is None:
        due = policy.hours.add(now, policy.patience.first_response)
        again = None if gone.waiting else _still_waiting(gone, due, now)
        return (Track(gone.thread, again),) if again else ()
    if case.state is not State.CONTACTED or not gone.contacted_by_words:
        return ()
    actions = take_step(case, Step.REOPENED, policy, now, who=AMENDS, whence=_SLACK, note="our answer was deleted")
    return tuple(_waiting_since(one, since) for one in actions)


def _waiting_since(action: Action, since: datetime) -> Action:
    if not isinstance(action, ChangeCase):
        return action
    return replace(action, case=replace(action.case, waiting_since=min(since, action.case.waiting_since)))
