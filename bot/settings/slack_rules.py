"""Rules of [slack] that need more than one setting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]


def slack_problems(slack: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """What is wrong, as (path, sentence), in a table in which anything may stand: a wrong type is told elsewhere."""
    for key in ("bot_token", "app_token", "signing_secret"):
        if slack.get(f"{key}_env") and slack.get(f"{key}_file"):
            yield ("slack", f"{key}_file"), f"expected one of {key}_env and {key}_file"
    if slack.get("mode") == "http" and not (slack.get("signing_secret_env") or slack.get("signing_secret_file")):
        yield ("slack", "mode"), "expected signing_secret_env or signing_secret_file: without it anybody could press"
    yield from _one_use_each(slack)


def _one_use_each(slack: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """What a customer reads is no place for alerts, and no place where colleagues talk among themselves."""
    taken = {slack.get("alert_channel"): "alert_channel", slack.get("fallback_channel"): "fallback_channel"}
    work = slack.get("work_channels")
    taken |= {channel: "work_channels" for channel in (work if isinstance(work, list) else []) if channel not in taken}
    customers = slack.get("customer_channel")
    for index, table in enumerate(customers if isinstance(customers, list) else []):
        channel = table.get("id") if isinstance(table, dict) else None
        if not isinstance(channel, str) or not channel:
            continue
        if channel in taken:
            yield ("slack", "customer_channel", index, "id"), f'"{channel}" is named in {taken[channel]} too'
        taken[channel] = "another customer_channel"
