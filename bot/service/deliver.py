"""We speak: one row at a time is claimed under a lease, checked again, said, and settled."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.alert import Alert, AlertKey, CaseId, Notice, Topic
from bot.domain.hours import spell
from bot.errors import Gone, Refused, Retriable, Unshowable
from bot.service.pace import Limiter, Pace
from bot.service.ports import Channel, Clock, OutboxRow, Ref, StaleCard, Store, Transaction
from bot.service.rows import NOT_WANTED

log = logging.getLogger(__name__)

# A call to the channel may last CALL seconds. A row is leased for longer than that, and nothing is
# sent with less than CALL left: so when a lease has run out, no call of its holder is still under way.
CALL = timedelta(seconds=10)
LEASE = timedelta(seconds=15)
SETTLE = timedelta(seconds=5)
REFUSED = timedelta(minutes=5)
# Waits double until they are long enough; counting on would overflow after a week of outage.
_FIRST_WAIT, _LONGEST_WAIT, _DOUBLINGS = 2.0, 300.0, 10
# After so many posts one card is redrawn, however many more posts wait.
_IN_A_ROW = 10


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a call lasts at most, a lease lasts (longer), it takes to settle, and until a failed look-up."""

    call: timedelta = CALL
    lease: timedelta = LEASE
    settle: timedelta = SETTLE
    look_again: timedelta = timedelta(seconds=30)


TIMING = Timing()


@dataclass(frozen=True, slots=True)
class Delivery:
    """The way out. Used by one thread; without a `pace` it never waits. `_plainly`: what was refused with a layout."""

    store: Store
    channel: Channel
    clock: Clock
    pace: Pace | None = None
    timing: Timing = TIMING
    _plainly: set[str] = field(default_factory=set)

    def run(self, limit: int = 1000) -> int:
        """Say what may be said now, posts before redraws; how many were sent. Never raises what the channel raises."""
        sent = in_a_row = 0
        for _ in range(limit):
            posted = self._say_next()
            sent += posted or 0
            in_a_row += 1
            if posted is None or in_a_row == _IN_A_ROW:
                in_a_row = 0
                if not self._redraw_next() and posted is None:
                    break
        return sent

    def pause(self) -> timedelta | None:
        """How long until `run` can do what it had to leave, which may be over by now; None: it left nothing."""
        return self.pace.pause(self.clock.now()) if self.pace else None

    # posts

    def _say_next(self) -> bool | None:
        """Whether something was said; None: there is nothing that may be said now."""
        if self._posts and self._posts.wait(self.clock.now()):
            return None
        row = self.store.transact(self._next)
        return None if row is None else self._send(row)

    def _next(self, tx: Transaction) -> OutboxRow | None:
        """What is to be said now; of a flood, first the few that matter most, then the list of the others."""
        tx.bundle()
        return tx.claim(self.timing.lease, self.timing.settle)

    def _send(self, row: OutboxRow) -> bool:
        alert, root = self.store.transact(lambda tx: tx.alert_for(row))
        if alert is None:
            self.store.transact(lambda tx: tx.bury(row, NOT_WANTED))
            return False
        if not self._lease_holds(row):
            return False
        self._spend(self._posts)
        try:
            ref = self.channel.post(alert, root, plainly=row.key in self._plainly)
        except Retriable as problem:
            self._postpone(row, problem)
        except Gone as problem:
            self._without_card(row, root, problem)
        except Unshowable as problem:
            self._more_plainly(row, problem)
        except Refused as problem:
            self._keep(row, problem)
        else:
            self._plainly.discard(row.key)
            return self.settled(row, ref, alert.generation if isinstance(alert, Alert) else -1)
        return False

    def settled(self, row: OutboxRow, ref: Ref, drawn: int) -> bool:
        """Write down where it stands, and of which generation of its case it tells."""
        return self.store.transact(lambda tx: tx.settle(row, ref, drawn))

    def _lease_holds(self, row: OutboxRow | StaleCard) -> bool:
        """Whether a call that starts now ends inside the lease; if not, whoever finds the row looks it up."""
        return self.clock.now() + self.timing.call <= row.lease_until

    def _postpone(self, row: OutboxRow, problem: Retriable) -> None:
        self._hold(self._posts, problem)
        reason = str(problem)
        if problem.outcome_unknown:
            log.warning("alert %s: %s Its outcome is looked up before anything is repeated.", row.key, reason)
            look_up_at = row.lease_until + self.timing.settle
            self.store.transact(lambda tx: tx.hold(row, look_up_at, reason))
            return
        wait = _wait(problem, row.attempts)
        log.warning("alert %s: %s Tried again in %.0f s.", row.key, reason, wait)
        self.store.transact(lambda tx: tx.release(row, tx.now + timedelta(seconds=wait), reason))

    def _without_card(self, row: OutboxRow, root: Ref | None, problem: Gone) -> None:
        """Its card was deleted: it is said by itself, and is the card from now on."""
        case, reason = row.about, str(problem)
        if root is None or isinstance(case, Notice):
            self._keep(row, problem)
            return

        def anew(tx: Transaction) -> None:
            tx.card_gone(case, root)
            tx.release(row, tx.now, reason)

        self.store.transact(anew)

    def _keep(self, row: OutboxRow, problem: Refused) -> None:
        """A revoked token or an archived channel is mended by a person; until then nothing is thrown away."""
        log.error("alert %s cannot be delivered: %s Tried again in %s.", row.key, problem, spell(REFUSED))
        reason = str(problem)
        self.store.transact(lambda tx: tx.release(row, tx.now + REFUSED, reason))

    def _more_plainly(self, row: OutboxRow, problem: Unshowable) -> None:
        """At once as nothing but text; if that is refused too, people are told that there was something."""
        reason = str(problem)
        if row.key not in self._plainly:
            log.error("alert %s is not taken as it is, and is said as plain text: %s", row.key, reason)
            self._plainly.add(row.key)
            self.store.transact(lambda tx: tx.release(row, tx.now, reason))
            return
        log.error("alert %s is not taken even as plain text, and is given up: %s", row.key, reason)
        self._plainly.discard(row.key)
        self.store.transact(lambda tx: _give_up(tx, row, reason))

    # redraws

    def _redraw_next(self) -> bool:
        """Whether there was a card that may be redrawn now."""
        if self._redraws and self._redraws.wait(self.clock.now()):
            return False
        card = self.store.transact(lambda tx: tx.stale_card(self.timing.lease))
        if card is not None and self._lease_holds(card):
            self._redraw(card)
        return card is not None

    def _redraw(self, card: StaleCard) -> None:
        """Show a case as it is by now; to do it twice does no harm, so an unknown outcome is simply tried again."""
        self._spend(self._redraws)
        shown = f"card:{card.case}:{card.alert.generation}"
        try:
            self.channel.redraw(card.ref, card.alert, plainly=shown in self._plainly)
        except Gone:
            self.store.transact(lambda tx: tx.card_gone(card.case, card.ref))
        except Unshowable as problem:
            self._card_waits(card, problem, REFUSED.total_seconds() if shown in self._plainly else 0.0)
            self._plainly.add(shown)
        except (Retriable, Refused) as problem:
            if isinstance(problem, Retriable):
                self._hold(self._redraws, problem)
            self._card_waits(card, problem, _wait(problem, card.attempts))
        else:
            self._plainly.discard(shown)
            self.store.transact(lambda tx: tx.card_drawn(card))

    def _card_waits(self, card: StaleCard, problem: Retriable | Refused, seconds: float) -> None:
        log.warning("the card of case %s cannot be redrawn: %s Tried again in %.0f s.", card.case, problem, seconds)
        self.store.transact(lambda tx: tx.card_waits(card, tx.now + timedelta(seconds=seconds)))

    # pace

    @property
    def _posts(self) -> Limiter | None:
        return self.pace.posts if self.pace else None

    @property
    def _redraws(self) -> Limiter | None:
        return self.pace.redraws if self.pace else None

    def _spend(self, limiter: Limiter | None) -> None:
        if limiter:
            limiter.spend(self.clock.now())

    def _hold(self, limiter: Limiter | None, problem: Retriable) -> None:
        """What the channel asks of one call it asks of all of that kind."""
        if limiter and problem.retry_after:
            limiter.hold(self.clock.now(), timedelta(seconds=problem.retry_after))


def _wait(problem: Retriable | Refused, attempts: int) -> float:
    if isinstance(problem, Refused):
        return REFUSED.total_seconds()
    if problem.retry_after is not None:
        return problem.retry_after
    return min(_FIRST_WAIT * 2.0 ** min(attempts, _DOUBLINGS), _LONGEST_WAIT)


def _give_up(tx: Transaction, row: OutboxRow, reason: str) -> None:
    """Nothing ends unsaid without a word: but of a word about that nobody is told."""
    tx.bury(row, reason)
    what, advice = _told_as(row.about)
    if not (isinstance(row.about, Notice) and row.about.topic is Topic.DELIVERY):
        title = f"{what} could not be shown here"
        tx.announce(Notice(AlertKey(f"delivery:{row.key}"), Topic.DELIVERY, title, (reason,), advice))


def _told_as(about: CaseId | Notice) -> tuple[str, str]:
    if isinstance(about, Notice):
        return f"A notice ({about.topic.value})", "`amends cases` lists what is open."
    return f"An alert of case {about}", f"`amends show {about}` tells its story."
