"""A world whose team also does what is done once a working day: it reviews, and it hears when the inbox changes."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from sqlalchemy import Connection, func, select

from bot.domain.alert import Notice
from bot.domain.review import Answer, ReviewPolicy
from bot.service.chores import do_chores
from bot.service.ports import Correction
from bot.service.review import answer
from bot.service.tick import Ticked
from bot.store import tables as t
from bot.store.models import corrections
from tests.fakes.world import Post, World


class Mornings(World):
    """`model` is the one that judges; `reviews` how much people are asked to look at."""

    model = "m1"
    reviews = ReviewPolicy()

    def __enter__(self) -> Self:
        return self

    def engine(self) -> Ticked:
        self.chores()
        return super().engine()

    def chores(self) -> int:
        """What the ticker does each minute; how many were done."""
        return do_chores(self.store, self.policy.hours, self.reviews, self.model)

    def _next_due(self, connection: Connection) -> datetime | None:
        due = t.chore.c.due_at
        chore = connection.execute(select(func.min(due)).where(due > self.clock.now())).scalar()
        return min((one for one in (chore, super()._next_due(connection)) if one is not None), default=None)

    def says(self, number: int, said: Answer, *, who: str = "ana", note: str = "") -> bool:
        """A person answers a message on the list; whether that opened a case."""
        self._nothing_unheard()
        came = answer(self.store, self.policy, number, said, who=who, note=note)
        self.delivery.run()
        return came.endswith("A case was opened for it.")

    def corrections(self) -> list[Correction]:
        return self.store.read(corrections)


def lines(post: Post) -> tuple[str, ...]:
    """What a notice lists."""
    assert isinstance(post.said, Notice), "this post is about a case"
    return post.said.lines


def number_of(post: Post, words: str) -> int:
    """Under which number a listed message is to be answered."""
    (line,) = [line for line in lines(post) if words in line]
    return int(line.partition(" ")[0])
