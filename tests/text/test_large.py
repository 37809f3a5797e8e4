"""A mail fetched in pieces is the message that it would have been whole."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import pytest

from bot.domain.house import House
from bot.domain.message import Attachment, Direction, Message
from bot.text.mime import read_large, read_mail
from tests.text.conftest import MONDAY

HEAD = b"From: Gwen Frost <gwen@example.com>\r\nSubject: My order\r\nMessage-ID: <1@example.com>\r\n"
PDF = Attachment("bill.pdf", "application/pdf", 60_000_000)
PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n"
BASE64 = PLAIN + b"Content-Transfer-Encoding: base64\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\n"
STORY = "Der Kessel läuft aus.\r\n\r\nAm 2. März 2026 um 10:41 schrieb Joe <joe@example.org>:\r\n> Danke.\r\n".encode()
PAGE = "<p>Der Kessel läuft aus, sehr.</p>".encode()

Texts = Sequence[tuple[bytes, bytes]]


def large(kind: bytes, texts: Texts, attachments: Sequence[Attachment] = (PDF,)) -> Message:
    return read_large(HEAD + kind + b"\r\n\r\n", texts, attachments, MONDAY)


def whole(kind: bytes, body: bytes) -> Message:
    return read_mail(HEAD + kind + b"\r\n\r\n" + body, MONDAY)


def parts(boundary: bytes, *those: bytes) -> bytes:
    return b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in those) + b"--" + boundary + b"--\r\n"


FILE = b"Content-Type: application/pdf; name=bill.pdf\r\n\r\n%PDF"
MIXED, ALTERNATIVE = b"Content-Type: multipart/mixed; boundary=m", b"Content-Type: multipart/alternative; boundary=a"
BOTH = parts(b"a", PLAIN + b"\r\n" + STORY, HTML + b"\r\n" + PAGE)
TWO_TEXTS = [(PLAIN, STORY), (HTML, PAGE)]


@pytest.mark.parametrize(
    ("kind", "body", "texts"),
    [
        (PLAIN.strip(), STORY, [(b"", STORY)]),
        (BASE64.strip(), base64.encodebytes(STORY), [(b"", base64.encodebytes(STORY))]),
        (MIXED, parts(b"m", PLAIN + b"\r\n" + STORY, FILE), [(PLAIN + b"\r\n", STORY)]),
        (MIXED, parts(b"m", HTML + b"\r\n" + PAGE, FILE), [(HTML, PAGE)]),
        (MIXED, parts(b"m", ALTERNATIVE + b"\r\n\r\n" + BOTH, FILE), TWO_TEXTS),
        (ALTERNATIVE, BOTH, TWO_TEXTS),
        (MIXED, parts(b"m", FILE), []),
        (MIXED, parts(b"m", b"\r\nAbove.", FILE, b"\r\nBelow."), [(b"\r\n", b"Above."), (b"\r\n", b"Below.")]),
        (MIXED, parts(b"m", BASE64 + b"\r\n" + base64.encodebytes(STORY), FILE), [(BASE64, base64.encodebytes(STORY))]),
    ],
)  # fmt: skip
def test_its_identity_is_the_same_either_way(kind: bytes, body: bytes, texts: Texts) -> None:
    message, peer = large(kind, texts), whole(kind, body)
    assert (message.new_text, message.quoted) == (peer.new_text, peer.quoted)
    assert message.identity == peer.identity
    assert message.rfc_id == "<1@example.com>"


def test_its_attachments_are_those_that_were_named() -> None:
    assert large(MIXED, [(PLAIN, STORY)]).attachments == (PDF,)


@pytest.mark.parametrize("length", [17, 18, 19, 20, 21])
def test_a_text_cut_short_is_read_up_to_there(length: int) -> None:
    text = large(MIXED, [(BASE64, base64.b64encode(STORY)[:length])]).new_text
    assert "Der Kessel läuft aus."[: length // 2].startswith(text[: length // 2])
    assert "\ufffd" not in text
    assert len(text) >= 11


def test_an_attached_text_is_no_part_of_the_text() -> None:
    log = Attachment("log.txt", "text/plain", 70_000_000)
    assert large(MIXED, [(PLAIN, STORY)], [log]).new_text == "Der Kessel läuft aus."


def test_a_large_report_is_automatic_and_our_own_large_mail_is_ours() -> None:
    status = Attachment("unnamed", "message/delivery-status", 100)
    assert large(MIXED, [(PLAIN, STORY)], [status]).direction is Direction.AUTOMATIC
    house = House(frozenset({"gwen@example.com"}))
    ours = read_large(HEAD, [(b"", STORY)], [], MONDAY, house, proven_ours=True)
    assert ours.direction is Direction.FROM_US
    assert read_large(HEAD, [(b"", STORY)], [], MONDAY, house).direction is Direction.FROM_CUSTOMER
