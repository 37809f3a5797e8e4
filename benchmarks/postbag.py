"""The mailbag's letters as the soak needs them: each from a customer of its own, with a subject that tells it apart.

Broken letters lose their words, so the marker stands in the subject. Some are plain complaints, that there be alerts;
our answers lie in the Sent folder.
"""

from __future__ import annotations

import random
import re

from benchmarks.mailbag import mail

OURS = "support@acme.example"
MARKER = re.compile(r"z[qr]\d+k\d{6}x")
_FROM = re.compile(rb"(?m)^From:[^\r\n]*$")
_SUBJECT = re.compile(rb"(?m)^Subject:[^\r\n]*$")
_COMPLAINTS = 0.15


def marker(seed: int, n: int) -> str:
    """The word that letter n alone has in its subject."""
    return f"zq{seed}k{n:06d}x"


def answer_marker(seed: int, n: int) -> str:
    """The word that our answer to letter n alone has in its text."""
    return f"zr{seed}k{n:06d}x"


def marker_in(text: str) -> str:
    """The one of the letter itself, "" if there is none: an answer names what it answers, too, and its own is last."""
    return max(MARKER.findall(text), default="")


def letter(seed: int, n: int) -> bytes:
    """Letter n, as its customer sent it."""
    if random.Random(f"{seed}:{n}").random() < _COMPLAINTS:
        return complaint(seed, n)
    raw = mail(seed, n)
    for field, value in ((_FROM, f"From: {_customer(seed, n)}"), (_SUBJECT, f"Subject: {_subject(seed, n)}")):
        head, middle, rest = raw.partition(b"\r\n\r\n")
        told, times = field.subn(value.encode(), head, count=1)
        raw = (told if times else value.encode() + b"\r\n" + head) + middle + rest
    return raw


def complaint(seed: int, n: int) -> bytes:
    """Customer n was charged twice and says so."""
    text = f"Nobody has answered my last three emails. I am still waiting, and I was charged twice for {n}!"
    return _plain(_customer(seed, n), OURS, _subject(seed, n), text, f"Message-ID: <{seed}.{n}@mail.example.com>")


def answer(seed: int, n: int) -> bytes:
    """What we wrote to customer n, as it lies in our Sent folder."""
    about = f"In-Reply-To: <{seed}.{n}@mail.example.com>"
    text = f"We are sorry; it is on its way back ({answer_marker(seed, n)})."
    own = f"Message-ID: <{seed}.{n}@acme.example>"
    return _plain(OURS, _customer(seed, n), f"Re: {_subject(seed, n)}", text, own, about)


def _customer(seed: int, n: int) -> str:
    return f"c{seed}.{n}@customer.example.org"


def _subject(seed: int, n: int) -> str:
    return f"Order {marker(seed, n)}"


def _plain(sender: str, recipient: str, subject: str, text: str, *more: str) -> bytes:
    head = [f"From: {sender}", f"To: {recipient}", f"Subject: {subject}", *more, "Content-Type: text/plain"]
    return "\r\n".join([*head, "", text, ""]).encode()
