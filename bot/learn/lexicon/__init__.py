"""Words that mean about the same, by concept and language: `never came` and `kam nie an` are both “not arrived”.

The lists (`en.txt`, `de.txt` …) were written for this project, one concept a line: `concept: word, prefix*, two words`.
They carry what is known of the languages to texts whose very words no training example holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import compress
from operator import attrgetter, contains
from pathlib import Path
from typing import NamedTuple

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


class Found(NamedTuple):
    """A concept, and the words [start, end) that stand for it."""

    concept: str
    start: int
    end: int


Tail = tuple[list[str], bool, str]
"""What of a phrase comes after its first two words, whether a star is in it, and the concept."""
Tails = tuple[Tail, ...]
_NOTHING: dict[str, Tails] = {}


class _Starred(dict[str, Tails]):
    """The phrases that begin with one word by their second word, some of which is given by its beginning only."""

    def __init__(self, whole: dict[str, Tails], starred: list[tuple[str, Tail]]) -> None:
        super().__init__()
        self.starred = starred
        self.update({word: tails + self._begun_by(word) for word, tails in whole.items()})

    def __contains__(self, word: object) -> bool:
        return super().__contains__(word) or bool(self._begun_by(str(word)))

    def __missing__(self, word: str) -> Tails:
        return self._begun_by(word)

    def _begun_by(self, word: str) -> Tails:
        return tuple(tail for prefix, tail in self.starred if word.startswith(prefix))


class _Begun(NamedTuple):
    """A word: its own concepts, and the phrases that begin with it by their second word."""

    concepts: tuple[str, ...]
    following: dict[str, Tails]


_CONCEPTS, _FOLLOWING = attrgetter("concepts"), attrgetter("following")


@dataclass(slots=True)
class _Language:
    """The entries of one language, by the way they are looked up."""

    words: dict[str, tuple[str, ...]] = field(default_factory=dict)
    prefixes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    # first word of a phrase (whole, or its prefix with a star) -> (its other words, concept)
    phrases: dict[str, list[tuple[list[str], str]]] = field(default_factory=dict)

    def add(self, concept: str, entry: str) -> None:
        first, *rest = entry.split()
        if rest:
            self.phrases.setdefault(first, []).append((rest, concept))
        elif first.endswith("*"):
            self.prefixes[first[:-1]] = (*self.prefixes.get(first[:-1], ()), concept)
        else:
            self.words[first] = (*self.words.get(first, ()), concept)

    def look_up(self, word: str) -> _Begun:
        """What a word means and begins: the whole word is asked for before its longest prefix."""
        whole: dict[str, Tails] = {}
        starred: list[tuple[str, Tail]] = []
        starts = [word, *(f"{word[:length]}*" for length in range(_SHORTEST_PREFIX, len(word) + 1))]
        for rest, concept in (phrase for start in starts for phrase in self.phrases.get(start, ())):
            second, tail = rest[0], (rest[1:], any(one.endswith("*") for one in rest[1:]), concept)
            if second.endswith("*"):
                starred.append((second[:-1], tail))
            else:
                whole[second] = (*whole.get(second, ()), tail)
        following = _Starred(whole, starred) if starred else whole or _NOTHING
        return _Begun(self.words.get(word) or self._by_prefix(word), following)

    def _by_prefix(self, word: str) -> tuple[str, ...]:
        for length in range(len(word), _SHORTEST_PREFIX - 1, -1):
            if (found := self.prefixes.get(word[:length])) is not None:
                return found
        return ()


class _Remembered(dict[str, _Begun]):
    """What each word of a language means and begins; most words come again and again."""

    def __init__(self, language: _Language) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, word: str) -> _Begun:
        if len(self) > _REMEMBERED:
            self.clear()
        self[word] = begun = self._language.look_up(word)
        return begun


def find(words: list[str]) -> list[Found]:
    """The concepts of a text's words, in order; a phrase hides what its single words mean."""
    alone, phrases = meanings(words, Counter(words))
    hidden = {at for phrase in phrases for at in range(phrase.start, phrase.end)}
    single = [
        Found(concept, at, at + 1) for at, concepts in enumerate(alone) if at not in hidden for concept in concepts
    ]
    return sorted(phrases + single, key=attrgetter("start"))


def meanings(words: list[str], times: Mapping[str, int]) -> tuple[list[tuple[str, ...]], list[Found]]:
    """What each word means alone, whether or not a phrase hides it, and the phrases, by where they start.

    `times` says how often the text has each word.
    """
    begun = list(map(_languages()[language_of(times)].__getitem__, words))
    return list(map(_CONCEPTS, begun)), _phrases(list(map(_FOLLOWING, begun)), words)


def _phrases(following: Sequence[Mapping[str, Tails]], words: list[str]) -> list[Found]:
    found = []
    for at in compress(range(len(words)), map(contains, following, words[1:])):
        third = words[at + 2] if at + 2 < len(words) else ""
        for rest, starred, concept in following[at][words[at + 1]]:
            if rest and rest[0] != third and not starred:  # most end here
                continue
            end = at + 2 + len(rest)
            if not rest or rest == (ahead := words[at + 2 : end]) or (starred and _alike(rest, ahead)):
                found.append(Found(concept, at, end))
    return found


def _alike(rest: list[str], ahead: list[str]) -> bool:
    return len(rest) == len(ahead) and all(map(_same, rest, ahead))


def _same(entry: str, word: str) -> bool:
    return word == entry or (entry.endswith("*") and word.startswith(entry[:-1]))


def language_of(times: Mapping[str, int]) -> str:
    """The language that most of the short words belong to; `times` says how often a text has each word."""
    votes = dict.fromkeys(_HOLDING, 0)
    holding = _votes()
    for word in times.keys() & holding.keys():
        for language in holding[word]:
            votes[language] += times[word]
    return max(votes, key=lambda language: (votes[language], language == "en"))


@cache
def _votes() -> dict[str, tuple[str, ...]]:
    votes: dict[str, tuple[str, ...]] = {}
    for language, words in _HOLDING.items():
        for word in words.split():
            votes[word] = (*votes.get(word, ()), language)
    return votes


@cache
def _languages() -> dict[str, _Remembered]:
    made = {}
    for name in _HOLDING:
        language = _Language()
        made[name] = _Remembered(language)
        for line in (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
            concept, colon, entries = line.partition(":")
            for entry in entries.split(",") if colon and not line.startswith("#") else ():
                if entry.strip(" *"):
                    language.add(concept.strip(), entry.strip().lower())
    return made
