"""A program that prints an access token is run without a shell, in bounded time and size, and is never quoted."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot.edges.token_command import Command, CommandTokens
from bot.errors import Retriable
from tests.fakes.dovecot import wait_until


def python(code: str, timeout: float = 20.0) -> CommandTokens:
    return CommandTokens(Command("support", (sys.executable, "-c", code), timeout))


def told(tokens: CommandTokens) -> str:
    with pytest.raises(Retriable) as caught:
        tokens.access_token()
    assert "s3cret" not in str(caught.value)
    return str(caught.value).replace(sys.executable, "python")


@pytest.mark.parametrize("printed", ["'access-1'", "'access-1\\nvalid for an hour'", "'  access-1\\r\\n\\n'"])
def test_the_first_line_that_it_prints_is_the_token(printed: str) -> None:
    assert python(f"print({printed})").access_token() == "access-1"


def test_it_is_run_for_each_login(tmp_path: Path) -> None:
    code = f"import pathlib; p = pathlib.Path({str(tmp_path / 'n')!r}); p.open('a').write('x'); print(p.stat().st_size)"
    tokens = python(code)
    assert (tokens.access_token(), tokens.access_token()) == ("1", "2")
    tokens.forget()


def test_there_is_no_shell_between(tmp_path: Path) -> None:
    argument = f"$(touch {tmp_path / 'made'}); `id` | x"
    command = Command("support", (sys.executable, "-c", "import sys; print(len(sys.argv[1]))", argument))
    assert CommandTokens(command).access_token() == str(len(argument))
    assert not (tmp_path / "made").exists()


def test_it_reads_nothing_from_us_and_what_it_says_beside_the_token_is_not_heard(
    capfd: pytest.CaptureFixture[str],
) -> None:
    code = "import sys; print('s3cret', file=sys.stderr); print(len(sys.stdin.read()))"
    assert python(code).access_token() == "0"
    assert "s3cret" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("print('s3cret'); raise SystemExit(3)", "ended with 3"),
        ("import os; print('s3cret', flush=True); os.kill(os.getpid(), 9)", "ended with -9"),
        ("pass", "printed no token on its first line"),
        ("print('please sign in, s3cret')", "printed no token on its first line"),
        ("print('s3cret\\x01auth=')", "printed no token on its first line"),
        ("print('s3crét')", "printed no token on its first line"),
        ("while True: print('s3cret' * 1000)", "printed far more than a token"),
    ],
)
def test_what_goes_wrong_names_the_program_and_not_what_it_said(code: str, how: str) -> None:
    assert told(python(code)) == f"support: The token command “python” {how}. Try token_command in a terminal."


@pytest.mark.parametrize("then", ["pass", "os.close(1)", "parent and os._exit(0)"], ids=["both", "silent", "orphan"])
def test_a_program_that_does_not_end_is_ended_with_all_that_it_started(tmp_path: Path, then: str) -> None:
    code = (
        "import os, pathlib, signal\n"
        f"parent = os.fork(); pathlib.Path({str(tmp_path)!r}, str(os.getpid())).touch()\n"
        f"{then}; signal.pause()"
    )
    assert "did not end within 1 s" in told(python(code, timeout=1.0))
    assert wait_until(lambda: not any(running(int(started.name)) for started in tmp_path.iterdir()), 60.0)


def running(process: int) -> bool:
    """Zombies are not: some are another's to reap."""
    status = Path(f"/proc/{process}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_program_that_is_not_there_or_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")
    for name, why in ((tmp_path / "nowhere", "No such file or directory"), (tmp_path / "text", "Permission denied")):
        tokens = CommandTokens(Command("support", (str(name),)))
        assert told(tokens) == (
            f"support: The token command “{name}” cannot be run: {why}. Try token_command in a terminal."
        )
    assert "its name is not one" in told(CommandTokens(Command("support", ("a\0b",))))


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_no_file_stays_open() -> None:
    before = open_files()
    for code in ("print('access-1')", "raise SystemExit(1)"):
        try:
            python(code).access_token()
        except Retriable:
            continue
    assert open_files() == before
