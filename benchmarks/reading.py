"""How fast mail is read, beside the standard library, and how slow the worst mail is.

    python -m benchmarks.reading             # 1,000 letters of the mailbag
    python -m benchmarks.reading 5000

CPU time of one core, garbage collection included. Ratios within one run hold between machines; rates do not. Exit code
1 when a limit is missed.
"""

from __future__ import annotations

import argparse
import email
import email.policy
import gc
import importlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import Message
from typing import Any

from benchmarks.mailbag import mail
from benchmarks.run import Figure, tell
from bot.text.contents import is_words, text_of
from bot.text.headers import words
from bot.text.mime import read_mail
from bot.text.parts import parse
from tests.text.crafted import FAMILIES

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HEADERS = ("from", "to", "subject", "date", "message-id", "references")
ROUNDS = 3
SIZES = (20_000, 200_000)  # bytes of a crafted mail

Reader = Callable[[bytes], object]


def amends_tree(raw: bytes) -> list[str]:
    """Tree, decoded headers and every decoded text part."""
    tree = parse(raw)
    told = [words(tree.first(name)) for name in HEADERS]
    return told + [text_of(leaf) for leaf in tree.leaves if is_words(leaf)]


def amends_whole(raw: bytes) -> object:
    """The message: quotations and signatures apart, who speaks, what came along."""
    return read_mail(raw, NOW)


def stdlib_compat32(raw: bytes) -> list[str]:
    """The same as `amends_tree`, as a script with the standard library does it."""
    tree = email.message_from_bytes(raw, policy=email.policy.compat32)
    told = []
    for name in HEADERS:
        with suppress(ValueError, LookupError):
            told.append(str(make_header(decode_header(str(tree[name] or "")))))
    return told + [_payload(part) for part in tree.walk() if part.get_content_maintype() == "text"]


def _payload(part: Message) -> str:
    data = part.get_payload(decode=True)
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else ""


def stdlib_default(raw: bytes) -> list[str]:
    """The same under the newer policy, which raises on some mails."""
    tree = email.message_from_bytes(raw, policy=email.policy.default)
    told = []
    with suppress(Exception):  # what it raises is not written down, and not what is measured
        told = [str(tree[name] or "") for name in HEADERS]
    for part in tree.walk():
        if part.get_content_maintype() == "text":
            with suppress(Exception):
                told.append(str(part.get_content()))
    return told


def fast_mail_parser() -> Reader | None:
    """A parser written in Rust, where it is installed; it refuses some mails."""
    with suppress(ImportError):
        library: Any = importlib.import_module("fast_mail_parser")

        def read(raw: bytes) -> object:
            with suppress(library.ParseError):
                return library.parse_email(raw)
            return None

        return read
    return None


def rate(reader: Reader, letters: Sequence[bytes]) -> float:
    """Letters a second of CPU, the best of three passes."""
    best = float("inf")
    for _ in range(ROUNDS):
        gc.collect()
        begin = time.process_time()
        for raw in letters:
            reader(raw)
        best = min(best, time.process_time() - begin)
    return len(letters) / best


def rates(count: int) -> Iterator[Figure]:
    """Each reader over the same letters, as multiples of the standard library's compat32."""
    letters = [mail(1, n) for n in range(count)]
    readers: dict[str, Reader] = {"stdlib policy.default": stdlib_default, "amends tree, headers, texts": amends_tree,
                                  "amends read_mail": amends_whole}  # fmt: skip
    if rust := fast_mail_parser():
        readers["fast-mail-parser"] = rust
    limits = {"amends tree, headers, texts": 4.0, "amends read_mail": 1.2}
    peer = rate(stdlib_compat32, letters)
    print(f"       {count} letters, {sum(map(len, letters)) / 1e6:.0f} MB; stdlib compat32 {peer:.0f} letters/s")
    for name, reader in readers.items():
        found = rate(reader, letters)
        yield Figure(name, found / peer, limits.get(name, 0), "x compat32", True, f"{found:.0f} letters/s")


def worst() -> Iterator[Figure]:
    """The slowest of the mails made to stall a reader."""
    slowness = {(cost(make(size)), name, size) for name, make in FAMILIES.items() for size in SIZES}
    value, name, size = max(slowness)
    yield Figure("the worst crafted mail", value, 10, "ms/KB", detail=f"{name}, {size} bytes")


def cost(raw: bytes) -> float:
    """CPU milliseconds a KB, the better of two."""
    taken = []
    for _ in range(2):
        begin = time.process_time()
        amends_whole(raw)
        taken.append(time.process_time() - begin)
    return min(taken) * 1000 / (len(raw) / 1024)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("count", nargs="?", type=int, default=1000, help="how many letters")
    count: int = parser.parse_args().count
    return tell(figure for figures in (rates(count), worst()) for figure in figures)


if __name__ == "__main__":
    sys.exit(main())
