"""T5, T8, T9: whatever its headers, its date and its letters are, a mail is kept and says what its writer wrote."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.store import tables as t
from tests.fakes.boxes import Box, mail
from tests.fakes.build import DAY, HOUR
from tests.fakes.mailroom import WatchedMail, rows
from tests.fakes.world import World

from .conftest import COMPLAINT, QUESTION

pytestmark = pytest.mark.dovecot


def places(world: World) -> list[tuple[str, int, int]]:
    found = rows(world, t.place.c.folder, t.place.c.uid, t.place.c.message_id)
    return sorted((folder, uid, message) for folder, uid, message in found)


# T5

ODD_IDS = {
    "missing": "", "blank": " ", "malformed": "not an id at all", "without brackets": "a@b", "empty brackets": "<>",
    "folded": "\r\n <folded@mail.example>", "two": "<one@mail.example> <two@mail.example>", "beyond ascii": "<ä@ö>",
    "endless": f"<{'x' * 5000}@mail.example>",
}  # fmt: skip


def test_t05_mails_with_any_message_id_and_none_are_all_kept(box: Box, world: World, watched: WatchedMail) -> None:
    watched.add(box.account())
    watched.look()
    for number, odd in enumerate(ODD_IDS.values(), 1):
        box.receives(mail(f"Number {number}", f"c{number}@customer.example", Message_ID=odd, Subject=f"Order {number}"))
    watched.look()
    assert [text for (text,) in rows(world, t.message.c.new_text)] == [f"Number {n}" for n in range(1, 10)]
    assert places(world) == [("INBOX", n, n) for n in range(1, 10)]


def test_t05_different_mails_under_one_message_id_are_all_kept_and_copies_are_one(
    box: Box, world: World, watched: WatchedMail
) -> None:
    watched.add(box.account())
    watched.look()
    same = "<same@mail.example>"
    box.receives(mail("First words.", Message_ID=same), mail("Other words.", Message_ID=same))
    box.receives(mail("First words.", Message_ID=same, Received="by another way; Mon, 2 Mar 2026 09:00:00 +0000"))
    watched.look()
    assert [text for (text,) in rows(world, t.message.c.new_text)] == ["First words.", "Other words."]
    assert places(world) == [("INBOX", 1, 1), ("INBOX", 2, 2), ("INBOX", 3, 1)], "each that was delivered is a row"


@pytest.mark.parametrize("begins", [True, False], ids=["as history", "one by one"])
def test_t05_every_delivered_uid_is_a_row(box: Box, world: World, watched: WatchedMail, begins: bool) -> None:
    watched.add(box.account())
    if not begins:
        watched.look()
    for number in range(60):
        box.receives(mail(f"Number {number % 20}", f"c{number % 20}@customer.example", Message_ID=f"<{number % 20}@x>"))
    watched.look()
    assert [uid for _, uid, _ in places(world)] == list(range(1, 61))
    assert len(rows(world, t.message.c.id)) == 20


# T8

DATES = [
    "", "yesterday, about noon", "Thu, 1 Jan 1970 00:00:00 +0000", "Fri, 1 Jan 2099 00:00:00 +0000",
    "Mon, 2 Mar 2026 09:00:00 +9999", "Mon, 99 Foo 2026 99:99:99", "Mon, 2 Mar 99999999 09:00:00 +0000", "\x00\x01",
]  # fmt: skip


@pytest.mark.parametrize("begins", [True, False], ids=["as history", "one by one"])
def test_t08_no_date_header_decides_anything(box: Box, world: World, watched: WatchedMail, begins: bool) -> None:
    now = world.clock.now()
    watched.add(box.account())
    if not begins:
        watched.look()
    for number, date in enumerate(DATES):
        raw = mail(QUESTION, f"c{number}@customer.example", Subject=f"Order {number}", Date=date)
        box.receives(raw, arrived=now - (len(DATES) - number) * timedelta(seconds=1))
    watched.look()
    came = rows(world, t.message.c.subject, t.message.c.received_at)
    assert came == [(f"Order {n}", now - (len(DATES) - n) * timedelta(seconds=1)) for n in range(len(DATES))]
    waiting = rows(world, t.thread.c.answer_due_at)
    assert len(waiting) == len(DATES)
    assert all(due is not None and now < due <= now + 5 * DAY for (due,) in waiting)


def test_t08_a_live_deadline_begins_when_the_mail_is_first_seen(box: Box, world: World, watched: WatchedMail) -> None:
    watched.add(box.account())
    watched.look()
    box.moves_in(COMPLAINT, world.clock.now() - 3 * DAY)
    watched.look()
    (card,) = world.hears("mistake to channel")
    assert card.alert.waiting_since == world.clock.now() - 3 * DAY
    assert card.alert.next_due_at is not None
    assert world.clock.now() < card.alert.next_due_at <= world.clock.now() + HOUR


# T9

LETTERS: dict[str, tuple[str, bytes, str]] = {
    "windows-1258": ("windows-1258", "Tôi bị tính tiền hai lần".encode("windows-1258", "ignore"), "hai l"),
    "iso-2022-jp": ("iso-2022-jp", "二重に請求されました".encode("iso-2022-jp"), "二重に請求されました"),
    "gb2312 with others' bytes": ("gb2312", "我被收了两次钱€".encode("gb18030"), "我被收了两次钱"),
    "unknown-8bit": ("unknown-8bit", "für immer".encode(), "für immer"),
    "unknown-8bit, not utf-8": ("unknown-8bit", "für immer".encode("latin-1"), "für immer"),
    "utf-7": ("utf-7", "für immer".encode("utf-7"), "für immer"),
    "labelled as ascii": ("us-ascii", "für immer".encode(), "für immer"),
    "labelled wrongly": ("utf-8", "für immer".encode("latin-1"), "für immer"),
    "labelled with nonsense": ("x-no-such-thing", "für immer".encode(), "für immer"),
    "with a NUL": ("utf-8", b"charged\x00twice", "charged"),
}


@pytest.mark.parametrize("how", LETTERS)
def test_t09_no_letter_is_lost_whatever_the_mail_says_of_its_letters(
    box: Box, world: World, watched: WatchedMail, how: str
) -> None:
    label, body, expected = LETTERS[how]
    watched.add(box.account())
    watched.look()
    head = mail("", Content_Type=f"text/plain; charset={label}", Content_Transfer_Encoding="8bit")
    box.receives(head.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body + b"\r\n")
    watched.look()
    [(text,)] = rows(world, t.message.c.new_text)
    assert expected in text
    assert "\x00" not in text


def test_t09_names_in_any_letters_and_escapes_are_read(box: Box, world: World, watched: WatchedMail) -> None:
    watched.add(box.account())
    watched.look()
    part = "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*=us-ascii''%F6.pdf\r\n\r\nx\r\n"
    body = f"--b\r\n\r\nHello.\r\n--b\r\n{part}--b--"
    sender = "=?iso-8859-1?q?Fran=E7ois?= <f@customer.example>"
    box.receives(mail(body, sender, Subject="=?utf-7?q?f+APw-r?= =?x-none?b?!!!?=",
                      Content_Type='multipart/mixed; boundary="b"'))  # fmt: skip
    watched.look()
    m = t.message.c
    [(address, name, subject, text, attached)] = rows(
        world, m.sender_address, m.sender_name, m.subject, m.new_text, m.attachments
    )
    assert (address, name, text) == ("f@customer.example", "François", "Hello.")
    assert subject.startswith("für")
    assert "ö.pdf" in str(attached)
