"""Bytes become the letters that were meant, whatever the label says."""

from __future__ import annotations

import pytest

from bot.text.charsets import decode, valid


@pytest.mark.parametrize("label", ["iso-8859-1", "us-ascii", "ISO_8859-1:1987", "latin1", " windows-1252 ", ""])
def test_latin_labels_mean_windows_1252(label: str) -> None:
    assert decode(b"\x93caf\xe9\x94 for 3 \x80", label) == "“café” for 3 €"


@pytest.mark.parametrize("label", ["us-ascii", "iso-8859-1", "unknown-8bit", "x-unknown", "no such thing", ""])
def test_utf_8_under_a_wrong_label_is_still_utf_8(label: str) -> None:
    assert decode("Größe zwölf".encode(), label) == "Größe zwölf"


@pytest.mark.parametrize(
    ("text", "label", "codec"),
    [
        ("Привет", "windows-1251", "cp1251"),
        ("Привет", "KOI8-R", "koi8-r"),
        ("kettle €", "iso-8859-15", "iso8859-15"),
        ("日本語のメール", "ISO-2022-JP", "iso2022_jp"),
        ("お茶", "Shift_JIS", "cp932"),
        ("お茶", "x-euc-jp", "euc_jp"),
        ("茶壶坏了", "GB2312", "gb18030"),
        ("茶壺壞了", "Big5", "big5"),
        ("차가 없어요", "ks_c_5601-1987", "cp949"),
        ("Şişe kırık", "iso-8859-9", "cp1254"),
        ("ชา", "tis-620", "cp874"),
        ("tasse cassée", "utf-7", "utf-7"),
        ("tasse cassée", "utf-16", "utf-16"),
    ],
)
def test_labels_from_all_over_the_world_are_known(text: str, label: str, codec: str) -> None:
    assert decode(text.encode(codec), label) == text


def test_vietnamese_windows_1258_keeps_its_letters() -> None:
    assert decode(b"\xc2m tr\xe0", "windows-1258") == "Âm trà"


def test_a_few_foreign_bytes_do_not_spoil_the_letters_around_them() -> None:
    assert decode("茶壶坏了，请退款".encode("gb18030") + b"\xff", "gb2312").startswith("茶壶坏了，请退款")
    assert decode("Käse für Jürgen".encode()[:-1] + b"\xe9 n", "utf-8").startswith("Käse für Jürge")


def test_latin_under_the_label_utf_8_is_latin() -> None:
    assert decode("déjà payé".encode("latin-1"), "utf-8") == "déjà payé"


def test_japanese_without_a_label_shows_by_its_escapes() -> None:
    assert decode("お茶です".encode("iso2022_jp")) == "お茶です"


def test_plain_words_labelled_utf_16_are_plain_words() -> None:
    assert decode(b"The kettle leaks.", "utf-16") == "The kettle leaks."


@pytest.mark.parametrize(
    "label", ["punycode", "idna", "unicode_escape", "hex", "rot13", "undefined", "x" * 5000, "\x00"]
)
def test_a_label_never_chooses_a_codec_that_is_no_charset(label: str) -> None:
    assert decode(rb"a\u0041 -", label) == r"a\u0041 -"


def test_nul_and_control_characters_go_but_line_ends_and_tabs_stay() -> None:
    assert decode(b"one\0 two\x07\r\nthree\tfour\rfive\x0bsix\x7f") == "one two\nthree\tfour\nfive\nsix"


def test_a_byte_order_mark_is_no_letter() -> None:
    assert decode(b"\xef\xbb\xbfHello", "utf-8") == "Hello"


def test_lone_surrogates_become_replacement_characters_and_pairs_become_letters() -> None:
    assert valid("a\ud800b") == "a\ufffdb"
    assert valid("\ud83d\ude00") == "😀"
    assert decode(b"x +2AA- y", "utf-7") == "x \ufffd y"


def test_a_last_letter_that_was_cut_off_spoils_nothing_before_it() -> None:
    assert decode("Größe zwölf: ü".encode()[:-1], "utf-8") == "Größe zwölf: "
    assert decode("pas payé".encode("latin-1"), "utf-8") == "pas payé"


@pytest.mark.parametrize("odd", ["\x00", "\x1b", "\x7f", "\x85", "\x9f", "\u2028", "\u2029", "\ufeff", "\r", "\x0b"])
@pytest.mark.parametrize("around", ["a", "é"])
def test_the_short_way_through_utf_8_leads_where_the_long_one_does(odd: str, around: str) -> None:
    text = f"{odd}{around}{odd}{around}"
    assert decode(text.encode(), "utf-8") == valid(text.removeprefix("\ufeff"))
