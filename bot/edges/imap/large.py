"""Mails over the cap: their header and their texts are fetched, of everything else only the names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from bot.edges.imap import answers, structure
from bot.edges.imap.connection import Connection
from bot.edges.imap.reading import Beginning, Pieces
from bot.edges.imap.structure import Leaf
from bot.edges.imap.troubles import CommandRefused

# Each text is read up to here (bytes, as encoded).
LARGEST_TEXT = 512 * 1024
_AT_ONCE = 10
# At most so many bytes of header and boundaries for a part, but for crafted mail; then it is merely fetched again.
_A_PART = 1024


def contents(connection: Connection, beginnings: Mapping[int, bytes]) -> dict[int, Beginning | Pieces]:
    """By UID, of mails of which the beginning is known; without those whose structure the server does not tell."""
    found: dict[int, Beginning | Pieces] = {}
    by_wish: dict[str, list[int]] = defaultdict(list)
    leaves = {uid: structure.leaves(told) for uid, told in _structures(connection, list(beginnings)).items()}
    for uid, parts in leaves.items():
        if parts and uid in beginnings and _begins_with_texts(parts, beginnings[uid]):
            found[uid] = Beginning(beginnings[uid], structure.attachments(parts))
        elif parts:
            by_wish[_wish(parts)].append(uid)
    for wish, some in by_wish.items():
        for uid, bodies in _bodies(connection, some, wish).items():
            if uid in leaves and b"BODY[HEADER]" in bodies:
                found[uid] = _pieces(bodies, leaves[uid])
    return found


def _begins_with_texts(leaves: list[Leaf], beginning: bytes) -> bool:
    """Whether all that is to be read came with the beginning: then there is no need to fetch it by itself."""
    texts = structure.texts(leaves)
    length = sum(leaf.size + _A_PART for leaf in texts) + _A_PART * len(leaves)
    return leaves[: len(texts)] == texts and beginning.find(b"\r\n\r\n") + length < len(beginning)


def _structures(connection: Connection, uids: Sequence[int]) -> dict[int, object]:
    """All at once; where the server refuses, one by one, to have the others."""
    try:
        told = answers.fetched(connection.fetch(uids, "UID BODYSTRUCTURE"))
        return {uid: one.structure for uid, one in told.items()}
    except CommandRefused:
        if len(uids) < 2:
            return {}
        return {key: value for uid in uids for key, value in _structures(connection, [uid]).items()}


def _bodies(connection: Connection, uids: Sequence[int], wish: str) -> dict[int, Mapping[bytes, bytes]]:
    """The same of what they hold. A few at a time: each may be as large as LARGEST_TEXT."""
    found: dict[int, Mapping[bytes, bytes]] = {}
    for start in range(0, len(uids), _AT_ONCE):
        some = uids[start : start + _AT_ONCE]
        try:
            found |= {uid: one.bodies for uid, one in answers.fetched(connection.fetch(some, wish)).items()}
        except CommandRefused:
            if len(some) > 1:
                for uid in some:
                    found |= _bodies(connection, [uid], wish)
    return found


def _wish(leaves: list[Leaf]) -> str:
    """What is asked for of a mail with these parts; the same for all that are built alike."""
    wanted = ["UID", "BODY.PEEK[HEADER]"]
    for leaf in structure.texts(leaves):
        wanted += [f"BODY.PEEK[{leaf.section}.MIME]", f"BODY.PEEK[{leaf.section}]<0.{LARGEST_TEXT}>"]
    return " ".join(wanted)


def _pieces(bodies: Mapping[bytes, bytes], leaves: list[Leaf]) -> Pieces:
    texts = structure.texts(leaves)
    header = bodies[b"BODY[HEADER]"]
    # a mail of one part is described by its own header
    heads = [header] if len(leaves) == 1 else [_section(bodies, f"{leaf.section}.MIME") for leaf in texts]
    parts = tuple((head, _section(bodies, leaf.section)) for head, leaf in zip(heads, texts, strict=False))
    return Pieces(header, parts, structure.attachments(leaves))


def _section(bodies: Mapping[bytes, bytes], name: str) -> bytes:
    return bodies.get(f"BODY[{name.upper()}]".encode(), b"")
