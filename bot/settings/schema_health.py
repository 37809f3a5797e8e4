"""The shape of [health]: where amends says how it does, and who notices when it says nothing."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator

from bot.domain.hours import parse_delay, spell
from bot.settings.schema_base import Path, Table, slack_id

_LOCAL = 'expected an address of this machine, such as "127.0.0.1:9464", or "" for none; put your proxy in front of it'


def _listen(text: str) -> str:
    if not text:
        return text
    host, _colon, port = text.rpartition(":")
    try:
        is_local = host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        is_local = False
    if not is_local or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(_LOCAL)
    return text


def _at_least(shortest: timedelta) -> Callable[[str], str]:
    def check(text: str) -> str:
        told = parse_delay(text)
        if told.working or told.length < shortest:
            raise ValueError(f"expected elapsed time of {spell(shortest)} or more")
        return text

    return check


class HealthTable(Table):
    """[health]"""

    listen: Annotated[str, AfterValidator(_listen)] = "127.0.0.1:9464"
    heartbeat_url_env: str = ""
    heartbeat_url_file: str = ""
    heartbeat_every: Annotated[str, AfterValidator(_at_least(timedelta(seconds=10)))] = "1m"
    canary_channel: Annotated[str, slack_id("CG")] = ""
    # one has to arrive, or be missed, before the next sets out
    canary_every: Annotated[str, AfterValidator(_at_least(timedelta(minutes=10)))] = "1h"


def health_problems(health: dict[str, Any], slack: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Rules that need more than one setting, as (path, sentence); a wrong type is told elsewhere."""
    if health.get("heartbeat_url_env") and health.get("heartbeat_url_file"):
        yield ("health", "heartbeat_url_file"), "expected one of heartbeat_url_env and heartbeat_url_file"
    canary = health.get("canary_channel")
    customers = slack.get("customer_channel")
    shared = [one.get("id") for one in (customers if isinstance(customers, list) else []) if isinstance(one, dict)]
    if canary and canary in shared:
        yield ("health", "canary_channel"), "expected a channel of your own: a customer reads this one"
    if canary and not slack:
        yield ("health", "canary_channel"), "expected a table [slack] that says how to reach it"
