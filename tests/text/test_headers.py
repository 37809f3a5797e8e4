"""Headers are read as far as they can be, and never further."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.text.headers import from_base64, ids, moment, parameter, words


def raw(octets: bytes) -> str:
    return octets.decode("ascii", "surrogateescape")


@pytest.mark.parametrize(
    ("header", "text"),
    [
        (b"Where is my kettle?", "Where is my kettle?"),
        (b"=?utf-8?Q?Th=C3=A9i=C3=A8re_cass=C3=A9e?=", "Théière cassée"),
        (b"=?iso-8859-1?q?Caf=E9?= au lait", "Café au lait"),
        (b"=?UTF-8?B?R3LDvMOfZQ==?=", "Grüße"),
        (b"=?utf-8?B?R3LDvMOfZQ?=", "Grüße"),
        (b"=?utf-8*en?Q?tea?= =?utf-8?Q?pot?=", "teapot"),
        (b"two =?utf-8?Q?words?= here", "two words here"),
        (b"=?utf-8?Q?spaces inside?=", "spaces inside"),
        (b"=?no-such?Q?caf=C3=A9?=", "café"),
        (b"Stra\xc3\x9fe", "Straße"),
        (b"Stra\xdfe", "Straße"),
        (b"=?utf-8?Q?unfinished", "=?utf-8?Q?unfinished"),
        (b"", ""),
    ],
)
def test_encoded_words_are_read(header: bytes, text: str) -> None:
    assert words(raw(header)) == text


def test_a_letter_cut_between_two_encoded_words_is_whole_again() -> None:
    assert words("=?utf-8?Q?Caf=C3?= =?utf-8?Q?=A9?=") == "Café"


def test_folded_lines_are_one_line() -> None:
    assert words("Where is\r\n my\r\n\tkettle?") == "Where is my kettle?"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b'attachment; filename="bill.pdf"', "bill.pdf"),
        (b"attachment; FILENAME=bill.pdf ; size=3", "bill.pdf"),
        (b"attachment; filename*=utf-8''R%C3%A9sum%C3%A9.pdf", "Résumé.pdf"),
        (b"attachment; filename*=us-ascii''Gr%F6%DFe.txt", "Größe.txt"),
        (b"attachment; filename*0*=utf-8'en'Fac; filename*1*=ture%20; filename*2=\"2026.pdf\"", "Facture 2026.pdf"),
        (b"attachment; filename*1=b.txt; filename*0=a", "ab.txt"),
        (b'attachment; filename="=?utf-8?B?R3LDvMOfZS50eHQ=?="', "Grüße.txt"),
        (b'attachment; filename="Gr\xfc\xdfe.txt"', "Grüße.txt"),
        (b'attachment; filename="a \\"big\\" one.txt"', 'a "big" one.txt'),
        (b'attachment; filename="no end', "no end"),
        (b"attachment", ""),
        (b';;;==="', ""),
    ],
)
def test_file_names_are_decoded(header: bytes, name: str) -> None:
    assert parameter(raw(header), "filename") == name


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("<a@example.com>", ("<a@example.com>",)),
        ("  <long.\r\n tail@example.com>", ("<long.tail@example.com>",)),
        ("<a@example.com> <b@example.com>", ("<a@example.com>", "<b@example.com>")),
        ("Gwen's mail of Monday <a@example.com>", ("<a@example.com>",)),
        ("a@example.com", ("<a@example.com>",)),
        ("<>", ()),
        ("no id at all", ()),
        ("", ()),
    ],
)
def test_message_ids_are_found(header: str, found: tuple[Any, ...]) -> None:
    assert ids(header) == found


def test_a_message_id_has_at_most_500_characters() -> None:
    (found,) = ids(f"<{'x' * 3000}@example.com>")
    assert len(found) == 500
    assert found.endswith(">")


@pytest.mark.parametrize(
    ("header", "at"),
    [
        ("Mon, 2 Mar 2026 10:41:00 +0100", datetime(2026, 3, 2, 9, 41, tzinfo=UTC)),
        ("Mon, 02 Mar 2026 10:41:00 -0000", datetime(2026, 3, 2, 10, 41, tzinfo=UTC)),
        ("2 Mar 2026 10:41", datetime(2026, 3, 2, 10, 41, tzinfo=UTC)),
        ("Mon, 2 Mar 2026 10:41:00 GMT (really)", datetime(2026, 3, 2, 10, 41, tzinfo=UTC)),
    ],
)
def test_dates_are_read_in_utc(header: str, at: datetime) -> None:
    assert moment(header) == at


@pytest.mark.parametrize(
    "header",
    [
        "",
        "yesterday",
        "Mon, 99 Foo 2026 10:41:00 +0000",
        "Thu, 1 Jan 1970 00:00:00 +0000",
        "31 Dec 2199 10:00:00 +0000",
        "Mon, 2 Mar 2026 10:41:00 +9999",
        "Mon, 2 Mar 2026 25:61:00 +0000",
        "Mon, 2 Mar 99999 10:41:00 +0000",
        "9" * 10_000,
    ],
)
def test_absurd_dates_are_none(header: str) -> None:
    assert moment(header) is None


@pytest.mark.parametrize(
    ("data", "meant"),
    [
        (b"aGVsbG8=", b"hello"),
        (b"aGVsbG8", b"hello"),
        (b"aGVs\r\nbG8=", b"hello"),
        (b"aGVsbG8=aGVsbG8=", b"hellohello"),
        (b"aGVs!bG8hx", b"hello!"),
        (b"=", b""),
        (b"", b""),
    ],
)
def test_base64_is_read_as_far_as_it_goes(data: bytes, meant: bytes) -> None:
    assert from_base64(data) == meant
