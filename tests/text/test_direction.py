"""Customers, colleagues and machines are told apart, and a From line proves nothing."""

from __future__ import annotations

import pytest

from bot.domain.house import House
from bot.domain.message import Direction, Person
from tests.text.conftest import Read

OURS = ("help@example.org", "Mara@Example.org")


@pytest.mark.parametrize(
    "header",
    [
        b"Auto-Submitted: auto-replied",
        b"Auto-Submitted: auto-generated; type=digest",
        b"AUTO-SUBMITTED: Auto-Notified (by a form)",
        b"Precedence: bulk",
        b"Precedence: LIST",
        b"Precedence: junk",
        b"Precedence: auto_reply",
        b"List-Unsubscribe: <https://example.com/stop>",
        b"List-Id: Tea news <news.example.com>",
        b"X-Amends-Notice: case 7",
        b"Return-Path: <>",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        b"Content-Type: message/delivery-status",
        b"From: MAILER-DAEMON@example.com",
        b"From: Postmaster <postmaster@example.com>",
        b"From: no-reply@example.com",
        b"From: noreply+4711@example.com",
        b"From: do-not-reply@example.com",
        b"From: DoNotReply@example.com",
        b"From: orders-noreply@example.com",
        b"Precedence: auto-reply",
        b"X-Autoreply: yes",
        b"X-Autorespond: My order",
        b"X-Auto-Reply-From: gwen@example.com",
        b"Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
        b"Content-Type: message/disposition-notification",
        b"X-Auto-Response-Suppress: All\nSubject: Autosvar: My order",
        b"X-Auto-Response-Suppress: All\nSubject: Automatic reply: My order",
        b"X-Auto-Response-Suppress: OOF\nSubject: =?utf-8?Q?R=C3=A9ponse_automatique?= : ma commande",
    ],
)
def test_a_machine_that_says_so_is_automatic(read: Read, header: bytes) -> None:
    assert read(header, b"Thank you for your message.").direction is Direction.AUTOMATIC


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"Auto-Submitted: no",
        b"Auto-Submitted: No (a person)",
        b"Auto-Submitted:",
        b"Precedence: first-class",
        b"X-Autoreply: no",
        b"X-Auto-Response-Suppress: DR, RN",
        b"Subject: Automatic reply: that is what you sent me",
        b"Return-Path: <gwen@example.com>",
        b"From: replying.norah@example.com",
        b"From: help@example.org",
    ],
)
def test_everybody_else_is_a_customer_even_under_our_name(read: Read, header: bytes) -> None:
    assert read(header, b"My parcel never came.", ours=OURS).direction is Direction.FROM_CUSTOMER


def test_a_bounce_that_lost_its_report_type_is_automatic(read: Read) -> None:
    body = b"--b\n\nNot delivered.\n--b\nContent-Type: message/delivery-status\n\nAction: failed\n--b--\n"
    assert read(b"Content-Type: multipart/mixed; boundary=b", body).direction is Direction.AUTOMATIC


def test_a_customer_who_attaches_a_bounce_is_still_a_customer(read: Read) -> None:
    bounce = (
        b"Content-Type: multipart/report; boundary=i\n\n--i\nContent-Type: message/delivery-status\n\nx: y\n--i--\n"
    )
    body = b"--b\n\nYour own mail came back.\n--b\nContent-Type: message/rfc822\n\n" + bounce + b"--b--\n"
    assert read(b"Content-Type: multipart/mixed; boundary=b", body).direction is Direction.FROM_CUSTOMER


@pytest.mark.parametrize("sender", [b"help@example.org", b"Mara <MARA@example.org>"])
def test_mail_proven_to_be_ours_is_ours(read: Read, sender: bytes) -> None:
    message = read(b"From: " + sender, b"We are sorry.", ours=OURS, proven_ours=True)
    assert message.direction is Direction.FROM_US


def test_without_a_list_of_addresses_the_proof_alone_counts(read: Read) -> None:
    assert read(proven_ours=True).direction is Direction.FROM_US


def test_proof_does_not_help_an_address_that_is_not_ours(read: Read) -> None:
    assert read(ours=OURS, proven_ours=True).direction is Direction.FROM_CUSTOMER


@pytest.mark.parametrize("mark", [b"List-Unsubscribe: <https://example.org/x>", b"List-Id: <a.b>", b"Precedence: list"])
def test_our_replies_may_carry_list_headers(read: Read, mark: bytes) -> None:
    message = read(b"From: help@example.org\n" + mark, b"We are sorry.", ours=OURS, proven_ours=True)
    assert message.direction is Direction.FROM_US


@pytest.mark.parametrize("mark", [b"Auto-Submitted: auto-replied", b"X-Amends-Notice: 1", b"Return-Path: <>"])
def test_our_automatic_answers_are_automatic(read: Read, mark: bytes) -> None:
    message = read(b"From: help@example.org\n" + mark, b"We got your mail.", ours=OURS, proven_ours=True)
    assert message.direction is Direction.AUTOMATIC


def test_customers_who_come_through_our_own_group_address_are_customers(read: Read) -> None:
    group = b"Precedence: list\nList-Id: <help.example.org>\nList-Unsubscribe: <mailto:help+off@example.org>"
    assert read(group, b"It is broken.", ours=OURS).direction is Direction.FROM_CUSTOMER
    assert read(group.replace(b"help.", b"tea."), b"News!", ours=OURS).direction is Direction.AUTOMATIC


def test_a_notice_of_ours_that_comes_back_is_automatic_however_it_is_wrapped(read: Read) -> None:
    returned = b"Content-Type: %s\n\nFrom: amends@example.org\nX-Amends-Notice: 7\nSubject: x\n\nCase 7\n--b--\n"
    for kind in (b"message/rfc822", b"text/rfc822-headers"):
        body = b"--b\n\nIt could not be delivered.\n--b\n" + returned % kind
        assert read(b"Content-Type: multipart/mixed; boundary=b", body).direction is Direction.AUTOMATIC


def test_a_customer_who_names_our_header_is_still_a_customer(read: Read) -> None:
    body = b"--b\n\nSee it.\n--b\nContent-Type: message/rfc822\n\nSubject: x\n\nX-Amends-Notice: 7\n--b--\n"
    assert read(b"Content-Type: multipart/mixed; boundary=b", body).direction is Direction.FROM_CUSTOMER


FORMS = House(
    frozenset({"help@example.org"}), forms=frozenset({"no-reply@form.example.org"}),
    aliases={"gwen@work.example": "gwen@home.example"},
)  # fmt: skip
FORM = b"From: Contact form <no-reply@form.example.org>\n"


@pytest.mark.parametrize(
    "mark",
    [
        b"",
        b"Auto-Submitted: auto-generated",
        b"Precedence: bulk",
        b"Return-Path: <>",
        b"List-Unsubscribe: <x>",
        b"X-Auto-Response-Suppress: All\nSubject: Automatic reply",
    ],
)
def test_what_a_web_form_sends_are_the_words_of_whoever_filled_it_in(read: Read, mark: bytes) -> None:
    message = read(FORM + b"Reply-To: Hal Moss <hal@example.net>\n" + mark, b"It is broken.", house=FORMS)
    assert message.sender == Person("hal@example.net", "Hal Moss")
    assert message.direction is Direction.FROM_CUSTOMER


def test_of_several_in_reply_to_the_first_that_is_not_ours_counts(read: Read) -> None:
    message = read(FORM + b"Reply-To: help@example.org, no-reply@form.example.org, i@example.net", b"x", house=FORMS)
    assert message.sender == Person("i@example.net")


@pytest.mark.parametrize("reply_to", [b"", b"Reply-To:", b"Reply-To: nobody", b"Reply-To: help@example.org"])
def test_a_web_forms_mail_without_anybody_to_answer_is_kept_as_the_forms(read: Read, reply_to: bytes) -> None:
    message = read(FORM + reply_to, b"It is broken.", house=FORMS)
    assert message.sender == Person("no-reply@form.example.org", "Contact form")
    assert message.direction is Direction.FROM_CUSTOMER


def test_reply_to_counts_for_web_forms_only(read: Read) -> None:
    message = read(b"Reply-To: hal@example.net", b"It is broken.", house=FORMS)
    assert message.sender.address == "gwen@example.com"


def test_a_notice_of_ours_is_one_even_from_the_forms_address(read: Read) -> None:
    assert read(FORM + b"X-Amends-Notice: 7", b"x", house=FORMS).direction is Direction.AUTOMATIC


@pytest.mark.parametrize("headers", [b"From: G <GWEN@work.example>", FORM + b"Reply-To: G <gwen@work.example>"])
def test_a_person_is_known_by_one_address(read: Read, headers: bytes) -> None:
    assert read(headers, b"It is broken.", house=FORMS).sender == Person("gwen@home.example", "G")
