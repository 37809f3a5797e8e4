"""The tree of a mail that was fetched in pieces, for it is too large to be fetched whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.text.contents import is_markup, is_words
from bot.text.fields import read_fields
from bot.text.parts import Part

_ALTERNATIVE = "multipart/alternative"


def assembled(header: bytes, texts: Sequence[tuple[bytes, bytes]], others: Iterable[str]) -> Part:
    """A mail of this header block with these text parts, (header block, body) each, and parts of these types besides.

    How the parts lay in each other is not known: HTML right behind plain text counts as its alternative.
    """
    fields, _ = read_fields(header, 0, len(header))
    mail = Part(b"", fields, 0, 0)
    if not mail.media_type.startswith("multipart/"):
        mail.raw = texts[0][1] if texts else b""
        mail.end = len(mail.raw)
        return mail
    leaves = [Part(body, read_fields(head, 0, len(head))[0], 0, len(body), depth=1) for head, body in texts]
    mail.children = leaves if mail.media_type == _ALTERNATIVE else _in_pairs(leaves)
    attached = {"content-disposition": ["attachment"]}
    mail.children += [Part(b"", attached | {"content-type": [kind]}, 0, 0, depth=1) for kind in others]
    return mail


def _in_pairs(leaves: Iterable[Part]) -> list[Part]:
    """The same, where HTML follows plain text both in one part as alternatives."""
    done: list[Part] = []
    for leaf in leaves:
        if done and is_markup(leaf) and is_words(leaf) and _is_plain(done[-1]):
            pair = Part(b"", {"content-type": [_ALTERNATIVE]}, 0, 0, depth=1)
            pair.children = [done.pop(), leaf]
            leaf = pair
        done.append(leaf)
    return done


def _is_plain(part: Part) -> bool:
    return not part.children and is_words(part) and not is_markup(part)
