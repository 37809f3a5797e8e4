"""Words that mean about the same, by concept and language: `never came` and `kam nie an` are both “not arrived”.

The lists (`en.txt`, `de.txt` …) were written for this project, one concept a line: `concept: word, prefix*, two words`.
They carry what is known of the languages to texts whose very words no training example holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_REMEMBERED = 50_000
_SHORTEST_PREFIX = 3

# Words that hold a language together; whichever has most of them in a text is its language, English in doubt.
_HOLDING = {
    "en": "the and to of is was for that you it have with this not are my on but they be your me will so at we",
    "de": "der die das und ich nicht ist ein zu mit auf es sie wir den dem von für auch noch sich eine dass bei mir",
    "fr": "le la les et de des est une un je pas que vous pour dans en qui sur mais avec ce nous au du mon plus très",
    "es": "el la los las y de que no es un una por con para en se me lo mi su pero del al muy ya como le esta",
    "pt": "o a os as e de que não nao é um uma por com para em se me meu do da no na mas mais muito já eu foi",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A concept, and the words [start, end) that stand for it."""

    concept: str
    start: int
    end: int


Tail = tuple[tuple[str, ...], str]
"""What of a phrase comes after its first two words, and the concept."""


@dataclass(slots=True)
class _Begun:
    """A word: its own concepts, and the phrases that begin with it by their second word, whole or as a prefix."""

    concepts: tuple[str, ...] = ()
    whole: dict[str, list[Tail]] = field(default_factory=dict)
    starred: list[tuple[str, Tail]] = field(default_factory=list)

    def add(self, rest: tuple[str, ...], concept: str) -> None:
        second, tail = rest[0], (rest[1:], concept)
        if second.endswith("*"):
            self.starred.append((second[:-1], tail))
        else:
            self.whole.setdefault(second, []).append(tail)

    def going_on_with(self, word: str) -> list[Tail]:
        """The phrases whose second word this is."""
        found = self.whole.get(word, [])
        if self.starred:
            found = found + [tail for prefix, tail in self.starred if word.startswith(prefix)]
        return found


@dataclass(slots=True)
class _Language:
    """The entries of one language, by the way they are looked up."""

    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    prefixes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    # first word of a phrase (whole, or its prefix with a star) -> (its other words, concept)
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = field(default_factory=dict)
    remembered: dict[str, _Begun] = field(default_factory=dict)

    def add(self, concept: str, entry: str) -> None:
        first, *rest = entry.split()
        if rest:
            self.phrases.setdefault(first, []).append((tuple(rest), concept))
        elif first.endswith("*"):
            self.prefixes[first[:-1]] = (*self.prefixes.get(first[:-1], ()), concept)
        else:
            self.words[first] = (*self.words.get(first, ()), concept)

    def of(self, word: str) -> _Begun:
        """What a word means and begins; most words come again and again."""
        if (known := self.remembered.get(word)) is None:
            if len(self.remembered) > _REMEMBERED:
                self.remembered.clear()
            known = self.remembered[word] = self._look_up(word)
        return known

    def _look_up(self, word: str) -> _Begun:
        """The whole word is asked for before its longest prefix."""
        begun = _Begun(self.words.get(word) or self._by_prefix(word))
        starts = [word, *(f"{word[:length]}*" for length in range(_SHORTEST_PREFIX, len(word) + 1))]
        for start in starts:
            for rest, concept in self.phrases.get(start, ()):
                begun.add(rest, concept)
        return begun

    def _by_prefix(self, word: str) -> tuple[str, ...]:
        for length in range(len(word), _SHORTEST_PREFIX - 1, -1):
            if (found := self.prefixes.get(word[:length])) is not None:
                return found
        return ()


def find(words: Sequence[str]) -> list[Found]:
    """The concepts of a text's words, in order; a phrase hides what its single words mean."""
    language = _languages()[language_of(words)]
    found: list[Found] = []
    hidden, last = 0, len(words) - 1
    for at, word in enumerate(words):
        begun = language.of(word)
        for rest, concept in begun.going_on_with(words[at + 1]) if at < last else ():
            end = at + 2 + len(rest)
            if not rest or (end <= last + 1 and all(map(_same, rest, words[at + 2 : end]))):
                found.append(Found(concept, at, end))
                hidden = max(hidden, end)
        if at >= hidden:
            found += [Found(concept, at, at + 1) for concept in begun.concepts]
    return found


def _same(entry: str, word: str) -> bool:
    return word.startswith(entry[:-1]) if entry.endswith("*") else word == entry


def language_of(words: Sequence[str]) -> str:
    """The language that most of the short words belong to."""
    votes = dict.fromkeys(_HOLDING, 0)
    holding = _votes()
    for word in words:
        for language in holding.get(word, ()):
            votes[language] += 1
    return max(votes, key=lambda language: (votes[language], language == "en"))


@cache
def _votes() -> dict[str, tuple[str, ...]]:
    votes: dict[str, tuple[str, ...]] = {}
    for language, words in _HOLDING.items():
        for word in words.split():
            votes[word] = (*votes.get(word, ()), language)
    return votes


@cache
def _languages() -> dict[str, _Language]:
    made = {}
    for name in _HOLDING:
        language = made[name] = _Language()
        for line in (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
            concept, colon, entries = line.partition(":")
            for entry in entries.split(",") if colon and not line.startswith("#") else ():
                if entry.strip(" *"):
                    language.add(concept.strip(), entry.strip().lower())
    return made
