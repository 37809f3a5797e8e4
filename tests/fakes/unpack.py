"""Servers whose packages cannot be installed beside Dovecot's, unpacked into a cache (Debian and its relatives).

Nothing is installed, no daemon is started, no account is made, nothing under /etc is read. apt tells which libraries
this machine lacks; those are unpacked beside the server and found by LD_LIBRARY_PATH.

The cache is $AMENDS_TESTS_CACHE, else /var/cache/amends-tests for root (an unprivileged server cannot look into root's
home), else amends-tests in the user's own cache. `python -m tests` fills it; tests only read it.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path


class Unfetched(Exception):
    """apt-get or dpkg-deb did not do as asked; the text is what it said."""


@dataclass(frozen=True)
class Unpacked:
    """A server out of some packages; usable once `lacks` is None."""

    name: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]  # paths below the root, all of which have to start
    helpers: tuple[str, ...] = ()  # packages of programs that it calls, in those releases where it wants them

    @property
    def root(self) -> Path:
        """Of this release and architecture: a cache may be shared by containers of several."""
        return _cache() / f"{self.name}-{_release()}-{platform.machine()}"

    def program(self, path: str) -> str:
        return str(self.root / path)

    def environment(self) -> dict[str, str]:
        """What a program needs to find its own; SASL's mechanisms are libraries too, in a place of their own."""
        libraries = sorted({str(library.parent) for library in self.root.rglob("lib*.so*")})
        plugins = [path for path in libraries if path.endswith("/sasl2")]
        paths = [f"{self.root}/usr/sbin", f"{self.root}/usr/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        joined = {"PATH": paths, "LD_LIBRARY_PATH": libraries, "SASL_PATH": plugins}
        return {name: ":".join(found) for name, found in joined.items()}

    def lacks(self) -> str | None:
        """None when every program can start here, else what is missing."""
        for program in map(self.program, self.programs):
            if not Path(program).exists():
                return f"{program} is not there"
            told = subprocess.run(
                ["ldd", program], env={**os.environ, **self.environment()}, capture_output=True, text=True, check=False
            )
            if absent := re.search(r"(\S+) => not found", told.stdout):
                return f"{program} wants {absent[1]}"
        return None

    def available(self) -> str | None:
        """None when it can run here, else the sentence that tells what to do."""
        if not (lacks := self.lacks()):
            return None
        return f"{self.name.title()} is not unpacked ({lacks}); `python -m tests` does that where there is apt-get."

    def fetch(self) -> None:
        """Fill the cache, once more with fresh package lists where the present ones are absent or too old.

        Raises:
            Unfetched: There is no apt-get, or it could not.
        """
        if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
            raise Unfetched("there is no apt-get here")
        try:
            self._fetch()
        except Unfetched:
            become = () if os.geteuid() == 0 else ("sudo", "-n")
            _run(*become, "apt-get", "update", "-qq")
            self._fetch()
        if lacks := self.lacks():
            raise Unfetched(lacks)

    def _fetch(self) -> None:
        cache = _cache()
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{self.name}-", dir=cache) as aside:
            downloads, ready = Path(aside, "packages"), Path(aside, "root")
            downloads.mkdir()
            ready.mkdir()
            _run("apt-get", "download", "-qq", *self._wanted(), cwd=downloads)
            for package in sorted(downloads.glob("*.deb")):
                _run("dpkg-deb", "--extract", str(package), str(ready))
            ready.chmod(0o755)
            shutil.rmtree(self.root, ignore_errors=True)
            ready.rename(self.root)

    def _wanted(self) -> list[str]:
        """Our packages, and of what they would bring along the libraries that this machine has not got.

        What apt would only bring up to date is left as it is: within a release every version serves. Programs are
        left out but for helpers: of these packages' scripts, none is run.
        """
        plan = _run("apt-get", "--simulate", "--no-install-recommends", "install", *self.packages)
        new = re.findall(r"^Inst (\S+) \(", plan, re.MULTILINE)
        useful = {package for package in new if package.startswith("lib") or package in self.helpers}
        return sorted(useful | set(self.packages))


CYRUS = Unpacked(
    "cyrus",
    ("cyrus-common", "cyrus-imapd", "libsasl2-modules", "libsasl2-modules-db", "sasl2-bin"),
    ("usr/lib/cyrus/bin/master", "usr/lib/cyrus/bin/imapd", "usr/sbin/saslpasswd2"),
)
COURIER = Unpacked("courier", ("courier-authlib", "courier-imap"), ("usr/bin/imapd",), helpers=("gamin",))
SERVERS = (CYRUS, COURIER)


def _cache() -> Path:
    if told := os.environ.get("AMENDS_TESTS_CACHE"):
        return Path(told).resolve()
    if os.geteuid() == 0:
        return Path("/var/cache/amends-tests")
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "amends-tests"


def _release() -> str:
    try:
        told = platform.freedesktop_os_release()
    except OSError:  # only a Linux says which it is
        return platform.system().lower()
    return f"{told['ID']}-{told.get('VERSION_ID', 'unstable')}"


def _run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | {"LC_ALL": "C"}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Unfetched(f"{' '.join(command[:3])} …: {done.stderr.strip()[-500:]}")
    return done.stdout
