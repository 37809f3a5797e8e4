"""Are the training texts many, or one text many times? Near-duplicates and the growth of the vocabulary."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from bot.learn.features import tokens

ALIKE = 0.5
"""Two texts are near-duplicates when so much of their word triples is common (Jaccard; Broder 1997)."""
_SIGNATURE, _BAND = 48, 3
_SHORTEST = 6


def near_duplicates(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of texts (their positions) that are alike; texts of fewer than six words are left out.

    Candidates come from MinHash bands, so that not every pair is compared; each is then counted exactly. A pair at
    the limit is a candidate with a chance of 88 %, one that shares 0.7 with 99 %.
    """
    shingles = [_shingles(text) for text in texts]
    buckets: dict[tuple[int, tuple[int, ...]], list[int]] = defaultdict(list)
    for at, triples in enumerate(shingles):
        if triples:
            signature = _signature(triples)
            for start in range(0, _SIGNATURE, _BAND):
                buckets[start, tuple(signature[start : start + _BAND])].append(at)
    candidates = {pair for bucket in buckets.values() for pair in _pairs(bucket)}  # most meet in several buckets
    return sorted(pair for pair in candidates if _alike(shingles, *pair))


def _shingles(text: str) -> frozenset[int]:
    words = tokens(text)
    if len(words) < _SHORTEST:
        return frozenset()
    triples = (" ".join(words[at : at + 3]) for at in range(len(words) - 2))
    return frozenset(int.from_bytes(hashlib.blake2b(t.encode(), digest_size=8).digest(), "big") for t in triples)


_MASK = (1 << 64) - 1
# Odd multipliers of our own choice: each orders the triples in another way.
_TURNS = np.array([(0x9E3779B97F4A7C15 * (2 * turn + 1)) & _MASK for turn in range(_SIGNATURE)], np.uint64)


def _signature(triples: frozenset[int]) -> list[int]:
    """The least of them in each order; products of uint64 are those modulo 2^64."""
    every = np.fromiter(triples, np.uint64, len(triples))
    mixed = every ^ (every >> np.uint64(29))
    least: list[int] = (mixed[:, np.newaxis] * _TURNS).min(axis=0).tolist()
    return least


def _pairs(bucket: Sequence[int]) -> Iterator[tuple[int, int]]:
    for at, first in enumerate(bucket):
        for second in bucket[at + 1 :]:
            yield first, second


def _alike(shingles: Sequence[frozenset[int]], first: int, second: int) -> bool:
    one, other = shingles[first], shingles[second]
    return len(one & other) >= ALIKE * len(one | other)


def vocabulary_growth(texts: Sequence[str], steps: int = 8) -> list[tuple[int, int]]:
    """(texts read, different words met so far), in an order that depends on no file (Heaps 1978).

    A template engine's curve goes flat; that of people who write keeps rising.
    """
    mixed = sorted(texts, key=lambda text: hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    met: set[str] = set()
    grown = []
    marks = {max(1, round(len(mixed) * step / steps)) for step in range(1, steps + 1)}
    for count, text in enumerate(mixed, 1):
        met.update(tokens(text))
        if count in marks:
            grown.append((count, len(met)))
    return grown
