"""A case's life told a second time: dicts, minutes, and the plan's own words; nothing of it is taken from bot.domain.

Moments are whole minutes since a Monday at midnight UTC. The team works Monday to Friday, nine to five; a working
delay is counted minute by minute.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

HOUR, DAY = 60, 24 * 60
QUESTION_DUE, CLAIM, FOLLOW_UP, NAG = 8 * HOUR, 4 * HOUR, 16 * HOUR, DAY
QUIET_FROM, QUIET_TO, LOUD = 22 * HOUR, 7 * HOUR, 3
WAIT, INTERVAL, REPEAT = 1, 5, HOUR
LEASE = 5 / 60

_AFTERWARDS = ("contacted", "amends_made", "fixed", "evidence_sent")
# From where which step of a person leads where.
LEGAL: dict[str, dict[str, str]] = {
    "acknowledged": {"suspected": "acknowledged", "acknowledged": "acknowledged"},
    "contacted": {"suspected": "contacted", "acknowledged": "contacted"},
    "amends_made": {"contacted": "amends_made", "fixed": "fixed", "evidence_sent": "evidence_sent"},
    "fixed": {"contacted": "fixed", "amends_made": "fixed"},
    "evidence_sent": {"fixed": "evidence_sent"},
    "closed": dict.fromkeys(("suspected", "acknowledged", *_AFTERWARDS), "closed"),
    "dismissed": dict.fromkeys(("suspected", "acknowledged", "contacted"), "dismissed"),
    "reopened": dict.fromkeys((*_AFTERWARDS, "closed", "dismissed"), "suspected"),
}  # fmt: skip
UNANSWERED, OVER = ("suspected", "acknowledged"), ("closed", "dismissed")


def works(minute: int) -> bool:
    return minute // DAY % 7 < 5 and 9 * HOUR <= minute % DAY < 17 * HOUR


def later(start: int, length: int, working: bool) -> int:
    """So many minutes on; of working ones each is counted."""
    if not working:
        return start + length
    while length:
        length -= works(start)
        start += 1
    return start


def worked(start: int, end: int) -> int:
    return sum(works(minute) for minute in range(start, end))


def quiet_until(minute: int) -> int | None:
    """Until the next seven o'clock, where it is night."""
    of_day = minute % DAY
    if QUIET_TO <= of_day < QUIET_FROM:
        return None
    return minute - of_day + QUIET_TO + (DAY if of_day >= QUIET_FROM else 0)


@dataclass
class Rung:
    after: int
    working: bool
    notify: str
    who: str = ""


@dataclass
class Ladder:
    rungs: list[Rung]
    repeat: int = 0

    def at(self, index: int) -> Rung | None:
        return self.rungs[index % len(self.rungs)] if index < len(self.rungs) * (self.repeat + 1) else None

    def ends_round(self, index: int) -> bool:
        return (index + 1) % len(self.rungs) == 0


@dataclass
class Row:
    """What is to be said: waiting, then said, withdrawn, or dropped when its turn comes and nobody wants it."""

    case: int
    reason: str
    loop: int
    rung: int
    target: str
    mention: str = ""
    put_off: int | None = None
    late: int = 0
    at: int = 0
    state: str = "waiting"

    @property
    def key(self) -> str:
        return f"{self.case}:{self.reason}:{self.loop}:{self.rung}:{self.target}"


# Who is reached by a rung at a moment: an address, "" for the channel itself, None for nobody.
Reach = Callable[[Rung, int], str | None]


@dataclass
class Model:
    """All cases, all that is to be said, and who is allowed to tick."""

    ladder: Ladder
    reach: Reach
    now: int = 0
    cases: dict[int, dict[str, Any]] = field(default_factory=dict)
    waits: dict[str, dict[str, int]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    planned: dict[str, int] = field(default_factory=dict)
    under_way: set[str] = field(default_factory=set)

    # what comes in

    def complains(self, customer: str, reason: str, severity: int) -> None:
        """Words in which the classifier sees something."""
        known = self._of(customer)
        if known is not None:
            known.update(severity=max(known["severity"], severity))
            self._writes_again(known)
            return
        waits = self.waits.pop(customer, None)
        if waits and waits["count"] + 1 >= 3:
            reason = "ignored"
        self._opens(customer, reason, severity, since=waits["since"] if waits else self.now)

    def asks(self, customer: str) -> None:
        """A question in which it sees nothing."""
        known = self._of(customer)
        if known is not None:
            self._writes_again(known)
            return
        waits = self.waits.setdefault(customer, {"since": self.now, "count": 0})
        waits["count"] += 1
        if waits["count"] >= 3:
            del self.waits[customer]
            self._opens(customer, "ignored", 1, since=waits["since"])

    def _opens(self, customer: str, reason: str, severity: int, since: int | None) -> None:
        number = len(self.cases) + 1
        answer = later(since, QUESTION_DUE, True) if since is not None else None
        self.cases[number] = {
            "number": number, "customer": customer, "reason": reason, "state": "suspected", "loop": 0, "rung": 0,
            "exhausted": False, "snoozed": False, "severity": severity, "clock": self.now, "ladder": self.ladder,
            "step": later(self.now, self.ladder.rungs[0].after, self.ladder.rungs[0].working),
            "answer": answer if answer is None or answer > self.now else None, "changes": 0,
        }  # fmt: skip
        late = self.now - answer if answer is not None else 0
        self._say(self.cases[number], reason, late=max(late, 0))

    def _writes_again(self, case: dict[str, Any]) -> None:
        if case["state"] in UNANSWERED:
            self.rows.append(Row(case["number"], "wrote_again", case["loop"], case["changes"], "channel", at=self.now))
            case["changes"] += 1
        else:
            self._reopens(case)

    def answers(self, customer: str) -> None:
        """One of us does, by mail."""
        self.waits.pop(customer, None)
        case = self._of(customer)
        if case is not None and case["state"] in UNANSWERED:
            self.steps(case["number"], "contacted")

    # what people do

    def steps(self, number: int, step: str) -> bool:
        """Whether that was possible, or was done already."""
        case = self.cases[number]
        if step != "acknowledged" and case["state"] == step:
            return True
        if case["state"] not in LEGAL[step]:
            return False
        if step == "reopened":
            self._reopens(case)
            return True
        state = LEGAL[step][case["state"]]
        self._withdraw(number)
        length = CLAIM if state == "acknowledged" else FOLLOW_UP
        case.update(
            state=state, snoozed=False, exhausted=False, changes=case["changes"] + 1,
            step=None if state in OVER else later(self.now, length, True),
            answer=case["answer"] if state in UNANSWERED else None,
        )  # fmt: skip
        return True

    def snoozes(self, number: int, length: int) -> bool:
        case = self.cases[number]
        if case["state"] in OVER:
            return False
        self._withdraw(number)
        case.update(snoozed=True, step=self.now + length, changes=case["changes"] + 1)
        return True

    def _reopens(self, case: dict[str, Any]) -> None:
        self._withdraw(case["number"])
        self._begins_anew(case)
        case.update(state="suspected", answer=later(self.now, QUESTION_DUE, True))
        self._say(case, case["reason"])

    def _begins_anew(self, case: dict[str, Any]) -> None:
        first = case["ladder"].rungs[0]
        case.update(
            loop=case["loop"] + 1, rung=0, exhausted=False, snoozed=False, clock=self.now,
            step=later(self.now, first.after, first.working), changes=case["changes"] + 1,
        )  # fmt: skip

    # what time does

    def ticks(self) -> None:
        """One look: each case at most once, the longest overdue first; then those who wait without a case."""
        for _due, number in sorted((due, one["number"]) for one in self.cases.values() if (due := first_due(one))):
            if _due <= self.now:
                self._fires(self.cases[number])
        overdue = {who: later(one["since"], QUESTION_DUE, True) for who, one in self.waits.items()}
        for who in [who for who, at in overdue.items() if at <= self.now]:
            del self.waits[who]
            self._opens(who, "unanswered", 1, since=None)

    def _fires(self, case: dict[str, Any]) -> None:
        if case["answer"] is not None and case["answer"] <= min(self.now, case["step"]):
            self._say(case, "first_response_overdue", Rung(0, False, "on_call"), late=self.now - case["answer"])
            case.update(answer=None, changes=case["changes"] + 1)
        elif case["snoozed"]:
            self._begins_anew(case)
            if case["state"] != "suspected":
                case["step"] = later(self.now, CLAIM if case["state"] == "acknowledged" else FOLLOW_UP, True)
            self._say(case, "snooze_over")
        elif case["state"] == "acknowledged":
            case["state"] = "suspected"
            self._begins_anew(case)
            self._say(case, "claim_lapsed")
        elif case["state"] == "suspected":
            self._climbs(case)
        else:
            self._says_and_goes_on(case, "next_step_overdue", later(self.now, FOLLOW_UP, True))

    def _climbs(self, case: dict[str, Any]) -> None:
        ladder, due = case["ladder"], case["step"]
        here = ladder.at(case["rung"])
        if here is None:
            case["exhausted"] = True
            self._says_and_goes_on(case, "exhausted", self.now + NAG)
            return
        index = self._reaching(case)
        if index is None:
            self._reaches_nobody(case)
            return
        if due < self.now:
            self._falls_behind(case, here)
        fired, following = ladder.at(index), ladder.at(index + 1)
        assert fired is not None
        clock = self.now if ladder.ends_round(index) else case["clock"]
        step = self.now + NAG if following is None else later(clock, following.after, following.working)
        self._say(case, "still_unanswered", fired, index, late=max(self.now - due, 0))
        case.update(rung=index + 1, clock=clock, step=max(step, self.now), changes=case["changes"] + 1)

    def _falls_behind(self, case: dict[str, Any], here: Rung) -> None:
        """The clock moves by what was missed, so that the gaps stay; where both are counted in work, by work."""
        following = case["ladder"].at(case["rung"] + 1)
        if here.working and (following is None or following.working):
            case["clock"] = later(case["clock"], worked(case["step"], self.now), True)
        else:
            case["clock"] += self.now - case["step"]

    def _reaching(self, case: dict[str, Any]) -> int | None:
        """The first rung of what is left of this round that reaches somebody."""
        index = case["rung"]
        while self.reach(case["ladder"].at(index), self.now) is None:
            if case["ladder"].ends_round(index):
                return None
            index += 1
        return index  # type: ignore[no-any-return]

    def _reaches_nobody(self, case: dict[str, Any]) -> None:
        rung, ladder = case["rung"], case["ladder"]
        self._say(case, "nobody_to_tell", rung=rung)
        while not ladder.ends_round(rung):
            rung += 1
        again = ladder.at(rung + 1)
        step = self.now + NAG if again is None else later(self.now, again.after, again.working)
        case.update(rung=rung + 1, clock=self.now, step=step, changes=case["changes"] + 1)

    def _says_and_goes_on(self, case: dict[str, Any], reason: str, step: int) -> None:
        self._say(case, reason, rung=case["rung"])
        case.update(rung=case["rung"] + 1, step=step, changes=case["changes"] + 1)

    # what is said

    def _say(
        self, case: dict[str, Any], reason: str, to: Rung | None = None, rung: int | None = None, *, late: int = 0
    ) -> None:
        target, mention = "channel", ""
        if to is not None:
            target, mention = to.who or to.notify, self.reach(to, self.now) or ""
        said_on = case["rung"] if rung is None else rung
        row = Row(case["number"], reason, case["loop"], said_on, target, mention, late=late, at=self.now)
        if mention and reason != "first_response_overdue":
            self._puts_off(row, case)
        self.rows.append(row)

    def _puts_off(self, row: Row, case: dict[str, Any]) -> None:
        """Night, others to the same address, and the last ping of the same case: of the ping, never of the deadline."""
        earlier = [
            one.put_off or one.at for one in self.rows
            if (one.case, one.mention) == (row.case, row.mention) and one.state not in ("withdrawn", "dropped")
        ]  # fmt: skip
        at = (quiet_until(self.now) if case["severity"] < LOUD else None) or self.now
        planned = self.planned.get(row.mention)
        if planned is not None and at < planned <= at + max(WAIT, INTERVAL):
            at = planned
        elif planned is not None and planned <= at:
            at = max(at + WAIT, planned + INTERVAL)
        else:
            at += WAIT
        if earlier and at < max(earlier) + REPEAT:
            row.mention = ""
            return
        self.planned[row.mention] = row.put_off = at

    def _withdraw(self, number: int) -> None:
        """What waits is taken back; what is on its way is looked at again by its sender.

        That the first answer is overdue stays true until somebody gives one; that is looked at when it is said.
        """
        for row in self.rows:
            if row.case == number and row.state == "waiting" and row.key not in self.under_way:
                row.state = "waiting" if row.reason == "first_response_overdue" else "withdrawn"

    def wants(self, row: Row) -> bool:
        """Whether it may still be said."""
        case = self.cases[row.case]
        state, this_round = case["state"], case["loop"] == row.loop
        if row.reason == "first_response_overdue":
            return state in UNANSWERED
        if state in OVER or case["snoozed"]:
            return False
        if row.reason == "next_step_overdue":
            return state not in UNANSWERED and this_round
        if row.reason == "wrote_again":
            return state in UNANSWERED
        return row.reason == "snooze_over" or (state == "suspected" and this_round)

    def _of(self, customer: str) -> dict[str, Any] | None:
        return next((one for one in self.cases.values() if one["customer"] == customer), None)


def first_due(case: dict[str, Any]) -> int | None:
    """The earlier of what we owe next and of the customer's first answer."""
    return min((moment for moment in (case["step"], case["answer"]) if moment is not None), default=None)
