"""A private Cyrus IMAP on loopback, whose habits are not Dovecot's: it keeps no Maildir and refuses unfit mail.

It runs out of its unpacked packages (see `unpack`). Settings, users, sockets and mail lie under one directory, made
with tempfile.mkdtemp: under root the server runs as "nobody", whom pytest's directories keep out.
"""

from __future__ import annotations

import grp
import os
import shutil
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from .dovecot import HOST, LONGEST_BASE, PLAIN_PORTS, TOOL_PATH, greets, living, quoted, unused_port, wait_until
from .mail_servers import MailServer, expect_ok
from .unpack import CYRUS

SETTINGS = """\
cyrus_user: {user}
cyrus_group: {group}
servername: {name}
configdirectory: {base}/state
proc_path: {base}/run/proc
mboxname_lockpath: {base}/run/lock
idlesocket: {base}/run/idle
defaultpartition: default
partition-default: {base}/mail
admins: {admin}
altnamespace: yes
unixhierarchysep: yes
virtdomains: off
autocreate_quota: 0
allowplaintext: yes
failedloginpause: 0
sasl_mech_list: PLAIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {base}/users.db
"""
SERVICES = """\
START {{ recover cmd="{bin}/ctl_cyrusdb -C {base}/imapd.conf -r" }}
DAEMON {{ idled cmd="{leash} {bin}/idled -C {base}/imapd.conf" }}
SERVICES {{
    imap cmd="{leash} {bin}/imapd -C {base}/imapd.conf" listen="{host}:{port}" proto="tcp4" prefork=1 maxchild=100
}}
"""
ADMIN = "admin"
# Each part on a leash of its own, and not to be asked politely: after a SIGTERM the master can spin for ever.
SETPRIV = shutil.which("setpriv", path=TOOL_PATH)
LEASH = (SETPRIV, "--pdeathsig", "KILL") if SETPRIV else ()


class Cyrus(MailServer):
    """One server over one directory; mail comes in by APPEND only."""

    unpacked = CYRUS
    sent = "Sent"

    def __init__(self, base: Path) -> None:
        super().__init__(base)
        if len(str(self.base)) > LONGEST_BASE:
            raise ValueError(f"{self.base} is too long a path for the sockets below it.")
        self.port = unused_port(PLAIN_PORTS)
        self.name = f"cyrus{self.port}"  # it greets with it, so that no stranger's greeting is taken for its own
        self.as_owner["env"] = self.unpacked.environment()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, timeout: float = 60.0) -> Self:
        if self._process is not None:
            raise RuntimeError("This server runs already.")
        self._prepare()
        settings = ("-C", str(self.base / "imapd.conf"), "-M", str(self.base / "cyrus.conf"))
        master = self.unpacked.program("usr/lib/cyrus/bin/master")
        command = [*LEASH, master, *settings, "-p", str(self.base / "run" / "master.pid"), "-D"]
        with (self.base / "log").open("ab") as log:
            how: dict[str, Any] = {**self.as_owner, "stdout": log, "stderr": log, "start_new_session": True}
            self._process = started = subprocess.Popen(command, **how)
        wait_until(lambda: greets(self.port, self.name) or started.poll() is not None, timeout)
        if started.poll() is None and greets(self.port, self.name):
            return self
        self.kill9()
        raise RuntimeError("Cyrus does not greet: " + self.log()[-2000:])

    def stop(self, timeout: float = 10.0) -> None:
        """Orderly: the master and all that it started hear of it at once."""
        if (running := self._process) is not None:
            os.killpg(running.pid, signal.SIGQUIT)
            wait_until(lambda: living(running.pid) <= {running.pid}, timeout)
            self.kill9()

    def kill9(self) -> None:
        if (running := self._process) is not None:
            os.killpg(running.pid, signal.SIGKILL)  # not reaped yet, so the number is ours
            wait_until(lambda: not living(running.pid), 5.0)
            running.wait()
            self._process = None

    def add_user(self, name: str, password: str, folders: Iterable[str] | None = None) -> None:
        """While it runs: the mailbox is made over IMAP, by the administrator and then by the user."""
        self._set_password(name, password)
        with self.client(ADMIN) as admin:
            expect_ok(admin.create(quoted(f"user/{name}")))
        self._make_folders(name, (self.sent,) if folders is None else folders)

    def reset_uidvalidity(self, user: str, folder: str) -> None:
        """Deletes the folder and makes it anew, as after a restore from nothing: empty, with another UIDVALIDITY.

        Who deletes an INBOX on Cyrus deletes the user's other folders with it: these are made anew too.
        """
        name = quoted(f"user/{user}" + ("" if folder == "INBOX" else f"/{folder}"))
        others = [one for one in self.folders(user) if one != "INBOX"] if folder == "INBOX" else []
        with self.client(ADMIN) as admin:
            expect_ok(admin.setacl(name, ADMIN, "lrswipkxtecda"))
            expect_ok(admin.delete(name))
            expect_ok(admin.create(name))
        self._make_folders(user, others)

    def _make_folders(self, user: str, folders: Iterable[str]) -> None:
        """The one for sent mail is told to be that (RFC 6154, 3)."""
        with self.client(user) as client:
            for folder in folders:
                use = r" (USE (\Sent))" if folder == self.sent else ""
                expect_ok(client.xatom("CREATE", quoted(folder) + use))

    def _prepare(self) -> None:
        for name in ("state/socket", "state/db", "state/proc", "mail", "run/proc", "run/lock"):
            self.make_directory(self.base / name)
        self.let_pass()
        (self.base / "run" / "master.pid").unlink(missing_ok=True)
        places = {"base": self.base, "bin": self.unpacked.program("usr/lib/cyrus/bin"), "host": HOST, "port": self.port}
        places["leash"] = " ".join(LEASH)
        group = grp.getgrgid(self.owner.pw_gid).gr_name
        names = {"user": self.owner.pw_name, "group": group, "name": self.name, "admin": ADMIN}
        (self.base / "imapd.conf").write_text(SETTINGS.format(**places, **names))
        (self.base / "cyrus.conf").write_text(SERVICES.format(**places).replace("{ ", "{\n").replace(" }", "\n}"))
        if ADMIN not in self.passwords:
            self._set_password(ADMIN, "a secret of its own")

    def _set_password(self, name: str, password: str) -> None:
        """Into the server's own file of users, which SASL reads at each login."""
        tool = self.unpacked.program("usr/sbin/saslpasswd2")
        command = [tool, "-p", "-c", "-f", str(self.base / "users.db"), "-u", self.name, name]
        how = {name: value for name, value in self.as_owner.items() if name != "stdin"}
        done = subprocess.run(command, input=password.encode(), capture_output=True, check=False, **how)
        if done.returncode:
            raise RuntimeError(f"saslpasswd2: {done.stderr.decode('utf-8', 'replace').strip()}")
        self.passwords[name] = password
