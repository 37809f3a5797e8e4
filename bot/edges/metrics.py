"""How amends does, in numbers. The only file that imports prometheus_client. No words and no addresses of customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bot.domain.health import TICK, Health, Vitals

CONTENT_TYPE = CONTENT_TYPE_LATEST


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a scrape shows. `open_cases`: by state; `lateness`: of the latest of the last rungs, in seconds."""

    at: datetime
    health: Health
    vitals: Vitals = field(default_factory=Vitals)
    open_cases: Mapping[str, int] = field(default_factory=dict)
    lateness: float = 0.0


def exposition(numbers: Numbers) -> bytes:
    """The text that Prometheus reads; UTF-8."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(numbers))
    return generate_latest(registry)


class _Collector:
    """Numbers of this very moment: nothing is counted in this process, so that a restart loses nothing."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def collect(self) -> Iterator[GaugeMetricFamily]:
        told, seen = self._numbers, self._numbers.vitals
        yield _one("amends_healthy", "1 if the audit finds nothing unhealthy.", float(told.health.is_healthy))
        yield _each("amends_findings", "Findings of the audit.", "severity", _by_severity(told.health))
        pulse = seen.pulses.get(TICK)
        if pulse is not None and pulse.good_at is not None:
            yield _one("amends_tick_age_seconds", "Since deadlines were looked after.", _age(told.at, pulse.good_at))
        states = {state: float(count) for state, count in told.open_cases.items() if state != "exhausted"}
        yield _each("amends_open_cases", "Cases in which something is owed.", "state", states)
        exhausted = float(told.open_cases.get("exhausted", 0))
        yield _one("amends_exhausted_cases", "Open cases that nobody on the ladder has taken.", exhausted)
        yield _one("amends_due_cases", "Deadlines that have come and were not looked after.", float(seen.due))
        unsent = {state: float(count) for state, count in seen.unsent.items()}
        yield _each("amends_outbox_rows", "Alerts that have not been said.", "state", unsent)
        waits = _age(told.at, seen.unsaid_since) if seen.unsaid_since else 0.0
        yield _one("amends_oldest_pending_seconds", "How long the oldest alert that may be said waits.", waits)
        read = {one.folder: _age(told.at, one.last_known_good) for one in seen.folders}
        yield _each("amends_mailbox_age_seconds", "Since a folder was read well.", "folder", read)
        yield _one("amends_quarantined", "Mails that could not be read.", float(seen.quarantined))
        yield _one("amends_rung_lateness_seconds", "Of the latest of the last 500 alerts.", told.lateness)


def _one(name: str, said: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, said, value=value)


def _each(name: str, said: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, said, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _by_severity(health: Health) -> dict[str, float]:
    counts = {"unhealthy": 0.0, "warning": 0.0}
    for one in health.findings:
        counts[one.severity.value] += 1.0
    return counts


def _age(now: datetime, then: datetime) -> float:
    return max(timedelta(), now - then).total_seconds()
