"""Mail for measuring: any number of letters, each the same whenever it is asked for, in the sizes that inboxes hold.

`mail(seed, n)` is letter n, whatever came before it. Of each hundred 70 are plain text of 1 to 5 kB, 20 have an HTML
alternative and 10 to 40 kB, 8 carry a file of 50 to 500 kB, and 2 are broken in some way. All but the broken ones
have a Message-ID and a word (`marker`) that no other letter has.
"""

from __future__ import annotations

import base64
import quopri
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

BEGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)
APART = timedelta(seconds=211)
KINDS = ("text",) * 70 + ("alternative",) * 20 + ("file",) * 8 + ("nasty",) * 2
_SPREAD = 37  # has no divisor in common with 100: neighbours are of different kinds

NAMES = ("Aino Berg", "Bo Chandra", "Célia Duarte", "Dag Eide", "Esra Fidan", "Flora Grün", "Gil Hartog", "Hana Ito",
         "Ivo Jelić", "Jana Kříž", "Kofi Lartey", "Lea Møller")  # fmt: skip
THINGS = ("kettle", "teapot", "strainer", "tea tin", "cup", "tray", "thermos", "gift box", "sampler", "samovar")
SENTENCES = (
    "The {thing} arrived with a crack from the rim to the foot.",
    "I was charged {amount} euros twice for one and the same {thing}.",
    "It is now {days} days since I asked, and I have not had a word from you.",
    "Could you tell me whether the {thing} also comes in green?",
    "The parcel went to the old address, although I had changed it in time.",
    "Your confirmation says one thing and the invoice another.",
    "I would like my {amount} euros back and no voucher.",
    "We had visitors that Sunday and nothing to pour the tea from.",
    "The lid of the {thing} does not close, however one turns it.",
    "Thank you for the quick help last month, that was kind.",
    "Nobody picked up the telephone between nine and noon.",
    "Ich hoffe, es geht auch auf Deutsch: die Lieferung ist unvollständig – schöne Grüße!",
    "Je n’ai toujours pas reçu le remboursement promis il y a {days} jours.",
    "The tracking page has shown the same line for {days} days.",
)


def marker(seed: int, n: int) -> str:
    """The word that only this letter has."""
    return f"mark{seed}x{n}q"


def kind(n: int) -> str:
    """What letter n is: "text", "alternative", "file" or "nasty"."""
    return KINDS[n * _SPREAD % 100]


def mail(seed: int, n: int) -> bytes:
    """Letter n of this bag, with CRLF line ends."""
    chance = random.Random(f"{seed}/{n}")
    return _MAKERS[kind(n)](chance, seed, n)


def _text(chance: random.Random, seed: int, n: int) -> bytes:
    return _whole(chance, seed, n, _encoded("plain", _letter(chance, seed, n, chance.randrange(400, 3400)), chance))


def _alternative(chance: random.Random, seed: int, n: int) -> bytes:
    return _whole(chance, seed, n, _both(chance, seed, n, chance.randrange(7_000, 34_000)))


def _file(chance: random.Random, seed: int, n: int) -> bytes:
    data = chance.randbytes(round(37_000 * 10 ** chance.uniform(0, 1)))
    name = f"photo {n}.jpg"
    head = f'Content-Type: image/jpeg; name="{name}"\nContent-Transfer-Encoding: base64\n'
    head += f'Content-Disposition: attachment; filename="{name}"\n\n'
    attached = head.encode() + base64.encodebytes(data)
    return _whole(chance, seed, n, _multipart("mixed", chance, _both(chance, seed, n, 6_000), attached))


def _nasty(chance: random.Random, seed: int, n: int) -> bytes:
    wound = chance.choice(WOUNDS)
    return wound(_text(chance, seed, n), chance)


_MAKERS: dict[str, Callable[[random.Random, int, int], bytes]] = {
    "text": _text, "alternative": _alternative, "file": _file, "nasty": _nasty,
}  # fmt: skip

WOUNDS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    lambda raw, chance: raw[: chance.randrange(len(raw))],
    lambda raw, _: raw.replace(b"\r\n", b"\n"),
    lambda raw, _: raw.replace(b"charset=utf-8", b"charset=us-ascii"),
    lambda raw, _: raw.replace(b"Message-ID:", b"X-Lost:"),
    lambda raw, _: raw.replace(b"\r\nDate:", b"\r\nDate: never or"),
    lambda raw, _: raw.replace(b"text/plain", b"multipart/mixed"),
    lambda raw, _: raw.replace(b"\r\nSubject:", b"\r\na line that is no field\r\nSubject:"),
    lambda raw, chance: raw + chance.randbytes(300),
    lambda raw, _: raw[:0],
)


def _whole(chance: random.Random, seed: int, n: int, body: bytes) -> bytes:
    name = chance.choice(NAMES)
    at = BEGIN + n * APART
    stamp = f"from mx.example.com ([192.0.2.{n % 250 + 1}]) by in.example.org id {n:08x}; {format_datetime(at)}"
    head = [
        f"Return-Path: <c{n % 5000}@example.com>", *[f"Received: {stamp}"] * 3,
        f"From: {_word(name)} <c{n % 5000}@example.com>", "To: Help <help@example.org>",
        f"Subject: {_word(_sentence(chance, SENTENCES))}", f"Date: {format_datetime(at)}",
        f"Message-ID: <{seed}.{n}@mail.example.com>", "MIME-Version: 1.0",
    ]  # fmt: skip
    return ("\n".join(head) + "\n").encode().replace(b"\n", b"\r\n") + body.replace(b"\r\n", b"\n").replace(
        b"\n", b"\r\n"
    )


def _word(text: str) -> str:
    return text if text.isascii() else f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="


def _sentence(chance: random.Random, of: tuple[str, ...]) -> str:
    filled = {"thing": chance.choice(THINGS), "amount": chance.randrange(5, 300), "days": chance.randrange(2, 40)}
    return chance.choice(of).format_map(filled)


def _letter(chance: random.Random, seed: int, n: int, length: int) -> str:
    """Words of about this length: the writer's, then perhaps what they answer."""
    pieces = [f"Hello,\n\nit is about {marker(seed, n)}.\n"]
    while sum(map(len, pieces)) < length * 0.7:
        pieces.append(_sentence(chance, SENTENCES) + chance.choice((" ", " ", "\n", "\n\n")))
    pieces.append("\n\nRegards")
    if chance.random() < 0.4:
        pieces.append("\n\nOn Fri, 2 Jan 2026 at 10:15, Help <help@example.org> wrote:\n")
        while sum(map(len, pieces)) < length:
            pieces.append(f"> {_sentence(chance, SENTENCES)}\n")
    return "".join(pieces) + "\n"


def _encoded(subtype: str, text: str, chance: random.Random) -> bytes:
    """A text part in one of the usual encodings."""
    head = f"Content-Type: text/{subtype}; charset=utf-8\nContent-Transfer-Encoding: "
    encoding = chance.choice(("quoted-printable", "quoted-printable", "8bit", "base64"))
    coders: dict[str, Callable[[bytes], bytes]] = {
        "quoted-printable": quopri.encodestring,
        "base64": base64.encodebytes,
    }
    data = coders.get(encoding, bytes)(text.encode())
    return f"{head}{encoding}\n\n".encode() + data


def _both(chance: random.Random, seed: int, n: int, size: int) -> bytes:
    """Plain text and the same as a page of about `size` bytes."""
    text = _letter(chance, seed, n, chance.randrange(800, 4000))
    rules = "".join(f".k{i}{{margin:{i}px;color:#{i:06x};font:{i + 8}px Arial}}\n" for i in range(size // 90))
    rows = "".join(
        f'<tr><td class="k{i}"><p style="margin:0">{line}</p></td></tr>\n' for i, line in enumerate(text.split("\n"))
    )
    page = f"<html><head><style>{rules}</style></head><body><table>{rows}</table></body></html>\n"
    return _multipart("alternative", chance, _encoded("plain", text, chance), _encoded("html", page, chance))


def _multipart(subtype: str, chance: random.Random, *parts: bytes) -> bytes:
    line = f"--={chance.getrandbits(64):016x}".encode()
    head = b"Content-Type: multipart/" + subtype.encode() + b'; boundary="' + line[2:] + b'"\n\n'
    return head + b"".join(line + b"\n" + part + b"\n" for part in parts) + line + b"--\n"
