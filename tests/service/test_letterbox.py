"""What is kept is on disk when `keep` returns, however many come at once, and once each."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot.errors import Retriable
from bot.service import letterbox
from bot.service.letterbox import Letterbox
from bot.service.ports import Kind, Received
from tests.fakes.world import World


def told(number: int) -> Received:
    return Received(Kind.EVENT, f"event:{number}", {"number": number})


class Signalling(list[Any]):
    """Tells when so many wait."""

    def __init__(self, at: int, event: threading.Event) -> None:
        super().__init__()
        self._at, self._event = at, event

    def append(self, one: Any) -> None:
        super().append(one)
        if len(self) == self._at:
            self._event.set()


def kept(world: World) -> list[int]:
    return [row.payload["number"] for row in world.store.transact(lambda tx: tx.inbound(1000))]


def test_what_came_stands_there_once_in_order(world: World) -> None:
    box = Letterbox(world.store)
    for number in (1, 2, 1, 3, 2):
        box.keep(told(number))
    assert kept(world) == [1, 2, 3]


def test_many_threads_share_commits_and_nothing_is_lost(world: World) -> None:
    commits = 0

    class Counting:
        def transact(self, work: Any) -> Any:
            nonlocal commits
            commits += 1
            return world.store.transact(work)

    box = Letterbox(Counting())
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(box.keep, [told(number % 300) for number in range(600)]))
    assert sorted(kept(world)) == list(range(300))
    assert commits <= 600


def test_those_that_come_while_another_commits_are_kept_by_one_commit_together(world: World) -> None:
    commits: list[int] = []
    first_is_under_way, others_wait = threading.Event(), threading.Event()

    class Slow:
        def transact(self, work: Any) -> Any:
            commits.append(1)
            if len(commits) == 1:
                first_is_under_way.set()
                assert others_wait.wait(30)
            return world.store.transact(work)

    waiting = Signalling(at=6, event=others_wait)
    box = Letterbox(Slow(), _waiting=waiting)
    with ThreadPoolExecutor(6) as threads:
        done = [threads.submit(box.keep, told(0))]
        assert first_is_under_way.wait(30)
        done += [threads.submit(box.keep, told(number)) for number in range(1, 6)]
        for one in done:
            one.result(60)
    assert sorted(kept(world)) == list(range(6))
    assert len(commits) == 1


def test_more_than_one_commit_may_hold_are_kept_by_several(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letterbox, "MOST", 3)
    box = Letterbox(world.store)
    with ThreadPoolExecutor(20) as threads:
        list(threads.map(box.keep, [told(number) for number in range(100)]))
    assert sorted(kept(world)) == list(range(100))


def test_somebody_is_woken_only_by_news(world: World) -> None:
    woken: list[int] = []
    box = Letterbox(world.store, lambda: woken.append(1))
    box.keep(told(1))
    box.keep(told(1))
    assert len(woken) == 1


@pytest.mark.parametrize("fails_before_it_begins", [False, True])
def test_whoever_waits_for_a_commit_that_fails_hears_of_it_and_the_next_is_kept(
    world: World, fails_before_it_begins: bool
) -> None:
    """Two wait for one commit: neither may believe that it was kept, and neither may wait for ever."""
    both = threading.Event()

    class Failing:
        def transact(self, work: Any) -> Any:
            assert both.wait(30)

            def fails(tx: Any) -> Any:
                work(tx)
                raise Retriable("the disk is away")

            if fails_before_it_begins:
                raise Retriable("the disk is away")
            return world.store.transact(fails)

    box = Letterbox(Failing(), _waiting=Signalling(at=2, event=both))
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(box.keep, told(number)) for number in range(2)]
        for one in waiting:
            with pytest.raises(Retriable, match="the disk is away"):
                one.result(60)
    assert kept(world) == []
    box.store = world.store
    box.keep(told(7))
    assert kept(world) == [7]
