"""Whatever arrives, there is an answer: valid Unicode, without control characters, capped."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.house import House
from bot.domain.message import Attachment, Message
from bot.text.html import to_text
from bot.text.mime import read_large, read_mail
from bot.text.mrkdwn import one_line, plain
from bot.text.quoting import split
from tests.text.conftest import examples
from tests.text.trees import mails

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOUSE = House(
    frozenset({"help@example.org"}), frozenset({"mx.example.org"}), frozenset({"form@example.org"}),
    {"gwen@example.com": "gwen@example.net"},
)  # fmt: skip
DEMO = sorted((Path(__file__).parents[2] / "bot" / "demo" / "mail").glob("*.eml"))
STRUCTURED = b"""From: =?utf-8?Q?Gw=C3=AAn?= <gwen@example.com>
To: "Help, please" <help@example.org>, a@example.org
Subject: =?iso-8859-1?B?Y2Fm6Q==?= and
 more
Date: Mon, 2 Mar 2026 10:41:00 +0100
Message-ID: <1@example.com>
References: <0@example.com> <00@example.com>
Content-Type: multipart/mixed; boundary="m"

--m
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain; charset=iso-2022-jp
Content-Transfer-Encoding: quoted-printable

On Mon, 2 Mar 2026 at 10:41, Joe <joe@example.org> wrote:
> =1B$B$*Cc=1B(B
My answer.
--=20
Gwen
--a
Content-Type: text/html; charset=gb2312
Content-Transfer-Encoding: base64

PGRpdiBjbGFzcz0iZ21haWxfcXVvdGUiPjxibG9ja3F1b3RlPk9sZDwvYmxvY2txdW90ZT5OZXc8L2Rpdj4=
--a--
--m
Content-Type: application/pdf; name*0*=utf-8''R%C3%A9; name*1=sum.pdf
Content-Disposition: attachment

%PDF
--m
Content-Type: message/rfc822

Subject: inner

inner
--m--
"""
CORPUS = [STRUCTURED, *(path.read_bytes() for path in DEMO)]
NASTY = [
    b"\0",
    b"\xff",
    b"=?",
    b"?=",
    b"\x1b$B",
    b"\r",
    b"\n\n",
    b"--m\n",
    b"<",
    b'"',
    b"(",
    b";",
    b"%",
    b"\xd8\x00",
    b"+2AA-",
    b"> ",
]


def check(message: Message) -> None:
    """The promises of read_mail about everything in a message."""
    texts = [
        (message.subject, 500), (message.new_text, 100_000), (message.quoted, 100_000), (message.rfc_id, 500),
        (message.sender.address, 320), (message.sender.name, 200),
        *((reference, 500) for reference in message.references), *((address, 320) for address in message.recipients),
        *((file.name, 200) for file in message.attachments), *((file.media_type, 150) for file in message.attachments),
    ]  # fmt: skip
    for text, longest in texts:
        assert len(text) <= longest
        text.encode("utf-8")
        assert not any(ord(letter) < 32 and letter not in "\n\t" for letter in text)
        assert not any(0x7F <= ord(letter) <= 0x9F for letter in text)
    assert len(message.references) <= 50
    assert len(message.recipients) <= 50
    assert len(message.attachments) <= 200
    assert message.sender.address
    assert message.sender.address == message.sender.address.lower()
    assert message.sent_at is None or message.sent_at.utcoffset() is not None
    assert message.identity


@examples(200)
@given(st.binary(max_size=2000))
def test_random_bytes_are_read(raw: bytes) -> None:
    check(read_mail(raw, NOW))


HEADER_NAMES = [
    "From", "To", "Subject", "Date", "Message-ID", "References", "Content-Type", "Content-Disposition",
    "Content-Transfer-Encoding", "Auto-Submitted", "List-Id",
]  # fmt: skip


@examples(200)
@given(st.lists(st.tuples(st.sampled_from(HEADER_NAMES), st.text(max_size=80)), max_size=12), st.text(max_size=300))
def test_random_headers_and_texts_are_read(headers: list[tuple[str, str]], body: str) -> None:
    head = "".join(f"{name}: {value}\n" for name, value in headers)
    check(read_mail(f"{head}\n{body}".encode("utf-8", "replace"), NOW, proven_ours=True))


@examples(200)
@given(st.sampled_from(CORPUS), st.integers(0, 2**32), st.integers(1, 30))
def test_mutated_mails_are_read(mail: bytes, seed: int, wounds: int) -> None:
    check(read_mail(wounded(mail, seed, wounds), NOW))


def wounded(mail: bytes, seed: int, wounds: int) -> bytes:
    """The mail with so many of its places cut, repeated or overwritten."""
    chance = random.Random(seed)
    raw = bytearray(mail)
    for _ in range(wounds):
        at, length = chance.randrange(len(raw) + 1), chance.randrange(20)
        raw[at : at + length] = chance.choice(
            [chance.choice(NASTY), raw[:at][-40:], b"", bytes([chance.randrange(256)])]
        )
    return bytes(raw)


@examples(200)
@given(mails(), st.integers(0, 2**32), st.integers(0, 30), st.booleans())
def test_mails_of_any_structure_whole_or_mutated_are_read(
    mail: bytes, seed: int, wounds: int, proven_ours: bool
) -> None:
    check(read_mail(wounded(mail, seed, wounds), NOW, HOUSE, proven_ours=proven_ours))


@examples(100)
@given(st.lists(st.tuples(mails(), mails()), max_size=4), mails(), st.integers(0, 2**32), st.integers(0, 30))
def test_large_mails_of_any_pieces_are_read(
    texts: list[tuple[bytes, bytes]], header: bytes, seed: int, wounds: int
) -> None:
    pieces = [(wounded(head, seed, wounds), wounded(body, seed, wounds)) for head, body in texts]
    check(read_large(wounded(header, seed, wounds), pieces, [Attachment("a.pdf", "application/pdf", 3)], NOW, HOUSE))


@examples(200)
@given(st.text(max_size=500))
def test_splitting_loses_no_word(text: str) -> None:
    new, quoted = split(text)
    assert sorted(f"{new}\n{quoted}".split()) == sorted(text.split())
    assert bool(new.strip()) == bool(text.strip())


@examples(200)
@given(st.text(alphabet=st.sampled_from("<>/ abdivblockquote=\"'&;#gmail_x\n\0\ud800"), max_size=400))
def test_random_markup_is_read(html: str) -> None:
    for text in to_text(html):
        text.encode("utf-8")


@examples(200)
@given(st.text(alphabet=st.characters(), max_size=200), st.integers(-3, 60))
def test_shown_text_is_within_its_limit(text: str, limit: int) -> None:
    assert len(plain(text, limit)) <= max(limit, 0)
    shown = one_line(text, limit)
    assert len(shown) <= max(limit, 0)
    assert "\n" not in shown
