"""What people do from a terminal: the same verbs that Slack has as buttons, dialogs and commands."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import uuid4

from bot.domain.alert import CaseId
from bot.domain.case import AUTOMATIC_STEPS, Case, Step
from bot.domain.draft import draft, facts_of
from bot.domain.hours import parse_delay
from bot.domain.review import Answer
from bot.domain.verdict import Label
from bot.edges.wording import first_clue
from bot.errors import UsageError
from bot.service.feedback import act
from bot.service.ports import Store
from bot.service.team import Team
from bot.settings import Settings

_BY_HAND = tuple(step.value for step in Step if step not in AUTOMATIC_STEPS)
_WORDS: dict[str, Callable[[Team, int], str]] = {
    "taken_over": lambda team, case: team.claim(case, over=True),
    "not_mistake": lambda team, case: team.deny(case, Label.MISTAKE),
    "not_ignored": lambda team, case: team.deny(case, Label.IGNORED),
    "undone": lambda team, case: team.undo(case),
    "acknowledged": lambda team, case: team.claim(case),
}
STEPS = (*_BY_HAND, "snoozed", *(word for word in _WORDS if word not in _BY_HAND))
"""Everything that `amends step` takes."""


def take_step(
    settings: Settings, store: Store, case: int, what: str, *, by: str, note: str, lasting: str
) -> tuple[Case, str]:
    """A step, a snooze or a correction by its name; the case as it is now, and what is to be said about it.

    Raises UsageError, IllegalStep or LostRace.
    """
    if what not in STEPS:
        raise UsageError(f"{what} is not a step.", advice=f"There are: {', '.join(STEPS)}.")
    said = act(store, settings.policy, partial(_do, case, what, note, lasting), who=by, whence="cli")
    return store.transact(lambda tx: Team(tx, settings.policy, by, "cli").case(case)), said


def _do(case: int, what: str, note: str, lasting: str, team: Team) -> str:
    if what == "snoozed":
        return _snooze(case, lasting, team)
    return _WORDS[what](team, case) if what in _WORDS else team.step(case, Step(what), note)


def _snooze(case: int, lasting: str, team: Team) -> str:
    if lasting == "tomorrow":
        return team.snooze_until_tomorrow(case)
    try:
        length = parse_delay(lasting)
    except ValueError as problem:
        raise UsageError(f"For how long? {problem}.", advice="Add --for 2h, or --for tomorrow.") from None
    return team.snooze_for(case, length)


def answer_review(settings: Settings, store: Store, number: int, said: str, *, by: str, note: str) -> str:
    """What a person says of a message on the review list; what came of it. Raises UsageError."""
    answer = _answer(said)
    return act(store, settings.policy, lambda team: team.review(number, answer, note), who=by, whence="cli")


def _answer(said: str) -> Answer:
    try:
        return Answer(said)
    except ValueError:
        answers = ", ".join(answer.value for answer in Answer)
        raise UsageError(f"{said} is not an answer.", advice=f"There are: {answers}.") from None


def report(settings: Settings, store: Store, words: str, *, kind: str, by: str, customer: str) -> str:
    """A mess-up that somebody tells of; what came of it. Raises UsageError."""
    label, key = _label(kind), uuid4().hex
    told = frozenset({label})
    return act(store, settings.policy, lambda team: team.report(words, told, key, customer), who=by, whence="cli")


def treat(settings: Settings, store: Store, message_id: str, *, kind: str, by: str, note: str) -> str:
    """A message that is stored under a Message-ID, and in which nothing was seen, is a complaint. Raises UsageError."""
    told = frozenset({_label(kind)})
    return act(store, settings.policy, lambda team: team.treat_stored(message_id, told, note), who=by, whence="cli")


def _label(kind: str) -> Label:
    try:
        return Label(kind)
    except ValueError:
        raise UsageError(f"{kind} is no kind of complaint.", advice="There are: mistake, ignored.") from None


def draft_for(store: Store, case: int) -> str:
    """A reply to be edited and sent by a person. Raises UsageError."""
    alert = store.transact(lambda tx: tx.picture(CaseId(case)))
    if alert is None:
        raise UsageError(f"There is no case {case}.", advice="`amends cases` lists them.")
    return draft(facts_of(alert, alert.at, first_clue(alert)))
