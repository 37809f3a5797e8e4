"""The private Cyrus and Courier do what the mailbox tests rely on, and differ from Dovecot where they should."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import imapclient  # type: ignore[import-untyped, unused-ignore]
import pytest

from .courier import Courier
from .cyrus import Cyrus
from .dovecot import HOST, LEASH, greets, wait_until
from .mail_servers import Mailbox, MailServer, served

HOLD_A_SERVER = """
import sys
from pathlib import Path
from tests.fakes.{module} import {kind}
with {kind}(Path(sys.argv[1])) as server:
    box = server.box()
    client = server.client(box.user)
    print(server.port, flush=True)
    sys.stdin.read()
"""
KINDS = [pytest.param(kind, marks=getattr(pytest.mark, kind.__name__.lower())) for kind in (Cyrus, Courier)]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> type[MailServer]:
    """Each of the two, where its packages are."""
    request.getfixturevalue(request.param.__name__.lower())
    found: type[MailServer] = request.param
    return found


@pytest.fixture
def server(kind: type[MailServer], request: pytest.FixtureRequest) -> MailServer:
    """The session's."""
    found: MailServer = request.getfixturevalue(kind.__name__.lower())
    return found


@pytest.fixture
def own(kind: type[MailServer]) -> Iterator[MailServer]:
    """One that the test may end."""
    with served(kind) as running:
        yield running


def connect(box: Mailbox, folder: str | None = "INBOX") -> Any:
    client = imapclient.IMAPClient(box.host, box.port, ssl=False, timeout=10)
    client.login(box.user, box.password)
    if folder:
        client.select_folder(folder)
    return client


def mail(subject: str) -> bytes:
    return f"From: ann@example.com\r\nSubject: {subject}\r\n\r\nHello.\r\n".encode()


def subjects(client: Any) -> list[str]:
    found = client.fetch(client.search(), ["ENVELOPE"])
    return [found[uid][b"ENVELOPE"].subject.decode() for uid in sorted(found)]


def test_messages_keep_the_order_of_their_delivery(server: MailServer) -> None:
    box, numbers = server.box(), [str(number) for number in range(12)]
    box.deliver(*map(mail, numbers))
    with connect(box) as client:
        assert subjects(client) == numbers


def test_what_is_delivered_is_read_byte_for_byte(server: MailServer) -> None:
    box = server.box()
    box.deliver(mail("whole"))
    with connect(box) as client:
        assert client.fetch([1], ["BODY.PEEK[]"])[1][b"BODY[]"] == mail("whole")


def test_a_client_that_idles_hears_of_a_delivery(server: MailServer) -> None:
    box = server.box()
    with connect(box) as client:
        client.idle()
        box.deliver(mail("new"))
        assert (1, b"EXISTS") in client.idle_check(timeout=60)
        client.idle_done()


def test_a_wrong_password_is_refused_as_such(server: MailServer) -> None:
    box = server.box()
    client = imapclient.IMAPClient(HOST, server.port, ssl=False, timeout=10)
    with pytest.raises(imapclient.exceptions.LoginError):
        client.login(box.user, "wrong")
    client.login(box.user, box.password)
    client.logout()


def test_folders_are_named_as_clients_see_them(server: MailServer) -> None:
    names = {Cyrus: "Gelöschte Objekte", Courier: "INBOX.Gelöschte Objekte"}
    deleted = names[type(server)]
    box = server.box(deleted)
    assert box.folders() == sorted(["INBOX", box.sent, deleted])
    with connect(box, None) as client:
        assert sorted(name for _, _, name in client.list_folders()) == box.folders()
    assert box.append(mail("appended"), deleted) == 1
    box.deliver(mail("delivered"), folder=deleted)
    assert box.flags(deleted) == {1: (), 2: ()}


def test_a_mail_can_be_said_to_have_arrived_earlier(server: MailServer) -> None:
    box, arrived = server.box(), datetime(2024, 2, 29, 12, tzinfo=UTC)
    box.append(mail("old"), arrived=arrived)
    with connect(box) as client:
        client.normalise_times = False
        assert client.fetch([1], ["INTERNALDATE"])[1][b"INTERNALDATE"] == arrived


def test_flags_shows_what_clients_set_and_sets_none(server: MailServer) -> None:
    box = server.box()
    assert box.flags() == {}
    box.deliver(mail("one"), mail("two"))
    with connect(box) as client:
        client.add_flags([2], [imapclient.SEEN, b"$Done"])
        assert {uid: set(flags) for uid, flags in box.flags().items()} == {1: set(), 2: {b"\\Seen", b"$Done"}}
        assert client.search("UNSEEN") == [1]


def test_a_folder_that_is_not_there_is_an_error(server: MailServer) -> None:
    box = server.box()
    with pytest.raises(RuntimeError, match="refused"):
        box.flags("Nowhere")
    with pytest.raises(RuntimeError, match="TRYCREATE"):
        box.append(mail("lost"), "INBOX.Nowhere" if isinstance(server, Courier) else "Nowhere")


@pytest.mark.parametrize("end", ["stop", "kill9"])
def test_mail_users_and_the_port_outlive_any_end(own: MailServer, end: str) -> None:
    box, port = own.box(), own.port
    box.append(mail("kept"))
    getattr(own, end)()
    assert not greets(port)
    own.start()
    assert own.port == port
    with connect(box) as client:
        assert subjects(client) == ["kept"]


@pytest.mark.courier
def test_an_orderly_stop_of_courier_says_bye(courier: Courier) -> None:
    with served(Courier) as own:
        client = connect(own.box())
        client.idle()
        own.stop()
        assert client.idle_check(timeout=60)[0][0] == b"BYE"
        client.shutdown()


@pytest.mark.cyrus
def test_cyrus_hangs_up_without_a_bye_even_when_stopped_orderly(cyrus: Cyrus) -> None:
    with served(Cyrus) as own:
        client = connect(own.box())
        own.stop()
        expect_silence(client)


def test_a_kill_says_nothing(own: MailServer) -> None:
    client = connect(own.box())
    own.kill9()
    expect_silence(client)


def expect_silence(client: Any) -> None:
    """The line is dead, and no BYE came before."""
    assert client.socket().recv(1) == b""
    with pytest.raises((imapclient.exceptions.IMAPClientAbortError, OSError)):
        client.noop()
    client.shutdown()


def test_a_server_runs_once(own: MailServer) -> None:
    with pytest.raises(RuntimeError, match="runs already"):
        own.start()


@pytest.mark.skipif(not LEASH, reason="setpriv, of util-linux, is not installed.")
def test_a_killed_test_run_leaves_no_server(kind: type[MailServer]) -> None:
    code = HOLD_A_SERVER.format(module=kind.__name__.lower(), kind=kind.__name__)
    with tempfile.TemporaryDirectory(prefix="amends-", ignore_cleanup_errors=True) as base:
        command = [sys.executable, "-c", code, base]
        home = Path(__file__).parents[2]
        with subprocess.Popen(command, cwd=home, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
            assert run.stdout is not None
            port = int(run.stdout.readline())
            run.kill()
        assert wait_until(lambda: not greets(port), timeout=60)
        assert wait_until(lambda: not running_under(base, kind), timeout=60)


def running_under(base: str, kind: type[MailServer]) -> list[int]:
    """Processes of that server that work in that directory, those of its parts too."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            at_work = (process / "cwd").readlink().is_relative_to(base)
            ours = (process / "exe").readlink().is_relative_to(kind.unpacked.root)
        except OSError:  # it ended, or is another's
            continue
        if at_work or (ours and base in (process / "cmdline").read_text("utf-8", "replace")):
            found.append(int(process.name))
    return found


def uidvalidity(box: Mailbox) -> int:
    with connect(box, None) as client:
        value: int = client.select_folder("INBOX")[b"UIDVALIDITY"]
        return value


@pytest.mark.courier
def test_uidvalidity_changes_when_courier_is_restored(courier: Courier) -> None:
    box = courier.box()
    box.deliver(mail("kept"))
    before = uidvalidity(box)
    assert courier.reset_uidvalidity(box.user, "INBOX") == uidvalidity(box) != before
    assert list(box.flags()) == [1]


@pytest.mark.cyrus
def test_uidvalidity_changes_when_cyrus_loses_a_mailbox_and_its_folders_are_back(cyrus: Cyrus) -> None:
    box = cyrus.box("Archive/2024")
    box.deliver(mail("lost"))
    before, folders = uidvalidity(box), box.folders()
    cyrus.reset_uidvalidity(box.user, "INBOX")
    assert uidvalidity(box) != before
    assert box.folders() == folders
    assert box.flags() == {}


@pytest.mark.courier
def test_an_expunged_message_is_gone_and_the_others_keep_their_uids(courier: Courier) -> None:
    box = courier.box()
    box.deliver(mail("one"), mail("two"), mail("three"))
    courier.expunge(box.user, "INBOX", 2)
    assert list(box.flags()) == [1, 3]


@pytest.mark.cyrus
def test_cyrus_tells_which_folder_holds_the_sent_mail(cyrus: Cyrus) -> None:
    with connect(cyrus.box(), None) as client:
        assert client.find_special_folder(b"\\Sent") == "Sent"


@pytest.mark.courier
def test_courier_does_not_tell_which_folder_holds_the_sent_mail(courier: Courier) -> None:
    with connect(courier.box(), None) as client:
        assert client.namespace().personal == (("INBOX.", "."),)
        assert not [flags for flags, _, _ in client.list_folders() if b"\\Sent" in flags]


@pytest.mark.courier
def test_a_folder_that_is_only_a_name_on_the_way_is_not_counted_as_one(courier: Courier) -> None:
    box = courier.box("INBOX.Archive.2024")
    assert box.folders() == ["INBOX", "INBOX.Archive.2024", "INBOX.Sent"]
    with connect(box, None) as client:
        assert "INBOX.Archive" in [name for _, _, name in client.list_folders()]


@pytest.mark.cyrus
def test_cyrus_refuses_mail_that_is_none(cyrus: Cyrus) -> None:
    with pytest.raises(RuntimeError, match="refused"):
        cyrus.box().deliver(b"Subject: \0\r\n\r\n")


@pytest.mark.cyrus
def test_a_path_too_long_for_sockets_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="too long a path"):
        Cyrus(Path("/tmp") / ("x" * 80))


@pytest.mark.cyrus
def test_a_server_that_cannot_have_its_port_does_not_pass_for_another(cyrus: Cyrus) -> None:
    with tempfile.TemporaryDirectory(prefix="amends-", ignore_cleanup_errors=True) as base:
        second = Cyrus(Path(base))
        second.port = cyrus.port
        with pytest.raises(RuntimeError, match="does not greet"):
            second.start(timeout=0.3)
