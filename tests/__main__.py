"""`python -m tests`: brings up what the tests need, then runs every check and all tests, these side by side.

What is given on the command line goes to pytest: `python -m tests -n 0 tests/store` runs one room's, one by one.

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
MOST = 8
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
    command = [sys.executable, "-m", "pytest", *side_by_side(cores()), *sys.argv[1:]]  # of two -n the last counts
    tested = subprocess.run(command, cwd=HOME, env=environment, check=False)
    if failed:
        print(f"these checks failed: {'; '.join(failed)}", file=sys.stderr)
    return tested.returncode or bool(failed)


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def side_by_side(cores: int) -> list[str]:
    """Half of the time a test waits for servers: twice as many as cores, or as many from four cores on.

    No more than MOST, for each brings up servers of its own. Whoever is done takes tests from the others (worksteal):
    with a file's tests kept together, the last minutes would belong to the one process that has the slowest file.
    """
    return ["-n", str(min(2 * cores, max(4, cores), MOST)), "--dist", "worksteal"]


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
