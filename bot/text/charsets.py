"""Bytes into valid Unicode, whatever their label says.

Labels mean what browsers take them to mean (WHATWG Encoding Standard, section 4.2): mail is labelled as carelessly as
the web is. Only codecs of the table below are ever used: a label from a stranger must not choose a Python codec that
is quadratic (punycode) or no text encoding at all.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LATIN = "cp1252"
_JAPANESE = "iso2022_jp_ext"

# A codec of Python: the labels for it, in lower case and without punctuation.
_LABELS = {
    "utf-8": "utf8 utf8mb4 unicode11utf8 unicode20utf8 xunicode20utf8 cp65001",
    "utf-7": "utf7 unicode11utf7",
    "utf-16": "utf16 unicode ucs2 iso10646ucs2 csunicode",
    "utf-16-le": "utf16le",
    "utf-16-be": "utf16be unicodefffe",
    "utf-32": "utf32 ucs4",
    _LATIN: "ascii usascii us ansi ansix341968 iso646us cp367 latin1 l1 iso88591 iso885911987 isoir100 cp819 ibm819",
    "iso8859-2": "iso88592 latin2 l2",
    "iso8859-3": "iso88593 latin3 l3",
    "iso8859-4": "iso88594 latin4 l4",
    "iso8859-5": "iso88595 cyrillic",
    "iso8859-6": "iso88596 arabic asmo708",
    "iso8859-7": "iso88597 greek ecma118",
    "iso8859-8": "iso88598 iso88598i iso88598e hebrew logical visual",
    "cp1254": "iso88599 latin5 l5",
    "iso8859-10": "iso885910 latin6 l6",
    "cp874": "iso885911 tis620 cp874 dos874 windows874",
    "iso8859-13": "iso885913 latin7",
    "iso8859-14": "iso885914 latin8",
    "iso8859-15": "iso885915 latin9 l9",
    "iso8859-16": "iso885916 latin10",
    "koi8-r": "koi8r koi koi8",
    "koi8-u": "koi8u koi8ru",
    "mac-roman": "macintosh mac macroman xmacroman",
    "mac-cyrillic": "maccyrillic xmaccyrillic xmacukrainian",
    "cp437": "cp437 ibm437 437",
    "cp850": "cp850 ibm850 850",
    "cp852": "cp852 ibm852 852",
    "cp855": "cp855 ibm855 855",
    "cp866": "cp866 ibm866 866",
    "gb18030": "gb18030 gb2312 gbk xgbk csgb2312 gb231280 euccn chinese cp936 ms936 windows936",
    "hz": "hz hzgb2312",
    "big5hkscs": "big5 big5hkscs csbig5 cnbig5 xxbig5 cp950",
    "cp932": "shiftjis sjis xsjis csshiftjis windows31j ms932 mskanji cp932",
    "euc_jp": "eucjp xeucjp",
    _JAPANESE: "iso2022jp csiso2022jp iso2022jp1 iso2022jpms cp50220 cp50221",
    "iso2022_jp_2": "iso2022jp2",
    "cp949": "euckr xeuckr ksc5601 ksc56011987 ksc56011989 korean windows949 ms949 uhc cp949",
    "iso2022_kr": "iso2022kr csiso2022kr",
}

_CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels.split()} | {
    f"{prefix}{page}": f"cp{page}" for page in range(1250, 1259) for prefix in ("windows", "cp", "xcp")
}

_NOT_IN_A_LABEL = re.compile(r"[^a-z0-9]+")
_LONGEST_LABEL = 60
_LINE_ENDS = re.compile("[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_HARMLESS = bytes({0x09, 0x0A, *range(0x20, 0x7F), *range(0x80, 0x100)})
_C1_IN_UTF_8 = re.compile(rb"\xc2[\x80-\x9f]")
_CUT = "unexpected end of data"  # how Python calls a last letter that lacks bytes


def decode(raw: bytes, label: str = "") -> str:
    """The text that `raw` most likely is: as labelled, else UTF-8, else windows-1252. Valid Unicode, LF line ends.

    A Latin label is believed only after UTF-8 was tried: text that happens to be valid UTF-8 with letters beyond ASCII
    is practically never Latin, and senders who label UTF-8 as us-ascii or iso-8859-1 are many.
    """
    codec = _codec(raw, label)
    if codec == "utf-8" and (text := _plain_utf_8(raw)) is not None:
        return text
    return valid(_decode(raw, codec).removeprefix("\ufeff"))


def valid(text: str) -> str:
    """`text` without lone surrogates (U+FFFD instead) and without control characters but LF and TAB."""
    text = text.replace("\r\n", "\n")
    if not _UNWANTED.search(text):
        return text
    if _SURROGATES.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))


def _plain_utf_8(raw: bytes) -> str | None:
    """UTF-8 in which `valid` would find nothing to change, as most mail is; None if it is anything else.

    Searching the bytes takes a tenth of the time that regular expressions take over the text.
    """
    raw = raw.replace(b"\r\n", b"\n")
    if raw.translate(None, _HARMLESS):
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    if raw.isascii():
        return text
    strange = _C1_IN_UTF_8.search(raw) or "\u2028" in text or "\u2029" in text or text[0] == "\ufeff"
    return None if strange else text


def _codec(raw: bytes, label: str) -> str:
    """The codec to begin with. Latin and unknown labels begin with UTF-8, or ISO-2022-JP where its escapes show."""
    known = _known(label[:_LONGEST_LABEL])
    if known.startswith(("utf-16", "utf-32")) and b"\0" not in raw:
        return "utf-8"  # two or four bytes a character and never a space or line end: the label cannot be true
    if known == _LATIN:
        return _JAPANESE if b"\x1b$" in raw else "utf-8"
    return known


@lru_cache(maxsize=256)
def _known(label: str) -> str:
    """The codec that a label stands for, the Latin one for an unknown label."""
    return _CODECS.get(_NOT_IN_A_LABEL.sub("", label.lower()), _LATIN)


def _decode(raw: bytes, codec: str) -> str:
    for candidate in (codec, "utf-8"):
        try:
            return raw.decode(candidate)
        except UnicodeDecodeError as problem:
            head = raw[: problem.start]
            if candidate == "utf-8" and problem.reason == _CUT and not head.isascii():
                return head.decode()
        except UnicodeError:
            continue
    loose = raw.decode(codec, "replace")
    return loose if _mostly_right(loose) else raw.decode(_LATIN, "replace")


def _mostly_right(text: str) -> bool:
    """True if most characters beyond ASCII were read: a few foreign bytes must not spoil the letters around them."""
    bad = text.count("\ufffd")
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    return 2 * bad <= beyond_ascii
