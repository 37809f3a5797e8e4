"""Mail from files: one's own export, whatever its form."""

from __future__ import annotations

import mailbox
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from bot.domain.house import House
from bot.domain.message import Direction
from bot.edges import replay
from bot.errors import UsageError

OURS = House(frozenset({"support@acme.example"}))


def mail(text: str, day: int = 2, sender: str = "Mo <mo@customer.example>", **headers: str) -> bytes:
    """A mail of March 2026; `headers` adds some."""
    made = EmailMessage()
    made["From"], made["Subject"] = sender, "Order 17"
    made["Date"] = datetime(2026, 3, day, 9, tzinfo=UTC)
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


def write(file: Path, raw: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(raw)
    return file


def mbox(file: Path, *mails: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    box = mailbox.mbox(file)
    for one in mails:
        box.add(one)
    box.close()
    return file


def texts(path: Path) -> list[str]:
    return [arrival.message.new_text for arrival in replay.read(path, OURS)]


def directions(path: Path, house: House = OURS) -> list[Direction]:
    return [arrival.message.direction for arrival in replay.read(path, house)]


# forms


def test_a_folder_of_mails_is_read_with_its_folders_oldest_first(tmp_path: Path) -> None:
    write(tmp_path / "b.eml", mail("second", 3))
    write(tmp_path / "deep" / "er" / "a.eml", mail("third", 4))
    write(tmp_path / "c.eml", mail("first", 2))
    write(tmp_path / "notes.txt", b"not mail")
    assert texts(tmp_path) == ["first", "second", "third"]


def test_one_mail_is_read_alone(tmp_path: Path) -> None:
    assert texts(write(tmp_path / "one.EML", mail("alone"))) == ["alone"]


def test_an_mbox_is_read_in_the_order_of_time(tmp_path: Path) -> None:
    assert texts(mbox(tmp_path / "export", mail("later", 5), mail("earlier", 4))) == ["earlier", "later"]


def test_a_line_that_an_mbox_had_to_quote_is_the_writer_s_own_again(tmp_path: Path) -> None:
    text = "Hello,\nFrom the start you have told me lies.\nMo\n\n> from somebody else"
    file = mbox(tmp_path / "export.mbox", mail(text), mail("another", 3))
    assert b"\n>From the start" in file.read_bytes()
    first, _ = replay.read(file, OURS)
    assert first.message.new_text == "Hello,\nFrom the start you have told me lies.\nMo"
    assert first.message.quoted == "> from somebody else"


def test_several_mboxes_of_a_folder_are_one_export_and_empty_ones_do_no_harm(tmp_path: Path) -> None:
    mbox(tmp_path / "Inbox.mbox", mail("one", 2))
    mbox(tmp_path / "deep" / "Orders.mbox", mail("two", 3))
    write(tmp_path / "Drafts.mbox", b"")
    assert texts(tmp_path) == ["one", "two"]


def test_a_maildir_is_read_with_its_subfolders(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "Maildir")
    box.add(mail("new", 3))
    seen = mailbox.MaildirMessage(mail("seen", 2))
    seen.set_subdir("cur")
    box.add(seen)
    box.add_folder("Orders").add(mail("order", 4))
    box.close()
    assert texts(tmp_path / "Maildir") == ["seen", "new", "order"]


def test_a_maildir_that_lacks_a_part_or_holds_a_folder_too_many_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "Maildir")
    box.add(mail("inbox"))
    write(tmp_path / "Maildir" / ".Orders" / "cur" / "1", mail("order", 3))
    (tmp_path / "Maildir" / "cur" / "folder").mkdir()
    box.close()
    assert texts(tmp_path / "Maildir") == ["inbox", "order"]


def test_what_is_only_called_like_a_mail_or_an_mbox_is_left_out(tmp_path: Path) -> None:
    write(tmp_path / "good.eml", mail("good"))
    (tmp_path / "folder.eml").mkdir()
    (tmp_path / "Apple.mbox").mkdir()
    (tmp_path / "dangling.eml").symlink_to(tmp_path / "nowhere")
    assert texts(tmp_path) == ["good"]


def test_nothing_is_changed_in_them(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "Maildir")
    box.add(mail("new"))
    box.close()
    file = mbox(tmp_path / "export.mbox", mail("one"))
    before = {path: path.stat() for path in tmp_path.rglob("*")}
    assert len(replay.read(tmp_path / "Maildir", OURS)) == len(replay.read(file, OURS)) == 1
    after = {path: path.stat() for path in tmp_path.rglob("*")}
    assert [(path, stat.st_mtime_ns, stat.st_size) for path, stat in after.items()] == [
        (path, stat.st_mtime_ns, stat.st_size) for path, stat in before.items()
    ]


# who speaks


def test_in_one_s_own_export_our_address_is_proof(tmp_path: Path) -> None:
    write(tmp_path / "1.eml", mail("a question", 2))
    write(tmp_path / "2.eml", mail("an answer", 3, sender="Acme <Support@acme.example>"))
    assert directions(tmp_path) == [Direction.FROM_CUSTOMER, Direction.FROM_US]
    assert directions(tmp_path, House()) == [Direction.FROM_CUSTOMER, Direction.FROM_CUSTOMER]


@pytest.mark.parametrize("place", ["Sent/1.eml", "sent items/2026/1.eml", "Gesendet/1.EML.eml"])
def test_what_lies_in_a_sent_folder_is_ours_whoever_signed_it(tmp_path: Path, place: str) -> None:
    write(tmp_path / place, mail("an answer", sender="Ana <ana@acme.example>"))
    assert directions(tmp_path, House()) == [Direction.FROM_US]


def test_an_mbox_called_sent_is_a_sent_folder_too(tmp_path: Path) -> None:
    mbox(tmp_path / "Sent.mbox", mail("an answer", 3, sender="Ana <ana@acme.example>"))
    mbox(tmp_path / "Resent.mbox", mail("a question", 2))
    assert directions(tmp_path) == [Direction.FROM_CUSTOMER, Direction.FROM_US]


@pytest.mark.parametrize("name", ["Sent", "INBOX.Sent", "Sent Items"])
def test_a_maildir_s_sent_folder_is_one(tmp_path: Path, name: str) -> None:
    box = mailbox.Maildir(tmp_path / "Maildir")
    box.add_folder(name).add(mail("an answer", sender="Ana <ana@acme.example>"))
    box.close()
    assert directions(tmp_path / "Maildir") == [Direction.FROM_US]


# when


def test_the_date_header_stands_for_the_moment_of_arrival(tmp_path: Path) -> None:
    file = write(
        tmp_path / "1.eml", mail("x").replace(b"Mon, 02 Mar 2026 09:00:00 +0000", b"2 Mar 2026 09:00:00 -0500")
    )
    (arrival,) = replay.read(file, OURS)
    assert arrival.message.received_at == datetime(2026, 3, 2, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    "date",
    [b"", b"yesterday", b"Mon, 02 Mar 1970 09:00:00 +0000", b"Mon, 99 Foo 2026", b"\xff\xfe", b"0 0 0",
     b"1 Jan 9999 0:0:0 -2359"],
)  # fmt: skip
def test_without_a_date_that_can_be_the_file_s_own_time_stands_for_it(tmp_path: Path, date: bytes) -> None:
    file = write(tmp_path / "1.eml", mail("x").replace(b"Mon, 02 Mar 2026 09:00:00 +0000", date))
    (arrival,) = replay.read(file, OURS)
    assert arrival.message.received_at == datetime.fromtimestamp(file.stat().st_mtime, UTC)


# what is none


def test_an_empty_folder_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"neither \.eml files, nor an mbox, nor a Maildir") as caught:
        replay.read(tmp_path, OURS)
    assert caught.value.where == str(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip file", b"from mo\n"])
def test_a_file_that_is_no_mail_is_named(tmp_path: Path, content: bytes) -> None:
    file = write(tmp_path / "export.zip", content)
    with pytest.raises(UsageError, match=r"neither an \.eml nor an mbox") as caught:
        replay.read(file, OURS)
    assert caught.value.where == str(file)


def test_a_place_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        replay.read(tmp_path / "nowhere", OURS)


def test_a_single_mail_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere.eml"):
        with pytest.raises(UsageError, match="It cannot be read") as caught:
            replay.read_file(place, OURS)
        assert caught.value.where == str(place)


def test_one_mail_is_read_as_amends_reads_it(tmp_path: Path) -> None:
    found = replay.read_file(write(tmp_path / "1.eml", mail("It leaks.\n\n> Does it?")), House())
    assert (found.new_text, found.quoted, found.sender.address) == ("It leaks.", "> Does it?", "mo@customer.example")
