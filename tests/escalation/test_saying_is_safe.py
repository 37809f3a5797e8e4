"""S7 and S8: what is said keeps its order and its patience, and stands there once whatever befalls its sender."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.domain.alert import Alert, AlertKey
from bot.errors import Retriable
from bot.service.deliver import LEASE, SETTLE, Delivery
from bot.service.recover import recover
from bot.service.tick import tick
from tests.escalation.processes import Life
from tests.fakes.between import Between
from tests.fakes.build import HOUR, MINUTE, MISTAKE, POLICY

LOST = Retriable("the answer was lost", outcome_unknown=True)
BUSY = Retriable("too fast", retry_after=30)
KEYS = [AlertKey(key) for key in ("1:mistake:0:0:channel", "1:still_unanswered:0:0:channel")]


def complaints(life: Life, count: int = 1) -> None:
    for number in range(count):
        life.customer(f"You charged me twice, {number}.", MISTAKE, subject=f"Order {number}")


def test_s7_with_trouble_at_every_other_post_nothing_is_dropped_and_each_case_is_told_in_order(life: Life) -> None:
    dice = random.Random(7)
    trouble = (BUSY, LOST, Retriable("busy"))
    life.channel.before = [dice.choice(trouble) if dice.random() < 0.5 else (lambda _: None) for _ in range(40)]
    life.channel.after = [LOST if dice.random() < 0.3 else (lambda _: None) for _ in range(40)]
    complaints(life, 3)
    life.passes(3 * HOUR)
    keys = [post.alert.key for post in life.channel.posts if post.ref not in life.channel.deleted]
    assert sorted(keys) == sorted(key for key, _ in life.outbox())
    order = defaultdict(list)
    for post in life.channel.posts:
        order[post.alert.case].append(post)
    for posts in order.values():
        assert [post.alert.key for post in posts] == [
            k for k, _ in life.outbox() if k.startswith(f"{posts[0].alert.case}:")
        ]
        assert [post.root for post in posts] == [None, posts[0].ref, posts[0].ref]


def test_s7_for_as_long_as_the_channel_asks_nothing_is_said(life: Life) -> None:
    life.channel.before.append(BUSY)
    complaints(life)
    assert life.channel.attempts == 1
    life.passes(timedelta(seconds=29))
    assert life.channel.attempts == 1
    life.passes(timedelta(seconds=1))
    assert life.channel.standing() == {KEYS[0]: 1}


class Killed(BaseException):
    """As by kill -9: nothing in the process sees it coming."""


def dies() -> None:
    raise Killed


def sleeps(life: Life) -> None:
    """The process is stopped for longer than its lease, and another one works on."""
    life.clock.advance(LEASE + SETTLE)
    recover(life.store, life.channel)
    life.delivery.run()


BEFALLS: dict[str, Callable[[Life, int], None]] = {
    "killed": lambda life, moment: say(life, {moment: dies}),
    "asleep": lambda life, moment: say(life, {moment: lambda: sleeps(life)}),
    "killed_at_the_call": lambda life, moment: at_the_call(life, moment, lambda _: dies()),
    "asleep_at_the_call": lambda life, moment: at_the_call(life, moment, lambda _: sleeps(life)),
    "lost": lambda life, moment: at_the_call(life, moment, LOST),
}


def say(life: Life, then: dict[int, Callable[[], None]]) -> None:
    Delivery(Between(life.store, then), life.channel, life.clock).run()  # type: ignore[arg-type]


def at_the_call(life: Life, moment: int, trouble: Exception | Callable[[Alert], None]) -> None:
    """Before or after it was carried out."""
    (life.channel.before if moment % 2 else life.channel.after).append(trouble)
    say(life, {})


MISFORTUNES = [
    (name, moment) for name in BEFALLS for moment in ((1, 2, 3, 4) if name in ("killed", "asleep") else (1, 2))
]  # fmt: skip


@pytest.mark.parametrize(("befalls", "moment"), MISFORTUNES)
def test_s8_whatever_befalls_its_sender_a_key_stands_there_once(life: Life, moment: int, befalls: str) -> None:
    complaints(life)
    life.clock.advance(15 * MINUTE)
    tick(life.store, POLICY)
    try:
        BEFALLS[befalls](life, moment)
    except Killed:
        life.channel.before, life.channel.after = [], []
    life.passes(30 * MINUTE)
    assert life.channel.standing() == dict.fromkeys(KEYS, 1)
    assert life.outbox() == [(key, "sent") for key in KEYS]


def test_s8_the_window_between_the_last_look_and_the_socket_is_one_twin_that_goes_at_the_next_look(life: Life) -> None:
    """What remains: stopped there for longer than the lease, both say it, and it stands there twice until then."""
    complaints(life)
    life.clock.advance(15 * MINUTE)
    tick(life.store, POLICY)
    life.channel.before.append(lambda _: sleeps(life))
    life.delivery.run()
    assert life.channel.standing()[KEYS[1]] == 2
    recover(life.store, life.channel)
    assert life.channel.standing()[KEYS[1]] == 1
