"""Mails of any structure: trees of parts, written down as mail programs write them."""

from __future__ import annotations

import base64
import quopri
from dataclasses import dataclass, field

from hypothesis import strategies as st

CHARSETS = ["utf-8", "koi8-r", "iso-8859-15", "gb18030", "windows-1251"]
FILES = ["application/pdf", "image/png", "application/octet-stream"]
ENCODINGS = ["quoted-printable", "base64", "8bit"]
MULTIPARTS = ["mixed", "alternative", "related", "signed", "digest", "report", "unheard-of"]


@dataclass(frozen=True)
class Leaf:
    """A text, or a file of these bytes."""

    media_type: str
    encoding: str
    charset: str = ""
    text: str = ""
    data: bytes = b""
    name: str = ""


@dataclass(frozen=True)
class Branch:
    """A multipart of this subtype."""

    subtype: str
    boundary: str
    children: list[Leaf | Branch] = field(default_factory=list)
    preamble: str = ""
    closed: bool = True


def _texts(charset: str) -> st.SearchStrategy[str]:
    some = {"utf-8": "Größe ü 茶 €", "koi8-r": "чайник течёт", "iso-8859-15": "tasse cassée €", "gb18030": "茶壶坏了",
            "windows-1251": "Ёлка, їжак"}  # fmt: skip
    return st.text(st.sampled_from(some[charset] + " \n.=abc_>"), max_size=60)


@st.composite
def _text_leaves(draw: st.DrawFn) -> Leaf:
    charset = draw(st.sampled_from(CHARSETS))
    kind = draw(st.sampled_from(["text/plain", "text/html", "text/enriched"]))
    return Leaf(kind, draw(st.sampled_from(ENCODINGS)), charset, draw(_texts(charset)), name=draw(_NAMES))


_NAMES = st.sampled_from(["", "", "bill.pdf", "Größe.txt", 'a "b".txt', "x" * 90 + ".txt"])
_FILE_LEAVES = st.builds(
    Leaf, st.sampled_from(FILES), st.just("base64"), data=st.binary(max_size=200), name=_NAMES
)  # fmt: skip
_BOUNDARIES = st.sampled_from(["b", "b1", "b1-", "=_1", "a b", "'()+_,-./:=?", "x" * 70])
LEAVES = st.one_of(_text_leaves(), _FILE_LEAVES)


def _branches(inner: st.SearchStrategy[Leaf | Branch]) -> st.SearchStrategy[Branch]:
    preambles = st.sampled_from(["", "This is MIME.\n", "\n\n"])
    below = st.lists(inner, min_size=1, max_size=4)
    return st.builds(Branch, st.sampled_from(MULTIPARTS), _BOUNDARIES, below, preambles, st.booleans())


TREES: st.SearchStrategy[Leaf | Branch] = st.recursive(LEAVES, _branches, max_leaves=12)


def written(node: Leaf | Branch, depth: int = 0) -> str:
    """Header and body of a part. A boundary carries its depth, so that no two in a mail are the same."""
    if isinstance(node, Leaf):
        return _written_leaf(node)
    boundary = f"{node.boundary}{depth}"
    inner = "".join(f"--{boundary}\n{written(child, depth + 1)}\n" for child in node.children)
    head = f'Content-Type: multipart/{node.subtype};\n boundary="{boundary}"\n'
    return f"{head}\n{node.preamble}{inner}{f'--{boundary}--' if node.closed else ''}\n"


def _written_leaf(leaf: Leaf) -> str:
    charset = f'; charset="{leaf.charset}"' if leaf.charset else ""
    head = f"Content-Type: {leaf.media_type}{charset}\nContent-Transfer-Encoding: {leaf.encoding}\n"
    if leaf.name:
        escaped = leaf.name.replace('"', '\\"')
        given = f'filename="{escaped}"' if leaf.name.isascii() else "filename*=utf-8''" + _percent(leaf.name)
        head += f"Content-Disposition: inline;\n {given}\n"
    data = leaf.text.encode(leaf.charset) if leaf.charset else leaf.data
    if leaf.encoding == "base64":
        data = base64.encodebytes(data)
    elif leaf.encoding == "quoted-printable":
        data = quopri.encodestring(data)
    return f"{head}\n{data.decode('ascii', 'surrogateescape')}"


def _percent(name: str) -> str:
    return "".join(f"%{octet:02X}" for octet in name.encode())


def mail_of(tree: Leaf | Branch, line_end: bytes) -> bytes:
    """The whole mail."""
    head = "From: Gwen Frost <gwen@example.com>\nSubject: My order\nMIME-Version: 1.0\n"
    return (head + written(tree)).encode("ascii", "surrogateescape").replace(b"\n", line_end)


LINE_ENDS = st.sampled_from([b"\n", b"\r\n"])


def mails() -> st.SearchStrategy[bytes]:
    """Mails of any structure, as bytes."""
    return st.builds(mail_of, TREES, LINE_ENDS)
