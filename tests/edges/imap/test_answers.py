"""What servers answer to FETCH is read whatever order they like, and nothing in a mail is taken for their words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.edges.imap.answers import Fetched, fetched

BODY = b"Subject: Hi\r\n\r\nHello."


def test_a_usual_answer_is_read() -> None:
    line = b'1 (UID 17 RFC822.SIZE 4711 INTERNALDATE "02-Mar-2026 10:00:00 +0100" BODY[]<0> {21}'
    arrived = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert fetched([(line, BODY), b")"]) == {17: Fetched(17, 4711, arrived, {b"BODY[]": BODY})}


ORDERS: dict[str, list[Any]] = {
    "the UID behind the body": [(b"1 (BODY[]<0> {21}", BODY), b" UID 17 RFC822.SIZE 21)"],
    "flags, and lower case in a name": [(b"1 (FLAGS (\\Seen) UID 17 BODY[]<0> {21}", BODY), b" RFC822.SIZE 21)"],
    "in two answers": [b"1 (UID 17 RFC822.SIZE 21)", (b"1 (UID 17 BODY[] {21}", BODY), b")"],
    "between two of other clients": [
        b"9 (FLAGS (\\Seen))", (b"1 (UID 17 RFC822.SIZE 21 BODY[]<0> {21}", BODY), b")", b"8 (FLAGS ())",
    ],
}  # fmt: skip


@pytest.mark.parametrize("how", ORDERS)
def test_its_order_is_the_servers(how: str) -> None:
    (one,) = fetched(ORDERS[how]).values()
    assert (one.uid, one.size, one.bodies) == (17, 21, {b"BODY[]": BODY})


def test_several_literals_go_to_several_sections_in_their_order() -> None:
    parts = [(b"1 (UID 17 BODY[HEADER] {2}", b"h:"), (b" BODY[1.MIME] {2}", b"m:"), (b" BODY[1]<0> {2}", b"t "), b")"]
    assert fetched(parts)[17].bodies == {b"BODY[HEADER]": b"h:", b"BODY[1.MIME]": b"m:", b"BODY[1]": b"t "}


def test_a_short_body_may_come_in_quotes_and_an_empty_one_as_nil() -> None:
    assert fetched([rb'1 (UID 17 BODY[] "a \"b\" \\c")'])[17].bodies == {b"BODY[]": rb'a "b" \c'}
    assert fetched([b"1 (UID 17 BODY[] NIL)"])[17].bodies == {}


def test_a_body_in_quotes_that_speaks_like_a_server_is_not_one() -> None:
    found = fetched([b'1 (BODY[] "UID 99 RFC822.SIZE 1" UID 17 RFC822.SIZE 20)'])
    assert {uid: one.size for uid, one in found.items()} == {17: 20}


@pytest.mark.parametrize("date", ["", ' INTERNALDATE ""', ' INTERNALDATE "31-Feb-2026 10:00:00 +0000"',
                                  ' INTERNALDATE "02-Foo-2026 10:00:00 +0000"', ' INTERNALDATE NIL',
                                  ' INTERNALDATE "02-Mar-2026 10:00:00 +9999"'])  # fmt: skip
def test_a_date_that_is_none_is_none(date: str) -> None:
    assert fetched([f"1 (UID 17{date})".encode()])[17].received is None


@pytest.mark.parametrize(
    ("date", "hours"),
    [(" 2-Mar-2026 09:00:00 +0000", 9), ("2-mar-2026 09:00:00 -0500", 14), ("02-MAR-2026 09:00:00 +0530", 3.5)],
)
def test_a_date_is_read_in_any_zone(date: str, hours: float) -> None:
    arrived = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hours)
    assert fetched([f'1 (UID 17 INTERNALDATE "{date}")'.encode()])[17].received == arrived


Pieces = st.lists(
    st.one_of(
        st.binary(max_size=60), st.none(), st.tuples(st.binary(max_size=60), st.binary(max_size=60)),
        st.sampled_from([b"1 (UID 5 BODY[] {3}", b")", b"1 (UID 5", b'1 (UID 5 BODY[] "\\")', b"1 (UID 99999999999)"]),
    ),
    max_size=6,
)  # fmt: skip


@given(Pieces)
def test_whatever_a_server_says_something_is_made_of_it(data: list[Any]) -> None:
    for uid, one in fetched(data).items():
        assert uid == one.uid < 10**10
