"""A private PostgreSQL on loopback, so that the store is tested against the real one.

The cluster lives in a temporary directory of its own, listens on one port of 127.0.0.1, asks for a password made
up for this run, and leaves nothing behind. PostgreSQL refuses to run as root: there it runs as "nobody".
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import itertools
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Self

from tests.fakes.dovecot import HOST, unused_port

USER = "amends"
PORTS = range(14_000, 20_000)  # not lent to outgoing connections
# Copying a database is a thousand small files; in memory that takes a tenth of the time, where there is enough of it.
MEMORY, ENOUGH = Path("/dev/shm"), 500_000_000
# A killed test run must leave no server: the kernel ends it with the thread that started it.
LEASH = ("setpriv", "--pdeathsig", "INT") if shutil.which("setpriv") else ()
SETTINGS = ("max_connections=40", "unix_socket_directories=", f"listen_addresses={HOST}", "jit=off")
# What a test writes need not outlive a power cut, so nothing waits for the disk.
FLEETING = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=16MB")


@functools.cache
def available() -> str | None:
    """None when the server can run here, else the sentence that tells what to install."""
    if _binaries() is None:
        return "PostgreSQL's server is not installed; on Debian it comes with the package postgresql."
    if importlib.util.find_spec("psycopg") is None:
        return "psycopg is not installed; it comes with pip install 'amends[postgres]'."
    return None


def _binaries() -> Path | None:
    """Debian keeps them off the PATH, a directory a version: the newest."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    on_path = shutil.which("initdb")
    candidates = [*map(str, versions), *([on_path] if on_path else [])]
    usable = [Path(one).resolve().parent for one in candidates if Path(one).resolve().with_name("postgres").exists()]
    return usable[-1] if usable else None


class Postgres:
    """One cluster, running between enter and exit; `is_durable`: on the disk, as an installation's own would be."""

    def __init__(self, *, is_durable: bool = False) -> None:
        self._settings = SETTINGS if is_durable else SETTINGS + FLEETING
        self._where = None if is_durable else _roomy()
        self._owner = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        uid, gid = self._owner.pw_uid, self._owner.pw_gid
        self._as_owner: dict[str, Any] = {"user": uid, "group": gid, "extra_groups": []} if os.getuid() == 0 else {}
        self._password = secrets.token_urlsafe(16)
        self._names = (f"test_{number}" for number in itertools.count(1))
        self._process: subprocess.Popen[bytes] | None = None
        self._base = Path()
        self.port = 0

    def __enter__(self) -> Self:
        self._base = Path(tempfile.mkdtemp(prefix="amends-pg-", dir=self._where))
        try:
            if os.getuid() == 0:
                os.chown(self._base, self._owner.pw_uid, self._owner.pw_gid)
            self._make_cluster()
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # "fast": connections are cut, then it ends
            self._process.wait(20)
            self._process = None
        shutil.rmtree(self._base, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{USER}:{self._password}@{HOST}:{self.port}/{database}"

    def fresh(self, like: str = "template1") -> str:
        """The url of a new database: empty, or a copy of another one of this server that nobody is connected to."""
        name = next(self._names)
        self._execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Whoever is still connected is thrown out."""
        self._execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self._dsn(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _dsn(self) -> str:
        return f"host={HOST} port={self.port} user={USER} password={self._password} dbname=postgres connect_timeout=5"

    def _make_cluster(self) -> None:
        secret = self._base / "password"
        secret.write_text(self._password)
        secret.chmod(0o600)
        if os.getuid() == 0:
            os.chown(secret, self._owner.pw_uid, self._owner.pw_gid)
        command = [
            self._tool("initdb"), "-D", str(self._base / "data"), "-U", USER, "-E", "UTF8", "--locale=C", "--no-sync",
            "--auth=scram-sha-256", f"--pwfile={secret}",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=self._base, capture_output=True, text=True, **self._as_owner)
        if done.returncode != 0:
            raise RuntimeError(f"initdb: {done.stderr.strip()}")

    def _start(self, timeout: float = 60.0) -> None:
        self.port = unused_port(PORTS)
        options = [part for setting in self._settings for part in ("-c", setting)]
        command = [*LEASH, self._tool("postgres"), "-F", "-D", str(self._base / "data"), "-p", str(self.port), *options]
        with (self._base / "log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=self._base, stdout=log, stderr=log, **self._as_owner)
        deadline = time.monotonic() + timeout
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not answer: {(self._base / 'log').read_text()[-2000:]}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        import psycopg

        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(self._dsn()).close()
            return True
        return False

    def _tool(self, name: str) -> str:
        binaries = _binaries()
        assert binaries is not None, "available() said that it is there"
        return str(binaries / name)


def _roomy() -> Path | None:
    """Memory made into a directory, or None for the usual place."""
    usable = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH
    return MEMORY if usable else None
