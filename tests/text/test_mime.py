"""A mail becomes a Message: its head, its text, what came along."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bot.domain.message import Attachment, Direction, Message, Person
from tests.text.conftest import Read

MIXED = b"Content-Type: multipart/mixed; boundary=m"
ALTERNATIVE = b"Content-Type: multipart/alternative; boundary=a"
HTML = b"Content-Type: text/html; charset=utf-8\n\n"
STORY = b"The kettle that came today has no lid.\n"


def parts(boundary: bytes, *those: bytes) -> bytes:
    return b"".join(b"--" + boundary + b"\n" + part + b"\n" for part in those) + b"--" + boundary + b"--\n"


def test_a_plain_mail_is_read_whole(read: Read) -> None:
    head = b"Date: Mon, 2 Mar 2026 10:41:00 +0100\nMessage-ID: <one@example.com>\n"
    message = read(head + b"Cc: b@example.org\nDelivered-To: c@example.org", STORY)
    assert message.sender == Person("gwen@example.com", "Gwen Frost")
    assert message.direction is Direction.FROM_CUSTOMER
    assert message.subject == "My order"
    assert message.new_text == "The kettle that came today has no lid."
    assert message.quoted == ""
    assert message.sent_at == datetime(2026, 3, 2, 9, 41, tzinfo=UTC)
    assert message.received_at == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert message.rfc_id == "<one@example.com>"
    assert message.recipients == ("help@example.org", "b@example.org", "c@example.org")


def test_nothing_at_all_is_a_message_without_words(read_raw: Callable[[bytes], Message]) -> None:
    message = read_raw(b"")
    assert (message.sender.address, message.subject, message.new_text, message.quoted) == ("unknown", "", "", "")


def test_bytes_without_any_header_are_text(read_raw: Callable[[bytes], Message]) -> None:
    assert read_raw(b"just some words\nand more").new_text == "just some words\nand more"


@pytest.mark.parametrize("header", [b"", b"Message-ID:", b"Message-ID: <>", b"Message-ID: is missing"])
def test_a_mail_without_a_usable_id_is_kept(read: Read, header: bytes) -> None:
    message = read(header, STORY)
    assert message.rfc_id == ""
    assert message.new_text


def test_references_come_nearest_first_and_once(read: Read) -> None:
    message = read(b"In-Reply-To: <3@x>\nReferences: <1@x> <2@x>\n <3@x>")
    assert message.references == ("<3@x>", "<2@x>", "<1@x>")


def test_of_many_references_the_nearest_fifty_are_kept(read: Read) -> None:
    references = read(b"References: " + b" ".join(b"<%d@x>" % number for number in range(200))).references
    assert (len(references), references[0], references[-1]) == (50, "<199@x>", "<150@x>")


def test_subject_and_text_are_capped(read: Read) -> None:
    message = read(b"Subject: " + b"tea " * 2000, b"tea " * 100_000)
    assert len(message.subject) == 499  # and the space behind the last word
    assert len(message.new_text) <= 100_000


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"quoted-printable", b"caf=C3=A9 and =\nmilk"),
        (b"BASE64", b"Y2Fmw6kgYW5k\nIG1pbGs="),
        (b"8bit", "café and milk".encode()),
        (b"base64", "café and milk".encode()),
        (b"nonsense", "café and milk".encode()),
    ],
)
def test_transfer_encodings_are_undone(read: Read, encoding: bytes, body: bytes) -> None:
    header = b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: " + encoding
    assert read(header, body).new_text == "café and milk"


def test_the_plain_alternative_is_preferred(read: Read) -> None:
    body = parts(b"a", b"\nPlain words.", HTML + b"<p>Rich words.</p>")
    assert read(ALTERNATIVE, body).new_text == "Plain words."


@pytest.mark.parametrize("plain", [b"", b"  \n ", b"Please view this mail in HTML.", b"Open it in your browser: <x>"])
def test_html_is_read_where_the_plain_alternative_says_nothing(read: Read, plain: bytes) -> None:
    body = parts(b"a", b"\n" + plain, HTML + "<p>Der Kessel läuft aus.</p>".encode())
    assert read(ALTERNATIVE, body).new_text == "Der Kessel läuft aus."


def test_html_alone_is_read_and_its_meta_charset_believed(read: Read) -> None:
    body = '<meta charset="windows-1251"><p>Чайник сломан</p>'.encode("cp1251")
    assert read(b"Content-Type: text/html", body).new_text == "Чайник сломан"


@pytest.mark.parametrize("value", [b"text/html", b"TEXT/HTML charset=utf-8", b'"text/html"; x', b"text/html (really)"])
def test_html_is_known_by_carelessly_written_types(read: Read, value: bytes) -> None:
    assert read(b"Content-Type: " + value, b"<p>No&nbsp;lid.</p>").new_text == "No lid."


def test_text_around_a_picture_is_all_text(read: Read) -> None:
    body = parts(b"m", b"\nBefore the picture.", b"Content-Type: image/png\n\nxyz", b"\nAfter the picture.")
    message = read(MIXED, body)
    assert message.new_text == "Before the picture.\n\nAfter the picture."
    assert message.attachments == (Attachment("unnamed", "image/png", 3),)


def test_the_same_text_twice_is_read_once(read: Read) -> None:
    assert read(MIXED, parts(b"m", b"\nNo lid.", HTML + b"<p>No lid.</p>")).new_text == "No lid."


def test_alternatives_inside_other_parts_are_found(read: Read) -> None:
    inner = ALTERNATIVE + b"\n\n" + parts(b"a", b"\nPlain words.", HTML + b"<p>Rich words.</p>")
    pdf = b'Content-Type: application/pdf; name="bill.pdf"\n\n%PDF'
    message = read(MIXED, parts(b"m", inner, pdf))
    assert message.new_text == "Plain words."
    assert message.attachments == (Attachment("bill.pdf", "application/pdf", 4),)


def test_attached_text_is_named_and_not_read(read: Read) -> None:
    attached = b"Content-Disposition: attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.txt\n\nnot to be read"
    named = b"Content-Type: text/plain; name=log.txt\n\nnor this"
    message = read(MIXED, parts(b"m", b"\n" + STORY, attached, named))
    assert message.new_text == STORY.decode().strip()
    assert [(file.name, file.media_type) for file in message.attachments] == [
        ("Größe.txt", "text/plain"),
        ("log.txt", "text/plain"),
    ]


def test_attached_mail_and_winmail_are_named_and_never_opened(read: Read) -> None:
    attached = b"Content-Type: message/rfc822\n\nSubject: secret\n\nnot to be read"
    winmail = b"Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\neJ8+"
    message = read(MIXED, parts(b"m", b"\n" + STORY, attached, winmail))
    assert "not to be read" not in message.new_text + message.quoted
    assert [file.name for file in message.attachments] == ["secret.eml", "winmail.dat"]


@pytest.mark.parametrize(
    ("inner", "name"),
    [
        (b"Subject: Order 17", "Order 17.eml"),
        (b"Subject: =?utf-8?Q?Gr=C3=B6=C3=9Fe?=", "Größe.eml"),
        (b"Subject: ../../a\\b: c?", "a b c.eml"),
        (b"Subject: ", "attached message.eml"),
        (b"From: a@example.com", "attached message.eml"),
        (b"Subject: " + b"tea" * 500, "tea" * 65 + "t.eml"),
    ],
)
def test_an_attached_mail_is_named_by_its_subject(read: Read, inner: bytes, name: str) -> None:
    attached = b"Content-Type: message/rfc822\n\n" + inner + b"\n\nnot to be read"
    (file,) = read(MIXED, parts(b"m", b"\n" + STORY, attached)).attachments
    assert (file.name, len(file.name) <= 200) == (name, True)


@pytest.mark.parametrize("above", [(), (b"\n\n",), (HTML + b"<div><br></div>",)])
def test_a_mail_that_is_nothing_but_an_attached_mail_is_read_there(read: Read, above: tuple[bytes, ...]) -> None:
    attached = b"Content-Type: message/rfc822\n\nSubject: Kettle\n\n" + STORY
    message = read(MIXED, parts(b"m", *above, attached))
    assert message.new_text == STORY.decode().strip()
    assert [file.name for file in message.attachments] == ["Kettle.eml"]


def test_a_mail_attached_to_the_attached_mail_stays_shut(read: Read) -> None:
    innermost = b"Content-Type: message/rfc822\n\nSubject: b\n\nnot to be read"
    inner = (
        b"Content-Type: message/rfc822\n\nSubject: a\n" + MIXED.replace(b"=m", b"=i") + b"\n\n" + parts(b"i", innermost)
    )
    assert read(MIXED, parts(b"m", inner)).new_text == ""


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (b"application/ms-tnef", "winmail.dat"),
        (b"application/vnd.ms-tnef", "winmail.dat"),
        (b"text/calendar", "unnamed"),
        (b"text/vcard", "unnamed"),
        (b"application/pkcs7-mime; name=smime.p7m", "smime.p7m"),
    ],
)
def test_what_is_no_text_is_an_attachment(read: Read, kind: bytes, name: str) -> None:
    message = read(MIXED, parts(b"m", b"\n" + STORY, b"Content-Type: " + kind + b"\n\nnot to be read"))
    assert message.new_text == STORY.decode().strip()
    assert [file.name for file in message.attachments] == [name]


def test_encrypted_mail_has_no_text_and_signed_mail_has_its_own(read: Read) -> None:
    version = b"Content-Type: application/pgp-encrypted\n\nVersion: 1"
    secret = b"Content-Type: application/octet-stream; name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----"
    message = read(MIXED.replace(b"mixed", b"encrypted"), parts(b"m", version, secret))
    assert (message.new_text, [file.name for file in message.attachments]) == ("", ["unnamed", "encrypted.asc"])
    signature = b"Content-Type: application/pkcs7-signature; name=smime.p7s\n\nMII="
    message = read(MIXED.replace(b"mixed", b"signed"), parts(b"m", b"\n" + STORY, signature))
    assert message.new_text == STORY.decode().strip()
    assert [file.name for file in message.attachments] == ["smime.p7s"]


def test_names_of_attachments_are_capped(read: Read) -> None:
    part = b'Content-Type: image/png; name="' + b"n" * 5000 + b'"\n\nx'
    (file,) = read(MIXED, parts(b"m", b"\nHello", part)).attachments
    assert len(file.name) == 200


@pytest.mark.parametrize(
    "content_type",
    [
        b"multipart/mixed",
        b"multipart/mixed; boundary=other",
        b'multipart/mixed; boundary=""',
        b"///",
        b"text/plain; charset=",
    ],
)
def test_broken_structure_loses_no_text(read: Read, content_type: bytes) -> None:
    assert "has no lid" in read(b"Content-Type: " + content_type, STORY).new_text


def test_a_mail_cut_in_the_middle_is_read_up_to_there(read: Read) -> None:
    whole = parts(b"a", b"Content-Transfer-Encoding: base64\n\nVGhlIGtldHRsZSBsZWFrcy4=")
    assert read(ALTERNATIVE, whole[:-20]).new_text == "The kett"


def test_a_reply_that_only_quotes_keeps_the_quotation_as_its_text(read: Read) -> None:
    message = read(b"", b"> Where is it?\n> We do not know.\n")
    assert message.new_text == "> Where is it?\n> We do not know."
    assert message.quoted == ""


def test_a_quotation_below_html_is_set_apart(read: Read) -> None:
    body = b'<div>Still nothing!</div><blockquote type="cite">We will refund you.</blockquote>'
    message = read(b"Content-Type: text/html", body)
    assert (message.new_text, message.quoted) == ("Still nothing!", "We will refund you.")


def test_a_forwarded_mail_with_hardly_a_word_above_is_the_message(read: Read) -> None:
    body = b'<div>See below.</div><div id="divRplyFwdMsg"><b>From:</b> Joe</div><div>The kettle burnt my hand.</div>'
    message = read(b"Subject: FW: your kettle\nContent-Type: text/html", body)
    assert "burnt my hand" in message.new_text
    assert message.quoted == ""


def test_at_most_two_hundred_parts_are_walked(read: Read) -> None:
    message = read(MIXED, parts(b"m", *(b"Content-Type: image/png\n\nx" for _ in range(5000))))
    assert len(message.attachments) == 199


def test_very_deep_nesting_ends(read: Read) -> None:
    deep = b"".join(b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (at, at + 1) for at in range(3000))
    assert read(b"Content-Type: multipart/mixed; boundary=b0", deep + b"--b3000\n\nWords").subject == "My order"


def test_two_copies_of_a_mail_are_one_whatever_brought_them(read: Read) -> None:
    one = read(b"Received: by a\nMessage-ID: <1@x>", b"No lid.  \r\nNo spout.\r\n\r\n")
    other = read(b"Received: by b\nX-Spam: no\nMessage-ID: <1@x>", b"No lid.\nNo spout.\n")
    assert one.identity == other.identity
