"""No password leaves in clear, no doubtful server gets one; what is wrong is said in one sentence, and others go on."""

from __future__ import annotations

import logging
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.edges import mailbox
from bot.edges.mailbox import folders, list_folders
from bot.errors import Retriable, SettingsError
from bot.service.watch import Watch
from bot.store import tables as t
from tests.fakes.clock import SimulatedClock
from tests.fakes.dovecot import HOST, Dovecot
from tests.fakes.world import World

from .conftest import OURS, Box, Scripted, Serve, add_box, read, texts

served_by_dovecot = pytest.mark.dovecot
SENTENCE = re.compile(r"support \([^ ]+:\d+\): [^\n]+\.")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World.at(tmp_path, start=datetime.now(UTC)) as world:
        yield world


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name service for the tests: mail.acme.example is this machine, and there is nothing else."""
    real: Callable[..., Any] = socket.getaddrinfo

    def look_up(host: str, *other: Any, **more: Any) -> Any:
        if host.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(HOST if host == "mail.acme.example" else host, *other, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def is_told(folder: mailbox.Folder, what: str, retry_after: float | None = None) -> None:
    """Reading fails, and says so in one sentence."""
    with pytest.raises(Retriable) as problem:
        read(folder)
    assert what in str(problem.value)
    assert SENTENCE.fullmatch(str(problem.value)), problem.value
    assert problem.value.retry_after == retry_after


# what works


@served_by_dovecot
@pytest.mark.parametrize("tls", ["implicit", "starttls", "off"])
@pytest.mark.parametrize("host", ["localhost", HOST])
def test_a_mailbox_behind_a_private_authority_is_read(box: Box, tls: str, host: str) -> None:
    box.deliver("hello")
    port = box.server.tls_port if tls == "implicit" else box.server.port
    assert texts(read(box.folder(tls=tls, port=port, host=host))) == ["hello"]


@served_by_dovecot
@pytest.mark.parametrize("password", ['with "quotes", \\ and spaces', "Schlüssel „§“ ключ", "{5}", "*"])
def test_a_password_may_hold_any_letters(dovecot: Dovecot, password: str) -> None:
    assert "INBOX" in list_folders(add_box(dovecot, password=password).account())


@served_by_dovecot
def test_the_password_is_asked_for_at_each_login_and_not_between(box: Box) -> None:
    asked = []

    def password() -> str:
        asked.append("asked")
        return box.right.password()

    folder = box.folder(password=password)
    read(folder)
    read(folder)
    assert len(asked) == 1
    folder.close()
    read(folder)
    assert len(asked) == 2


# what does not, and what is said


@served_by_dovecot
def test_a_server_of_an_unknown_authority_gets_no_password(box: Box) -> None:
    for tls, port in (("implicit", box.server.tls_port), ("starttls", box.server.port)):
        folder = box.folder(tls=tls, port=port, ca_file=None)
        is_told(folder, "Its certificate is not to be trusted: unable to get local issuer certificate.")


@served_by_dovecot
def test_a_server_with_an_expired_certificate_gets_no_password(own_box: Serve) -> None:
    is_told(own_box(certificate="expired").folder(), "not to be trusted: certificate has expired.")


@served_by_dovecot
@pytest.mark.usefixtures("names")
def test_a_server_with_the_certificate_of_another_host_gets_no_password(box: Box) -> None:
    is_told(
        box.folder(host="mail.acme.example"), "Hostname mismatch, certificate is not valid for 'mail.acme.example'."
    )


@served_by_dovecot
def test_a_port_without_tls_is_told_from_one_with_it(box: Box) -> None:
    is_told(box.folder(port=box.server.port), "No safe connection: WRONG_VERSION_NUMBER.")


@served_by_dovecot
def test_a_wrong_password_is_tried_again_only_after_a_minute(box: Box) -> None:
    refused = (
        f"It refused the login of {box.user}: [AUTHENTICATIONFAILED] Authentication failed. Check user and password."
    )
    is_told(box.folder(password=lambda: "wrong"), refused, retry_after=60.0)


@served_by_dovecot
def test_a_folder_that_is_not_there_is_named(box: Box) -> None:
    is_told(box.folder("Sent Items"), "The folder “Sent Items” cannot be opened: ", retry_after=60.0)


@served_by_dovecot
def test_a_password_that_is_nowhere_is_missed_before_anybody_is_called(box: Box) -> None:
    def gone() -> str:
        raise SettingsError("mailbox[1].password: /run/secret cannot be read: No such file or directory.")

    is_told(box.folder(password=gone, port=1), "/run/secret cannot be read", retry_after=60.0)


@served_by_dovecot
@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_an_authority_that_cannot_be_read_is_named(box: Box, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content:
        file.write_text(content)
    is_told(box.folder(ca_file=file), f"{file} holds no certificate that can be read")


@pytest.mark.usefixtures("names")
def test_a_host_that_does_not_exist_is_told_from_one_that_does_not_listen() -> None:
    with Scripted() as server:
        reader = server.reader(tls="implicit")
    is_told(reader.folder(), "It cannot be reached: Connection refused.")
    is_told(reader.folder(host="mail.invalid"), "There is no such host.")


@pytest.mark.parametrize("tls", ["implicit", "starttls", "off"])
def test_a_server_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, tls: str) -> None:
    monkeypatch.setattr(mailbox, "_CONNECT", 0.2)
    with socket.create_server((HOST, 0)) as silent, Scripted() as server:
        is_told(server.reader(tls=tls, port=silent.getsockname()[1]).folder(), "It did not answer in time.")


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("{tag} NO [AUTHENTICATIONFAILED] no\r\n", "It refused the login of mo: [AUTHENTICATIONFAILED] no."),
        ("* BYE too many connections\r\n", "The login broke off: command: LOGIN => too many connections."),
        ("", "The login broke off: command: LOGIN => socket error: EOF."),
    ],
)
def test_a_login_that_broke_off_is_not_called_a_wrong_password(answer: str, what: str) -> None:
    with Scripted(LOGIN=answer) as server, pytest.raises(Retriable) as problem:
        read(server.reader().folder())
    assert what in str(problem.value)
    assert ("Check user and password." in str(problem.value)) == ("refused" in what)


# STARTTLS


REFUSALS = {
    "says no": {"STARTTLS": "{tag} NO not today\r\n"},
    "does not know it": {"STARTTLS": "{tag} BAD unknown command\r\n"},
    "hangs up": {"STARTTLS": ""},
    "does not offer it": {"CAPABILITY": "* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"},
    "says yes, and goes on without": {"STARTTLS": "{tag} OK begin\r\n* OK but in clear\r\n"},
}


@pytest.mark.parametrize("how", REFUSALS)
def test_where_starttls_fails_nobody_logs_in(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr(mailbox, "_READ", 0.5)
    with Scripted(**REFUSALS[how]) as server, pytest.raises(Retriable) as problem:
        read(server.reader(tls="starttls").folder())
    assert SENTENCE.fullmatch(str(problem.value)), problem.value
    assert b"CAPABILITY" in server.heard, "it was not even called"
    for word in (b"LOGIN", b"AUTHENTICATE", b"tr0ub4dor", b" mo "):
        assert word not in server.heard


# others go on


def look(world: World, caplog: pytest.LogCaptureFixture, *watched: mailbox.Folder) -> list[str]:
    """One look at these folders; what was logged."""
    with caplog.at_level(logging.INFO):
        Watch(watched, world.intake, world.store, world.clock, 10.0).once(threading.Event())
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def stored(world: World) -> list[str]:
    return [row.new_text for row in world.store.read(lambda c: c.execute(select(t.message.c.new_text)).all())]


@served_by_dovecot
def test_one_folder_that_is_not_there_keeps_the_others_from_nothing(
    box: Box, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    box.deliver("hello")
    made = folders(box.account(), ["Nowhere", "INBOX"], "Sent", {OURS}, SimulatedClock(datetime.now(UTC)))
    box.opened += made
    [line] = look(world, caplog, *made)
    assert line.startswith("support/Nowhere: support (127.0.0.1:")
    assert line.endswith("`amends doctor` lists the folders there are. Tried again in 60 s.")
    assert stored(world) == ["hello"]


@served_by_dovecot
def test_one_account_that_does_not_let_us_in_keeps_the_others_from_nothing(
    dovecot: Dovecot, box: Box, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    other = add_box(dovecot)
    other.right = replace(other.right, name="sales")
    other.deliver("not seen")
    box.deliver("hello")
    [line] = look(world, caplog, other.folder(password=lambda: "wrong"), box.folder())
    assert line.startswith("sales/INBOX: sales (127.0.0.1:")
    assert "It refused the login of" in line
    assert stored(world) == ["hello"]
