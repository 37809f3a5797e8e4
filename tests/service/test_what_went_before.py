"""A message is judged in the light of what its customer wrote before, however the mail came to be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.message import Arrival, Direction, Message, Person, Place
from bot.domain.silence import Earlier
from bot.domain.verdict import Verdict
from bot.service.intake import Intake
from bot.store.models import corrections
from tests.fakes.build import COLLEAGUE, DAY, HOUR, MINUTE, NOTHING, POLICY, message
from tests.fakes.clock import MONDAY
from tests.fakes.world import World

JO = Person("jo@customer.example", "Jo")
NONE = Earlier()


@dataclass
class Attentive:
    """Finds nothing in any text, and writes down what it was told about what went before."""

    told: dict[str, Earlier] = field(default_factory=dict)

    def judge(self, messages: Sequence[Message], earlier: Sequence[Earlier] = ()) -> list[Verdict]:
        pairs = list(zip(messages, earlier, strict=True))
        self.told |= {message.new_text: before for message, before in pairs}
        return [
            replace(NOTHING, unanswered=b.count, waiting_hours=b.waiting_hours(m.received_at)) for m, b in pairs
        ]  # fmt: skip


@dataclass
class Reading:
    """An amends that reads mail in batches."""

    world: World
    judge: Attentive = field(default_factory=Attentive)

    def read(self, *batch: Message, folder: str = "INBOX") -> None:
        """Each where it lies in its folder; a mail given twice lies there twice."""
        first = self.world.store.transact(lambda tx: tx.cursor("support", folder))
        uid = first.last_uid if first else 0
        arrivals = [Arrival(one, Place("support", folder, 1, uid + n)) for n, one in enumerate(batch, 1)]
        Intake(self.world.store, self.judge, POLICY).take(arrivals)

    @property
    def told(self) -> dict[str, Earlier]:
        return self.judge.told


@pytest.fixture
def inbox(world: World) -> Reading:
    world.clock.set(MONDAY + 100 * DAY)
    return Reading(world)


def mail(name: str, hours: float, **other: object) -> Message:
    """A customer's mail so many hours after Monday at nine, under one subject as all of them."""
    return message(name, rfc_id=f"<{name}@x>", received_at=MONDAY + hours * HOUR, **other)


def ours(name: str, hours: float, *answers: str) -> Message:
    known = {"sender": COLLEAGUE, "direction": Direction.FROM_US, "references": tuple(f"<{one}@x>" for one in answers)}
    return mail(name, hours, **known)


def test_each_mail_of_a_customer_is_judged_knowing_how_many_came_before_and_since_when(inbox: Reading) -> None:
    for one in (mail("One", 0), mail("Two", 2), mail("Three", 30)):
        inbox.read(one)
    assert inbox.told == {"One": NONE, "Two": Earlier(1, MONDAY), "Three": Earlier(2, MONDAY)}


def test_our_answer_ends_the_waiting(inbox: Reading) -> None:
    inbox.read(mail("One", 0))
    inbox.read(mail("Two", 1))
    inbox.read(ours("Answer", 2, "Two"), folder="Sent")
    inbox.read(mail("Three", 3))
    inbox.read(mail("Four", 4))
    assert (inbox.told["Three"], inbox.told["Four"]) == (NONE, Earlier(1, MONDAY + 3 * HOUR))


def test_a_machines_answer_ends_no_waiting_and_is_not_a_mail_of_the_customer(inbox: Reading) -> None:
    inbox.read(mail("One", 0))
    inbox.read(mail("Away", 1, direction=Direction.AUTOMATIC, references=("<One@x>",)))
    inbox.read(mail("Two", 2))
    assert inbox.told == {"One": NONE, "Two": Earlier(1, MONDAY)}


def test_what_others_wrote_under_the_same_subject_is_theirs(inbox: Reading) -> None:
    inbox.read(mail("One", 0), mail("Jo's", 1, sender=JO), mail("Two", 2))
    assert [inbox.told[name].count for name in ("One", "Jo's", "Two")] == [0, 0, 1]


def test_what_was_known_is_kept_with_the_verdict_for_those_who_learn_from_it(inbox: Reading) -> None:
    inbox.read(mail("One", 0), mail("Two", 6), mail("Three", 30))
    store = inbox.world.store
    kept = store.transact(lambda tx: tx.review_candidates())
    for candidate in kept:
        number = store.transact(lambda tx, it=candidate: tx.list_for_review(it))  # type: ignore[misc]
        store.transact(lambda tx, n=number, it=candidate: tx.answer_review(n, it.id, frozenset(), "ana", ""))  # type: ignore[misc]
    told = {one.text: (one.unanswered, one.waiting_hours) for one in store.read(corrections)}
    assert told == {"One": (0, 0.0), "Two": (1, 6.0), "Three": (2, 30.0)}


def test_a_mail_that_is_read_again_knows_what_it_knew(inbox: Reading) -> None:
    batch = [mail("One", 0), mail("Two", 1)]
    inbox.read(*batch)
    before = dict(inbox.told)
    inbox.read(*batch, mail("Three", 2))
    assert inbox.told == before | {"Three": Earlier(2, MONDAY)}


# in one batch or one by one


@given(st.lists(st.integers(0, 2), max_size=7), st.integers(1, 4))
def test_in_batches_of_any_size_mails_know_the_same_as_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, turns: list[int], size: int
) -> None:
    mails = [mail(f"Mail {n}", n, sender=Person(f"c{who}@x.example")) for n, who in enumerate(turns)]
    told = []
    for length in (1, size):
        with World.at(tmp_path_factory.mktemp("inbox"), start=MONDAY + DAY) as world:
            reading = Reading(world)
            for start in range(0, len(mails), length):
                reading.read(*mails[start : start + length])
            told.append(reading.told)
    assert told[0] == told[1]


@pytest.mark.parametrize("references", [("<Answer@x>", "<One@x>"), ()], ids=["a reply", "the same subject"])
def test_an_answer_that_was_read_first_ends_the_waiting_inside_a_batch(
    inbox: Reading, references: tuple[str, ...]
) -> None:
    """Sent is read before the inbox: after an outage the answer is known, and both mails come in one batch."""
    inbox.read(ours("Answer", 1, "One"), folder="Sent")
    inbox.read(mail("One", 0), mail("Two", 2, references=references))
    assert inbox.told["Two"] == NONE


def test_the_same_answer_ends_the_waiting_when_mails_are_read_one_by_one(inbox: Reading) -> None:
    inbox.read(ours("Answer", 1, "One"), folder="Sent")
    for one in (mail("One", 0), mail("Two", 2)):
        inbox.read(one)
    assert inbox.told["Two"] == NONE


def test_a_mail_that_lies_twice_in_a_folder_is_one_mail(inbox: Reading) -> None:
    """To two addresses that lead into one mailbox, say: nobody chased us by that."""
    one = mail("One", 0)
    inbox.read(one, one, mail("Two", 1))
    assert inbox.told["Two"] == Earlier(1, MONDAY)


def test_the_same_subject_months_later_is_another_matter_in_a_batch_too(inbox: Reading) -> None:
    inbox.read(mail("One", 0, subject="Invoice"), mail("Two", 24 * 60, subject="Invoice"))
    assert inbox.told["Two"] == NONE


def test_a_long_silence_before_the_batch_is_known(inbox: Reading) -> None:
    inbox.read(mail("One", 0))
    inbox.read(mail("Two", 1 + 5 / 60), mail("Three", 48))
    assert inbox.told["Three"] == Earlier(2, MONDAY)
    assert inbox.told["Two"].waiting_hours(MONDAY + HOUR + 5 * MINUTE) == pytest.approx(65 / 60)
