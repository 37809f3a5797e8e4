"""Parts that are unclosed, nested, mislabelled or badly encoded."""

from __future__ import annotations

import base64

from tests.text.nasty.case import MIXED, Nasty, mail, parts, text

PLAIN = b"Content-Type: text/plain\r\n\r\nIt leaks."
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n"
PICTURE = b"Content-Type: image/png; name=lid.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo="
ALTERNATIVE = b'Content-Type: multipart/alternative; boundary="=_1"'
INNER = b'Content-Type: multipart/alternative; boundary="=_12"'


def _deep(levels: int) -> bytes:
    heads = (b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (at - 1, at) for at in range(1, levels))
    return b"".join(heads) + b"--b%d\r\n\r\nat the bottom\r\n" % (levels - 1)


CASES = {
    "no last delimiter": Nasty(mail(parts(PLAIN).removesuffix(b"--=_1--\r\n"), MIXED), "It leaks."),
    "another boundary than was said": Nasty(
        mail(b"--other\r\n\r\nIt leaks.\r\n--other--", MIXED), "--other\n\nIt leaks.\n--other--"
    ),
    "no boundary said": Nasty(mail(b"It leaks.", b"Content-Type: multipart/mixed"), "It leaks."),
    "boundaries that begin alike": Nasty(
        mail(parts(INNER + b"\r\n\r\n" + parts(PLAIN, HTML + b"Rich.", boundary=b"=_12"), PICTURE), MIXED),
        "It leaks.",
        attachments=("lid.png",),
    ),
    "an inner multipart that is not closed": Nasty(
        mail(parts(INNER + b"\r\n\r\n--=_12\r\n" + PLAIN, PICTURE), MIXED), "It leaks.", attachments=("lid.png",)
    ),
    "spaces behind the delimiters": Nasty(mail(parts(PLAIN).replace(b"=_1\r", b"=_1 \t\r"), MIXED), "It leaks."),
    "a part behind the last delimiter": Nasty(mail(parts(PLAIN) + parts(b"\r\nStill."), MIXED), "It leaks.\n\nStill."),
    "no blank line before the first part": Nasty(mail(b"", MIXED).removesuffix(b"\r\n") + parts(PLAIN), "It leaks."),
    "nine levels down": Nasty(mail(_deep(9), b"Content-Type: multipart/mixed; boundary=b0"), "at the bottom"),
    "two thousand parts": Nasty(
        mail(parts(*[b"\r\nx%d" % number for number in range(2000)]), MIXED),
        "\n\n".join(f"x{number}" for number in range(199)),
    ),
    "html alone": Nasty(mail("<p>Der Kessel läuft&nbsp;aus.</p>".encode(), HTML.strip()), "Der Kessel läuft aus."),
    "html that hides what nobody sees": Nasty(
        mail(b'<div style="display:none">preheader</div><p>It leaks.</p>', HTML.strip()), "It leaks."
    ),
    "html that hides everything": Nasty(mail(b'<div style="display:none">It leaks.</div>', HTML.strip()), "It leaks."),
    "an empty plain alternative": Nasty(mail(parts(b"\r\n", HTML + b"<p>It leaks.</p>"), ALTERNATIVE), "It leaks."),
    "an alternative that points at the other": Nasty(
        mail(parts(b"\r\nThis mail needs an HTML reader.", HTML + b"<p>It leaks.</p>"), ALTERNATIVE), "It leaks."
    ),
    "html that states its charset inside": Nasty(
        mail('<meta charset="koi8-r"><p>Чайник течёт.</p>'.encode("koi8-r"), b"Content-Type: text/html"),
        "Чайник течёт.",
    ),
    "base64 without padding": Nasty(text(b"SXQgbGVha3M", "utf-8", b"base64"), "It leaks"),
    "base64 with foreign letters in it": Nasty(text(b"SXQ!gbGVh*\r\na3Mu", "utf-8", b"base64"), "It leaks."),
    "base64 in two pieces": Nasty(text(b"SXQgbGVha3Mu\r\nIEhlbHA=\r\nIQ==", "utf-8", b"base64"), "It leaks. Help!"),
    "plain words that call themselves base64": Nasty(
        text(b"It leaks all over the place.", "utf-8", b"base64"), "It leaks all over the place."
    ),
    "quoted-printable that is none": Nasty(
        text(b"100=% =C3=\r\n=A9 =ZZ =3", "utf-8", b"quoted-printable"), "100=% é =ZZ =3"
    ),
    "an unknown encoding": Nasty(text("Läuft aus.".encode(), "utf-8", b"8-bit"), "Läuft aus."),
    "bare line feeds": Nasty(
        mail(parts(PLAIN, PICTURE), MIXED).replace(b"\r\n", b"\n"), "It leaks.", attachments=("lid.png",)
    ),
    "bare carriage returns": Nasty(
        mail(parts(PLAIN, PICTURE), MIXED).replace(b"\r\n", b"\r"), "It leaks.", attachments=("lid.png",)
    ),
    "doubled carriage returns": Nasty(
        mail(parts(PLAIN, PICTURE), MIXED).replace(b"\r\n", b"\r\r\n"), "It leaks.", attachments=("lid.png",)
    ),
    "carriage returns inside lines": Nasty(mail(b"It leaks.\rAll over.\r\nIda"), "It leaks.\nAll over.\nIda"),
    "one line of 400,000 letters": Nasty(mail(b"tea " * 100_000), ("tea " * 25_000).rstrip()),
    "a forwarded mail as a file": Nasty(
        mail(parts(b"Content-Type: message/rfc822\r\n\r\nSubject: Order 17\r\n\r\nIt leaks."), MIXED),
        "It leaks.",
        attachments=("Order 17.eml",),
    ),
    "a file with a mail in it with a mail in it": Nasty(
        mail(parts(PLAIN, b"Content-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\nshut"), MIXED),
        "It leaks.",
        attachments=("attached message.eml",),
    ),
    "a forwarded mail in base64": Nasty(
        mail(
            parts(
                b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                + base64.encodebytes(b"Subject: Order 18\n\nIt leaks.")
            ),
            MIXED,
        ),
        "It leaks.",
        attachments=("Order 18.eml",),
    ),
    "what outlook packs": Nasty(
        mail(parts(PLAIN, b'Content-Type: application/ms-tnef\r\n\r\nx\x9f>"'), MIXED),
        "It leaks.",
        attachments=("winmail.dat",),
    ),
    "a signed mail": Nasty(
        mail(
            parts(PLAIN, b"Content-Type: application/pgp-signature; name=sign.asc\r\n\r\nx"),
            MIXED.replace(b"mixed", b"signed"),
        ),
        "It leaks.",
        attachments=("sign.asc",),
    ),
    "an encrypted mail": Nasty(
        mail(
            parts(
                b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1",
                b"Content-Type: application/octet-stream; name=x.asc\r\n\r\nx",
            ),
            MIXED.replace(b"mixed", b"encrypted"),
        ),
        "",
        attachments=("unnamed", "x.asc"),
    ),
    "an invitation beside the text": Nasty(
        mail(parts(PLAIN, b"Content-Type: text/calendar; name=call.ics\r\n\r\nBEGIN:VCALENDAR"), MIXED),
        "It leaks.",
        attachments=("call.ics",),
    ),
}
