"""The tree of a mail: the same that the standard library finds in ordinary mail, and more in broken mail."""

from __future__ import annotations

import email
import email.policy
from email.message import Message as Peer
from types import MappingProxyType

import pytest
from hypothesis import given

from bot.text.contents import octets_of, size_of, text_of
from bot.text.parts import DEEPEST, MOST_PARTS, Part, parse
from tests.text.conftest import examples
from tests.text.trees import LINE_ENDS, TREES, Branch, Leaf, mail_of

Seen = tuple[str, str, str | bytes]  # type, file name, text or bytes

ENDS = MappingProxyType({"LF": b"\n", "CRLF": b"\r\n", "CR": b"\r", "CR CR LF": b"\r\r\n"})


def ours(mail: Part) -> list[Seen]:
    return [(leaf.media_type, leaf.name, _content(leaf)) for leaf in mail.leaves]


def _content(leaf: Part) -> str | bytes:
    return _plain(text_of(leaf)) if leaf.media_type.startswith("text/") else octets_of(leaf, 999)


def theirs(mail: Peer) -> list[Seen]:
    return [_seen(part) for part in mail.walk() if not part.is_multipart()]


def _seen(part: Peer) -> Seen:
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    kind, name = part.get_content_type(), part.get_filename() or ""
    return kind, name, _plain(data.decode(part.get_content_charset() or "ascii")) if kind.startswith("text/") else data


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip("\n")


@examples(200)
@given(TREES, LINE_ENDS)
def test_ordinary_mail_has_the_leaves_that_the_standard_library_finds(tree: Leaf | Branch, line_end: bytes) -> None:
    raw = mail_of(tree, line_end)
    peer = email.message_from_bytes(raw, policy=email.policy.compat32)
    if any(part.get_content_type() == "message/rfc822" for part in peer.walk()):  # a digest's, which stay shut here
        return
    found = ours(parse(raw))
    assert len(found) < MOST_PARTS
    assert found == theirs(peer)


@pytest.mark.parametrize("line_end", ENDS.values(), ids=ENDS.keys())
def test_any_line_end_ends_lines(line_end: bytes) -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: text/html\n\ntwo\n--b--\n"
    found = ours(parse(raw.replace(b"\n", line_end)))
    assert found == [("text/plain", "", "one"), ("text/html", "", "two")]


def test_a_carriage_return_alone_smuggles_no_field_in() -> None:
    mail = parse(b"Subject: tea\rFrom: boss@example.org\nFrom: gwen@example.com\n\nHello")
    assert mail.every("from") == ["gwen@example.com"]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"From: a@example.com\nHello you\n", "Hello you"),
        (b"From: a@example.com\nHello you,\nit leaks: all over\n\nBye\n", "Hello you,\nit leaks: all over\n\nBye"),
        (b" Hello you\nand more", " Hello you\nand more"),
        (b"From the start it leaked.\n", "From the start it leaked."),
        (b"From a@example.com Mon Mar  2 10:41:00 2026\nSubject: x\n\nHello", "Hello"),
        (b">From a@example.com Mon Mar  2 10:41:00 2026\nReceived: x\n\nHello", "Hello"),
        (b"Subject: x\nno field at all\nContent-Type: text/plain\n\nHello", "Hello"),
        (b"Subject : x\n\nHello", "Hello"),
        (b"\xef\xbb\xbf\r\n\r\nSubject: x\r\n\r\nHello", "Hello"),
        (b"Subject: x", ""),
        (b"Subject: x\n", ""),
        (b"Subject: x\n\n", ""),
        (b"\n\n", ""),
    ],
)  # fmt: skip
def test_where_the_header_ends_no_text_is_lost(raw: bytes, text: str) -> None:
    assert _plain(text_of(parse(raw))) == text


MULTIPART = b"Content-Type: multipart/mixed; boundary=b\n\n"


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        (b"--b\n\none\n--b\n\ntwo\n--b--", ["one", "two"]),
        (b"--b\n\none\n--b\n\ntwo", ["one", "two"]),
        (b"preamble\n--b\n\none\n--b--\nepilogue", ["one"]),
        (b"--b \t\n\none\n--b-- \n", ["one"]),
        (b"--b\n\none\n--b1\n\nstill one\n--b--", ["one\n--b1\n\nstill one"]),
        (b"--b\n--b\n\none\n--b--", ["one"]),
        (b"--b\n\none\n--b--\n--b\n\ntwo\n--b--", ["one", "two"]),
        (b"--b\n\n\n--b--", [""]),
        (b" --b\n\none", [" --b\n\none"]),
        (b"--b--", ["--b--"]),
        (b"--c\n\none", ["--c\n\none"]),
        (b"", [""]),
    ],
)  # fmt: skip
def test_delimiters_are_whole_lines(body: bytes, texts: list[str]) -> None:
    assert [_plain(text_of(leaf)) for leaf in parse(MULTIPART + body).leaves] == texts


def test_an_inner_part_ends_where_an_outer_one_does() -> None:
    inner = b"Content-Type: multipart/alternative; boundary=b1\n\n--b1\n\none\n"
    mail = parse(MULTIPART + b"--b\n" + inner + b"--b\n\ntwo\n--b--")
    assert [text_of(leaf) for leaf in mail.leaves] == ["one", "two"]
    assert [len(child.children) for child in mail.children] == [1, 0]


def test_without_a_blank_line_before_the_first_delimiter_the_parts_are_found() -> None:
    mail = parse(b"Content-Type: multipart/mixed; boundary=b\n--b\nContent-Type: text/plain\n\none\n--b--")
    assert [text_of(leaf) for leaf in mail.leaves] == ["one"]


def test_a_boundary_in_sections_is_put_together() -> None:
    mail = parse(b"Content-Type: multipart/mixed; boundary*0=b; boundary*1=c\n\n--bc\n\none\n--bc--")
    assert [text_of(leaf) for leaf in mail.leaves] == ["one"]


def test_the_parts_of_a_digest_are_messages() -> None:
    mail = parse(b"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\none\n--b--")
    assert [leaf.media_type for leaf in mail.leaves] == ["message/rfc822"]


def test_depth_and_number_of_parts_are_bounded() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(50))
    assert max(leaf.depth for leaf in parse(deep + b"\nat the bottom").leaves) == DEEPEST
    assert "at the bottom" in text_of(parse(deep + b"\nat the bottom").leaves[0])
    assert len(parse(MULTIPART + b"--b\n\nx\n" * 1000).leaves) == MOST_PARTS - 1


def test_no_byte_of_a_mail_is_copied_for_its_parts() -> None:
    raw = MULTIPART + b"--b\n\none\n--b--"
    assert all(leaf.raw is raw for leaf in parse(raw).leaves)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_the_line_end_before_a_delimiter_is_no_part_of_what_stands_above(line_end: bytes) -> None:
    raw = MULTIPART + b"--b\n\none\n--b\n\n\n--b--\n"
    found = [octets_of(leaf, 99) for leaf in parse(raw.replace(b"\n", line_end)).leaves]
    assert found == [b"one", b""]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("size", [0, 1, 2, 56, 57, 58, 200, 5000])
def test_the_size_of_base64_is_reckoned_as_it_was_made(size: int, line_end: bytes) -> None:
    leaf = Leaf("application/pdf", "base64", data=bytes(size))
    mail = mail_of(Branch("mixed", "b", [leaf]), line_end)
    assert [size_of(part) for part in parse(mail).leaves] == [size]
