"""Who writes and to whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.message import Person
from bot.text.persons import UNKNOWN, mailboxes, recipients, sender
from tests.text.conftest import examples


@pytest.mark.parametrize(
    ("header", "person"),
    [
        ("gwen@example.com", Person("gwen@example.com")),
        ("Gwen Frost <Gwen@Example.COM>", Person("gwen@example.com", "Gwen Frost")),
        ('"Frost, Gwen" <gwen@example.com>', Person("gwen@example.com", "Frost, Gwen")),
        ("gwen@example.com (Gwen Frost)", Person("gwen@example.com", "Gwen Frost")),
        ("=?utf-8?Q?Gw=C3=AAn?= <gwen@example.com>", Person("gwen@example.com", "Gwên")),
        ("=?utf-8?Q?Frost,_Gwen?= <gwen@example.com>", Person("gwen@example.com", "Frost, Gwen")),
        ('"=?utf-8?B?R3fDqm4=?=" <gwen@example.com>', Person("gwen@example.com", "Gwên")),
        ('"gwen@example.com" <gwen@example.com>', Person("gwen@example.com")),
        ('"Gwen Frost" <gwen@example.com>', Person("gwen@example.com", "Gwen Frost")),
        ("Gwen   Frost<gwen@example.com>", Person("gwen@example.com", "Gwen Frost")),
        ("<gwen@example.com>", Person("gwen@example.com")),
        ('"" <gwen@example.com>', Person("gwen@example.com")),
        ('"Gwen (at home) Frost" <gwen@example.com>', Person("gwen@example.com", "Gwen (at home) Frost")),
        ("<mailto:gwen@example.com>", Person("gwen@example.com")),
        ("<gwen @example.com>", Person(UNKNOWN)),
        ('"Gwen <gwen@example.com>', Person("gwen@example.com")),
        ("a@example.com, b@example.com", Person("a@example.com")),
        ("Nobody, Gwen <gwen@example.com>", Person("gwen@example.com", "Gwen")),
        ('"boss@example.org" <gwen@example.com>', Person("gwen@example.com", "boss@example.org")),
        ("Gwen <gwen@example.com> <other@example.com>", Person("gwen@example.com", "Gwen other@example.com")),
        ("Gwen \\(at home\\) <gwen@example.com>", Person("gwen@example.com", "Gwen \\(at home\\)")),
        ("(a (nested) comment) gwen@example.com", Person("gwen@example.com", "a nested comment")),
    ],
)
def test_the_sender_is_read(header: str, person: Person) -> None:
    assert sender(header) == person


@pytest.mark.parametrize("header", ["", "   ", "@", "gwen@", "@example.com", "undisclosed-recipients:;", "<>", ",,;;"])
def test_without_an_address_the_sender_is_unknown(header: str) -> None:
    assert sender(header).address == UNKNOWN


def test_a_name_without_an_address_is_kept_for_show() -> None:
    assert sender("Gwen from the corner") == Person(UNKNOWN, "Gwen from the corner")


@examples(200)
@given(st.text("ab@.<>\"'(),;: =?-", max_size=40))
def test_the_short_way_to_read_a_person_leads_where_the_long_one_does(header: str) -> None:
    with_comment = f"() {header}"  # an empty comment changes nothing, and takes the long way
    assert mailboxes(with_comment) == mailboxes(header)


def test_a_name_is_capped() -> None:
    assert len(sender(f"{'Gwen ' * 500}<gwen@example.com>").name) == 200


def test_an_address_that_no_server_would_take_is_none() -> None:
    assert sender(f"<{'x' * 400}@example.com>").address == UNKNOWN


def test_recipients_come_from_all_headers_each_once_in_lower_case() -> None:
    headers = ["Help <HELP@example.org>, boss@example.org", "team: a@example.org, b@example.org;", "help@example.org"]
    assert recipients(headers) == ("help@example.org", "boss@example.org", "a@example.org", "b@example.org")


def test_at_most_fifty_recipients_are_remembered() -> None:
    assert len(recipients([", ".join(f"p{number}@example.org" for number in range(90))])) == 50
