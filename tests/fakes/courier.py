"""A private Courier IMAP on loopback: all folders lie below INBOX, "." is between their names, nothing is special-use.

Courier's imapd is handed a connection that has logged in, and answers the LOGIN itself. Ours is handed it by a small
front of our own in place of Courier's daemons for passwords and ports, which would ask for root and files under /etc.
So all after the LOGIN is Courier; before it, greeting, CAPABILITY and refused passwords are only worded like Courier's.
It runs out of its unpacked packages (see `unpack`); under root each imapd runs as "nobody".
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from .dovecot import HOST, LEASH, PLAIN_PORTS, quoted, unused_port
from .mail_servers import MailServer, expect_ok
from .unpack import COURIER

WORDS = re.compile(r'"([^"]*)"|(\S+)')
CAPABILITY = "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE"
SETTINGS = {
    "IMAP_CAPABILITY": CAPABILITY, "IMAP_KEYWORDS": "1", "IMAP_IDLE_TIMEOUT": "60", "IMAP_USELOCKS": "1",
    "IMAP_ENHANCEDIDLE": "1", "TCPREMOTEIP": HOST, "TCPREMOTEPORT": "1",
}  # fmt: skip


class Courier(MailServer):
    """One server over one directory. Passwords are ASCII without quotes or backslashes."""

    unpacked = COURIER
    sent = "INBOX.Sent"

    def __init__(self, base: Path) -> None:
        super().__init__(base)
        self.port = unused_port(PLAIN_PORTS)
        self._listener: socket.socket | None = None
        self._lock = threading.Lock()  # over the sets below, which the threads of connections change
        self._fronts: set[socket.socket] = set()
        self._watcher: subprocess.Popen[bytes] | None = None
        self._children: set[subprocess.Popen[bytes]] = set()
        watch = {"GAM_CLIENT_ID": f"amends-{self.port}"}
        self._environment = self.unpacked.environment() | SETTINGS | watch
        self._stamps = itertools.count(time.time_ns() // 1000)

    def start(self) -> Self:
        if self._listener is not None:
            raise RuntimeError("This server runs already.")
        self.make_directory(self.base)
        self.let_pass()
        self._listener = socket.create_server((HOST, self.port), backlog=64)
        self._watch()
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill9(self) -> None:
        self._end(signal.SIGKILL)

    def add_user(self, name: str, password: str, folders: Iterable[str] | None = None) -> None:
        """Before the start or while it runs."""
        if not re.fullmatch(r"[\w.@+-]+", name) or not re.fullmatch(r"[ !#-\[\]-~]+", password):
            raise ValueError("This name or password cannot be told from the rest of a LOGIN here.")
        for folder in ("INBOX", *((self.sent,) if folders is None else folders)):
            for part in ("cur", "new", "tmp"):
                self.make_directory(self._maildir(name, folder) / part)
        self.passwords[name] = password

    def deliver(self, user: str, folder: str, raw: bytes) -> None:
        """As a mail system does it: written aside, then renamed into view. The names keep the order.

        With bare LF, for Courier puts a CR before every LF, also where there is one.
        """
        seconds, micros = divmod(next(self._stamps), 1_000_000)
        aside = self._maildir(user, folder) / "tmp" / f"{seconds}.M{micros:06d}P{os.getpid()}.fixture"
        aside.write_bytes(raw.replace(b"\r\n", b"\n"))
        os.chown(aside, self.owner.pw_uid, self.owner.pw_gid)
        aside.rename(aside.parent.parent / "new" / aside.name)

    def reset_uidvalidity(self, user: str, folder: str) -> int:
        """As after a restore from backup: the UIDs clients remember mean nothing. Returns the new value."""
        self.flags(user, folder)  # a folder that nobody selected has no numbers yet
        numbers = self._maildir(user, folder) / "courierimapuiddb"
        version, value, rest = numbers.read_bytes().split(b" ", 2)
        numbers.write_bytes(b"%s %d %s" % (version, int(value) + 1, rest))
        return int(value) + 1

    def expunge(self, user: str, folder: str, uid: int) -> None:
        """As when a colleague deletes the message elsewhere."""
        with self.client(user) as client:
            expect_ok(client.select(quoted(folder)))
            client.uid("STORE", str(uid), "+FLAGS", r"(\Deleted)")
            client.expunge()

    def _maildir(self, user: str, folder: str) -> Path:
        """On disk its names are UTF-8."""
        return self.base / user / "Maildir" / folder.removeprefix("INBOX")

    def _watch(self) -> None:
        """Starts the daemon that tells an idling imapd of new mail, where this release's Courier wants one.

        Else imapd would start one that outlives it, or look for it for a second at each LOGIN.
        """
        daemon = Path(self.unpacked.program("usr/libexec/gam_server"))
        if daemon.exists():
            command = [*LEASH, str(daemon), "--notimeout", self._environment["GAM_CLIENT_ID"]]
            with (self.base / "log").open("ab") as log:
                how = {**self.as_owner, "env": self._environment, "stdout": log, "stderr": log}
                self._watcher = subprocess.Popen(command, **how)

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # an answer is written in pieces
                threading.Thread(target=self._welcome, args=(connection,), daemon=True).start()

    def _welcome(self, connection: socket.socket) -> None:
        with self._lock:
            self._fronts.add(connection)
        with contextlib.suppress(OSError), connection:
            connection.sendall(b"* OK [CAPABILITY %s] Courier-IMAP ready.\r\n" % CAPABILITY.encode())
            if entered := self._log_in(connection):
                self._serve(connection, *entered)
        with self._lock:
            self._fronts.discard(connection)

    def _log_in(self, connection: socket.socket) -> tuple[str, str] | None:
        """The tag and the user of the LOGIN that was right; None when the client leaves before that."""
        while line := _line(connection):
            tag, verb, *words = [a or b for a, b in WORDS.findall(line.decode("latin-1"))] + ["", ""]
            if verb.upper() == "LOGIN" and self.passwords.get(words[0]) == words[1]:
                return tag, words[0]
            if verb.upper() == "LOGOUT":
                connection.sendall(f"* BYE Courier-IMAP server shutting down\r\n{tag} OK LOGOUT completed\r\n".encode())
                return None
            connection.sendall(_before_login(tag, verb.upper()).encode())
        return None

    def _serve(self, connection: socket.socket, tag: str, user: str) -> None:
        command, home = [*LEASH, self.unpacked.program("usr/bin/imapd"), "Maildir"], self.base / user
        environment = self._environment | {"IMAPLOGINTAG": tag, "AUTHENTICATED": user, "HOME": str(home)}
        how = {**self.as_owner, "cwd": home, "env": environment, "stdin": connection.fileno()}
        with (self.base / "log").open("ab") as log, self._lock:
            if self._listener is None:
                return
            imapd = subprocess.Popen(command, stdout=connection.fileno(), stderr=log, **how)
            self._children.add(imapd)
        imapd.wait()
        with self._lock:
            self._children.discard(imapd)

    def _end(self, how: signal.Signals) -> None:
        with self._lock:
            listener, self._listener = self._listener, None
            fronts, children = list(self._fronts), list(self._children)
            self._children.clear()
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        if self._watcher is not None:
            children.append(self._watcher)
            self._watcher = None
        for imapd in children:
            imapd.send_signal(how)
            imapd.wait()
        for front in fronts:
            with contextlib.suppress(OSError):
                front.shutdown(socket.SHUT_RDWR)


def _line(connection: socket.socket) -> bytes:
    """Byte by byte, since what follows a LOGIN is imapd's to read."""
    line = b""
    while not line.endswith(b"\n"):
        if not (byte := connection.recv(1)):
            return b""
        line += byte
    return line


def _before_login(tag: str, verb: str) -> str:
    if verb == "CAPABILITY":
        return f"* CAPABILITY {CAPABILITY}\r\n{tag} OK CAPABILITY completed\r\n"
    if verb == "LOGIN":
        return f"{tag} NO [AUTHENTICATIONFAILED] Login failed.\r\n"
    return f"{tag} OK NOOP completed\r\n" if verb == "NOOP" else f"{tag} BAD Invalid command\r\n"
