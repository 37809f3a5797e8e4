"""Many alerts at once become few cards and a list; what is in a list counts as said, and its case goes on there."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.domain.alert import Notice
from bot.domain.case import Step
from bot.domain.digest import ABOVE, CARDS
from bot.domain.message import Arrival, Person, Place
from bot.domain.verdict import Label
from bot.errors import Retriable
from bot.service.deliver import LEASE, SETTLE, Delivery
from bot.service.recover import recover
from bot.store import tables as t
from tests.fakes.between import Between
from tests.fakes.build import HOUR, MINUTE, MISTAKE, message, verdict
from tests.fakes.world import Post, World, everything

CARD = "mistake to channel"
URGENT = verdict(Label.MISTAKE, severity=3)


def flood(world: World, many: int = 20) -> None:
    """So many customers complain at once, and nothing is said yet; the last three are urgent."""
    arrivals = []
    for n in range(many):
        text = f"You charged me {n} times."
        world.judge.script[text] = URGENT if n >= many - 3 else MISTAKE
        mail = message(text, sender=Person(f"c{n}@customer.example", f"C{n}"), rfc_id=f"<{n}@x>")
        arrivals.append(Arrival(mail, Place("support", "INBOX", 1, n + 1)))
    world.intake.take(arrivals)


def digest(many: int) -> str:
    return f"digest: {many} more alerts wait"


def lines(post: Post) -> tuple[str, ...]:
    assert isinstance(post.said, Notice)
    return post.said.lines


def states(world: World) -> Counter[str]:
    return Counter(state for _, state in world.outbox())


def test_of_twenty_the_worst_five_are_cards_and_the_others_one_list(world: World) -> None:
    flood(world)
    assert world.delivery.run() == CARDS + 1
    *cards, listed = world.hears(*[CARD] * CARDS, digest(15))
    assert [post.alert.customer for post in cards] == ["C0", "C1", "C17", "C18", "C19"]
    assert [line.split(" · ")[1] for line in lines(listed)] == [f"C{n}" for n in range(2, 17)]
    assert lines(listed)[0] == "#3 · C2 · mistake · waiting 0s"


def test_what_is_in_a_list_is_said_there_and_where_the_list_stands(world: World) -> None:
    flood(world)
    world.delivery.run()
    (*_, listed) = world.hears(*[CARD] * CARDS, digest(15))
    o = t.outbox.c
    rows = world.store.read(lambda c: c.execute(select(o.ref, o.sent_at).where(o.carried_by.is_not(None))).all())
    assert {tuple(row) for row in rows} == {(listed.ref, world.clock.now())}
    assert (len(rows), states(world)) == (15, Counter({"sent": 21}))


def test_ten_are_ten_cards(world: World) -> None:
    flood(world, ABOVE)
    world.delivery.run()
    world.hears(*[CARD] * ABOVE)


def test_a_case_in_a_list_gets_its_card_with_the_next_thing_that_is_said_of_it(world: World) -> None:
    flood(world)
    world.delivery.run()
    world.hears(*[CARD] * CARDS, digest(15))
    for number in (1, 2, *range(4, 21)):  # somebody takes all but the third
        world.step(Step.ACKNOWLEDGED, case=number)
    world.passes(15 * MINUTE)
    (card,) = world.hears("still_unanswered to channel")
    assert (card.alert.case, card.root) == (3, None)
    world.passes(45 * MINUTE)
    (reply,) = world.hears("still_unanswered to on_call")
    assert (reply.alert.case, reply.root) == (3, card.ref)


def test_rungs_that_come_due_together_are_listed_for_each_of_those_whom_they_are_for(world: World) -> None:
    """T20: 500 alerts due at once are no 500 cards; whoever is on call is mentioned once."""
    flood(world, 30)
    world.delivery.run()
    world.hears(*[CARD] * CARDS, digest(25))
    world.down(HOUR)
    *_, to_channel = world.hears(*["still_unanswered to channel, late 45m"] * CARDS, digest(25))
    world.passes(45 * MINUTE)
    *_, to_on_call = world.hears(*["still_unanswered to on_call"] * CARDS, digest(25))
    assert isinstance(to_channel.said, Notice)
    assert isinstance(to_on_call.said, Notice)
    assert (to_channel.said.mention, to_on_call.said.mention) == ("", "S0ONCALL")
    assert all("taken by nobody" in line for line in lines(to_on_call))
    assert all("late 45m" in line for line in lines(to_channel))


def test_what_was_withdrawn_or_is_no_longer_wanted_is_in_no_list(world: World) -> None:
    flood(world)
    for number in range(1, 11):
        world.store.transact(lambda tx, n=number: tx.withdraw(n))  # type: ignore[misc]
    world.delivery.run()
    world.hears(*[CARD] * 10)


def test_a_flood_that_is_answered_before_it_is_said_is_none(world: World) -> None:
    flood(world)
    for number in range(1, 20):
        world.step(Step.DISMISSED, case=number, note="a test of our bank")
        world.channel.heard = len(world.channel.posts)
    assert states(world)["carried"] == 0


def test_a_list_that_got_no_answer_is_looked_up_and_said_once(world: World) -> None:
    flood(world)
    unknown = Retriable("Slack does not answer.", outcome_unknown=True)

    def lost(said: object) -> None:
        if isinstance(said, Notice):
            raise unknown
        world.channel.after.append(lost)

    world.channel.after.append(lost)
    world.delivery.run()
    assert states(world) == Counter({"carried": 15, "sent": 5, "unknown": 1})
    world.hears(*[CARD] * CARDS, digest(15))
    world.passes(LEASE + SETTLE)
    assert states(world) == Counter({"sent": 21})


def test_a_list_that_the_channel_refuses_now_is_said_later_and_what_it_carries_waits(world: World) -> None:
    flood(world)

    def busy(said: object) -> None:
        if isinstance(said, Notice):
            raise Retriable("Slack asks to wait.", retry_after=30.0)
        world.channel.before.append(busy)

    world.channel.before.append(busy)
    world.delivery.run()
    world.hears(*[CARD] * CARDS)
    assert states(world) == Counter({"carried": 15, "pending": 1, "sent": 5})
    world.passes(timedelta(seconds=30))
    world.hears(digest(15))


@pytest.mark.parametrize("moment", range(1, 13))
def test_wherever_delivery_is_killed_everything_is_said_once(world: World, moment: int) -> None:
    flood(world)

    class KilledError(BaseException):
        pass

    def kill() -> None:
        raise KilledError

    with pytest.raises(KilledError):
        Delivery(Between(world.store, {moment: kill}), world.channel, world.clock).run()
    world.clock.advance(LEASE + SETTLE)
    recover(world.store, world.channel)
    world.delivery.run()
    heard = Counter(str(post) for post in world.channel.unheard())
    world.channel.heard = len(world.channel.posts)
    assert heard == Counter({CARD: CARDS, digest(15): 1})
    assert states(world) == Counter({"sent": 21})


def test_bundling_again_changes_nothing(world: World) -> None:
    flood(world)
    assert world.store.transact(lambda tx: tx.bundle()) == 15
    before = everything(world.store)
    assert world.store.transact(lambda tx: tx.bundle()) == 0
    assert everything(world.store) == before
    world.delivery.run()
    world.hears(*[CARD] * CARDS, digest(15))


def test_a_second_flood_makes_a_second_list(world: World) -> None:
    flood(world)
    world.delivery.run()
    world.hears(*[CARD] * CARDS, digest(15))
    arrivals = []
    for n in range(12):
        mail = message("You charged me 0 times.", sender=Person(f"d{n}@customer.example", f"D{n}"), rfc_id=f"<d{n}@x>")
        arrivals.append(Arrival(mail, Place("support", "INBOX", 1, 100 + n)))
    world.intake.take(arrivals)
    world.delivery.run()
    world.hears(*[CARD] * CARDS, digest(7))


def test_a_hundred_and_twenty_are_one_list_of_all_but_five(world: World) -> None:
    flood(world, 120)
    world.delivery.run()
    (*_, listed) = world.hears(*[CARD] * CARDS, digest(115))
    assert len(lines(listed)) == 115
