"""Unpacking says what is missing, reads its cache where it was told to, and takes of apt's plan only what is of use."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from . import unpack
from .unpack import COURIER, Unfetched, Unpacked

PLAN = """\
Remv dovecot-imapd [1:2.3]
Inst libgnutls30 [3.7.9-2] (3.7.9-3 Debian:12 [amd64])
Inst libidn12 (1.41-1 Debian:12 [amd64])
Inst gamin (0.1.10-6 Debian:12 [amd64]) []
Inst exim4-base (4.96 Debian:12 [amd64])
Inst courier-imap (5.0 Debian:12 [amd64])
Conf libidn12 (1.41-1 Debian:12 [amd64])
"""


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMENDS_TESTS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only programs on the PATH."""
    place = tmp_path / "tools"
    place.mkdir()
    monkeypatch.setenv("PATH", str(place))
    return place


def script(place: Path, name: str, text: str) -> None:
    (place / name).write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{text}")
    (place / name).chmod(0o755)


def test_what_was_never_unpacked_is_said_in_a_sentence_that_tells_what_to_do() -> None:
    said = COURIER.available() or ""
    assert said.startswith("Courier is not unpacked (")
    assert "`python -m tests`" in said


def test_a_program_that_lacks_a_library_is_not_taken_for_usable(tmp_path: Path) -> None:
    tool = Unpacked("tool", (), ("bin/tool",))
    program = tool.root / "bin" / "tool"
    program.parent.mkdir(parents=True)
    shutil.copy("/bin/true", program)
    assert tool.lacks() is None
    program.write_bytes(program.read_bytes().replace(b"libc.so.6", b"libx.so.6"))
    assert tool.lacks() == f"{program} wants libx.so.6"


def test_only_what_is_wanted_or_a_missing_library_or_a_helper_is_fetched(tools: Path) -> None:
    script(tools, "apt-get", f"cat <<'E'\n{PLAN}E\n")
    assert COURIER._wanted() == ["courier-authlib", "courier-imap", "gamin", "libidn12"]


def test_package_lists_are_brought_up_to_date_only_when_the_present_ones_do_not_serve(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    lists = tmp_path / "lists"
    script(tools, "apt-get", f'echo "$1" >> {tmp_path}/calls\n[ "$1" = update ] && touch {lists}\n[ -e {lists} ]\n')
    script(tools, "dpkg-deb", "exit 0\n")
    Unpacked("tool", ("tool",), ()).fetch()
    assert (tmp_path / "calls").read_text().split() == ["--simulate", "update", "--simulate", "download"]


def test_a_failure_says_what_apt_said_and_leaves_nothing_behind(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    script(tools, "apt-get", "echo no such package >&2\nexit 100\n")
    script(tools, "dpkg-deb", "exit 0\n")
    with pytest.raises(Unfetched, match="no such package"):
        COURIER.fetch()
    assert not list(unpack._cache().iterdir())


def test_without_apt_it_says_so(tools: Path) -> None:
    with pytest.raises(Unfetched, match="no apt-get"):
        COURIER.fetch()


def test_a_package_is_unpacked_where_programs_find_its_libraries(tools: Path, tmp_path: Path) -> None:
    holds = tmp_path / "holds"
    for place in ("usr/lib/somewhere", "usr/sbin"):
        (holds / place).mkdir(parents=True)
    (holds / "usr/lib/somewhere/libtool.so.1").touch()
    shutil.copy("/bin/true", holds / "usr/sbin/tool")
    script(tools, "apt-get", '[ "$1" != download ] || touch tool.deb\n')
    script(tools, "dpkg-deb", f'[ "${{2##*/}}" = tool.deb ] && cp -r {holds}/. "$3"\n')
    tool = Unpacked("tool", ("tool",), ("usr/sbin/tool",))
    tool.fetch()
    assert tool.available() is None
    assert tool.environment()["LD_LIBRARY_PATH"] == f"{tool.root}/usr/lib/somewhere"
