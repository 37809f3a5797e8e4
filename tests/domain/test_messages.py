"""Which messages are one message, and which subjects are one subject."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.message import Attachment, Message, Person, subject_key
from tests.fakes.build import message
from tests.fakes.clock import MONDAY

MAIL = message(rfc_id="<1@customer.example>", sent_at=MONDAY)


@pytest.mark.parametrize(
    ("subject", "key"),
    [
        ("Order 17", "order 17"), ("RE: Order 17", "order 17"), ("AW: WG: Order  17 ", "order 17"),
        ("Re[2]: Fwd: Order\t17", "order 17"), ("  re : order 17", "order 17"), ("RV: Enc: Order 17", "order 17"),
        ("Reorder 17", "reorder 17"), ("Order 17: refund", "order 17: refund"), ("Re: ", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_subject_is_compared_without_prefixes_case_and_spaces(subject: str, key: str) -> None:
    assert subject_key(subject) == key


def test_a_key_has_an_end_that_fits_into_an_index() -> None:
    assert subject_key("\u0130" * 5000) == ("\u0130" * 100).lower()
    assert len(subject_key("x " * 5000)) == 199


@given(st.text(max_size=60))
def test_a_reply_has_the_subject_of_what_it_answers(subject: str) -> None:
    assert subject_key(f"Re: {subject}") == subject_key(subject)
    assert subject_key(subject_key(subject)) == subject_key(subject)


@pytest.mark.parametrize(
    "copy",
    [
        {"received_at": MONDAY + timedelta(minutes=3)},
        {"recipients": ("help@acme.example",)},
        {"sender": Person("mo@customer.example", "Mo Mango")},
        {"quoted": "> earlier"},
        {"attachments": (Attachment("a.pdf", "application/pdf", 3),)},
        {"references": ("<0@acme.example>",)},
    ],
)
def test_a_copy_that_took_another_way_is_the_same_message(copy: dict[str, Any]) -> None:
    assert replace(MAIL, **copy).identity == MAIL.identity


@pytest.mark.parametrize(
    "other",
    [
        {"rfc_id": "<2@customer.example>"},
        {"sent_at": None},
        {"sender": Person("jo@customer.example")},
        {"subject": "Order 18"},
        {"new_text": "Where is my refund?"},
    ],
)
def test_a_message_that_says_something_else_is_another_one_even_under_the_same_message_id(
    other: dict[str, Any],
) -> None:
    assert replace(MAIL, **other).identity != MAIL.identity


@given(st.text())
def test_whatever_a_message_holds_it_has_an_identity(text: str) -> None:
    hostile: Message = replace(MAIL, new_text=f"{text}\ud800")
    assert len(hostile.identity) == 64


def test_a_person_without_a_name_is_called_by_the_address() -> None:
    assert Person("mo@customer.example").display == "mo@customer.example"
    assert Person("mo@customer.example", "Mo").display == "Mo"
