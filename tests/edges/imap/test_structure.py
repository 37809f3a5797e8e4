"""Of a BODYSTRUCTURE the texts are found and the rest is named, however strange it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.message import Attachment
from bot.edges.imap.structure import attachments, leaves, texts


def part(kind: str, subtype: str, size: int = 10, disposition: Any = None, parameters: Any = None) -> tuple[Any, ...]:
    common = (kind.encode(), subtype.encode(), parameters, None, None, b"7BIT", size)
    return (*common, 1, None, disposition, None) if kind == "text" else (*common, None, disposition, None)


PLAIN, HTML = part("text", "plain"), part("TEXT", "HTML", 20)
PDF = part("application", "pdf", 3000, (b"attachment", (b"filename", b"bill.pdf")))


def multipart(*children: Any, subtype: bytes = b"mixed") -> tuple[Any, ...]:
    return ([*children], subtype, (b"boundary", b"b"))


def test_a_mail_of_one_part_is_its_text() -> None:
    (leaf,) = found = leaves(PLAIN)
    assert (leaf.section, leaf.media_type, leaf.size) == ("1", "text/plain", 10)
    assert texts(found) == found
    assert attachments(found) == ()


def test_sections_are_numbered_as_the_server_numbers_them() -> None:
    found = leaves(multipart(multipart(PLAIN, HTML, subtype=b"alternative"), PDF, PDF))
    assert [leaf.section for leaf in found] == ["1.1", "1.2", "2", "3"]
    assert [leaf.section for leaf in texts(found)] == ["1.1", "1.2"]
    assert attachments(found) == (Attachment("bill.pdf", "application/pdf", 3000),) * 2


def test_of_many_texts_the_first_of_each_kind_is_read_and_the_others_are_named() -> None:
    found = leaves(multipart(HTML, PLAIN, PLAIN, HTML))
    assert [leaf.section for leaf in texts(found)] == ["1", "2"]
    assert [one.media_type for one in attachments(found)] == ["text/plain", "text/html"]


def test_a_text_that_is_attached_is_not_what_was_written() -> None:
    attached = part("text", "plain", 50, (b"ATTACHMENT", (b"FILENAME", b"log.txt")))
    found = leaves(multipart(attached, PLAIN))
    assert [leaf.section for leaf in texts(found)] == ["2"]
    assert attachments(found) == (Attachment("log.txt", "text/plain", 50),)


@pytest.mark.parametrize(
    ("disposition", "parameters", "name"),
    [
        (None, (b"name", b"a.pdf"), "a.pdf"),
        ((b"inline", (b"filename", b"in line.pdf")), (b"name", b"other"), "in line.pdf"),
        ((b"attachment", (b"filename*", b"utf-8''%C3%BC.pdf")), None, "ü.pdf"),
        ((b"attachment", (b"filename", b'say "hi" \\.pdf')), None, 'say "hi" \\.pdf'),
        ((b"attachment", (b"filename", b"=?utf-8?q?=C3=BC?=.pdf")), None, "ü.pdf"),
        ((b"attachment", None), None, "unnamed"),
        (None, None, "unnamed"),
    ],
)
def test_a_file_is_called_as_it_calls_itself(disposition: Any, parameters: Any, name: str) -> None:
    (leaf,) = leaves(part("application", "pdf", 1, disposition, parameters))
    assert leaf.name == name


def test_a_message_that_is_attached_is_one_file() -> None:
    inner = (
        b"message",
        b"rfc822",
        None,
        None,
        None,
        b"7BIT",
        500,
        (None,) * 10,
        PLAIN,
        20,
        None,
        (b"attachment", None),
    )
    found = leaves(multipart(PLAIN, inner))
    assert [(leaf.section, leaf.name) for leaf in found] == [("1", "unnamed"), ("2", "attached message.eml")]


def test_a_mail_of_thousands_of_parts_or_nested_without_end_is_read_as_far_as_is_sane() -> None:
    deep: Any = PLAIN
    for _ in range(500):
        deep = multipart(deep)
    assert leaves(deep) == []
    assert len(leaves(multipart(*[PLAIN] * 5000))) == 200


Nonsense = st.recursive(
    st.none() | st.binary(max_size=8) | st.integers(),
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.lists(inner, max_size=4) | st.tuples(st.lists(inner)),
    max_leaves=20,
)


@given(Nonsense)
def test_whatever_a_server_says_of_a_mail_it_is_borne(told: Any) -> None:
    found = leaves(told)
    assert set(texts(found)) <= set(found)
    assert len(attachments(found)) + len(texts(found)) == len(found) or len(set(found)) < len(found)
