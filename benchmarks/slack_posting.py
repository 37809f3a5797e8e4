"""From a customer's words or a committed alert to the card in Slack, and what 5,000 alerts at once cost, on loopback.

    python -m benchmarks.slack_posting          # about two minutes
    python -m benchmarks.slack_posting latency  # one part: event, latency, flood, pace

Event and latency are measured without a pace, one after the other. Where the pace matters the clock runs FASTER times
as fast as the real one, for delivery and for the fake alike: 600 posts at one a second would take ten minutes.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.run import Figure, tell
from benchmarks.slack_worker import CHANNEL
from bot.champion import DEFAULT_PRIOR, load
from bot.domain.alert import AlertKey, CaseId, Notice, Reason, Say, Topic
from bot.domain.escalation import Notify
from bot.domain.message import Message, Person
from bot.domain.silence import Earlier
from bot.domain.verdict import Verdict
from bot.edges.slack.channel import SlackChannel
from bot.edges.slack.web import Web
from bot.opening import SystemClock
from bot.service.deliver import Delivery
from bot.service.pace import POSTS, Pace
from bot.service.ports import Clock, Judge
from bot.service.recover import recover
from bot.store import tables as t
from bot.store.store import SqlStore, SqlTransaction
from tests.fakes.build import MISTAKE
from tests.fakes.slack import FakeSlack
from tests.fakes.world import ScriptedJudge
from tests.slackroom.office import CUSTOMERS, Office
from tests.store.rows import open_case

EVENTS, ALERTS, FLOOD, LONE = 100, 200, 5_000, 600
WARM = 5  # the first few are not counted
FASTER = 20.0
CARD_MS, MEGABYTES = 300.0, 40.0


class FastClock:
    """Runs FASTER times as fast as the real one."""

    def __init__(self) -> None:
        self._began, self._from = time.monotonic(), time.time()

    def seconds(self) -> float:
        return self._from + (time.monotonic() - self._began) * FASTER

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), UTC)


def complain(tx: SqlTransaction, number: int) -> CaseId:
    """A case whose card is to be posted."""
    case = open_case(tx, Person(f"c{number}@customer.example", f"Customer {number}"))
    tx.queue(case, Say(Reason.MISTAKE, Notify.CHANNEL, 0, 0))
    return case


class Deliverer:
    """The loop of `amends run` that delivers: woken by whoever queued something, and by the pace."""

    def __init__(self, store: SqlStore, slack: FakeSlack, clock: Clock, pace: Pace | None, faster: float = 1.0) -> None:
        self._store, self._faster = store, faster
        self._channel = SlackChannel(Web(slack.token, slack.api_url), CHANNEL)
        self._delivery = Delivery(store, self._channel, clock, pace)
        self.wake, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Deliverer:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self.wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            pause = self._delivery.pause()
            self.wake.wait(pause.total_seconds() / self._faster if pause is not None else None)
            self.wake.clear()
            recover(self._store, self._channel)
            self._delivery.run()


class Classifier(ScriptedJudge):
    """Asks a real judge, whatever the script says."""

    def __init__(self, real: Judge) -> None:
        super().__init__()
        self._real = real

    def judge(self, messages: Sequence[Message], earlier: Sequence[Earlier] = ()) -> list[Verdict]:
        return list(self._real.judge(messages, earlier))


def event() -> Iterator[Figure]:
    """From a customer's words in a channel that we share until the alert channel shows the card."""
    from bot.learn.judge import ModelJudge  # here, so that the other parts are measured without it

    for judge in ("a script", "the classifier"):
        with tempfile.TemporaryDirectory() as folder, Office(Path(folder)) as office:
            if judge == "the classifier":
                office.judge = Classifier(ModelJudge(load(office.settings, None), DEFAULT_PRIOR))
                office.comes_back()
            taken = [_heard(office, number) for number in range(1, WARM + EVENTS + 1)][WARM:]
        yield _p95(f"words to card, judged by {judge}, p95", taken, "messages")


def _heard(office: Office, number: int) -> float:
    """Milliseconds from the words of a customer who was never seen before to the card of this case."""
    words = f"You charged me twice for order {number}, and the money is still missing."
    office.judge.script[words] = MISTAKE
    customer = office.slack.person(f"c{number}", team_id="TACME", is_stranger=True)
    began = time.perf_counter()
    customer.says(CUSTOMERS, words)
    office.slack.wait_for(_shows(f"{number}:mistake:0:0:channel"), 30.0)
    return (time.perf_counter() - began) * 1000


def _p95(name: str, taken: Sequence[float], of: str) -> Figure:
    ranked = statistics.quantiles(taken, n=20)
    detail = f"p50 {statistics.median(taken):.0f} ms, longest {max(taken):.0f} ms, {len(taken)} {of}"
    return Figure(name, ranked[18], CARD_MS, "ms", detail=detail)


def latency() -> Iterator[Figure]:
    """From the commit of an alert until the channel shows its card."""
    taken = []
    with tempfile.TemporaryDirectory() as folder, FakeSlack((CHANNEL,), epoch=int(time.time())) as slack:
        store = SqlStore(f"sqlite:///{folder}/amends.db", SystemClock())
        with Deliverer(store, slack, SystemClock(), None) as deliverer:
            for number in range(ALERTS):
                case = store.transact(lambda tx, number=number: complain(tx, number))  # type: ignore[misc]
                began = time.perf_counter()
                deliverer.wake.set()
                slack.wait_for(_shows(f"{case}:mistake:0:0:channel"), 30.0)
                taken.append((time.perf_counter() - began) * 1000)
        store.close()
    yield _p95("commit to card, p95", taken, "alerts")


def _shows(key: str) -> Callable[[FakeSlack], bool]:
    return lambda slack: any(happening.key == key for happening in slack.workspace.chronicle[-3:])


def flood() -> Iterator[Figure]:
    """5,000 alerts due at the same moment: all are sent, as a card or in a list, in bounded memory."""
    with tempfile.TemporaryDirectory() as folder, FakeSlack((CHANNEL,), epoch=int(time.time())) as slack:
        url = f"sqlite:///{folder}/amends.db"
        store = SqlStore(url, SystemClock())
        for start in range(0, FLOOD, 500):
            store.transact(lambda tx, start=start: [complain(tx, n) for n in range(start, start + 500)])  # type: ignore[misc]
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        process = multiprocessing.get_context("spawn").Process(
            target=_deliver_all, args=(url, slack.api_url, slack.token, theirs)
        )
        process.start()
        seconds, before, most = ours.recv()
        process.join()
        o = t.outbox.c
        states = Counter(store.read(lambda c: list(c.execute(select(o.state)).scalars())))
        carried = store.read(lambda c: c.execute(select(func.count()).where(o.carried_by.is_not(None))).scalar_one())
        posts = len(slack.messages(CHANNEL))
        store.close()
    lists = posts - (FLOOD - carried)
    detail = f"{FLOOD - carried} cards and {lists} lists in {seconds:.1f} s; resident before: {before:.0f} MB"
    yield Figure("5,000 at once: not said", FLOOD + lists - states["sent"], 0, "alerts", detail=detail)
    yield Figure("5,000 at once: memory on top", most - before, MEGABYTES, "MB")


def _deliver_all(url: str, api_url: str, token: str, pipe: Pipe) -> None:
    store = SqlStore(url, SystemClock(), create=False)
    delivery = Delivery(store, SlackChannel(Web(token, api_url), CHANNEL), SystemClock(), Pace())
    beat, before, began = threading.Event(), _megabytes(), time.monotonic()
    o = t.outbox.c
    waiting = select(func.count()).where(o.state.in_(("pending", "sending", "unknown", "carried")))
    while store.read(lambda c: c.execute(waiting).scalar_one()):
        delivery.run()
        beat.wait(max(delivery.pause() or timedelta(), timedelta(milliseconds=10)).total_seconds())
    pipe.send((time.monotonic() - began, before, _megabytes()))
    store.close()


def _megabytes() -> float:
    """The most that was resident so far (Linux: proc(5)); getrusage counts what our parent had, too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def pace() -> Iterator[Figure]:
    """What no list can hold goes out one by one, never faster than Slack allows."""
    clock = FastClock()
    with tempfile.TemporaryDirectory() as folder, FakeSlack((CHANNEL,), clock=clock.seconds) as slack:
        store = SqlStore(f"sqlite:///{folder}/amends.db", clock)
        store.transact(lambda tx: [tx.announce(_lone(number)) for number in range(LONE)])
        with Deliverer(store, slack, clock, Pace(), FASTER) as deliverer:
            deliverer.wake.set()
            slack.wait_for(lambda slack: len(slack.workspace.chronicle) >= LONE, 120.0)
        moments = [call.at * FASTER for call in slack.calls("chat.postMessage")]
        told = [message["text"] for message in slack.messages(CHANNEL)]
        store.close()
    gap = POSTS.gap.total_seconds()
    over = max(
        last - (POSTS.burst + (moments[first + last - 1] - begin) / gap)
        for first, begin in enumerate(moments)
        for last in range(1, min(LONE - first, 60) + 1)
    )
    wrong = sum(text != str(number) for number, text in enumerate(told)) + abs(LONE - len(told))
    detail = f"{LONE} posts in {moments[-1] - moments[0]:.0f} s of a clock that runs {FASTER:g} times as fast"
    # a call may arrive a little later than it was made, the next one not: a post's tenth on this fast clock
    yield Figure("posts more than a burst and one a second", max(over, 0.0), 1.0, "posts", detail=detail)
    yield Figure("posts lost or out of order", wrong, 0, "posts")


def _lone(number: int) -> Notice:
    return Notice(AlertKey(f"review:{number}"), Topic.REVIEW, str(number), ("a",), "")


PARTS: dict[str, Callable[[], Iterator[Figure]]] = {"event": event, "latency": latency, "flood": flood, "pace": pace}


def main() -> int:
    """All parts, or those that are named."""
    return max(tell(PARTS[name]()) for name in sys.argv[1:] or PARTS)


if __name__ == "__main__":
    sys.exit(main())
