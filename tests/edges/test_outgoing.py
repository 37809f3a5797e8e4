"""What holds for every request to somebody else's server, a calendar's, a token's, a heartbeat: bounded, and silent."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.edges import calendar_request, heartbeat, token_request
from bot.edges.outgoing import Bounds, Place, get, onward, post
from bot.errors import Retriable
from tests.fakes.oauth_box import OAuthBox

SECRET = "s3cr3t-key"
PLACE = Place("somebody")
OK = b"HTTP/1.1 200 OK\r\n\r\n"
DRIP = 0.02  # seconds between two bytes

Call = Callable[[str, float], object]


def of_a_calendar(url: str, seconds: float) -> object:
    return calendar_request.fetch(url, seconds)


def of_a_token(url: str, seconds: float) -> object:
    return token_request.post(url, f"client_secret={SECRET}", where="mail", timeout=seconds, ca_file=None)


def of_a_heartbeat(url: str, seconds: float) -> object:
    heartbeat.call(url, seconds)
    return None


@pytest.fixture(params=[of_a_calendar, of_a_token, of_a_heartbeat], ids=["calendar", "token", "heartbeat"])
def call(request: pytest.FixtureRequest) -> Call:
    found: Call = request.param
    return found


@dataclass
class Peer:
    """A server that says the next of `answers` to each connection, then `endless` for ever, and `heard` the heads."""

    port: int
    answers: list[bytes]
    endless: bytes = b""
    dripping: bool = False
    tls: ssl.SSLContext | None = None
    heard: list[bytes] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def url(self, host: str = "127.0.0.1") -> str:
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}/{SECRET}"

    def serve(self, listener: socket.socket) -> None:
        while True:
            line, _address = listener.accept()
            with line, contextlib.suppress(OSError):  # a client that gave up is part of the game
                if self.ended.is_set():
                    return
                self._attend(self.tls.wrap_socket(line, server_side=True) if self.tls else line)

    def _attend(self, line: socket.socket) -> None:
        with line:
            head = b""
            while b"\r\n\r\n" not in head:
                head += line.recv(4096)
            self.heard.append(head)
            line.sendall(self.answers.pop(0))
            while self.endless and not (self.dripping and self.ended.wait(DRIP)):
                line.sendall(self.endless)


@contextlib.contextmanager
def peer(
    *answers: bytes, endless: bytes = b"", dripping: bool = False, tls: ssl.SSLContext | None = None
) -> Iterator[Peer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Peer(listener.getsockname()[1], list(answers), endless, dripping, tls)
        thread = threading.Thread(target=made.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            made.ended.set()
            socket.create_connection(("127.0.0.1", made.port), timeout=60).close()
            thread.join()


def told(call: Call, url: str, seconds: float = 30.0) -> str:
    """What is said of a request that fails; no part of it holds a secret."""
    with pytest.raises(Retriable) as caught:
        call(url, seconds)
    shown = f"{caught.value!r} {caught.value.where} {caught.value} {''.join(traceback.format_exception(caught.value))}"
    assert SECRET not in shown
    return caught.value.what


# of all three


def test_nobody_is_told_more_than_who_asks(call: Call) -> None:
    with peer(OK) as server:
        call(server.url(), 30.0)
    assert b"\r\nUser-Agent: amends\r\n" in server.heard[0]


def test_where_nobody_listens_that_is_said(call: Call) -> None:
    with peer() as server:
        url = server.url()
    assert told(call, url) == "It cannot be reached: Connection refused."


def test_an_endpoint_that_is_silent_is_left(call: Call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/{SECRET}"
        assert told(call, url, 0.1) == "It did not answer in time."


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nX-", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_a_head_that_drips_is_left(call: Call, head: bytes) -> None:
    with peer(head, endless=b"x", dripping=True) as server:
        assert told(call, server.url(), 0.2) == "It did not answer in time."


@pytest.mark.parametrize("words", [b"", f"{SECRET} is what you sent\r\n\r\n".encode(), b"HTTP/1.1 2\xb2 OK\r\n\r\n"])
def test_what_is_no_http_is_not_repeated(call: Call, words: bytes) -> None:
    with peer(words) as server:
        assert told(call, server.url()).startswith("It cannot be reached: ")


def test_a_host_that_cannot_be_one_is_told_by_what_kind_of_problem_it_is(call: Call) -> None:
    assert told(call, f"https://a..b/{SECRET}").startswith("It cannot be reached: ")


def test_no_redirect_leads_off_this_machine_without_tls(call: Call) -> None:
    with peer(b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.7/\r\n\r\n") as server, contextlib.suppress(Retriable):
        answer = call(server.url(), 30.0)
        assert isinstance(answer, token_request.Answer)
        assert answer.status == 302
    assert len(server.heard) == 1


@pytest.mark.dovecot
def test_whom_no_known_authority_vouches_for_is_told_nothing(call: Call, oauth_box: OAuthBox) -> None:
    url = f"https://localhost:{oauth_box.imap.tls_port}/{SECRET}"  # not HTTP, but a TLS server with a certificate
    assert told(call, url) == "Its certificate is not to be trusted: unable to get local issuer certificate."


@pytest.mark.dovecot
def test_over_tls_the_same_bounds_hold_and_nothing_leads_out_of_it(oauth_box: OAuthBox) -> None:
    place = Place("somebody", ca_file=oauth_box.imap.ca_file)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(oauth_box.imap.base / "server.pem", oauth_box.imap.base / "server.key")
    for head in (b"", b"HTTP/1.1 200 OK\r\nX-", OK):
        with peer(head, endless=b"x", dripping=True, tls=tls) as drips, pytest.raises(Retriable, match="in time"):
            get(drips.url("localhost"), place, Bounds(0.3, 1_000_000))
    with peer(OK) as plain, peer(redirect(plain.url()), tls=tls) as server:
        assert get(server.url("localhost"), place, Bounds(30.0, 100, redirects=4)).status == 302
    assert not plain.heard


# bodies


@pytest.mark.parametrize("size", [99, 100])
def test_a_body_as_large_as_may_be_is_read(size: int) -> None:
    with peer(OK + b"x" * size) as server:
        assert get(server.url(), PLACE, Bounds(30.0, 100)).body == b"x" * size


def test_one_that_is_larger_is_none_and_not_read_to_its_end() -> None:
    with peer(OK + b"x" * 101) as server:
        assert get(server.url(), PLACE, Bounds(30.0, 100)).body is None
    with peer(OK, endless=b"x" * 100_000) as server:
        assert get(server.url(), PLACE, Bounds(30.0, 1_000_000)).body is None


def test_one_that_drips_is_left() -> None:
    with peer(OK, endless=b"x", dripping=True) as server, pytest.raises(Retriable, match="did not answer in time"):
        get(server.url(), PLACE, Bounds(0.2, 1_000_000))


@pytest.mark.parametrize("bounds", [Bounds(30.0), Bounds(30.0, 100, redirects=4)])
def test_one_that_nobody_wants_is_not_read(bounds: Bounds) -> None:
    with peer(b"HTTP/1.1 500 Oh\r\n\r\n", endless=b"x", dripping=True) as server:
        answer = get(server.url(), PLACE, bounds)
    assert (answer.status, answer.body) == (500, b"")


def test_that_of_an_error_is_read_where_it_is_wanted() -> None:
    with peer(b"HTTP/1.1 400 No\r\n\r\nwhy") as server:
        assert get(server.url(), PLACE, Bounds(30.0, 100, errors=True)).body == b"why"


# redirects


def redirect(there: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Elsewhere\r\nLocation: {there}\r\n\r\n".encode()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_with_what_was_asked_and_for_its_own_host(status: int) -> None:
    with peer(OK + b"here") as second, peer(redirect(second.url("localhost"), status)) as first:
        answer = get(first.url(), PLACE, Bounds(30.0, 100, redirects=1), {"Accept": "text/calendar"})
    assert answer.body == b"here"
    head = second.heard[0]
    assert head.startswith(f"GET /{SECRET} HTTP/1.1\r\n".encode())
    assert {f"Host: localhost:{second.port}".encode(), b"Accept: text/calendar"} <= set(head.split(b"\r\n"))


@pytest.mark.parametrize("allowed", [0, 1, 3])
def test_no_more_redirects_are_followed_than_may_be(allowed: int) -> None:
    with peer(*[redirect(f"/{number}") for number in range(5)]) as server:
        assert get(server.url(), PLACE, Bounds(30.0, 100, redirects=allowed)).status == 302
    assert len(server.heard) == 1 + allowed


@pytest.mark.parametrize("status", [300, 304, 305])
def test_what_is_no_redirect_leads_nowhere(status: int) -> None:
    with peer(redirect("/else", status)) as server:
        assert get(server.url(), PLACE, Bounds(30.0, 100, redirects=4)).status == status


def test_what_comes_with_a_redirect_is_not_read() -> None:
    with peer(OK + b"here") as second, peer(redirect(second.url()), endless=b"x", dripping=True) as first:
        assert get(first.url(), PLACE, Bounds(30.0, 100, redirects=1)).body == b"here"


def test_what_is_posted_is_taken_nowhere_else() -> None:
    with peer(redirect("/else", 307)) as server:
        assert post(server.url(), f"key={SECRET}", PLACE, Bounds(30.0, 100, redirects=4)).status == 307
    assert len(server.heard) == 1


@pytest.mark.parametrize(
    ("url", "points", "there"),
    [
        ("https://a.example/x", "https://b.example/y", "https://b.example/y"),
        ("https://a.example/x", "y z?ä", "https://a.example/y%20z?%E4"),
        ("https://a.example/x", "//b.example/y", "https://b.example/y"),
        ("https://a.example/x", "http://a.example/x", ""),
        ("https://a.example/x", "http://127.0.0.1/x", ""),
        ("http://127.0.0.1/x", "https://a.example/", "https://a.example/"),
        ("http://127.0.0.1/x", "http://[::1]:8/y", "http://[::1]:8/y"),
        ("http://127.0.0.1/x", "http://localhost.example/", ""),
        ("http://127.0.0.1/x", "http://127.0.0.1@a.example/", ""),
        ("http://127.0.0.1/x", "http://a.example/", ""),
        ("http://127.0.0.1/x", "http://[", ""),
        ("http://127.0.0.1/x", "file:///etc/passwd", ""),
        ("https://a.example/x", "ftp://a.example/x", ""),
        ("https://a.example/x", "data:text/calendar,x", ""),
    ],
)
def test_a_redirect_leads_to_https_or_on_this_machine_from_plain_to_plain(url: str, points: str, there: str) -> None:
    assert onward(url, points) == there


@given(points=st.text() | st.from_regex(r"[a-zA-Z]{1,6}:/{0,3}[^\s]*", fullmatch=True))
def test_whatever_a_redirect_says_nothing_leads_from_tls_to_no_tls(points: str) -> None:
    there = onward("https://a.example/x", points)
    assert there == "" or urlsplit(there).scheme == "https"
