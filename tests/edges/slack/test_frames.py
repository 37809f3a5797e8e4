"""Whatever way the bytes come in, the same whole messages come out, and an end is an error."""

from __future__ import annotations

import itertools
import socket
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.edges.slack.frames import LONGEST, FramedSocket, Messages
from tests.fakes.slack.wire import Opcode, frame

TEXTS = st.lists(st.binary(max_size=300) | st.sampled_from([b"x" * 126, b"x" * 65_535, b"x" * 65_536]), max_size=5)


def out_of(pieces: list[bytes]) -> list[bytes]:
    """The data of every message."""
    messages, found = Messages(), list[bytes]()
    for piece in pieces:
        messages.feed(piece)
        while (whole := messages.next()) is not None:
            found.append(data_of(whole))
    return found


def data_of(whole: bytes) -> bytes:
    """Of a final frame whose length is written in two or in eight bytes."""
    assert whole[0] & 0x80
    head, form = {126: (4, "!H"), 127: (10, "!Q")}[whole[1]]
    assert struct.unpack(form, whole[2:head]) == (len(whole) - head,)
    return whole[head:]


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    ends = sorted(place % (len(stream) + 1) for place in places)
    return [stream[a:b] for a, b in itertools.pairwise([0, *ends, len(stream)])]


def fragment(opcode: int, data: bytes, final: bool) -> bytes:
    return bytes([(0x80 if final else 0) | opcode]) + frame(Opcode.TEXT, data)[1:]


@given(TEXTS, st.lists(st.integers(0, 200_000), max_size=6))
@example([b""], [1])
def test_cut_anywhere_the_messages_are_the_same(texts: list[bytes], places: list[int]) -> None:
    stream = b"".join(frame(Opcode.TEXT, text) for text in texts)
    assert out_of(cut(stream, places)) == texts


def test_the_byte_that_the_handshake_leaves_is_no_frame() -> None:
    assert out_of([b"\n" + frame(Opcode.TEXT, b"hello")]) == [b"hello"]
    assert out_of([b"\n", frame(Opcode.TEXT, b"hello")]) == [b"hello"]


def test_a_newline_in_a_message_stays_there() -> None:
    assert out_of([frame(Opcode.TEXT, b"\n\n"), frame(Opcode.TEXT, b"\n")]) == [b"\n\n", b"\n"]


def test_fragments_become_one_message_with_a_ping_between_them() -> None:
    stream = fragment(1, b"one ", False) + frame(Opcode.PING, b"?") + fragment(0, b"two ", False)
    stream += fragment(0, b"three", True) + frame(Opcode.TEXT, b"next")
    assert out_of([stream]) == [b"?", b"one two three", b"next"]


def test_a_message_longer_than_any_of_slacks_ends_the_connection() -> None:
    with pytest.raises(ConnectionAbortedError):
        out_of([bytes([0x81, 127]) + struct.pack("!Q", LONGEST + 1)])
    half = b"x" * (LONGEST // 2 + 1)
    with pytest.raises(ConnectionAbortedError):
        out_of([fragment(1, half, False), fragment(0, half, True)])


def test_a_burst_comes_one_message_at_a_time_and_its_end_is_an_error() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"".join(frame(Opcode.TEXT, str(n).encode()) for n in range(2000)))
        theirs.shutdown(socket.SHUT_WR)
        framed = FramedSocket(ours)
        assert [data_of(framed.recv(16)) for _ in range(2000)] == [str(n).encode() for n in range(2000)]
        with pytest.raises(ConnectionResetError):
            framed.recv(16)


def test_only_an_answer_to_a_ping_is_a_sign_of_life() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        framed = FramedSocket(ours)
        begin = framed.last_pong
        theirs.sendall(frame(Opcode.PING, b"?") + frame(Opcode.TEXT, b"hello") + frame(Opcode.PONG, b"!"))
        seen = []
        for _ in range(3):
            framed.recv(16)
            seen.append(framed.last_pong > begin)
    assert seen == [False, False, True]


def test_all_is_sent_however_little_the_other_side_takes_at_a_time() -> None:
    ours, theirs = socket.socketpair()
    sent = bytes(range(256)) * 8192
    with ours, theirs, ThreadPoolExecutor(1) as pool, theirs.makefile("rb") as stream:
        ours.settimeout(5)  # with a timeout, as the library sets one, a plain send takes what fits and no more
        read = pool.submit(stream.read, len(sent))
        assert FramedSocket(ours).send(sent) == len(sent)
        ours.shutdown(socket.SHUT_WR)
        assert read.result(60) == sent
