"""What people do about cases, wherever they do it: each is one step inside a transaction, and says what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain import complaints, denial
from bot.domain.alert import CaseId
from bot.domain.case import STEPS, Case, State, Step
from bot.domain.hours import Delay, spell
from bot.domain.message import Arrival, Direction, Medium, Message, Person
from bot.domain.review import Answer, Reviewed
from bot.domain.triage import Action, Policy, on_review, snooze, take_step
from bot.domain.verdict import Label
from bot.errors import UsageError
from bot.service.act import carry_out
from bot.service.ports import Transaction

CARD_TELLS = ""
"""Said to the person who did something that everybody sees on the card."""


class Team:
    """The verbs of people. `whence`: from where they act (cli, slack)."""

    def __init__(self, tx: Transaction, policy: Policy, who: str, whence: str) -> None:
        """For one person, in one transaction."""
        self._tx, self._policy, self._who, self._whence = tx, policy, who, whence

    def claim(self, number: int, *, over: bool = False) -> str:
        """ "I'm on it". From somebody who has it already it is taken only if that is asked for (`over`)."""
        case = self.case(number)
        if case.state is State.ACKNOWLEDGED and case.claimed_by == self._who:
            return f"You are on case {number} already."
        if case.state is State.ACKNOWLEDGED and not over:
            return f"{case.claimed_by} took case {number} {self._ago(case)}. Nothing was changed."
        return self.step(number, Step.ACKNOWLEDGED)

    def _ago(self, case: Case) -> str:
        last = self._tx.last_entry(case.id, Step.ACKNOWLEDGED.value)
        return f"{spell(self._tx.now - last.at)} ago" if last is not None else "before"

    def step(self, number: int, step: Step, note: str = "") -> str:
        """Any step of the table. Raises IllegalStep, UsageError or LostRace."""
        case = self.case(number)
        if step is not Step.ACKNOWLEDGED and case.state.value == step.value:
            return f"Case {number} is {_in_words(case.state)} already."
        told = {"who": self._who, "whence": self._whence, "note": note}
        return self._do(take_step(case, step, self._policy, self._tx.now, **told))

    def deny(self, number: int, label: Label) -> str:
        """ "Not a mistake", "not ignored". Raises IllegalStep."""
        case = self.case(number)
        if label not in case.labels or case.state is State.DISMISSED:
            return f"Case {number} is {denial.NOTES[label]} already."
        return self._do(denial.deny(case, label, self._policy, self._tx.now, who=self._who, whence=self._whence))

    def undo(self, number: int) -> str:
        """Take back the denial or dismissal that was the last thing done. Raises IllegalStep."""
        case, last = self.case(number), self._tx.last_entry(CaseId(number))
        return self._do(denial.undo(case, last, self._policy, self._tx.now, who=self._who, whence=self._whence))

    def snooze(self, number: int, until: datetime) -> str:
        """Put off until a moment (UTC). Raises UsageError for one gone by."""
        return self._do(snooze(self.case(number), until, self._tx.now, who=self._who, whence=self._whence))

    def snooze_for(self, number: int, length: Delay) -> str:
        """From now on for so long, in working time if that is meant."""
        return self.snooze(number, self._policy.hours.add(self._tx.now, length))

    def snooze_until_tomorrow(self, number: int) -> str:
        """Until nine in the morning of the next day."""
        return self.snooze(number, self._policy.hours.tomorrow(self._tx.now))

    def why_not(self, number: int, step: Step | None) -> str:
        """Why a case cannot take a step (None: any at all), in a sentence; empty where it can."""
        case = self.case(number)
        if step is None or step in STEPS[case.state]:
            return ""
        return f"Case {number} is {_in_words(case.state)} already. Nothing was changed."

    def review(self, number: int, said: Answer, note: str = "") -> str:
        """What a message on the review list really is. Raises UsageError."""
        found = self._tx.reviewed(number)
        if found is None:
            raise UsageError(f"There is no message {number} to review.", advice="`amends review` lists them.")
        self._tx.answer_review(number, found.message, said.labels, self._who, note)
        opened = carry_out(self._tx, on_review(found, said.labels, self._policy, self._tx.now))
        return f"Message {number}: {said.value}, noted.{' A case was opened for it.' if opened else ''}"

    def report(self, words: str, labels: frozenset[Label], key: str, customer: str = "") -> str:
        """A mess-up that a person tells of; `key` makes telling it twice one report."""
        if not words.strip():
            raise UsageError("What happened?", advice="Say it in a sentence: it is what your colleagues will see.")
        message = Message(
            sender=Person(self._who, self._who), direction=Direction.FROM_CUSTOMER, subject=customer.strip(),
            new_text=words.strip(), received_at=self._tx.now, rfc_id=f"report:{key}", medium=Medium.WORK_CHANNEL,
        )  # fmt: skip
        return self.treat(Arrival(message), labels)

    def treat(self, arrival: Arrival, labels: frozenset[Label], note: str = "") -> str:
        """A message in which nothing was seen is a complaint. One that was never read is read by that."""
        self._tx.remember(arrival, None)
        return self._treated(self._tx.pointed_at(arrival), labels, note)

    def treat_stored(self, message_id: str, labels: frozenset[Label], note: str = "") -> str:
        """The same by Message-ID, of a message that was read. Raises UsageError."""
        return self._treated(self._tx.pointed_at_under(message_id), labels, note)

    def _treated(self, found: Reviewed | None, labels: frozenset[Label], note: str) -> str:
        if found is None:
            raise UsageError("There is no such message of a customer or a colleague.")
        self._tx.correct_message(found.message, labels, self._who, note)
        told = {"who": self._who, "whence": self._whence}
        case = self._tx.case_of(found.thread)
        if case is not None:
            carry_out(self._tx, complaints.label(case, labels, self._policy, self._tx.now, **told))
            return f"Added to case {case.id}."
        carry_out(self._tx, complaints.open_case(
            found.thread, found.customer, found.received_at, found.medium, labels, self._policy, self._tx.now,
            message=found.message, **told,
        ))  # fmt: skip
        opened = self._tx.case_of(found.thread)
        return f"Case {opened.id} was opened." if opened is not None else ""

    def case(self, number: int) -> Case:
        """One that must be there. Raises UsageError."""
        found = self._tx.case(CaseId(number))
        if found is None:
            raise UsageError(f"There is no case {number}.", advice="`amends cases` lists them.")
        return found

    def _do(self, actions: Sequence[Action]) -> str:
        carry_out(self._tx, actions)
        return CARD_TELLS


def _in_words(state: State) -> str:
    return state.value.replace("_", " ")
