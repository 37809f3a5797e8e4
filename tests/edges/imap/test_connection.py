"""No password leaves in clear, no doubtful server gets one; what is wrong is said in one sentence, and others go on."""

from __future__ import annotations

import contextlib
import logging
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.edges.imap import connection
from bot.edges.imap.account import Account
from bot.edges.imap.connection import Connection
from bot.edges.imap.folder import Folder
from bot.edges.imap.troubles import CommandRefused
from bot.edges.sign_in import Bearer, Password
from bot.errors import Refused, Retriable, SettingsError
from tests.fakes.boxes import PASSWORD, Box, Opener, add_box, mail, read, scripted_account, texts
from tests.fakes.dovecot import HOST, Dovecot
from tests.fakes.oauth_box import OAuthBox
from tests.fakes.scripted_imap import ScriptedImap

served_by_dovecot = pytest.mark.dovecot
Serve = Callable[..., Box]
OK = "{tag} OK done\r\n"
SENTENCE = re.compile(r"support \([^ ]+:\d+\): [^\n]+\.")


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name service for the tests: mail.acme.example is this machine, and there is nothing else."""
    real: Callable[..., Any] = socket.getaddrinfo

    def look_up(host: str, *other: Any, **more: Any) -> Any:
        if host.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(HOST if host == "mail.acme.example" else host, *other, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def is_told(folder: Folder, what: str, retry_after: float | None = None) -> None:
    """Reading fails, and says so in one sentence."""
    with pytest.raises(Retriable) as problem:
        read(folder)
    assert what in str(problem.value)
    assert SENTENCE.fullmatch(str(problem.value)), problem.value
    assert problem.value.retry_after == retry_after


def scripted(server: ScriptedImap, **other: Any) -> Opener:
    return Opener(scripted_account(server, **other))


def names_of(opener: Opener) -> set[str]:
    """The folders that it finds."""
    with contextlib.closing(opener.connection()) as connected:
        return {name for _flags, name in connected.folders()}


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
    assert "INBOX" in names_of(add_box(dovecot, password=password))


@served_by_dovecot
def test_the_password_is_asked_for_at_each_login_and_not_between(box: Box) -> None:
    asked = []

    def password() -> str:
        asked.append("asked")
        return box.password

    folder = box.folder(sign_in=Password(password))
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
    is_told(box.folder(password="wrong"), refused, retry_after=60.0)


@served_by_dovecot
def test_a_folder_that_is_not_there_is_named(box: Box) -> None:
    with pytest.raises(Refused, match="The folder “Sent Items” cannot be opened: ") as problem:
        read(box.folder("Sent Items"))
    assert SENTENCE.fullmatch(str(problem.value)), problem.value


@served_by_dovecot
def test_a_password_that_is_nowhere_is_missed_before_anybody_is_called(box: Box) -> None:
    def gone() -> str:
        raise SettingsError("mailbox[1].password: /run/secret cannot be read: No such file or directory.")

    is_told(box.folder(sign_in=Password(gone)), "/run/secret cannot be read", retry_after=60.0)


@served_by_dovecot
@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_an_authority_that_cannot_be_read_is_named(box: Box, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content:
        file.write_text(content)
    is_told(box.folder(ca_file=file), f"{file} holds no certificate that can be read")


@pytest.mark.usefixtures("names")
def test_a_host_that_does_not_exist_is_told_from_one_that_does_not_listen() -> None:
    with ScriptedImap() as server:
        reader = scripted(server, tls="implicit")
    is_told(reader.folder(), "It cannot be reached: Connection refused.")
    is_told(reader.folder(host="mail.invalid"), "There is no such host.")


@pytest.mark.parametrize("tls", ["implicit", "starttls", "off"])
def test_a_server_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, tls: str) -> None:
    monkeypatch.setattr(connection, "_CONNECT", 0.2)
    with socket.create_server((HOST, 0)) as silent, ScriptedImap() as server:
        is_told(scripted(server, tls=tls, port=silent.getsockname()[1]).folder(), "It did not answer in time.")


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("{tag} NO [AUTHENTICATIONFAILED] no\r\n", "It refused the login of mo: [AUTHENTICATIONFAILED] no."),
        ("* BYE too many connections\r\n", "The login broke off: command: LOGIN => too many connections."),
        ("", "The login broke off: command: LOGIN => socket error: EOF."),
    ],
)
def test_a_login_that_broke_off_is_not_called_a_wrong_password(answer: str, what: str) -> None:
    with ScriptedImap(LOGIN=answer) as server, pytest.raises(Retriable) as problem:
        read(scripted(server).folder())
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
    monkeypatch.setattr(connection, "_READ", 0.5)
    with ScriptedImap(**REFUSALS[how]) as server, pytest.raises(Retriable) as problem:
        read(scripted(server, tls="starttls").folder())
    assert SENTENCE.fullmatch(str(problem.value)), problem.value
    assert b"CAPABILITY" in server.heard, "it was not even called"
    for word in (b"LOGIN", b"AUTHENTICATE", b"tr0ub4dor", b" mo "):
        assert word not in server.heard


# access tokens


@served_by_dovecot
@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_a_mailbox_is_read_by_an_access_token(oauth_box: OAuthBox, mechanism: str) -> None:
    oauth_box.imap.deliver(oauth_box.user, "INBOX", mail("hello"))
    tokens = Kept(oauth_box)
    with contextlib.closing(by_token(oauth_box, mechanism, tokens)) as opener:
        assert texts(read(opener.folder())) == ["hello"]
    assert tokens.forgotten == 0


@served_by_dovecot
@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_a_token_that_was_withdrawn_is_forgotten_and_the_next_one_used_at_once(
    oauth_box: OAuthBox, mechanism: str
) -> None:
    oauth_box.imap.deliver(oauth_box.user, "INBOX", mail("hello"))
    tokens = Kept(oauth_box)
    tokens.access_token()
    oauth_box.revoke_access()
    with contextlib.closing(by_token(oauth_box, mechanism, tokens)) as opener:
        assert texts(read(opener.folder())) == ["hello"]
    assert (tokens.forgotten, tokens.issued) == (1, 2)


@served_by_dovecot
@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_where_no_token_is_good_it_is_said_and_left_alone_for_a_minute(oauth_box: OAuthBox, mechanism: str) -> None:
    tokens = Kept(oauth_box, good=False)
    with pytest.raises(Retriable) as problem:
        read(by_token(oauth_box, mechanism, tokens).folder())
    assert f"It refused the login of {oauth_box.user}: " in str(problem.value)
    assert "Check user and scope" in str(problem.value)
    assert "not-a-token" not in str(problem.value)
    assert problem.value.retry_after == 60.0
    assert tokens.forgotten == 2


class Kept:
    """Tokens as the server issues them, kept until they are to be forgotten."""

    def __init__(self, box: OAuthBox, *, good: bool = True) -> None:
        self.box, self.good, self.refresh = box, good, box.sign_in()
        self.kept, self.issued, self.forgotten = "", 0, 0

    def access_token(self) -> str:
        if not self.kept:
            self.issued += 1
            self.kept = self.box.oauth.issue(self.box.user) if self.good else "not-a-token"
        return self.kept

    def forget(self) -> None:
        self.kept, self.forgotten = "", self.forgotten + 1


def by_token(box: OAuthBox, mechanism: Any, tokens: Kept) -> Opener:
    return Opener(
        Account("support", HOST, box.imap.tls_port, "implicit", box.user, Bearer(mechanism, tokens), box.imap.ca_file)
    )


# what waits for nothing


def test_a_slow_drip_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte would begin a socket's timeout anew."""
    monkeypatch.setattr(connection, "_LONGEST_COMMAND", 0.3)
    dripping = tuple("* SEARCH " + "1 " * 20_000)
    with ScriptedImap(SEARCH=dripping) as server:
        connected = Connection(scripted_account(server))
        connected.examine("INBOX")
        with pytest.raises(Retriable, match="Searching broke off"):
            connected._do("Searching", lambda client: client.search(["ALL"]), limit=connection._LONGEST_COMMAND)
        assert not connected.is_open
        server.hang_up()


# what a server refuses


def test_a_command_that_is_refused_leaves_the_connection_and_a_lost_one_does_not() -> None:
    told: list[Any] = ["{tag} NO not now\r\n", "* SEARCH 3 1\r\n" + OK, "* BYE", "* SEARCH\r\n" + OK]
    with ScriptedImap(SEARCH=told) as server:
        connected = Connection(scripted_account(server))
        connected.examine("INBOX")
        with pytest.raises(CommandRefused, match="not now"):
            connected.search(["ALL"])
        assert connected.search(["ALL"]) == [1, 3]
        with pytest.raises(Retriable, match="Searching broke off"):
            connected.search(["ALL"])
        assert (connected.is_open, connected.selected) == (False, "")
        connected.examine("INBOX")
        assert connected.search(["ALL"]) == []
        assert server.connections == 2
        connected.close()


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("NO Request is throttled. Suggested Backoff Time: 92299 milliseconds", 92.299),
        ("NO [UNAVAILABLE] try later", None),
        ("BAD User is authenticated but not connected", 900.0),
    ],
)
def test_a_server_that_asks_for_patience_gets_it(said: str, wait: float | None) -> None:
    with ScriptedImap(EXAMINE=f"{{tag}} {said}.\r\n") as server:
        connected = Connection(scripted_account(server))
        with pytest.raises(Retriable) as problem:
            connected.examine("INBOX")
        assert problem.value.retry_after == wait
        connected.close()


def test_too_many_connections_are_not_called_a_wrong_password() -> None:
    told = "{tag} NO [LIMIT] Maximum number of connections exceeded\r\n"
    with ScriptedImap(LOGIN=told) as server, pytest.raises(Retriable) as problem:
        Connection(scripted_account(server)).open()
    assert "It takes no more connections" in str(problem.value)
    assert "max_connections" in str(problem.value)


def test_no_charset_is_sent_with_a_search() -> None:
    with ScriptedImap() as server:
        connected = Connection(scripted_account(server))
        connected.examine("INBOX")
        connected.search(["ALL"])
        connected.close()
    assert b"CHARSET" not in server.heard


# what is written down


@served_by_dovecot
def test_neither_passwords_nor_mails_are_logged_however_much_is_logged(
    box: Box, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    box.deliver("My PIN is 4711.")
    assert len(read(box.folder())) == 1
    with pytest.raises(Retriable):
        read(box.folder(password="open sesame"))
    with pytest.raises(Refused):
        read(box.folder("Nowhere"))
    logged = [record.getMessage() for record in caplog.records]
    assert not [line for line in logged if re.search(f"PIN|4711|Order 17|{re.escape(PASSWORD)}|sesame", line)]
