"""Mails made to stall a reader: for each family, one of about so many bytes."""

from __future__ import annotations

from collections.abc import Callable

Family = Callable[[int], bytes]


def _filled(before: bytes, unit: bytes, after: bytes = b"") -> Family:
    return lambda size: before + unit * (size // len(unit)) + after


_MIXED = b"Content-Type: multipart/mixed; boundary=b\n\n"
_PLAIN = b"Content-Type: text/plain\n\n"
_FLOWED = b"Content-Type: text/plain; format=flowed\n\n"
_TRUSTED = b"From: a@example.org\nAuthentication-Results: mx.example.org"


def _nested(size: int) -> bytes:
    levels = (b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(size // 60))
    return b"".join(levels)


def _prefixes(size: int) -> bytes:
    """Boundaries that begin with one another, ten levels of them, and lines that are nearly theirs."""
    heads = b"".join(
        b"Content-Type: multipart/mixed; boundary=%s\n\n--%s\n" % (b"-" * n, b"-" * n) for n in range(1, 11)
    )
    return heads + b"\n------------" * (size // 13)


FAMILIES: dict[str, Family] = {
    "semicolons": _filled(b"Content-Type: multipart/mixed", b";"),
    "parameters": _filled(b"Content-Type: multipart/mixed", b';a="\\"'),
    "parameters without end": _filled(b"Content-Type: multipart/mixed", b';a="\\'),
    "sections": lambda size: b"Content-Disposition: x" + b"".join(b";filename*%d=a" % n for n in range(size // 15)),
    "brackets in From": _filled(b"From: ", b"("),
    "angles in From": _filled(b"From: ", b"<"),
    "quotes in From": _filled(b"From: ", b'"a\\'),
    "people in To": _filled(b"To: ", b"a@b,"),
    "many To": _filled(b"", b"To: a@example.org\n"),
    "encoded words": _filled(b"Subject: ", b"=?a?q?"),
    "short encoded words": _filled(b"Subject: ", b"=?utf-8?q?=C3?= "),
    "references": _filled(b"References: ", b"<"),
    "ids": _filled(b"References: ", b"<a@b> "),
    "digits in Date": _filled(b"Date: ", b"9"),
    "brackets in Date": _filled(b"Date: ", b"("),
    "header lines": _filled(b"", b"X: y\n"),
    "folded lines": _filled(b"X: y", b"\n z"),
    "lines without colon": _filled(b"From: a@example.org\n", b"x\n", b"Received: y\n"),
    "one line without colon": _filled(b"", b"x"),
    "spaces before no colon": _filled(b"X", b" "),
    "carriage returns": _filled(b"X: y\n", b"\r"),
    "lines of carriage returns": _filled(b"X: y\n", b"\r\r\n"),
    "nested multiparts": _nested,
    "parts": _filled(_MIXED, b"--b\n\nx\n"),
    "empty parts": _filled(_MIXED, b"--b\n"),
    "nearly delimiters": _filled(_MIXED, b"--b-\n"),
    "boundaries with a common beginning": _prefixes,
    "attached messages": _filled(b"", b"Content-Type: message/rfc822\n\n"),
    "reports": _filled(b"Content-Type: message/delivery-status\n\n", b"a: b\n\n"),
    "trusted results": _filled(_TRUSTED, b"; dkim=pass header.d=example.com"),
    "quotes in trusted results": _filled(_TRUSTED + b'; dkim=pass reason="', b"\\\\"),
    "comments in trusted results": _filled(_TRUSTED, b" ("),
    "many trusted results": _filled(b"From: a@example.org\n", b"Authentication-Results: x; dkim=pass\n"),
    "soft breaks": _filled(_FLOWED, b"a \n"),
    "soft breaks in quotes": _filled(_FLOWED, b"> a \n>> b \n"),
    "quotation marks": _filled(_FLOWED, b">"),
    "control characters": _filled(_PLAIN, b"\0\x1b"),
    "padding in base64": _filled(_PLAIN.rstrip() + b"\nContent-Transfer-Encoding: base64\n\n", b"YQ=="),
    "equals signs": _filled(_PLAIN.rstrip() + b"\nContent-Transfer-Encoding: quoted-printable\n\n", b"=\n"),
    "shifts in UTF-7": _filled(b"Content-Type: text/plain; charset=utf-7\n\n", b"+A-"),
    "lone surrogates": _filled(b"Content-Type: text/plain; charset=utf-7\n\n", b"+2AA-"),
    "escapes of ISO-2022-JP": _filled(_PLAIN, b"\x1b$B\x1b(B"),
    "open divs": _filled(b"Content-Type: text/html\n\n", b"<div>"),
    "meta": _filled(b"Content-Type: text/html\n\n", b"<meta "),
}
