"""Work grows with the size of a mail, never with its square."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bot.domain.house import House
from bot.text.html import to_text
from bot.text.mime import read_mail
from bot.text.quoting import split
from tests.text.crafted import FAMILIES, Family

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
    "a:\n",
    "de:\n",
    "-\n",
    "On 2\nOn 2\nOn 2\nOn 2\nwrote:\n",
    "On 2 Mar 2026 10:41 A <a@b.c> wrote:   x\n",
    "Sent from my iPhone\n> a\n",
    "--\na\n>\n",
    "-reply above this line\n",
    "From: To: Sent: ",
    "写道：\n",
    "a ",
    "(",
    "<",
]


@pytest.mark.parametrize("line", LINES)
def test_splitting_twice_the_text_takes_at_most_twice_the_work(line: str) -> None:
    half = line * (20_000 // len(line))
    split(half)  # caches are warm
    assert calls(lambda: split(half + half)) <= 2.2 * calls(lambda: split(half)) + 100


@pytest.mark.parametrize("line", ["a\n", "a b c\n", "b\n"])
def test_looking_for_footers_in_twice_the_text_takes_at_most_twice_the_work(line: str) -> None:
    half, footers = line * (20_000 // len(line)), ["a", "a a a a b", "a b c a b c x"]
    assert calls(lambda: split(half + half, footers)) <= 2.2 * calls(lambda: split(half, footers)) + 100


@pytest.mark.parametrize(
    "markup",
    [
        "x wrote:<blockquote>y</blockquote>",
        "<p class=yahoo_quoted>y:",
        "<div class=gmail_quote>y</div>",
        "<br>x:<blockquote>",
    ],
)
def test_reading_twice_the_markup_takes_at_most_twice_the_work(markup: str) -> None:
    half = markup * (5_000 // len(markup))
    to_text(half)
    assert calls(lambda: to_text(half + half)) <= 2.2 * calls(lambda: to_text(half)) + 100


@pytest.mark.parametrize("line", LINES)
def test_splitting_a_hundred_thousand_characters_ends(line: str) -> None:
    text = line * (100_000 // len(line))
    new, quoted = split(text)
    assert sorted(f"{new}\n{quoted}".split()) == sorted(text.split())


HOUSE = House(frozenset({"a@example.org"}), frozenset({"mx.example.org"}))


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_mails_made_to_stall_a_reader_do_not(family: Family) -> None:
    assert len(read_mail(family(300_000), NOW, HOUSE).new_text) <= 100_000


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_reading_twice_the_mail_takes_at_most_twice_the_work(family: Family) -> None:
    once, twice = family(15_000), family(30_000)
    read_mail(once, NOW, HOUSE)  # caches are warm
    assert calls(lambda: read_mail(twice, NOW, HOUSE)) <= 2.3 * calls(lambda: read_mail(once, NOW, HOUSE)) + 100
