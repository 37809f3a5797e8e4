"""`python -m tests`: brings up what the tests need, then runs every check and all tests.

Servers come from the system's packages, installed without starting a daemon (Debian and its relatives), or only
unpacked where their packages exclude each other. Where that cannot be done, it says what is not being tested; with CI
set in the environment, that is a failure instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.fakes import unpack

HOME = Path(__file__).resolve().parent.parent
# apt package -> something that it brings
PACKAGES = {"dovecot-imapd": "dovecot", "postgresql": "initdb", "openssl": "openssl"}
CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("lint-imports", "--no-cache"),
    ("mypy", "bot"),
    ("mypy", "--strict", "tests", "benchmarks"),
)


def main() -> int:
    """The exit code: 0 when every check and every test passed."""
    bring_up()
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    failed = [" ".join(check) for check in CHECKS if not passes(check, environment)]
    tested = subprocess.run([sys.executable, "-m", "pytest", *sys.argv[1:]], cwd=HOME, env=environment, check=False)
    if failed:
        print(f"these checks failed: {'; '.join(failed)}", file=sys.stderr)
    return tested.returncode or bool(failed)


def passes(check: tuple[str, ...], environment: dict[str, str]) -> bool:
    """Run one check; it prints what it has to say."""
    print(f"== {' '.join(check)}", flush=True)
    return subprocess.run(check, cwd=HOME, env=environment, check=False).returncode == 0


def bring_up() -> None:
    """Install what is missing, if this machine and our rights allow it."""
    missing = [package for package, brings in PACKAGES.items() if not there(brings)]
    if missing and not install(missing):
        print(f"NOT TESTED for want of {', '.join(missing)}: install them to run those tests.", flush=True)
    for server in unpack.SERVERS:
        if server.lacks():
            lay_out(server)


def lay_out(server: unpack.Unpacked) -> None:
    """Fetch a server's packages into the cache; its tests say it again where that fails."""
    print(f"unpacking {', '.join(server.packages)} into {server.root}", flush=True)
    try:
        server.fetch()
    except (unpack.Unfetched, OSError) as problem:
        print(f"NOT TESTED for want of {server.name}: {problem}", flush=True)


def there(program: str) -> bool:
    """Whether a program is on the path or where Debian hides it."""
    places = [Path(p) for p in os.environ.get("PATH", "").split(os.pathsep)] + [Path("/usr/sbin"), Path("/sbin")]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return any((place / program).exists() for place in places)


def install(packages: list[str]) -> bool:
    """apt-get, with a policy that keeps every daemon from starting while it lasts."""
    if not shutil.which("apt-get"):
        return False
    become = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if become and subprocess.run([*become, "true"], capture_output=True, check=False).returncode:
        return False
    script = """
        set -e
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            trap 'rm -f "$policy"' EXIT
            printf '#!/bin/sh\\nexit 101\\n' > "$policy"
            chmod 755 "$policy"
        fi
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends "$@" > /dev/null
    """
    print(f"installing {', '.join(packages)} (no daemon is started)", flush=True)
    return subprocess.run([*become, "sh", "-c", script, "sh", *packages], check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
