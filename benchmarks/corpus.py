"""Counts the training texts, and asks whether they are many texts or a few, many times over.

    python benchmarks/corpus.py           # a minute

Near-duplicates share half of their word triples (Jaccard). The vocabulary of a template engine stops growing; that of
people who write does not. Exit code 1 when more than one text in two hundred has a near-duplicate.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOME))

LIMIT = 0.005


def rows() -> list[dict[str, Any]]:
    files = sorted((HOME / "training_data").rglob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def table(name: str, counts: Counter[str]) -> None:
    print(f"{name:12} " + ", ".join(f"{key} {count:,}" for key, count in counts.most_common()))


def main() -> int:
    from bot.learn.corpus import near_duplicates, vocabulary_growth

    found = rows()
    texts = [row["text"] for row in found]
    print(f"{'texts':12} {len(texts):,} in {len({row['scenario'] for row in found}):,} scenarios")
    table("labels", Counter(" + ".join(row["labels"]) or "none" for row in found))
    for field in ("lang", "channel"):
        table(field, Counter(row[field] for row in found))
    print(f"{'industries':12} {len({row['industry'] for row in found}):,}")
    pairs = near_duplicates(texts)
    # texts of one scenario may be alike on purpose: they differ in what decides the label
    alien = [(a, b) for a, b in pairs if found[a]["scenario"] != found[b]["scenario"]]
    alike = {at for pair in alien for at in pair}
    print(f"{'alike':12} {len(alike)} texts ({len(alike) / len(texts):.2%}) have a near-duplicate in another scenario")
    for first, second in alien[:10]:
        print(f"{'':12} {found[first]['id']} and {found[second]['id']}")
    print(f"{'vocabulary':12} " + ", ".join(f"{words:,} words in {n:,} texts" for n, words in vocabulary_growth(texts)))
    return int(len(alike) > LIMIT * len(texts))


if __name__ == "__main__":
    sys.exit(main())
