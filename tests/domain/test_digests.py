"""Many alerts at once: few cards and a list for each of those whom they are for, and nothing left out."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert import CaseId, Reason, Say
from bot.domain.digest import ABOVE, CARDS, Pending, bundled, pending
from bot.domain.escalation import Notify
from tests.fakes.build import HOUR, MINUTE, case
from tests.fakes.clock import MONDAY

WAITING = st.lists(
    st.builds(
        lambda of, mention, severity, minutes: (CaseId(of), mention, False, severity, MONDAY - minutes * MINUTE),
        st.integers(1, 30), st.sampled_from(["", "S1", "U2"]), st.integers(1, 3), st.integers(0, 500),
    ),
    max_size=60,
).map(lambda found: [Pending(row, *one, f"#{one[0]}") for row, one in enumerate(found, 1)])  # fmt: skip


@given(WAITING)
def test_everything_is_on_a_card_or_in_one_list(waiting: list[Pending]) -> None:
    lists = bundled(waiting)
    listed = [one for some in lists.values() for one in some]
    by_themselves = [one for one in waiting if one not in listed]
    assert Counter(one.row for one in [*listed, *by_themselves]) == Counter(one.row for one in waiting)
    if len(waiting) <= ABOVE:
        assert not lists
    else:
        assert len({one.case for one in by_themselves}) == min(CARDS, len({one.case for one in waiting}))


@given(WAITING)
def test_a_case_is_on_cards_or_in_lists_and_never_in_both(waiting: list[Pending]) -> None:
    listed = {one.case for some in bundled(waiting).values() for one in some}
    kept = {one.case for one in waiting} - listed
    assert not any(one.case in listed for one in waiting if one.case in kept)


@given(WAITING)
def test_each_list_is_for_one_and_the_worst_and_longest_stand_first(waiting: list[Pending]) -> None:
    lists = bundled(waiting)
    for mention, some in lists.items():
        assert some
        assert {one.mention for one in some} == {mention}
        assert all((-a.severity, a.waiting_since) <= (-b.severity, b.waiting_since) for a, b in pairwise(some))
    listed = [one for some in lists.values() for one in some]
    if listed:
        cards = [one for one in waiting if one not in listed]
        worst = max((one.severity for one in listed), default=0)
        assert all(max(o.severity for o in cards if o.case == one.case) >= worst for one in cards)


def test_ten_are_said_by_themselves_and_the_eleventh_makes_a_list() -> None:
    many = [Pending(n, CaseId(n), "", False, 2, MONDAY, "") for n in range(1, ABOVE + 2)]
    assert bundled(many[:ABOVE]) == {}
    assert [one.row for one in bundled(many)[""]] == list(range(CARDS + 1, ABOVE + 2))


def test_pings_that_waited_for_each_other_are_one_list_if_they_are_of_several_cases() -> None:
    def ping(row: int, of: int, mention: str, *, put_off: bool = True) -> Pending:
        return Pending(row, CaseId(of), mention, put_off, 2, MONDAY, "")

    assert bundled([ping(1, 1, "S1"), ping(2, 1, "S1"), ping(3, 2, "U2"), ping(4, 3, "", put_off=False)]) == {}
    lists = bundled([ping(1, 1, "S1"), ping(2, 2, "S1"), ping(3, 2, "U2"), ping(4, 3, "S1", put_off=False)])
    assert {mention: [one.row for one in some] for mention, some in lists.items()} == {"S1": [1, 2]}


def test_many_alerts_about_few_cases_are_no_flood() -> None:
    assert bundled([Pending(n, CaseId(n % CARDS), "", False, 2, MONDAY, "") for n in range(50)]) == {}


@pytest.mark.parametrize(
    ("reason", "late", "line"),
    [
        (Reason.MISTAKE, None, "#7 · Mo · mistake · waiting 2h"),
        (Reason.IGNORED, None, "#7 · Mo · mistake · waiting 2h"),  # what the case is, and not what it was opened as
        (Reason.STILL_UNANSWERED, 90 * MINUTE, "#7 · Mo · taken by nobody · waiting 2h, late 1h 30m"),
        (Reason.WROTE_AGAIN, None, "#7 · Mo · wrote again · waiting 2h"),
    ],
)
def test_a_line_says_who_waits_why_and_since_when(reason: Reason, late: timedelta | None, line: str) -> None:
    found = pending(3, case(), Say(reason, Notify.LEAD, 0, 0, late), MONDAY + 2 * HOUR)
    assert found == Pending(3, CaseId(7), "", False, 2, MONDAY, line)


def test_every_reason_has_words_for_a_list() -> None:
    for reason in Reason:
        assert "·" in pending(1, case(reason=reason if reason.opens else Reason.MISTAKE),
                              Say(reason, Notify.CHANNEL, 0, 0), MONDAY).line  # fmt: skip


def test_a_clock_that_went_back_makes_nobody_wait_less_than_nothing() -> None:
    assert "waiting 0s" in pending(1, case(), Say(Reason.MISTAKE, Notify.CHANNEL, 0, 0), MONDAY - HOUR).line
