"""The private Dovecot does what the mailbox tests rely on, seen through the real imapclient."""

from __future__ import annotations

import itertools
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import imapclient  # type: ignore[import-untyped, unused-ignore]
import pytest

from . import dovecot
from .dovecot import HOST, LEASH, Dovecot, available, unused_port, wait_until

pytestmark = [pytest.mark.dovecot, pytest.mark.skipif(available() is not None, reason=available() or "")]

PASSWORD = "a secret"
NUMBERS = itertools.count(1)
HOLD_A_SERVER = """
import sys
from pathlib import Path
from tests.fakes.dovecot import Dovecot
with Dovecot(Path(sys.argv[1])) as server:
    print(server.port, flush=True)
    sys.stdin.read()
"""


def make_base() -> Path:
    path = Path(tempfile.mkdtemp(prefix="dovecot-"))
    path.chmod(0o755)
    return path


@pytest.fixture
def base() -> Iterator[Path]:
    path = make_base()
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    """One for all tests that leave it running; each has a user of its own."""
    path = make_base()
    with Dovecot(path) as running:
        yield running
    shutil.rmtree(path)


@pytest.fixture
def user(server: Dovecot) -> str:
    return new_user(server)


def new_user(server: Dovecot, *folders: str) -> str:
    name = f"user{next(NUMBERS)}@example.com"
    server.add_user(name, PASSWORD, folders=("Sent", *folders))
    return name


def connect(server: Dovecot, user: str, folder: str | None = "INBOX") -> Any:
    client = imapclient.IMAPClient(HOST, server.port, ssl=False, timeout=10)
    client.login(user, PASSWORD)
    if folder:
        client.select_folder(folder)
    return client


def trusting(server: Dovecot) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(server.ca_file))


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def mail(subject: str) -> bytes:
    return f"From: ann@example.com\r\nSubject: {subject}\r\n\r\nHello.\r\n".encode()


def subjects(client: Any) -> list[str]:
    found = client.fetch(client.search(), ["ENVELOPE"])
    return [found[uid][b"ENVELOPE"].subject.decode() for uid in sorted(found)]


def test_messages_keep_the_order_of_their_delivery(server: Dovecot, user: str) -> None:
    numbers = [str(number) for number in range(25)]
    for number in numbers:
        server.deliver(user, "INBOX", mail(number))
    with connect(server, user) as client:
        assert subjects(client) == numbers


def test_a_client_that_idles_hears_of_a_delivery(server: Dovecot, user: str) -> None:
    with connect(server, user) as client:
        client.idle()
        server.deliver(user, "INBOX", mail("new"))
        assert (1, b"EXISTS") in client.idle_check(timeout=60)
        client.idle_done()


def test_a_wrong_password_is_refused_without_the_usual_delay(server: Dovecot, user: str) -> None:
    client = imapclient.IMAPClient(HOST, server.port, ssl=False, timeout=10)
    began = time.monotonic()
    with pytest.raises(imapclient.exceptions.LoginError):
        client.login(user, "wrong")
    client.login(user, PASSWORD)
    assert time.monotonic() - began < 1.5
    client.logout()


def test_a_user_added_while_it_runs_may_enter_at_once(server: Dovecot) -> None:
    with connect(server, new_user(server, "Archive/2024")) as client:
        assert {"INBOX", "Sent", "Archive/2024"} <= {name for _, _, name in client.list_folders()}
        assert client.find_special_folder(b"\\Sent") == "Sent"


def test_append_returns_the_uid_and_delivery_reaches_folders_beyond_ascii(server: Dovecot) -> None:
    user = new_user(server, "Gelöschte Objekte")
    server.deliver(user, "Gelöschte Objekte", mail("delivered"))
    assert server.append(user, "Gelöschte Objekte", mail("appended")) == 2
    assert server.flags(user, "Gelöschte Objekte") == {1: (), 2: ()}


def test_appending_to_no_folder_says_so(server: Dovecot, user: str) -> None:
    with pytest.raises(RuntimeError, match="TRYCREATE"):
        server.append(user, "Nowhere", mail("lost"))


def test_flags_shows_what_clients_set_and_sets_none(server: Dovecot, user: str) -> None:
    assert server.flags(user, "INBOX") == {}
    for subject in ("one", "two"):
        server.deliver(user, "INBOX", mail(subject))
    with connect(server, user) as client:
        client.add_flags([2], [imapclient.SEEN, b"$Done"])
        assert server.flags(user, "INBOX") == {1: (), 2: (b"\\Seen", b"$Done")}
        assert client.search("UNSEEN") == [1]


def test_an_expunged_message_is_gone_and_the_others_keep_their_uids(server: Dovecot, user: str) -> None:
    for subject in ("one", "two", "three"):
        server.append(user, "INBOX", mail(subject))
    server.expunge(user, "INBOX", 2)
    assert list(server.flags(user, "INBOX")) == [1, 3]


def test_uidvalidity_changes_when_reset(server: Dovecot, user: str) -> None:
    with connect(server, user, folder=None) as client:
        before = client.select_folder("INBOX")[b"UIDVALIDITY"]
    after = server.reset_uidvalidity(user, "INBOX")
    with connect(server, user, folder=None) as client:
        assert client.select_folder("INBOX")[b"UIDVALIDITY"] == after != before


def test_its_certificate_is_good_for_those_who_trust_its_authority(server: Dovecot, user: str) -> None:
    strict = trusting(server)
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    for host in ("localhost", HOST):
        with imapclient.IMAPClient(host, server.tls_port, ssl_context=strict, timeout=10) as client:
            client.login(user, PASSWORD)
        with imapclient.IMAPClient(host, server.port, ssl=False, timeout=10) as client:
            client.starttls(strict)
            client.login(user, PASSWORD)


def test_its_certificate_is_worth_nothing_to_others(server: Dovecot) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer certificate"):
        imapclient.IMAPClient("localhost", server.tls_port, timeout=10)


def test_an_expired_certificate_is_refused_as_expired(base: Path) -> None:
    refused = pytest.raises(ssl.SSLCertVerificationError, match="certificate has expired")
    with Dovecot(base, certificate="expired") as server, refused:
        imapclient.IMAPClient("localhost", server.tls_port, ssl_context=trusting(server), timeout=10)


def test_a_server_can_be_without_idle(base: Path) -> None:
    plain = Dovecot(base, capability="IMAP4rev1 LITERAL+ UIDPLUS")
    user = new_user(plain)
    with plain, connect(plain, user) as client:
        assert client.has_capability("UIDPLUS")
        assert not client.has_capability("IDLE")


def test_an_orderly_stop_says_bye(base: Path) -> None:
    with Dovecot(base) as server:
        client = connect(server, new_user(server))
        client.idle()
        server.stop()
        assert client.idle_check(timeout=60)[0][0] == b"BYE"
        client.shutdown()


def test_a_kill_says_nothing(base: Path) -> None:
    with Dovecot(base) as server:
        client = connect(server, new_user(server))
        server.kill9()
        assert not listens(server.port)
        with pytest.raises(imapclient.exceptions.IMAPClientAbortError):
            client.noop()
        client.shutdown()


@pytest.mark.parametrize("end", [Dovecot.stop, Dovecot.kill9])
def test_mail_users_and_ports_outlive_any_end(base: Path, end: Callable[[Dovecot], None]) -> None:
    with Dovecot(base) as server:
        user = new_user(server)
        server.deliver(user, "INBOX", mail("kept"))
        before = (server.port, server.tls_port, server.ca_file.read_bytes())
        end(server)
        server.start()
        assert (server.port, server.tls_port, server.ca_file.read_bytes()) == before
        with connect(server, user) as client:
            assert subjects(client) == ["kept"]


def test_a_restart_leaves_it_running(base: Path) -> None:
    with Dovecot(base) as server:
        assert listens(server.restart().port)


def test_what_a_killed_master_leaves_does_not_keep_the_next_from_starting(base: Path) -> None:
    for leftover in ("run/master.pid", "state/instances.lock"):
        (base / leftover).parent.mkdir()
        (base / leftover).write_text("1\n")
    began = time.monotonic()
    with Dovecot(base):
        assert time.monotonic() - began < 5


def test_a_private_directory_on_the_way_is_opened_for_the_server() -> None:
    private = Path(tempfile.mkdtemp(prefix="dovecot-"))
    try:
        with Dovecot(private / "base") as server:
            user = new_user(server)
            server.deliver(user, "INBOX", mail("readable"))
            assert list(server.flags(user, "INBOX")) == [1]
    finally:
        shutil.rmtree(private)


def test_a_path_too_long_for_sockets_is_refused_at_once(base: Path) -> None:
    with pytest.raises(ValueError, match="too long a path"):
        Dovecot(base / ("x" * 80))


def test_a_server_that_cannot_start_tells_what_it_wrote(base: Path) -> None:
    with Dovecot(base) as first:
        second = Dovecot(base / "second")
        second.port = first.port
        with pytest.raises(RuntimeError, match="Address already in use"):
            second.start()


@pytest.mark.skipif(not LEASH, reason="setpriv, of util-linux, is not installed.")
def test_a_killed_test_run_leaves_no_server(base: Path) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", HOLD_A_SERVER, str(base)]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        port = int(run.stdout.readline())
        run.kill()
    assert wait_until(lambda: not listens(port), timeout=60)


def test_what_is_missing_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dovecot, "TOOL_PATH", "/nonexistent")
    missing = available.__wrapped__()
    assert missing == "dovecot is not installed; on Debian it comes with the package dovecot-imapd."


@pytest.mark.parametrize("many", [1, 2, 5])
def test_those_that_test_beside_each_other_never_draw_one_port(monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    """Else a server that is started again could find its port taken by another's."""
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", str(many))
    drawn = []
    for worker in range(many):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", f"gw{worker}")
        drawn.append({unused_port(range(20_000, 20_020)) for _ in range(30)})
    assert sum(map(len, drawn)) == len(set().union(*drawn))
