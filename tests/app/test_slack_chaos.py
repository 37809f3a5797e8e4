"""Delivery under fire, in short; benchmarks.slack_chaos plays it at length and over both databases."""

from __future__ import annotations

from pathlib import Path

from benchmarks.slack_chaos import Plan, campaign


def test_killed_stopped_and_lied_to_it_still_says_everything_once_in_order_and_shows_the_last_state(
    tmp_path: Path,
) -> None:
    report = campaign(f"sqlite:///{tmp_path / 'amends.db'}", Plan(posts=30, kills=4, processes=3, failing=0.08))
    assert report.clean, report
    assert report.kills == 4
    assert report.posts == 30
