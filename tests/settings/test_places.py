"""On which line of a file a setting stands."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.packaged import packaged
from bot.settings.locate import Path, line_of, lines


def places(text: str) -> dict[Path, int]:
    """Without the file itself, which stands on line 1."""
    tomllib.loads(text)  # what is tested here is TOML
    found = lines(text)
    assert found.pop(()) == 1
    return found


def test_keys_stand_in_their_tables() -> None:
    assert places('top = 1\n\n[team]\nname = "Acme"\n  timezone="UTC"\n') == {
        ("top",): 1, ("team",): 3, ("team", "name"): 4, ("team", "timezone"): 5,
    }  # fmt: skip


def test_entries_of_an_array_of_tables_are_counted_from_nought() -> None:
    text = '[[mailbox]]\nname = "a"\n[[mailbox]]\nname = "b"\nport = 1\n'
    assert places(text) == {
        ("mailbox",): 1, ("mailbox", 0): 1, ("mailbox", 0, "name"): 2,
        ("mailbox", 1): 3, ("mailbox", 1, "name"): 4, ("mailbox", 1, "port"): 5,
    }  # fmt: skip


def test_tables_inside_an_array_of_tables_belong_to_its_newest_entry() -> None:
    text = "[[p]]\n[[p.rungs]]\na = 1\n[[p.rungs]]\na = 2\n[[p]]\n[p.more]\nb = 1\n[[p.rungs]]\na = 3\n"
    found = places(text)
    assert found[("p", 0, "rungs", 0, "a")] == 3
    assert found[("p", 0, "rungs", 1, "a")] == 5
    assert found[("p", 1, "more", "b")] == 8
    assert found[("p", 1, "rungs", 0, "a")] == 10


def test_comments_are_neither_tables_nor_keys() -> None:
    text = '# [team]\n#name = "x"\n[team]  # [slack]\nname = "Acme"  # zone = "UTC" [x]\nzone = "UTC"\n'
    assert places(text) == {("team",): 3, ("team", "name"): 4, ("team", "zone"): 5}


def test_what_stands_inside_a_list_of_several_lines_is_no_setting() -> None:
    text = 'a = [\n  "x = 1",  # ]\n  ["]"],\n  { b = [1] },\n  ["slack"]\n]\nc = { d = 1 }\n[t]\ne = 2\n'
    assert places(text) == {("a",): 1, ("c",): 7, ("t",): 8, ("t", "e"): 9}


@pytest.mark.parametrize("quotes", ['"""', "'''"])
def test_what_stands_inside_a_text_of_several_lines_is_no_setting(quotes: str) -> None:
    text = f'a = {quotes}\n[team]\nname = 1\n"{quotes}\n[slack]\nb = {quotes}one line [{quotes}\nc = 1\n'
    assert places(text) == {("a",): 1, ("slack",): 5, ("slack", "b"): 6, ("slack", "c"): 7}


def test_dotted_keys_are_found_by_their_whole_path() -> None:
    assert places('team.name = "x"\nteam . zone = "y"\n[a.b]\nc.d = 1\n') == {
        ("team", "name"): 1, ("team", "zone"): 2, ("a", "b"): 3, ("a", "b", "c", "d"): 4,
    }  # fmt: skip


def test_quoted_keys_are_found_without_their_quotes() -> None:
    found = places('"name" = 1\n[\'team\']\n"a.b" = 1\nx."y z".w = 2\n["t u"."[v]"]\nk = 1\n')
    assert found == {
        ("name",): 1, ("team",): 2, ("team", "a.b"): 3, ("team", "x", "y z", "w"): 4,
        ("t u", "[v]"): 5, ("t u", "[v]", "k"): 6,
    }  # fmt: skip


def test_lines_are_those_that_an_editor_counts() -> None:
    text = '# one\u2028 line\u0085 still\r\nname = "a\u2029b"\r\n[team]\r\nzone = 1\r\n'
    assert places(text) == {("name",): 2, ("team",): 3, ("team", "zone"): 4}


def test_what_has_no_line_of_its_own_is_on_that_of_what_is_around_it() -> None:
    found = lines('[team]\nname = "a"\nlist = [\n 1,\n]\n')
    assert line_of(("team", "list", 0), found) == 3
    assert line_of(("team", "zone"), found) == 1
    assert line_of(("slack", "lead"), lines("\n\n[team]\n")) == 1


def every_key(value: Any, path: Path = ()) -> list[Path]:
    """The paths of all keys in a parsed file, inside arrays of tables too."""
    if isinstance(value, dict):
        return [p for key, inner in value.items() for p in [(*path, key), *every_key(inner, (*path, key))]]
    if isinstance(value, list):
        return [p for index, inner in enumerate(value) for p in every_key(inner, (*path, index))]
    return []


def test_every_setting_of_the_example_is_found_on_a_line_that_names_it() -> None:
    text = packaged("config.example.toml").read_text(encoding="utf-8")
    rows, found = text.split("\n"), lines(text)
    keys = every_key(tomllib.loads(text))
    assert len(keys) > 30
    for path in keys:
        at = line_of(path, found)
        assert path not in found or str(path[-1]) in rows[at - 1]
        assert path in found or "rungs" in path or path == ("escalation",)


@given(st.text() | st.text(alphabet="[]{}\"'#=.ab \n\\"))
@example("[]\n[[]]\n[.]\n= 1\n\"\n'''\n")
@example("a = " + '"' * 7)
def test_no_text_whatever_makes_it_stumble(text: str) -> None:
    found = lines(text)
    assert line_of(("anything", 3, "at all"), found) >= 1
    assert all(1 <= number <= text.count("\n") + 1 for number in found.values())


def test_a_line_without_end_is_read_in_linear_time() -> None:
    # each of these would take hours if a pattern tried all ways to cut it up
    for hostile in (
        " " * 300_000,
        "a" * 300_000,
        "a." * 150_000,
        "[" + "a ." * 100_000,
        '"' * 300_001,
        "a" + " " * 300_000,
    ):
        assert lines(hostile)[()] == 1
