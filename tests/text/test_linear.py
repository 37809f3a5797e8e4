"""Work grows with the size of a mail, never with its square."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bot.text.mime import read_mail
from bot.text.quoting import split

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def calls(work: Callable[[], object]) -> int:
    """How many calls, of Python or C functions, it takes: a clock that does not depend on the machine."""
    count = 0

    def counting(frame: object, event: str, arg: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(counting)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


LINES = [
    "> old\n",
    "On 2\n",
    "On 2 Mar 2026 wrote:\n",
    "On 2 Mar 2026 10:41 a@b wrote:\n",
    "wrote:\n>\n",
    ":\n",
    "_____\n",
    "_____\n\n\n",
    "\n",
    "From: a\n",
    "From: a\nSent: b\n",
    "-----Original Message-----\n",
    "---------- Forwarded message ----------\n",
    "--\n",
    "-- \nGwen\n",
    "Sent from my iPhone\n",
    "This email is confidential and intended\n\n",
    "This message ",
    "a ",
    "(",
    "<",
]


@pytest.mark.parametrize("line", LINES)
def test_splitting_twice_the_text_takes_at_most_twice_the_work(line: str) -> None:
    half = line * (20_000 // len(line))
    split(half)  # caches are warm
    assert calls(lambda: split(half + half)) <= 2.2 * calls(lambda: split(half)) + 100


@pytest.mark.parametrize("line", LINES)
def test_splitting_a_hundred_thousand_characters_ends(line: str) -> None:
    text = line * (100_000 // len(line))
    new, quoted = split(text)
    assert sorted(f"{new}\n{quoted}".split()) == sorted(text.split())


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: multipart/mixed" + b";" * 300_000,
        b"Content-Type: multipart/mixed" + b';a="\\"' * 60_000,
        b"From: " + b"(" * 300_000,
        b"From: " + b"<" * 300_000,
        b"From: " + b'"a\\' * 100_000,
        b"To: " + b"a@b," * 100_000,
        b"Subject: " + b"=?a?q?" * 60_000,
        b"References: " + b"<" * 300_000,
        b"Date: " + b"9" * 300_000,
        b"X: y\n" * 60_000,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(5_000)),
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 50_000,
        b"Content-Type: message/rfc822\n\n" * 10_000,
        b"Content-Type: message/delivery-status\n\n" + b"a: b\n\n" * 50_000,
        b"Content-Type: text/html\n\n" + b"<div>" * 100_000,
    ],
    ids=lambda raw: raw[:40].decode("ascii"),
)
def test_mails_made_to_stall_a_reader_do_not(raw: bytes) -> None:
    message = read_mail(raw, NOW)
    assert len(message.new_text) <= 100_000
