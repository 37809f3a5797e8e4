"""Shifts of a calendar: they overlap, leave gaps, and are known only so far ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.escalation import Notify, OnCall
from bot.domain.roster import Duty, Roster, gaps
from bot.domain.rota import Rota
from bot.domain.shifts import Shift, Shifts

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANN, BEN = "U0ANN", "U0BEN"


def shift(who: str, begins: int, ends: int) -> Shift:
    return Shift(who, NOON + begins * HOUR, NOON + ends * HOUR)


def schedule(*shifts: Shift, known: int = 1000, overrides: tuple[Shift, ...] = ()) -> Rota:
    names = {ANN: "Ann", BEN: "Ben"}
    return Rota(
        "support", "calendar", Shifts("support", shifts, NOON + known * HOUR, names), ZoneInfo("UTC"), overrides
    )


def duty(rota: Rota, hour: float) -> Duty:
    return rota.duty(NOON + hour * HOUR)


def test_a_shift_is_told_by_its_persons_name_and_end() -> None:
    assert duty(schedule(shift(ANN, 0, 8)), 1) == Duty(
        ANN, "calendar support: Ann's shift, until Mon 2026-01-05 20:00", NOON + 8 * HOUR
    )


def test_between_shifts_nobody_is_on_call_until_the_next_one_begins() -> None:
    found = duty(schedule(shift(ANN, 0, 8), shift(BEN, 10, 12)), 8)
    assert found == Duty("", "nobody: calendar support has no shift, until Mon 2026-01-05 22:00", NOON + 10 * HOUR)


def test_of_overlapping_shifts_the_one_that_began_last_wins_and_that_is_said() -> None:
    rota = schedule(shift(ANN, 0, 24), shift(BEN, 4, 6))
    assert [duty(rota, hour).who for hour in (3, 4, 5, 6)] == [ANN, BEN, BEN, ANN]
    assert duty(rota, 1).until == NOON + 4 * HOUR, "that is when it changes"
    assert "Ben's shift, which began after that of Ann" in duty(rota, 4).why


def test_of_shifts_that_began_together_the_shorter_one_wins_in_whatever_order_they_stand() -> None:
    both = (shift(ANN, 0, 24), shift(BEN, 0, 6))
    assert duty(schedule(*both), 1).who == duty(schedule(*both[::-1]), 1).who == BEN


def test_a_calendar_that_was_never_read_says_so() -> None:
    rota = Rota("support", "calendar", Shifts("support"), ZoneInfo("UTC"))
    assert duty(rota, 0) == Duty("", "nobody: calendar support was never read", None)


def test_what_lies_too_far_ahead_is_not_called_a_gap_of_the_calendar() -> None:
    assert duty(schedule(known=5), 6).why == "nobody: calendar support is not read so far ahead"


def test_gaps_that_touch_are_one() -> None:
    rota = schedule(shift(ANN, 0, 2), shift(BEN, 5, 6), known=4)
    assert gaps(rota, NOON, NOON + 8 * HOUR) == (
        (NOON + 2 * HOUR, NOON + 5 * HOUR), (NOON + 6 * HOUR, NOON + 8 * HOUR),
    )  # fmt: skip


def test_a_calendar_can_be_overridden_too() -> None:
    override = Shift("U0MO", NOON + HOUR, NOON + 2 * HOUR)
    rota = schedule(shift(ANN, 0, 1), overrides=(override,))
    assert duty(rota, 1) == Duty("U0MO", "override of calendar support, until Mon 2026-01-05 14:00", NOON + 2 * HOUR)
    assert gaps(rota, NOON, NOON + 3 * HOUR) == ((NOON + 2 * HOUR, NOON + 3 * HOUR),)


def test_a_schedule_called_on_call_takes_the_place_of_the_fixed_address() -> None:
    roster = Roster(OnCall("S0FIXED", "U0LEAD"), (Rota("on_call", "calendar", Shifts("on_call"), ZoneInfo("UTC")),))
    on_call, lead = roster.duty(Notify.ON_CALL, "", NOON), roster.duty(Notify.LEAD, "", NOON)
    assert on_call == Duty("", "nobody: calendar on_call was never read", None)
    assert lead == Duty("U0LEAD", "named as lead")


def test_every_name_that_a_rung_can_have_is_told_once_on_call_and_lead_first() -> None:
    nights = Rota("nights", "calendar", Shifts("nights"), ZoneInfo("UTC"))
    lead = Rota("lead", "calendar", Shifts("lead", (shift(ANN, 0, 1),), NOON), ZoneInfo("UTC"))
    told = Roster(OnCall("", "U0LEAD"), (nights, lead)).duties(NOON)
    assert list(told) == ["on_call", "lead", "nights"]
    assert (told["on_call"], told["lead"], told["nights"]) == (None, lead.duty(NOON), nights.duty(NOON))


spans = st.tuples(st.sampled_from((ANN, BEN)), st.integers(0, 40), st.integers(1, 12))


@given(spans=st.lists(spans, max_size=12))
def test_hour_by_hour_the_one_whose_shift_began_last_is_on_call_and_gaps_are_the_rest(
    spans: list[tuple[str, int, int]],
) -> None:
    shifts = [shift(who, begins, begins + length) for who, begins, length in spans]
    rota = schedule(*shifts)
    free = gaps(rota, NOON, NOON + 60 * HOUR)
    for hour in range(60):
        at = NOON + hour * HOUR
        running = [one for one in shifts if one.holds(at)]
        newest = max((one.starts_at for one in running), default=None)
        assert bool(running) != any(begin <= at < end for begin, end in free)
        assert duty(rota, hour).who in ({one.who for one in running if one.starts_at == newest} or {""})
    assert all(one[1] < other[0] for one, other in pairwise(free))
