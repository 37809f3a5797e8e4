"""Working hours and quiet hours as people write them."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.hours import Hours, Quiet
from bot.settings.words import parse_hours, parse_quiet

UTC = ZoneInfo("UTC")
NINE, NOON, FIVE, MIDNIGHT = time(9), time(12), time(17), time(0)
NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@pytest.mark.parametrize(
    ("text", "week"),
    [
        ("Mon 09:00-17:00", [(0, NINE, FIVE)]),
        ("Mon,Wed 09:00-12:00", [(0, NINE, NOON), (2, NINE, NOON)]),
        ("Mon, Wed 09:00-12:00", [(0, NINE, NOON), (2, NINE, NOON)]),
        ("Mon-Tue,Fri 09:00-17:00", [(0, NINE, FIVE), (1, NINE, FIVE), (4, NINE, FIVE)]),
        ("Fri,Mon-Tue 09:00-17:00", [(0, NINE, FIVE), (1, NINE, FIVE), (4, NINE, FIVE)]),
        ("Mon-Tue 09:00-17:00, Sat 09:00-12:00", [(0, NINE, FIVE), (1, NINE, FIVE), (5, NINE, NOON)]),
        ("Sat 09:00-12:00,Mon 12:00-17:00,Mon 09:00-12:00", [(0, NINE, NOON), (0, NOON, FIVE), (5, NINE, NOON)]),
        ("Sun 00:00-24:00", [(6, MIDNIGHT, MIDNIGHT)]),
        ("Sun 17:00-24:00, Sun 9:00-12:00", [(6, NINE, NOON), (6, FIVE, MIDNIGHT)]),
        ("  mon - TUE   09:00 - 17:00 ", [(0, NINE, FIVE), (1, NINE, FIVE)]),
    ],
)
def test_days_and_times_are_read_as_they_are_written(text: str, week: list[tuple[int, time, time]]) -> None:
    assert parse_hours(text, UTC) == Hours(UTC, tuple(week))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", 'expected working hours such as "Mon-Fri 09:00-17:00'),
        ("09:00-17:00", "expected working hours such as"),
        ("Mon-Fri 9-17", "expected working hours such as"),
        ("Mon-Fry 09:00-17:00", "expected working hours such as"),
        ("Monday 09:00-17:00", "expected working hours such as"),
        ("Mon-Fri 09:00-17:00,", "expected working hours such as"),
        ("Mon, Tue", "expected a time of day after the last of the days"),
        ("Mon 09:00-12:00, Tue", "expected a time of day after the last of the days"),
        ("Sat-Mon 09:00-17:00", 'for Sat-Mon write "Mon,Sat-Sun 09:00-17:00"'),
        ("Wed-Tue 09:00-17:00", 'for Wed-Tue write "Mon-Tue,Wed-Sun 09:00-17:00"'),
        ("Mon 22:00-06:00", '"Mon 22:00-24:00, Tue 00:00-06:00"'),
        ("Mon 09:00-09:00", "expected days and times in order"),
        ("Mon 09:00-25:00", "25:00 is not a time of day"),
        ("Mon 09:00-24:01", "24:01 is not a time of day"),
        ("Mon 09:60-10:00", "09:60 is not a time of day"),
        ("Mon 18:00-00:00", "24:00 for its end"),
        ("Mon 24:00-24:00", "00:00 for the beginning of a day"),
        ("Mon 09:00-17:00, Mon-Tue 16:00-18:00", "overlap: Mon 09:00-17:00 and 16:00-18:00; expected one span"),
        ("Mon,Mon 09:00-17:00", "overlap: Mon 09:00-17:00 and 09:00-17:00"),
        ("Mon 09:00-24:00, Mon 23:00-24:00", "overlap: Mon 09:00-24:00 and 23:00-24:00"),
    ],
)
def test_what_is_no_working_hours_is_refused_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"expected|overlap") as caught:
        parse_hours(text, UTC)
    assert said in str(caught.value)


def test_what_to_write_for_days_over_the_end_of_a_week_is_itself_in_order() -> None:
    for first in range(7):
        for last in range(first):
            with pytest.raises(ValueError, match="in order") as caught:
                parse_hours(f"{NAMES[first]}-{NAMES[last]} 09:00-17:00", UTC)
            _before, _quote, rest = str(caught.value).partition('"')
            days = {day for day, _opens, _closes in parse_hours(rest.strip('"'), UTC).week}
            assert days == set(range(7)) - set(range(last + 1, first))


@given(
    st.dictionaries(st.integers(0, 6), st.lists(st.integers(0, 96), min_size=2, max_size=6, unique=True), min_size=1)
)
def test_hours_are_read_back_from_what_they_look_like(told: dict[int, list[int]]) -> None:
    week = []
    for day, quarters in told.items():
        edges = sorted(quarters)[: len(quarters) // 2 * 2]
        week += [(day, clock(edges[i]), clock(edges[i + 1])) for i in range(0, len(edges), 2)]
    hours = Hours(UTC, tuple(sorted(week)))
    assert parse_hours(str(hours).removesuffix(" (UTC)"), UTC) == hours


def clock(quarters: int) -> time:
    return time(quarters // 4 % 24, quarters % 4 * 15)


@given(st.text() | st.lists(st.sampled_from(["Mon", "Sun", "-", ",", " ", "09:00", "24:00", "0:0"])).map("".join))
def test_any_text_is_hours_or_a_value_error(text: str) -> None:
    for parse in (parse_hours, parse_quiet):
        try:
            found = parse(text, UTC)
        except ValueError:
            continue
        assert isinstance(found, Hours | Quiet)


@pytest.mark.parametrize(
    ("text", "quiet"),
    [
        ("22:00-07:00", Quiet(UTC, time(22), time(7))),
        (" 9:00 - 17:30 ", Quiet(UTC, time(9), time(17, 30))),
        ("22:00-24:00", Quiet(UTC, time(22), MIDNIGHT)),
        ("00:00-06:00", Quiet(UTC, MIDNIGHT, time(6))),
    ],
)
def test_quiet_hours_are_read_as_they_are_written(text: str, quiet: Quiet) -> None:
    assert parse_quiet(text, UTC) == quiet


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("at night", 'expected quiet hours such as "22:00-07:00"'),
        ("Mon-Fri 22:00-07:00", "every day the same"),
        ("22:00-07:00, 12:00-13:00", 'expected quiet hours such as "22:00-07:00"'),
        ("22:00-22:00", "expected quiet hours that leave a part of the day"),
        ("00:00-24:00", "expected quiet hours that leave a part of the day"),
        ("22:00-7:75", "7:75 is not a time of day"),
    ],
)
def test_what_is_no_quiet_hours_is_refused_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        parse_quiet(text, UTC)
    assert said in str(caught.value)
