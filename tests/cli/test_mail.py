"""`amends mail check`: what `amends run` would find in each folder, for people and for machines, changing nothing."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.message import Place
from bot.opening import SystemClock
from bot.store.store import SqlStore
from tests.cli.conftest import Amends
from tests.fakes.boxes import Box

pytestmark = pytest.mark.dovecot
MAILBOX = """
[[mailbox]]
name = "{name}"
host = "127.0.0.1"
port = {port}
ca_file = "{ca_file}"
user = "{user}"
password_file = "{name}.password"
folders = {folders}
sent = "{sent}"
"""


def configure(amends: Amends, box: Box, *, folders: str = '["INBOX"]', sent: str = "auto", name: str = "support",
              password: str = "", port: int = 0) -> None:  # fmt: skip
    """One more mailbox in the config."""
    amends.write(f"{name}.password", password or box.password)
    told = MAILBOX.format(name=name, port=port or box.right.port, ca_file=box.right.ca_file, user=box.user,
                          folders=folders, sent=sent)  # fmt: skip
    file = amends.here / "config.toml"
    amends.write("config.toml", (file.read_text() if file.exists() else "") + told)


def folder(told: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [one for one in told["folders"] if one["name"] == name]
    return dict(found)


def test_each_folder_is_reported_with_what_would_be_read(amends: Amends, box: Box) -> None:
    box.deliver("Where is it?", "And now?")
    configure(amends, box)
    done = amends("mail", "check", "--json")
    assert (done.code, done.err) == (0, "")
    (told,) = done.lines
    assert (told["name"], told["user"], told["tls"], told["error"]) == ("support", box.user, "implicit", "")
    assert "IDLE" in told["capabilities"]
    inbox, sent = folder(told, "INBOX"), folder(told, "Sent")
    assert (inbox["waiting"], inbox["begins"], inbox["is_sent"]) == (2, True, False)
    assert (sent["waiting"], sent["begins"], sent["is_sent"]) == (0, True, True)
    assert len(inbox["since"]) == len("2026-03-02")
    assert inbox["noop_ms"] >= 0
    assert inbox["idle_ms"] >= 0


def test_people_read_it_a_line_a_folder(amends: Amends, box: Box) -> None:
    box.deliver("Where is it?")
    configure(amends, box)
    done = amends("mail", "check")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"support: {box.user} at 127.0.0.1:{box.right.port}, TLS implicit\n")
    assert "✔ INBOX: never read so far; would read 1 mail since " in done.out
    assert "✔ Sent (what we sent): never read so far; would read 0 mails since " in done.out
    assert "IDLE: told of new mail at once" in done.out


def test_it_changes_nothing_and_makes_no_database(amends: Amends, box: Box) -> None:
    box.deliver("Where is it?")
    configure(amends, box)
    before = (sorted(amends.here.iterdir()), box.files(), box.flags(), box.folders())
    assert amends("mail", "check").code == 0
    assert (sorted(amends.here.iterdir()), box.files(), box.flags(), box.folders()) == before


def test_where_amends_ran_before_it_says_what_came_since(amends: Amends, box: Box) -> None:
    box.deliver("One", "Two", "Three")
    configure(amends, box)
    found = folder(amends("mail", "check", "--json").lines[0], "INBOX")
    assert found["begins"]
    store = SqlStore(f"sqlite:///{amends.here / 'amends.db'}", SystemClock())
    with box.client() as client:
        validity = int(client.folder_status("INBOX", ["UIDVALIDITY"])[b"UIDVALIDITY"])
    store.transact(lambda tx: tx.move_cursor(Place("support", "INBOX", validity, 2)))
    store.close()
    found = folder(amends("mail", "check", "--json").lines[0], "INBOX")
    assert (found["waiting"], found["begins"], found["since"]) == (1, False, None)
    assert "would read 1 mail that came since the last look" in amends("mail", "check").out


def test_a_folder_that_is_not_there_is_named_and_the_others_are_checked(amends: Amends, box: Box) -> None:
    configure(amends, box, folders='["INBOX", "Odrers"]')
    done = amends("mail", "check")
    assert done.code == 1
    assert "✘ Odrers" in done.out
    assert "✔ INBOX" in done.out
    assert "Traceback" not in done.out + done.err


def test_a_wrong_password_is_one_sentence_and_the_next_mailbox_is_checked(amends: Amends, box: Box) -> None:
    configure(amends, box, password="wrong", name="first")
    configure(amends, box, name="second")
    done = amends("mail", "check", "--json")
    assert done.code == 1
    first, second = done.lines
    assert first["error"]
    assert (first["folders"], second["error"]) == ([], "")
    assert "wrong" not in done.out


def test_a_server_that_is_not_there_is_named(amends: Amends, box: Box) -> None:
    configure(amends, box, port=9)
    done = amends("mail", "check")
    assert (done.code, "✔" in done.out) == (1, False)
    assert "127.0.0.1:9" in done.out


def test_what_is_not_watched_is_listed(amends: Amends, box: Box) -> None:
    with box.client() as client:
        client.create_folder("Archive")
    configure(amends, box)
    assert amends("mail", "check", "--json").lines[0]["others"] == ["Archive"]
    assert "not watched: Archive" in amends("mail", "check").out
