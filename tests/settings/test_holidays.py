"""Public holidays by the code of a country, and days off together with them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings.holidays import PublicHolidays, days_off, parse_holidays


@pytest.mark.parametrize(
    ("code", "day", "is_off"),
    [
        ("DE", date(2026, 12, 25), True),
        ("DE", date(2026, 12, 24), False),
        ("DE", date(2026, 1, 6), False),  # Epiphany, in Bavaria only
        ("DE-BY", date(2026, 1, 6), True),
        ("DE-Bayern", date(2026, 1, 6), True),
        ("GB-SCT", date(2026, 11, 30), True),
        ("GB-ENG", date(2026, 11, 30), False),
        ("UK", date(2026, 12, 28), True),  # Boxing Day, which was a Saturday
        ("US", date(2021, 12, 31), True),  # New Year's Day of 2022, which was a Saturday
        ("US", date(2026, 11, 26), True),
        ("JP", date(2026, 5, 6), True),
    ],
)
def test_public_holidays_are_those_of_the_country_or_its_part(code: str, day: date, is_off: bool) -> None:
    assert (day in parse_holidays(code)) == is_off


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("XQ", 'expected a country such as "DE", or a part of one such as "DE-BY"'),
        ("Germany", 'did you mean "DE"?'),
        ("new zealand", 'did you mean "NZ"?'),
        ("de-by", 'did you mean "DE-BY"?'),
        ("de-bayern", 'did you mean "DE"?'),
        ("GER", 'did you mean "'),
        ("DE-XX", "of DE there are DE-"),
        ("US-CAL", "of US there are US-CA, "),
        ("SE-AB", 'expected "SE" alone'),
        ("DE BY", 'expected a country such as "DE"'),
        ("HolidayBase", 'expected a country such as "DE"'),
        ("ECB", 'expected a country such as "DE"'),
        ("__file__", 'expected a country such as "DE"'),
        ("-", 'expected a country such as "DE"'),
        ("DE-", 'expected a country such as "DE"'),
    ],
)
def test_what_is_no_country_is_refused_with_the_closest_that_is(code: str, said: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        parse_holidays(code)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 300


@given(st.from_regex(r"[A-Za-z]{0,8}([ -][A-Za-z]{0,8})?", fullmatch=True) | st.text(max_size=12))
def test_what_is_put_in_its_place_is_right_itself(text: str) -> None:
    try:
        parse_holidays(text)
    except ValueError as problem:
        _before, found, rest = str(problem).partition('did you mean "')
        if found:
            assert parse_holidays(rest.removesuffix('"?'))


def test_days_off_are_those_listed_and_the_public_ones() -> None:
    both = days_off([date(2026, 12, 24)], "DE")
    assert [day for day in range(20, 32) if date(2026, 12, day) in both] == [24, 25, 26]
    assert days_off([date(2026, 12, 24)], "") == frozenset({date(2026, 12, 24)})


def test_the_same_days_off_are_equal_and_can_be_kept_in_sets() -> None:
    assert parse_holidays("DE-BY") == PublicHolidays("DE", "BY")
    assert len({days_off([date(2026, 12, 24)], "DE"), days_off([date(2026, 12, 24)], "DE")}) == 1


def test_a_year_of_which_no_calendar_tells_has_no_holidays() -> None:
    assert date(9999, 12, 25) not in parse_holidays("DE")
    assert date(1, 12, 25) not in parse_holidays("DE")
