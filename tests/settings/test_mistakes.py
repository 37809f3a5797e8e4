"""What is wrong with a config file: one file a mistake in `bad/`, which says itself what is to be said about it."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsError
from bot.settings import load
from bot.settings.schema import fields
from tests.settings.configs import write

BAD = sorted((Path(__file__).parent / "bad").glob("*.toml"))
_EXPECT = re.compile(r"# expect: (\d+): ([^:]+): (.+)")
_TOLD = re.compile(r":(\d+): ([^:]+): (.+)")
_NOT_TOML = re.compile(r": (This is not TOML: .+ \(at line (\d+), column \d+\)\.)")

Problem = tuple[int, str, str]


def expected(file: Path) -> list[Problem]:
    """The lines `# expect: <line>: <key>: <part of the sentence>` at the top of a bad file."""
    found = [_EXPECT.fullmatch(line) for line in file.read_text(encoding="utf-8").split("\n")]
    return sorted((int(one[1]), one[2], one[3]) for one in found if one)


def told(file: Path) -> list[Problem]:
    """What loading it says, one a line; a file that is no TOML has no keys yet."""
    with pytest.raises(SettingsError) as caught:
        load(file)
    return sorted(_problem(line.removeprefix(str(file))) for line in str(caught.value).split("\n"))


def _problem(line: str) -> Problem:
    if whole := _NOT_TOML.fullmatch(line):
        return int(whole[2]), "-", whole[1]
    one = _TOLD.fullmatch(line)
    assert one, f"neither line nor key in: {line}"
    return int(one[1]), one[2], one[3]


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_mistake_is_told_with_line_key_and_what_to_write(file: Path) -> None:
    wanted, said = expected(file), told(file)
    assert wanted, "a bad file says what is expected of it"
    assert [problem[:2] for problem in said] == [problem[:2] for problem in wanted]
    for (_, _, part), (_, _, sentence) in zip(wanted, said, strict=True):
        assert part in sentence


def test_a_file_with_many_mistakes_is_told_all_of_them_at_once() -> None:
    (many,) = (file for file in BAD if file.stem == "many_mistakes")
    said = told(many)
    assert len(said) == len({key for _, key, _ in said}) == 13
    assert {key.partition(".")[0].partition("[")[0] for _, key, _ in said} == {
        "colour", "team", "mailbox", "slack", "judge", "escalation",
    }  # fmt: skip


def test_no_mistake_is_told_twice_and_none_in_the_words_of_a_programmer() -> None:
    for file in BAD:
        said = told(file)
        assert len(set(said)) == len(said), file.name
        for word in ("Input should", "Value error", "Table", "dictionary", "instance", "pydantic"):
            assert not any(word in sentence for _, _, sentence in said), file.name


def test_every_table_of_the_config_has_a_mistake_in_the_collection() -> None:
    keys = {key.partition(".")[0].partition("[")[0] for file in BAD for _, key, _ in expected(file)}
    assert keys >= {path[0] for path in fields()} - {"store", "models"}


def test_a_file_that_is_not_there_says_where_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"There is no such config file\. .*config\.example\.toml"):
        load(tmp_path / "config.toml")


def test_a_folder_in_place_of_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"{tmp_path}: It cannot be read"):
        load(tmp_path)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b'[team]\nname = "Caf\xe9"\n')
    with pytest.raises(SettingsError, match="must be UTF-8"):
        load(file)


def test_a_file_that_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="too large"):
        load(write(tmp_path, "# all comment\n" * 100_000))


@pytest.mark.parametrize("hostile", ["a = " + "[" * 20_000, "a = " + "9" * 20_000], ids=["brackets", "digits"])
def test_brackets_and_numbers_without_end_are_told_as_what_they_are(tmp_path: Path, hostile: str) -> None:
    with pytest.raises(SettingsError, match="This is not TOML"):
        load(write(tmp_path, hostile))


@given(junk=st.text(max_size=200))
def test_whatever_stands_in_the_file_the_answer_is_settings_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, junk: str
) -> None:
    file = tmp_path_factory.mktemp("junk") / "config.toml"
    file.write_bytes(junk.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(SettingsError):  # anything else would be a defect
        assert load(file).source == file.resolve()
