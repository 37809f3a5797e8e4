"""Header blocks that are broken, smuggled into, or far too long."""

from __future__ import annotations

import base64

from tests.text.nasty.case import TOP, Nasty, mail

LEAKS = b"It leaks."
WORDS = "Rückerstattung für größere Kessel"
CUT = WORDS.encode()


def _instead(old: bytes, new: bytes) -> bytes:
    """The mail with another top."""
    return mail(LEAKS, top=TOP.replace(old, new))


def _subject(value: bytes) -> bytes:
    return _instead(b"Subject: The kettle", b"Subject: " + value)


def _from(value: bytes) -> bytes:
    return _instead(b"From: Ida Lund <ida@example.com>", b"From: " + value)


_FOLDED = b"\r\n ".join(b"=?UTF-8?B?" + base64.b64encode(CUT[at : at + 7]) + b"?=" for at in range(0, len(CUT), 7))

CASES = {
    "letters cut in two between encoded words": Nasty(_subject(_FOLDED), "It leaks.", subject=WORDS),
    "a subject of sixty thousand letters": Nasty(
        _subject(b"tea! " * 12_000), "It leaks.", subject=("tea! " * 100).rstrip()
    ),
    "a subject in raw utf-8": Nasty(_subject(WORDS.encode()), "It leaks.", subject=WORDS),
    "a subject in raw latin": Nasty(_subject(WORDS.encode("latin-1")), "It leaks.", subject=WORDS),
    "line ends inside an encoded word": Nasty(
        _subject(b"=?utf-8?Q?tea=0D=0ABcc:_eve@example.net?="), "It leaks.", subject="tea Bcc: eve@example.net"
    ),
    "encoded words that are none": Nasty(
        _subject(b"=?utf-8?X?abc?= =?utf-8?Q?open"), "It leaks.", subject="=?utf-8?X?abc?= =?utf-8?Q?open"
    ),
    "an unknown charset in an encoded word": Nasty(_subject(b"=?x-none?Q?caf=C3=A9?="), "It leaks.", subject="café"),
    "no subject": Nasty(_instead(b"Subject: The kettle\r\n", b""), "It leaks.", subject=""),
    "two of everything": Nasty(
        mail(
            LEAKS,
            b"Subject: another",
            b"From: eve@example.net",
            b"Content-Type: text/plain",
            b"Content-Type: text/html",
        ),
        "It leaks.",
    ),
    "a name in raw latin": Nasty(
        _from("Jürgen <j@example.com>".encode("latin-1")), "It leaks.", sender="j@example.com"
    ),
    "an address in capitals with a route": Nasty(_from(b'"Lund, Ida" <IDA@Example.com>'), "It leaks."),
    "a group for a sender": Nasty(_from(b"Us: ida@example.com, b@example.com;"), "It leaks."),
    "an unclosed quote": Nasty(_from(b'"Ida <ida@example.com>'), "It leaks."),
    "nobody for a sender": Nasty(_from(b"<>"), "It leaks.", sender="unknown"),
    "at signs for a sender": Nasty(_from(b"@@@"), "It leaks.", sender="unknown"),
    "no sender": Nasty(_instead(b"From: Ida Lund <ida@example.com>\r\n", b""), "It leaks.", sender="unknown"),
    "a domain that is too long": Nasty(_from(b"a@" + b"x." * 600 + b"example"), "It leaks.", sender="unknown"),
    "spaces before the colon": Nasty(_instead(b"Subject:", b"Subject  :"), "It leaks."),
    "a field in another's carriage return": Nasty(mail(LEAKS, b"X-Odd: a\rFrom: eve@example.net\rb"), "It leaks."),
    "a line of no field among the fields": Nasty(
        _instead(b"From:", b"what is this line for\r\nFrom:").replace(b"MIME-Version", b"Received: x\r\nMIME-Version"),
        "It leaks.",
    ),
    "a letter without a blank line above it": Nasty(
        TOP + b"Dear all,\r\nit leaks: all over.\r\n\r\nIda", "Dear all,\nit leaks: all over.\n\nIda"
    ),
    "an envelope line of an mbox": Nasty(
        b"From ida@example.com Mon Mar  2 10:41:00 2026\r\n" + mail(LEAKS), "It leaks."
    ),
    "a quoted envelope line of an mbox": Nasty(
        b">From ida@example.com Mon Mar  2 10:41:00 2026\r\nReceived: x\r\n" + mail(LEAKS), "It leaks."
    ),
    "a blank line above the header": Nasty(b"\r\n" + mail(LEAKS), "It leaks."),
    "a byte order mark above the header": Nasty(b"\xef\xbb\xbf" + mail(LEAKS), "It leaks."),
    "ten thousand fields": Nasty(mail(LEAKS, *[b"X-%d: y" % number for number in range(10_000)]), "It leaks."),
    "a field of 300,000 bytes": Nasty(mail(LEAKS, b"X-Long: " + b"y" * 300_000), "It leaks."),
    "six hundred references": Nasty(
        mail(LEAKS, b"References: " + b"\r\n ".join(b"<%d@x>" % n for n in range(600))), "It leaks."
    ),
    "a date that is none": Nasty(mail(LEAKS, b"Date: Thu, 32 Foo 20255 99:99:99 +9999"), "It leaks."),
    "nothing": Nasty(b"", "", subject="", sender="unknown"),
    "only line ends": Nasty(b"\r\n\r\n\r\n", "", subject="", sender="unknown"),
    "a header and nothing else": Nasty(TOP, ""),
    "only a letter": Nasty(b"It leaks.\r\nSince Monday.", "It leaks.\nSince Monday.", subject="", sender="unknown"),
}
