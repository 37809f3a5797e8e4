"""`amends quarantine`: what could not be read, seen, tried again, ended and taken out, whatever stands in it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bot.domain.message import Place, Unreadable
from bot.store.store import SqlStore
from tests.cli.conftest import Amends, process
from tests.edges.test_console import harmless
from tests.fakes.clock import SimulatedClock

GOOD = b"""From: Mo <mo@customer.example>\r
To: support@acme.example\r
Subject: Order 17\r
Message-ID: <1@customer.example>\r
\r
You charged me twice, and nobody answers! I want my money back.\r
"""
HOSTILE = b"From: \x1b[2J\x1b]0;owned\x07 <x@y.example>\r\nSubject: [red]\xff\xfe\x00\r\n\r\n\xe2\x80\xaeevil"


@pytest.fixture
def db(amends: Amends) -> Path:
    """Three mails: one that can be read by now, one that acts on terminals, one of which the server gave nothing."""
    file = amends.here / "amends.db"
    store = SqlStore(f"sqlite:///{file}", SimulatedClock())
    for uid, raw, error in ((5, GOOD, "ArithmeticError at mime.py:12"), (6, HOSTILE, "odd \x1b[31mred[/red]"),
                            (7, b"", "the server gives nothing of it")):  # fmt: skip
        mail = Unreadable(Place("support", "INBOX\x1b[5m" if uid == 6 else "INBOX", 1, uid), raw, error)
        store.transact(lambda tx, it=mail: tx.quarantine(it))  # type: ignore[misc]
    store.close()
    return file


def waiting(amends: Amends, db: Path) -> list[int]:
    return [one["number"] for one in amends("quarantine", "list", "--db", db, "--json").told]


# looking


def test_what_waits_is_listed_for_machines(amends: Amends, db: Path) -> None:
    done = amends("quarantine", "list", "--db", db, "--json")
    assert done.code == 0
    first, second, third = done.told
    assert first == {
        "number": 1, "account": "support", "folder": "INBOX", "uidvalidity": 1, "uid": 5,
        "at": "2026-03-02T09:00:00+00:00", "error": "ArithmeticError at mime.py:12", "tries": 1, "bytes": len(GOOD),
        "asked_again": False, "ended_at": None, "ended_by": "", "note": "", "begins": GOOD.decode(),
    }  # fmt: skip
    assert (second["number"], third["bytes"], third["begins"]) == (2, 0, "")


def test_people_see_a_table_in_which_nothing_acts(amends: Amends, db: Path) -> None:
    done = amends("quarantine", "list", "--db", db)
    assert (done.code, done.err) == (0, "")
    harmless(done.out)
    rows = [line.split() for line in done.out.splitlines() if line.strip()[:1].isdigit()]
    assert [(row[0], row[2]) for row in rows] == [("1", "5"), ("2", "6"), ("3", "7")]
    assert "red[/red]" in done.out, "shown, and not obeyed"


def test_where_nothing_waits_it_says_so(amends: Amends, db: Path) -> None:
    for number in (1, 2, 3):
        amends("quarantine", "release", number, "--by", "Ana", "--note", "called", "--db", db)
    assert amends("quarantine", "list", "--db", db).out == "Nothing is in quarantine.\n"
    assert amends("quarantine", "list", "--db", db, "--json").told == []


def test_one_is_shown_with_its_beginning_in_which_nothing_acts(amends: Amends, db: Path) -> None:
    done = amends("quarantine", "show", 2, "--db", db)
    assert (done.code, done.err) == (0, "")
    harmless(done.out)
    assert done.out.startswith("2 · support/INBOX")
    assert f"tried 1 time, {len(HOSTILE)} bytes are known" in done.out
    assert "[red]" in done.out
    assert "evil" in done.out
    told = amends("quarantine", "show", 2, "--db", db, "--json").told
    assert told["begins"] == HOSTILE.decode("utf-8", "replace")


# by hand


def test_one_that_can_be_read_by_now_is_taken_in(amends: Amends, db: Path) -> None:
    done = amends("quarantine", "retry", 1, "--db", db)
    assert (done.code, done.out) == (0, "1 could be read; it is taken in like any mail.\n")
    assert waiting(amends, db) == [2, 3]
    (case,) = amends("cases", "--db", db, "--json").told
    (said,) = amends("show", case["id"], "--db", db, "--json").told["thread"]
    assert (case["customer"], said["at"]) == ("Mo", "2026-03-02T09:00:00+00:00"), "it came when it was put aside"
    assert "by amends" in amends("quarantine", "show", 1, "--db", db).out


def test_one_of_which_nothing_is_known_is_asked_for_again(amends: Amends, db: Path) -> None:
    done = amends("quarantine", "retry", 3, "--db", db, "--json")
    assert (done.code, done.told) == (0, {"number": 3, "outcome": "asked"})
    assert amends("quarantine", "show", 3, "--db", db, "--json").told["asked_again"]
    assert waiting(amends, db) == [1, 2, 3]


def test_one_that_still_cannot_be_read_stays_and_its_tries_are_counted(
    amends: Amends, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise ArithmeticError("odd")

    monkeypatch.setattr("bot.mending.read_mail", breaks)
    done = amends("quarantine", "retry", 1, "--db", db)
    assert (done.code, done.out) == (0, "1 still cannot be read; it stays in quarantine.\n")
    told = amends("quarantine", "show", 1, "--db", db, "--json").told
    assert (told["tries"], told["bytes"]) == (2, len(GOOD))
    assert told["error"].startswith("ArithmeticError at test_quarantine.py:")


def test_a_person_ends_it_with_a_note(amends: Amends, db: Path) -> None:
    done = amends("quarantine", "release", 2, "--by", "Ana", "--note", "called [b]her[/b]", "--db", db)
    assert (done.code, done.out) == (0, "2 no longer waits.\n")
    assert waiting(amends, db) == [1, 3]
    shown = amends("quarantine", "show", 2, "--db", db).out
    assert "by Ana: called [b]her[/b]" in shown
    told = amends("quarantine", "release", 3, "--by", "Ana", "--note", "x", "--db", db, "--json").told
    assert told == {"number": 3, "outcome": "released"}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("show", 9), "There is no 9 in quarantine"), (("retry", 9), "There is no 9 in quarantine"),
        (("release", 9, "--by", "Ana", "--note", "x"), "There is no 9 in quarantine"),
        (("export", 9, "x.eml"), "There is no 9 in quarantine"),
        (("release", 1, "--by", "Ana"), "What became of it?"), (("release", 1, "--note", "x"), "--by"),
        (("export", 3, "x.eml"), "The server gave nothing of 3"), (("export", 1, "there.eml"), "It cannot be written"),
        (("export", 1, "no/folder/x.eml"), "It cannot be written"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_a_sentence(
    amends: Amends, db: Path, args: tuple[object, ...], said: str
) -> None:
    amends.write("there.eml", "mine")
    done = amends("quarantine", *args, "--db", db)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert waiting(amends, db) == [1, 2, 3]
    assert (amends.here / "there.eml").read_text() == "mine"


def test_what_ended_is_not_tried_again_nor_ended_twice(amends: Amends, db: Path) -> None:
    amends("quarantine", "release", 1, "--by", "Ana", "--note", "x", "--db", db)
    for args in (("retry", 1), ("release", 1, "--by", "Jo", "--note", "y")):
        done = amends("quarantine", *args, "--db", db)
        assert (done.code, "1 no longer waits: it was released by Ana" in done.err) == (2, True)


def test_its_bytes_can_be_taken_out_as_they_are(amends: Amends, db: Path) -> None:
    done = amends("quarantine", "export", 2, "strange.eml", "--db", db)
    assert (done.code, done.out) == (0, "")
    file = amends.here / "strange.eml"
    assert file.read_bytes() == HOSTILE
    assert stat.S_ISREG(file.stat().st_mode)


def test_its_bytes_can_be_piped(amends: Amends, db: Path) -> None:
    done = process("quarantine", "export", "1", "-", "--db", str(db), here=amends.here)
    assert (done.code, done.out.encode()) == (0, GOOD)


@pytest.mark.parametrize("args", [("list",), ("show", 1), ("retry", 1), ("export", 1, "x.eml")], ids=lambda a: a[0])
def test_without_a_database_there_is_none_to_look_into(amends: Amends, args: tuple[object, ...]) -> None:
    done = amends("quarantine", *args, "--db", "nowhere.db")
    assert (done.code, done.out) == (7, "")
    assert "There is no such database" in done.err
    assert not (amends.here / "nowhere.db").exists()
