"""Public holidays and days off. The only place that imports holidays, and only where a config names some."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Container
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from textwrap import shorten

_CODE = re.compile(r"([A-Z]{2})(?:-(.+))?")  # ISO 3166-1 alpha-2 and, behind the hyphen, ISO 3166-2
_EXAMPLE = 'expected a country such as "DE", or a part of one such as "DE-BY"'


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """The public holidays of a country (ISO 3166-1), or of a part of it that has more of them (ISO 3166-2)."""

    country: str
    part: str = ""

    def __contains__(self, day: object) -> bool:
        """Whether that date is one; where it is kept on another day instead, that one counts too."""
        return isinstance(day, date) and day in _of_year(self.country, self.part, day.year)


@dataclass(frozen=True, slots=True)
class DaysOff:
    """The dates on which nobody works: those listed, and the public holidays."""

    listed: frozenset[date]
    public: PublicHolidays

    def __contains__(self, day: object) -> bool:
        """Whether nobody works on that date."""
        return day in self.listed or day in self.public


def days_off(listed: Collection[date], holidays: str) -> Container[date]:
    """Both as one; `holidays` as parse_holidays reads it, or empty for none."""
    return DaysOff(frozenset(listed), parse_holidays(holidays)) if holidays else frozenset(listed)


def parse_holidays(text: str) -> PublicHolidays:
    """ "DE" or "DE-BY". Raises ValueError with what was expected, and with what comes closest to it."""
    import holidays

    match = _CODE.fullmatch(text)
    if match is None or match[1] not in _countries():
        raise ValueError(f"{_EXAMPLE}{_meant(text)}")
    try:
        holidays.country_holidays(match[1], subdiv=match[2])
    except NotImplementedError:
        raise ValueError(_parts(match[1], match[2])) from None
    return PublicHolidays(match[1], match[2] or "")


@lru_cache(maxsize=64)
def _of_year(country: str, part: str, year: int) -> frozenset[date]:
    """Drawn up at once and never changed: the library's own calendar fills itself while others look into it."""
    import holidays

    found = holidays.country_holidays(country, subdiv=part or None, years=year, expand=False)
    return frozenset(found)


def _countries() -> frozenset[str]:
    import holidays

    return frozenset(name for name in vars(holidays) if re.fullmatch("[A-Z]{2}", name))


def _meant(text: str) -> str:
    """What somebody may have meant who wrote "Germany", "de-by" or "GER"."""
    import holidays

    by_name = getattr(getattr(holidays, re.sub(r"[\s_-]", "", text.title()), None), "country", None)
    head, _hyphen, part = text.upper().partition("-")
    close = [by_name] if by_name else difflib.get_close_matches(head, sorted(_countries()), n=1)
    if not close:
        return ""
    has_part = part in getattr(holidays, close[0]).subdivisions
    return f'; did you mean "{close[0]}{f"-{part}" if has_part else ""}"?'


def _parts(country: str, part: str) -> str:
    """Which parts of a country are known, those first that look like the one that is not."""
    import holidays

    known = list(getattr(holidays, country).subdivisions)
    if not known:
        return f'expected "{country}" alone: its public holidays are the same everywhere'
    close = difflib.get_close_matches(part.upper(), known, n=3)
    listed = ", ".join(f"{country}-{one}" for one in [*close, *(one for one in known if one not in close)])
    return f"{_EXAMPLE}; of {country} there are {shorten(listed, 150, placeholder=' …')}"
