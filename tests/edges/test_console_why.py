"""Explanations on a terminal of 80 columns without colours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.escalation import Traits
from bot.domain.forecast import Asked, forecast
from bot.domain.story_facts import Line
from bot.edges import console_why
from tests.fakes.build import HOURS, POLICY
from tests.fakes.clock import MONDAY


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")


@given(st.floats(0, 1))
def test_a_bar_is_as_long_as_its_share_and_never_invisible(share: float) -> None:
    assert 1 <= len(console_why.bar(share)) <= 10
    assert len(console_why.bar(share)) <= len(console_why.bar(min(1.0, share + 0.2)))
    assert console_why.bar(1.0) == "█" * 10


def test_a_time_line_fits_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    told, moments = forecast(POLICY, "2026-03-06 17:00", Asked(severity=3, customer="ann@globex.example"))
    console_why.ladder(told, moments, HOURS.zone)
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out
    assert "rung 3: U0LEAD (named as lead)" in out


def test_what_customers_wrote_is_one_line_and_cannot_act_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    line = Line(
        MONDAY, "read", "A mail from \x1b]0;gone\x07[bold]Mo[/bold]\u202e was read.", "a\nb \x1b[2J" + "c" * 5000
    )
    console_why.story("Case 1 · \x1b[31mMo", [line], [], HOURS.zone)
    out = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\u202e"} & set(out)
    assert "[bold]Mo[/bold] was read. “a b" in out
    assert out.count("c") < 200
    assert "nothing: the case is at its end." in out


def test_a_case_of_these_traits_is_what_is_asked_for() -> None:
    told, _moments = forecast(POLICY, "2026-03-06 17:00", Asked(channel="work_channel"))
    assert Traits(told["reason"], told["severity"], told["value"], told["channel"]) == Traits(
        "staff_report", 2, 0.0, "work_channel"
    )
