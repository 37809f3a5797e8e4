"""Whether an unhappy customer says what will come next: to post in public, to leave, to charge back.

Precise rather than eager: somebody's own announcement ("I will cancel my account"), no request ("please cancel my
order"), no question, nothing denied ("I won't leave"). To go to a lawyer, an ombudsman or the police is none of the
three: a card that called it a public post would mislead, and the classifier marks those words itself ("goes to law").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from bot.domain.alert import Threat
from bot.domain.threat_words import ENGLISH, GERMAN, Tongue
from bot.domain.threat_words_romance import FRENCH, PORTUGUESE, SPANISH

# Words and what ends a clause; a dash or an apostrophe holds a word together.
_PIECES = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|[.,;:!?\n()\u2013\u2014\u2026\"“”«»]")
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u2018\u00b4`", "'") | {"\u00df": "ss", "\u0130": "i"})
_LONGEST_WORD = 30
_LONGEST_TEXT = 50_000
_UP_TO_FOUR = r"(?: [^ ]+){0,4}"


@dataclass(frozen=True, slots=True)
class _Ear:
    """What one language's patterns were made into."""

    deeds: dict[Threat, re.Pattern[str]]
    farewells: re.Pattern[str]
    denies: re.Pattern[str]
    before: re.Pattern[str]
    reach: int


def threats(text: str) -> tuple[Threat, ...]:
    """What the writer threatens to do, each once, in the order of Threat. Linear in the text; never raises."""
    clauses = [*_clauses(text)]
    return tuple(threat for threat in Threat if any(_hears(ear, threat, said) for said in clauses for ear in _ears()))


def _clauses(text: str) -> Iterator[str]:
    """Clauses in words without accents, a space between two; a question is none."""
    words: list[str] = []
    for piece in _PIECES.findall(_bare(text[:_LONGEST_TEXT])):
        if piece[0].isalnum():
            words.append(piece[:_LONGEST_WORD])
            continue
        if words and piece != "?":
            yield " ".join(words)
        words = []
    if words:
        yield " ".join(words)


def _bare(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.lower().translate(_APOSTROPHES))
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def _hears(ear: _Ear, threat: Threat, clause: str) -> bool:
    if threat is Threat.LEAVE and ear.farewells.search(clause):
        return True
    return any(not _taken_back(ear, clause, found) for found in ear.deeds[threat].finditer(clause))


def _taken_back(ear: _Ear, clause: str, found: re.Match[str]) -> bool:
    """Whether a negation denies what was found, or what stands before it makes it no announcement."""
    behind = clause[found.end() : found.end() + ear.reach * _LONGEST_WORD].split(" ")[: ear.reach + 1]
    ahead = clause[max(0, found.start() - 4 * _LONGEST_WORD) : found.start()].rstrip()
    return bool(ear.denies.search(f"{found[0]}{' '.join(behind)}") or ear.before.search(ahead))


@cache
def _ears() -> tuple[_Ear, ...]:
    return tuple(_ear(tongue) for tongue in (ENGLISH, GERMAN, FRENCH, SPANISH, PORTUGUESE))


def _ear(tongue: Tongue) -> _Ear:
    deeds = {Threat.POST: tongue.post, Threat.LEAVE: tongue.leave, Threat.CHARGE_BACK: tongue.charge_back}
    return _Ear(
        {threat: re.compile(_any(tongue, patterns)) for threat, patterns in deeds.items()},
        re.compile(_any(tongue, tongue.farewells)), re.compile(rf"(?<![^ ])(?:{tongue.denies}|\w+n't)(?![^ ])"),
        re.compile(rf"(?<![^ ]){tongue.before}$"), tongue.reach,
    )  # fmt: skip


def _any(tongue: Tongue, patterns: str) -> str:
    """One expression for all of them. Gaps and words are bounded, so it is linear in the clause."""
    spelt = "|".join(line.strip() for line in patterns.strip().splitlines())
    for _ in range(2):  # names may stand in names
        for name, meant in tongue.names.items():
            spelt = spelt.replace(f"{{{name}}}", meant)
    return rf"(?<![^ ])(?:{spelt.replace(' .. ', f'{_UP_TO_FOUR} ')})(?![^ ])"
