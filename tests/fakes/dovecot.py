"""A private Dovecot on loopback, so that the mailbox side is tested against a real IMAP server.

A hand-written IMAP stub only confirms what its author believed about IMAP. Settings, sockets, certificates,
log and mail all live under one directory; the machine's own Dovecot settings are not read. Make that one
with tempfile.mkdtemp: under root the server runs as "nobody", whom pytest's directories keep out.
"""

from __future__ import annotations

import contextlib
import functools
import grp
import imaplib
import os
import pwd
import random
import re
import shutil
import signal
import socket
import string
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, Self

from imapclient.imap_utf7 import encode as mailbox_bytes  # type: ignore[import-untyped, unused-ignore]

HOST = "127.0.0.1"
TOOL_PATH = os.environ.get("PATH", os.defpath) + ":/usr/local/sbin:/usr/sbin"
PACKAGES = {"dovecot": "dovecot-imapd", "doveadm": "dovecot-core", "openssl": "openssl"}
LIBRARIES = ("/usr/lib", "/usr/libexec", "/usr/local/lib", "/usr/local/libexec")
LONGEST_BASE = 70  # Dovecot's own socket names come on top, and a unix socket's path ends at 107 bytes
PLAIN_PORTS, TLS_PORTS = range(20_000, 26_000), range(26_000, 32_000)  # not lent to outgoing connections
KEY_OPTIONS = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout")
LAST_DAY = {"valid": "20491231235959Z", "expired": "20200201000000Z"}

# A killed test run must leave no server: the kernel ends the master with the thread that started it.
LEASH = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv", path=TOOL_PATH) else ()
Certificate = Literal["valid", "expired"]

# Blocks are written in one line here; _one_a_line gives them the line ends that Dovecot and openssl ask for.
SETTINGS = """\
base_dir = $base/run ; state_dir = $base/state ; log_path = $base/dovecot.log
protocols = imap ; listen = 127.0.0.1
default_internal_user = $user ; default_internal_group = $group ; default_login_user = $user
first_valid_uid = 1 ; first_valid_gid = 1
mail_location = maildir:~/Maildir ; mail_fsync = never ; mail_max_userip_connections = 500
disable_plaintext_auth = no ; auth_mechanisms = plain login ; auth_failure_delay = 0
ssl = yes ; ssl_cert = <$base/server.pem ; ssl_key = <$base/server.key
passdb { driver = passwd-file ; mechanisms = plain login
args = scheme=PLAIN username_format=%u $base/users/%u }
userdb { driver = static ; args = uid=$user gid=$group home=$base/mail/%u allow_all_users=yes }
namespace inbox { inbox = yes ; separator = / ; mailbox Sent { special_use = \\Sent } }
service anvil { chroot = ; unix_listener anvil-auth-penalty { mode = 0 } }
service stats { chroot = }
service imap-login { chroot = ; service_count = 0
inet_listener imap { port = $port }
inet_listener imaps { port = $tls_port ; ssl = yes } }
"""
BEARER = "xoauth2 oauthbearer"
OAUTH_SETTINGS = f"auth_mechanisms = plain login {BEARER} ; "
INTROSPECTION = """\
introspection_mode = post ; force_introspection = yes ; username_attribute = username
active_attribute = active ; active_value = true
"""
OPENSSL_SETTINGS = """\
[req] ; distinguished_name = name
[ca] ; default_ca = ca ; policy = name ; default_md = sha256
database = issued ; new_certs_dir = . ; rand_serial = yes
[name] ; commonName = supplied
[root] ; basicConstraints = critical, CA:TRUE ; keyUsage = critical, keyCertSign ; subjectKeyIdentifier = hash
[server] ; subjectAltName = DNS:localhost, IP:127.0.0.1 ; extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash ; authorityKeyIdentifier = keyid
"""


@functools.cache
def available() -> str | None:
    """None when the server can run here, else the sentence that tells what to install."""
    for name, package in PACKAGES.items():
        if shutil.which(name, path=TOOL_PATH) is None:
            return f"{name} is not installed; on Debian it comes with the package {package}."
    version = _run("dovecot", "--version", env={"PATH": TOOL_PATH}).strip()
    if not version.startswith("2.3."):
        return f"Dovecot 2.3 is needed; this is {version}, whose settings differ."
    if not any(Path(library, "dovecot", "imap").exists() for library in LIBRARIES):
        return "Dovecot is installed without IMAP; on Debian that comes with the package dovecot-imapd."
    return None


class Dovecot:
    """One server over one directory. Ports, users and mail outlive stop, kill and restart."""

    def __init__(self, base: Path, certificate: Certificate = "valid", capability: str = "", oauth: str = "") -> None:
        """`capability` replaces all the server says it can do, e.g. to be a server without IDLE.

        `oauth`: an introspection URL on loopback; access tokens that it calls active are let in, too.
        """
        self.base = base.resolve()
        if len(str(self.base)) > LONGEST_BASE:
            raise ValueError(f"{self.base} is too long a path for the sockets below it.")
        self.port, self.tls_port = unused_port(PLAIN_PORTS), unused_port(TLS_PORTS)
        self.ca_file = self.base / "ca.pem"
        self._settings = self.base / "dovecot.conf"
        self._last_day = LAST_DAY[certificate]
        self._capability = f"imap_capability = {capability}\n" if capability else ""
        self._oauth = oauth
        self._owner = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        uid, gid = self._ids = (self._owner.pw_uid, self._owner.pw_gid)
        environment = {**os.environ, "PATH": TOOL_PATH, "OPENSSL_CONF": str(self.base / "openssl.cnf")}
        self._place: dict[str, Any] = {"cwd": self.base, "env": environment, "stdin": subprocess.DEVNULL}
        account = {"user": uid, "group": gid, "extra_groups": []} if os.getuid() == 0 else {}
        self._as_owner = {**self._place, **account}
        self._process: subprocess.Popen[bytes] | None = None
        self._passwords: dict[str, str] = {}
        self._last_stamp = 0

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self, timeout: float = 60.0) -> Self:
        """Returns once the server greets; on the same ports as before when it ran before."""
        if self._process is not None:
            raise RuntimeError("This server runs already.")
        self._prepare()
        command, how = [*LEASH, "dovecot", "-F", "-c", str(self._settings)], self._as_owner
        with (self.base / "dovecot.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **how)
        noted = self.base / "run" / "master.pid"  # once the ports are its own; before, a stranger may greet
        ready = wait_until(lambda: (noted.exists() and greets(self.port)) or not self._living(), timeout)
        if ready and self._living():
            return self
        self.kill9()
        raise RuntimeError("Dovecot does not greet: " + (self.base / "dovecot.log").read_text()[-2000:])

    def stop(self, timeout: float = 10.0) -> None:
        """Orderly: all hear of it at once, so that clients get their BYE. The master alone would dawdle."""
        if (running := self._process) is not None:
            os.killpg(running.pid, signal.SIGTERM)
            wait_until(lambda: self._living() <= {running.pid}, timeout)
            self.kill9()

    def kill9(self) -> None:
        """As when the machine loses power: all processes at once, and no client hears a word."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)  # not reaped yet, so the number is ours
            wait_until(lambda: not self._living(), 5.0)
            self._process.wait()
            self._process = None

    def restart(self) -> Self:
        self.stop()
        return self.start()

    def doveadm(self, *arguments: str) -> str:
        """What Dovecot's own administration tool prints; the server has to run."""
        return _run("doveadm", "-c", str(self._settings), *arguments, **self._as_owner)

    def add_user(self, name: str, password: str, folders: Iterable[str] = ("Sent",)) -> None:
        """Before the start or while it runs. A file a user, for Dovecot looks at each but once a second."""
        if not re.fullmatch(r"[\w.@+-]+", name) or re.search(r"[:\n]", password):
            raise ValueError("This name or password cannot stand in a file of Dovecot's.")
        for folder in ("INBOX", *folders):
            for part in ("cur", "new", "tmp"):
                self._make_directory(self._maildir(name, folder) / part)
        self._make_directory(self.base / "users")
        (self.base / "users" / name).write_text(f"{name}:{{PLAIN}}{password}::::::\n")
        os.chown(self.base / "users" / name, *self._ids)
        self._passwords[name] = password

    def deliver(self, user: str, folder: str, raw: bytes) -> None:
        """As a mail system does it: written aside, then renamed into view. The names keep the order."""
        self._last_stamp = max(self._last_stamp + 1, time.time_ns() // 1000)
        seconds, micros = divmod(self._last_stamp, 1_000_000)
        aside = self._maildir(user, folder) / "tmp" / f"{seconds}.M{micros:06d}P{os.getpid()}.fixture"
        aside.write_bytes(raw)
        os.chown(aside, *self._ids)
        aside.rename(aside.parent.parent / "new" / aside.name)

    def append(self, user: str, folder: str, raw: bytes) -> int:
        """As another mail program does it, over IMAP, with line ends made CRLF. Returns the UID."""
        with self._client(user) as client:
            _, answer = client.append(quoted(folder), "", "", raw)
        found = re.search(rb"APPENDUID \d+ (\d+)", answer[0])
        if found is None:
            raise RuntimeError(f"Dovecot did not take the message: {answer[0]!r}")
        return int(found[1])

    def flags(self, user: str, folder: str) -> dict[int, tuple[bytes, ...]]:
        """Every message's flags by UID, read without touching them; less \\Recent, which is the session's."""
        with self._client(user) as client:
            client.select(quoted(folder), readonly=True)
            _, lines = client.uid("FETCH", "1:*", "(FLAGS)")
        found = re.findall(rb"UID (\d+) FLAGS \(([^)]*)\)", b"\n".join(filter(None, lines)))
        return {int(uid): tuple(one for one in flags.split() if one != b"\\Recent") for uid, flags in found}

    def reset_uidvalidity(self, user: str, folder: str) -> int:
        """As after a restore from backup: the UIDs clients remember mean nothing. Returns the new value."""
        status = self.doveadm("-f", "flow", "mailbox", "status", "-u", user, "uidvalidity", folder)
        value = int(status.split("uidvalidity=")[1]) + 1
        self.doveadm("mailbox", "update", "-u", user, "--uid-validity", str(value), folder)
        return value

    def expunge(self, user: str, folder: str, uid: int) -> None:
        """As when a colleague deletes the message elsewhere."""
        self.doveadm("expunge", "-u", user, "mailbox", folder, "uid", str(uid))

    def _client(self, user: str) -> imaplib.IMAP4:
        client = imaplib.IMAP4(HOST, self.port, timeout=10)
        client.login(user, self._passwords[user])
        return client

    def _living(self) -> set[int]:
        return living(self._process.pid) if self._process is not None else set()

    def _prepare(self) -> None:
        for name in ("run", "state"):  # where a killed master leaves its number and its locks
            shutil.rmtree(self.base / name, ignore_errors=True)
        for name in ("run", "state", "mail"):
            self._make_directory(self.base / name)
        self._make_certificates()
        names = {"user": self._owner.pw_name, "group": grp.getgrgid(self._ids[1]).gr_name, "base": self.base}
        settings = string.Template(SETTINGS).substitute(names, port=self.port, tls_port=self.tls_port)
        self._settings.write_text(_one_a_line(settings) + self._capability + self._bearer_settings())
        (self.base / "dovecot.log").touch()
        for path in (self.base, *self.base.iterdir()):
            os.chown(path, *self._ids)
        self._let_pass()

    def _bearer_settings(self) -> str:
        """XOAUTH2 and OAUTHBEARER beside passwords, each token looked up at the introspection URL (RFC 7662)."""
        if not self._oauth:
            return ""
        asked = self.base / "oauth2.conf"
        asked.write_text(_one_a_line(INTROSPECTION) + f"introspection_url = {self._oauth}\n")
        return _one_a_line(OAUTH_SETTINGS) + f"passdb {{\ndriver = oauth2\nmechanisms = {BEARER}\nargs = {asked}\n}}\n"

    def _let_pass(self) -> None:
        """Opens our own directories between the temporary one and base to the server's user."""
        temporary = Path(tempfile.gettempdir()).resolve()
        self.base.chmod(0o755)
        for directory in self.base.parents:
            if temporary in directory.parents and directory.stat().st_uid == os.getuid():
                directory.chmod(directory.stat().st_mode | 0o711)

    def _make_certificates(self) -> None:
        """An authority of our own, and a server certificate whose dates are what the test asked for."""
        if (self.base / "server.pem").exists():
            return
        (self.base / "openssl.cnf").write_text(_one_a_line(OPENSSL_SETTINGS))
        (self.base / "issued").touch()
        openssl = functools.partial(_run, "openssl", **self._place)
        openssl("req", *KEY_OPTIONS, "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
        openssl("req", "-x509", *KEY_OPTIONS, "ca.key", "-out", "ca.pem", "-days", "3650",
                "-subj", "/CN=Test authority", "-extensions", "root")  # fmt: skip
        openssl("ca", "-batch", "-notext", "-cert", "ca.pem", "-keyfile", "ca.key", "-extensions", "server",
                "-in", "server.csr", "-out", "server.pem",
                "-startdate", "20200101000000Z", "-enddate", self._last_day)  # fmt: skip

    def _make_directory(self, path: Path) -> None:
        if not path.is_dir():
            self._make_directory(path.parent)
            path.mkdir()
            os.chown(path, *self._ids)

    def _maildir(self, user: str, folder: str) -> Path:
        root = self.base / "mail" / user / "Maildir"
        name = mailbox_bytes(folder).decode("ascii").replace("/", ".")
        return root if folder.upper() == "INBOX" else root / f".{name}"


def _one_a_line(settings: str) -> str:
    return settings.replace(" { ", " {\n").replace(" ; ", "\n").replace(" }", "\n}")


def _run(*command: str, **how: Any) -> str:
    done: subprocess.CompletedProcess[str] = subprocess.run(command, capture_output=True, text=True, **how)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def unused_port(among: range) -> int:
    """At random, but another process's than those that test beside us: a server that restarts finds its port free."""
    us, all_of_us = os.environ.get("PYTEST_XDIST_WORKER", "gw0"), os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")
    return _unused(among[int(us.removeprefix("gw")) % int(all_of_us) :: int(all_of_us)])


def _unused(among: range) -> int:
    with contextlib.suppress(OSError), socket.socket() as candidate:
        candidate.bind((HOST, port := random.choice(among)))
        return port
    return _unused(among)


def wait_until(condition: Callable[[], bool], timeout: float) -> bool:
    """Whether it came true in time; a server starts and ends in its own time and tells nobody."""
    deadline = time.monotonic() + timeout
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return met


def living(group: int) -> set[int]:
    """A process group's members. Zombies are left out: some are another's to reap."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, its = status.read_text("utf-8", "replace").rpartition(")")[2].split()[:3]
            if its == str(group) and state != "Z":
                found.add(int(status.parent.name))
    return found


def greets(port: int, name: str = "") -> bool:
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1) as probe:
        greeting = probe.recv(4096)
        return greeting.startswith(b"* OK") and name.encode() in greeting
    return False


def quoted(folder: str) -> str:
    return f'"{mailbox_bytes(folder).decode("ascii")}"'
