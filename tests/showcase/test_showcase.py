"""`amends demo --slack` speaks to a Slack on this machine and draws what the team saw there."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from bot import showcase
from bot.cli import run_command
from bot.errors import UsageError
from bot.packaged import demo_slack
from bot.settings import defaults


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, int], str]:
    file = tmp_path_factory.mktemp("page") / "demo.html"
    counts = showcase.demo(defaults(), file, keep=None, rebuild=False, progress=lambda _line: None)
    return counts, file.read_text(encoding="utf-8")


def test_every_case_of_the_demo_has_its_card_on_the_page(drawn: tuple[dict[str, int], str]) -> None:
    counts, page = drawn
    cards = set(re.findall(r"Case (\d+)\.", html.unescape(page)))
    assert cards == {str(number) for number in range(1, counts["cases"] + 1)}


def test_it_shows_who_did_what_the_replies_the_dialogs_and_the_home_tab(drawn: tuple[dict[str, int], str]) -> None:
    page = html.unescape(drawn[1])
    for words in (
        "Contacted by Mara", "Closed by Mara", "Dismissed by Joel", "Still unanswered", "I'm on it", "Draft reply",
        "How was the customer reached?", "The team's open cases", "This week", "/amends list",
    ):  # fmt: skip
        assert words in page, words


def test_the_page_needs_nothing_from_anywhere(drawn: tuple[dict[str, int], str]) -> None:
    page = drawn[1]
    assert "<script" not in page
    assert set(re.findall(r"""\b(?:src|href)\s*=\s*["']?(.)""", page)) <= {"#"}
    assert "@import" not in page


def test_a_file_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written: No such file or directory"):
        showcase.write(tmp_path / "nowhere" / "demo.html", "")


def test_the_slack_that_ships_is_the_one_of_the_tests() -> None:
    assert demo_slack().FakeSlack.__name__ == "FakeSlack"


def test_the_command_says_where_the_page_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[Path] = []

    def played(_settings: object, file: Path, **_more: object) -> dict[str, int]:
        asked.append(file)
        return dict.fromkeys(("messages", "quarantined", "cases", "mistakes", "ignored", "staff_reports", "escalated",
                              "answered", "dismissed", "closed", "alerts_sent"), 7)  # fmt: skip

    monkeypatch.setattr(showcase, "demo", played)
    monkeypatch.setattr("sys.argv", ["amends", "demo", "--slack", "--page", str(tmp_path / "d.html")])
    with pytest.raises(SystemExit):
        run_command()
    assert asked == [tmp_path / "d.html"]
    assert (tmp_path / "d.html").as_uri() in capsys.readouterr().out.replace("\n", "")
