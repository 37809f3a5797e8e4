"""The daily review: people look at some of what the classifier did not alert about, so that misses are seen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from bot.domain.message import Medium, MessageId, Person, ThreadId
from bot.domain.verdict import Label, Verdict


class Stratum(Enum):
    """What became of a judged message: an alert, the honest “unsure”, or nothing."""

    ALERT = "alert"
    UNSURE = "unsure"
    QUIET = "quiet"


class Answer(Enum):
    """What people say of a message on the list."""

    MISTAKE = "mistake"
    IGNORED = "ignored"
    NEITHER = "neither"

    @property
    def labels(self) -> frozenset[Label]:
        """An ignored request is a failure too."""
        return _LABELS[self]


_LABELS = {
    Answer.MISTAKE: frozenset({Label.MISTAKE}),
    Answer.IGNORED: frozenset({Label.MISTAKE, Label.IGNORED}),
    Answer.NEITHER: frozenset[Label](),
}


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """At most so many messages a day: those the classifier is unsure of, and a random sample of the quiet ones."""

    unsure: int = 10
    quiet: int = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer's message that opened no case."""

    id: MessageId
    identity: str
    stratum: Stratum
    chance: float
    customer: str
    words: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A listed message: whose it is, since when they wait, and whether anybody acted without being told."""

    message: MessageId
    thread: ThreadId
    customer: Person
    received_at: datetime
    medium: Medium
    answered: bool
    in_a_case: bool


def stratum(verdict: Verdict) -> Stratum:
    """Where a verdict puts its message."""
    if verdict.labels:
        return Stratum.ALERT
    return Stratum.UNSURE if verdict.unsure else Stratum.QUIET


def choose(candidates: Sequence[Candidate], policy: ReviewPolicy) -> list[Candidate]:
    """The unsure ones nearest to an alert, and quiet ones drawn by their hash: random, and the same every time."""
    unsure = [c for c in candidates if c.stratum is Stratum.UNSURE]
    quiet = [c for c in candidates if c.stratum is Stratum.QUIET]
    unsure.sort(key=lambda c: (-c.chance, c.id))
    quiet.sort(key=lambda c: hashlib.sha256(f"review {c.identity}".encode()).digest())
    return [*unsure[: policy.unsure], *quiet[: policy.quiet]]


# how much of the mail really reports a mistake


@dataclass(frozen=True, slots=True)
class Counted:
    """One stratum: how many messages fell into it, how many of them people looked at, how many were mistakes."""

    messages: int
    looked_at: int
    mistakes: int


_ENOUGH_LOOKS, _ENOUGH_QUIET = 100, 30
# What is believed of a stratum before anybody looked, as (mistakes, others): worth two looks.
_BELIEF = {Stratum.ALERT: (1.4, 0.6), Stratum.UNSURE: (0.8, 1.2), Stratum.QUIET: (0.06, 1.94)}
_LEAST, _MOST = 0.01, 0.9


def prevalence(counts: Mapping[Stratum, Counted]) -> float | None:
    """The share of mail that reports a mistake, each stratum weighted by its size (stratified sampling, Cochran 1977).

    None while people have looked at too little, above all at too little of what was quiet.
    """
    looks = sum(c.looked_at for c in counts.values())
    quiet = counts.get(Stratum.QUIET)
    if looks < _ENOUGH_LOOKS or quiet is None or quiet.looked_at < _ENOUGH_QUIET:
        return None
    total = sum(c.messages for c in counts.values())
    share = sum(c.messages * _rate(kind, c) for kind, c in counts.items()) / max(1, total)
    return min(max(share, _LEAST), _MOST)


def _rate(kind: Stratum, counted: Counted) -> float:
    yes, no = _BELIEF[kind]
    return (counted.mistakes + yes) / (counted.looked_at + yes + no)
