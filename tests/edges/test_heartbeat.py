"""The heartbeat's URL is called over real sockets, and is never told."""

from __future__ import annotations

import socket

import pytest

from bot.edges.heartbeat import call, check
from bot.errors import AmendsError, Retriable, SettingsError
from tests.fakes.ear import SECRET, waiting


@pytest.mark.parametrize("status", [200, 204])
def test_whoever_waits_hears_one_call(status: int) -> None:
    with waiting(status) as (url, heard):
        call(url)
    assert heard == [f"/ping/{SECRET}"]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_any_other_answer_is_a_failure_and_no_redirect_is_followed(status: int) -> None:
    with waiting(status) as (url, heard), pytest.raises(Retriable, match=f"It answers {status}") as told:
        call(url)
    assert SECRET not in str(told.value)
    assert len(heard) == 1


def test_where_nobody_listens_or_answers_it_fails_in_time_without_telling_the_url() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(Retriable, match="did not answer in time") as slow:
            call(f"http://127.0.0.1:{port}/{SECRET}", timeout=0.2)
    with pytest.raises(Retriable, match="cannot be reached") as gone:
        call(f"http://127.0.0.1:{port}/{SECRET}")
    assert SECRET not in f"{slow.value}{gone.value}"


@pytest.mark.parametrize(
    "url",
    [f"http://beats.example/{SECRET}", f"ftp://beats.example/{SECRET}", f"https:///{SECRET}", SECRET, "https://[::1",
     f"https://beats.example:x/{SECRET}", f"https://beats.example/{SECRET}\r\nHost: x", f"https://beats.example/ä{SECRET}"],
)  # fmt: skip
def test_what_may_not_be_called_is_refused_without_being_told(url: str) -> None:
    with pytest.raises(SettingsError) as told:
        check(url)
    assert SECRET not in str(told.value)
    with pytest.raises(AmendsError):
        call(url)


@pytest.mark.parametrize("url", ["https://beats.example/x", "http://localhost:8/x", "http://[::1]:8/x"])
def test_tls_is_asked_for_except_on_this_machine(url: str) -> None:
    check(url)
