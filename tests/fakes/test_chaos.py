"""The proxy passes all bytes on unchanged until a fault strikes, and then strikes as it was told."""

from __future__ import annotations

import contextlib
import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from .chaos import Chaos
from .dovecot import HOST, wait_until

SAID = b"* OK ready\r\na1 OK first\r\na2 OK second\r\n"


@contextlib.contextmanager
def server_that(talk: Any) -> Iterator[int]:
    """Its port; `talk` is given each connection."""
    handle: Any = lambda connection, *_: talk(connection)  # noqa: E731
    with socketserver.ThreadingTCPServer((HOST, 0), handle) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def echo(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := connection.recv(65_536):
            connection.sendall(data)


@pytest.fixture
def proxy() -> Iterator[Chaos]:
    """In front of a server that says back what it hears."""
    with server_that(echo) as port, Chaos(port) as running:
        yield running


def client_of(proxy: Chaos) -> socket.socket:
    return socket.create_connection((HOST, proxy.port), 10)


def all_of(client: socket.socket) -> bytes:
    """What comes until the other end closes."""
    found = b""
    while data := client.recv(65_536):
        found += data
    return found


def say_all(client: socket.socket, data: bytes) -> None:
    client.sendall(data)
    client.shutdown(socket.SHUT_WR)


def exactly(client: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size and (data := client.recv(size - len(found))):
        found += data
    return found


def test_bytes_pass_both_ways_unchanged_and_so_does_the_end(proxy: Chaos) -> None:
    sent = bytes(range(256)) * 4000
    with client_of(proxy) as client:
        threading.Thread(target=say_all, args=(client, sent)).start()
        assert all_of(client) == sent
    assert proxy.passed == {"down": len(sent), "up": len(sent)}
    assert (proxy.accepted, proxy.struck) == (1, 0)


@pytest.mark.parametrize("after", [0, 1, 10, len(SAID) - 1])
def test_a_cut_comes_after_exactly_so_many_bytes(proxy: Chaos, after: int) -> None:
    with client_of(proxy) as client:
        proxy.plan("cut", after=after)
        client.sendall(SAID)
        assert all_of(client) == SAID[:after]


def test_a_line_on_which_no_more_than_that_passes_is_not_cut(proxy: Chaos) -> None:
    with client_of(proxy) as client:
        proxy.plan("cut", after=len(SAID))
        client.sendall(SAID)
        assert exactly(client, len(SAID)) == SAID
        assert proxy.struck == 0


def test_bytes_are_counted_from_when_the_fault_was_set(proxy: Chaos) -> None:
    with client_of(proxy) as client:
        proxy.plan("cut", after=1000)
        client.sendall(b"x" * 100)
        exactly(client, 100)
        proxy.plan("cut", after=7)
        client.sendall(SAID)
        assert all_of(client) == SAID[:7]


def test_what_stands_before_the_fatal_bytes_still_comes(proxy: Chaos) -> None:
    with client_of(proxy) as client:
        proxy.plan("cut", on=b"a1 OK")
        client.sendall(SAID)
        assert all_of(client) == b"* OK ready\r\n"


def test_fatal_bytes_strike_even_when_they_come_in_pieces(proxy: Chaos) -> None:
    with client_of(proxy) as client:
        proxy.plan("cut", on=b"a1 OK")
        for piece in (b"* OK ready\r\na", b"1", b" "):
            client.sendall(piece)
            assert exactly(client, len(piece)) == piece
        client.sendall(b"OK first\r\n")
        assert all_of(client) == b""


def test_a_command_can_be_lost_on_its_way_up(proxy: Chaos) -> None:
    with client_of(proxy) as client:
        proxy.plan("cut", on=b"APPEND", way="up")
        client.sendall(b"a1 NOOP\r\na2 APPEND")
        assert all_of(client) in (b"", b"a1 NOOP\r\n", b"a1 NOOP\r\na2 ")
        assert proxy.passed["up"] == len(b"a1 NOOP\r\na2 ")


def test_a_reset_is_one(proxy: Chaos) -> None:
    with client_of(proxy) as client:
        proxy.plan("reset", after=0)
        client.sendall(SAID)
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_in_a_blackhole_the_line_stays_open_and_says_nothing(proxy: Chaos) -> None:
    with client_of(proxy) as client:
        proxy.plan("blackhole", after=5, lasting=True)
        client.sendall(SAID)
        assert exactly(client, 5) == SAID[:5]
        for _ in range(20):
            client.sendall(SAID)
        assert not select.select([client], [], [], 0.05)[0]
    assert (proxy.passed["down"], proxy.struck) == (5, 1)


def test_a_fault_strikes_one_line_unless_it_is_to_last(proxy: Chaos) -> None:
    for lasting, second in ((False, SAID), (True, b"* OK")):
        proxy.plan("cut", after=4, lasting=lasting)
        for expected in (b"* OK", second):
            with client_of(proxy) as client:
                client.sendall(SAID)
                client.shutdown(socket.SHUT_WR)
                assert all_of(client) == expected
        proxy.heal()


@pytest.mark.parametrize("how", ["cut", "reset"])
def test_present_lines_can_be_struck_at_once(proxy: Chaos, how: Any) -> None:
    with client_of(proxy) as one, client_of(proxy) as other:
        for client in (one, other):
            client.sendall(b"x")
            assert client.recv(1) == b"x"
        assert proxy.strike(how) == proxy.struck == 2
        for client in (one, other):
            if how == "cut":
                assert client.recv(1) == b""
            else:
                with pytest.raises(ConnectionResetError):
                    client.recv(1)


def test_the_server_learns_of_a_cut_too() -> None:
    ended = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"x")
        connection.recv(1)
        ended.set()

    with server_that(talk) as port, Chaos(port) as proxy, client_of(proxy) as client:
        assert client.recv(1) == b"x"
        proxy.strike("cut")
        assert ended.wait(60)


def test_a_server_that_hangs_up_is_heard_of_and_its_last_words_too() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"* BYE\r\n")

    with server_that(talk) as port, Chaos(port) as proxy, client_of(proxy) as client:
        assert all_of(client) == b"* BYE\r\n"


def test_a_line_in_packets_of_one_byte_is_whole_in_the_end(proxy: Chaos) -> None:
    proxy.slow(packet=1)
    with client_of(proxy) as client:
        client.sendall(SAID)
        assert exactly(client, len(SAID)) == SAID


def test_a_slow_line_lets_no_more_through_at_a_time_than_it_may(proxy: Chaos) -> None:
    """A byte a minute: the first comes, and the others are not to be waited for."""
    with client_of(proxy) as client:
        proxy.slow(rate=1 / 60)
        client.sendall(SAID)
        assert wait_until(lambda: proxy.passed["up"] == 1, 60)
        assert not select.select([client], [], [], 0)[0] or client.recv(10) == SAID[:1]


def test_a_silent_door_takes_clients_in_and_calls_nobody() -> None:
    called = threading.Event()
    with server_that(lambda _connection: called.set()) as port, Chaos(port) as proxy:
        proxy.door("silent")
        with client_of(proxy) as client:
            client.sendall(SAID)
            assert wait_until(lambda: proxy.accepted == 1, 60)
            assert not select.select([client], [], [], 0.05)[0]
        assert not called.is_set()


def test_a_door_can_throw_clients_out(proxy: Chaos) -> None:
    proxy.door("cut")
    with client_of(proxy) as client:
        assert client.recv(1) == b""
    proxy.door("reset")
    with pytest.raises(ConnectionResetError), client_of(proxy) as client:  # the door may be faster than connect
        client.recv(1)


def test_a_shut_door_refuses_new_clients_keeps_present_ones_and_opens_at_the_same_port(proxy: Chaos) -> None:
    with client_of(proxy) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        proxy.door("shut")
        with pytest.raises(ConnectionRefusedError):
            client_of(proxy)
        client.sendall(b"y")
        assert client.recv(1) == b"y"
    proxy.heal()
    with client_of(proxy) as again:
        again.sendall(b"z")
        assert again.recv(1) == b"z"


def test_where_no_server_is_the_client_is_thrown_out() -> None:
    with socket.socket() as unheard:
        unheard.bind((HOST, 0))
        thrown_out = pytest.raises(ConnectionResetError)
        with Chaos(unheard.getsockname()[1]) as proxy, thrown_out, client_of(proxy) as client:
            client.recv(1)


def test_what_would_never_strike_or_never_pass_is_a_mistake(proxy: Chaos) -> None:
    with pytest.raises(ValueError, match="never strike"):
        proxy.plan("cut")
    with pytest.raises(ValueError, match="blackhole"):
        proxy.slow(rate=0)


def test_a_healed_proxy_forgets_what_it_was_to_do(proxy: Chaos) -> None:
    proxy.plan("reset", after=0)
    proxy.door("cut")
    proxy.heal()
    with client_of(proxy) as client:
        client.sendall(SAID)
        assert exactly(client, len(SAID)) == SAID
