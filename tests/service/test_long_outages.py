"""After weeks without an answer the next try is still five minutes away, and not an arithmetic error."""

from __future__ import annotations

from datetime import timedelta

from bot.service.watch import Backoff
from tests.fakes.clock import MONDAY


def test_a_folder_that_failed_thousands_of_times_is_tried_again_in_five_minutes() -> None:
    backoff = Backoff(failures=5000)
    assert backoff.failed(MONDAY, None) == 300.0
    assert backoff.remaining(MONDAY + timedelta(seconds=299)) == 1.0
    assert backoff.remaining(MONDAY + timedelta(seconds=300)) == 0.0
