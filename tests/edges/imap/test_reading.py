"""Fetched bytes become messages, here or in processes; what does to the parser what no mail should is kept."""

from __future__ import annotations

import os
import re
import signal
from datetime import UTC, datetime
from multiprocessing import parent_process
from typing import Any

import pytest

from bot.domain.message import Arrival, Attachment, Direction, Message, Place, Unreadable
from bot.edges.imap import reading
from bot.edges.imap.reading import Pieces, Raw, Reader
from bot.text.mime import read_mail
from tests.fakes.boxes import HOUSE, OURS, mail

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
THEIRS = Reader(HOUSE, proven_ours=False)


def raw(uid: int, content: bytes | Pieces | None = None) -> Raw:
    return Raw(Place("support", "INBOX", 1, uid), AT, content or mail(f"Number {uid}"), is_history=uid % 2 == 0)


def unreadable(uid: int) -> Unreadable:
    return Unreadable(Place("support", "INBOX", 1, uid), b"", "refused")


def numbers(batches: list[list[Arrival | Unreadable]]) -> list[list[int]]:
    return [[one.place.uid for one in batch if one.place] for batch in batches]


@pytest.mark.parametrize("expected", [10, 5000], ids=["here", "in processes"])
def test_batches_come_in_their_order_with_all_that_was_put_in(expected: int) -> None:
    given: list[list[Raw | Unreadable]] = [[raw(1), unreadable(2), raw(3)], [unreadable(4)], [], [raw(5), raw(6)]]
    found = list(THEIRS.arrivals(given, expected))
    assert numbers(found) == [[1, 2, 3], [4], [], [5, 6]]
    assert [one.message.new_text for batch in found for one in batch if isinstance(one, Arrival)] == [
        "Number 1", "Number 3", "Number 5", "Number 6",
    ]  # fmt: skip
    assert [one.is_history for one in found[3] if isinstance(one, Arrival)] == [False, True]
    assert found[1] == [unreadable(4)]


def test_in_processes_the_next_are_fetched_meanwhile_but_not_all_at_once() -> None:
    taken: list[int] = []

    def batches() -> Any:
        for number in range(20):
            taken.append(number)
            yield [raw(number + 1)]

    reader = THEIRS.arrivals(batches(), 5000)
    next(reader)
    assert 1 < len(taken) <= (os.cpu_count() or 1) + 1
    assert len(list(reader)) == 19


def fails_for_one(raw: bytes, *given: Any, **named: Any) -> Message:
    if b"poison" in raw:
        raise ValueError("cannot read: my poison words")
    return read_mail(raw, *given, **named)


def test_a_mail_that_fails_the_parser_is_kept_with_its_bytes_and_no_word_of_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "read_mail", fails_for_one)
    ((first, second, third),) = THEIRS.arrivals([[raw(1), raw(2, b"Subject: poison\r\n\r\n"), raw(3)]], 3)
    assert [type(one) for one in (first, second, third)] == [Arrival, Unreadable, Arrival]
    assert isinstance(second, Unreadable)
    assert second.raw == b"Subject: poison\r\n\r\n"
    assert re.fullmatch(r"ValueError at test_reading\.py:\d+", second.error)


class Deadly(Reader):
    """Ends the process that it reads in, unless that is the one of the test."""

    def read(self, raws: Any) -> Any:
        if parent_process() is not None and any(b"deadly" in one.octets for one in raws):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(raws)


def test_when_a_process_is_ended_from_outside_its_mails_are_read_here(caplog: pytest.LogCaptureFixture) -> None:
    given: list[list[Raw | Unreadable]] = [[raw(1)], [raw(2, mail("deadly"))], [raw(3)], [raw(4)]]
    found = list(Deadly(HOUSE, proven_ours=False).arrivals(given, 5000))
    assert numbers(found) == [[1], [2], [3], [4]]
    assert "ended from outside" in caplog.text


def test_only_what_lies_in_our_sent_folder_is_proven_to_be_ours() -> None:
    ours = raw(1, mail("We are sorry.", f"Acme <{OURS}>"))
    for reader, direction in (
        (THEIRS, Direction.FROM_CUSTOMER), (Reader(HOUSE, proven_ours=True), Direction.FROM_US),
    ):  # fmt: skip
        ((read,),) = reader.arrivals([[ours]], 1)
        assert isinstance(read, Arrival)
        assert read.message.direction is direction


def test_a_mail_in_pieces_has_its_text_and_the_names_of_the_rest() -> None:
    head = mail("", Content_Type='multipart/mixed; boundary="b"').partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    part = (b"Content-Type: text/plain; charset=utf-8\r\n\r\n", "It broke again, für immer.".encode())
    pieces = Pieces(head, (part,), (Attachment("film.mp4", "video/mp4", 60_000_000),))
    ((read,),) = THEIRS.arrivals([[raw(1, pieces)]], 1)
    assert isinstance(read, Arrival)
    assert read.message.new_text == "It broke again, für immer."
    assert read.message.attachments == (Attachment("film.mp4", "video/mp4", 60_000_000),)
    assert read.raw == head + b"".join(part), "and its bytes as far as they were fetched"
