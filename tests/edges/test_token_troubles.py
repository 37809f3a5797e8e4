"""Where an endpoint gives no access token: whose move it is, when it is asked again, and no secret in what is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.edges.tokens import GrantedTokens
from bot.errors import Retriable
from tests.edges.granted import LONG, SECRET, WHERE, by_itself, tokens, told
from tests.fakes.clock import SimulatedClock
from tests.fakes.token_server import Reply, TokenServer, reply


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with TokenServer() as running:
        running.register("amends", SECRET)
        yield running


# refusals, and whose move it is


def test_a_refresh_token_that_ended_asks_for_a_new_one(server: TokenServer) -> None:
    made = tokens(server)
    server.refresh.clear()
    problem = told(made)
    assert str(problem) == (
        f"{WHERE}It gives us no access token: invalid_grant. The refresh token is no longer valid: "
        "sign in again and put the new one into mailbox[1].oauth.refresh_token_env."
    )
    assert problem.retry_after == LONG


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("invalid_client", "Check client_id and the client secret, which may have expired at the provider."),
        ("unauthorized_client", "Allow this client the grant refresh_token where it is registered."),
        ("invalid_scope", "Check scope."), ("unsupported_grant_type", "Check grant and token_url."),
        ("interaction_required", "sign in again"), ("consent_required", "sign in again"),
        ("invalid_request", "Check token_url"), ("access_denied", "Allow this client"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_to_do_and_is_not_asked_for_soon(server: TokenServer, code: str, advice: str) -> None:
    server.plan(reply(400, {"error": code, "error_description": f"AADSTS7000222: the secret {SECRET} expired"}))
    problem = told(tokens(server))
    assert problem.what == f"It gives us no access token: {code}, AADSTS7000222."
    assert advice in problem.advice
    assert problem.retry_after == LONG


@pytest.mark.parametrize("code", ["invalid_grant", "interaction_required"])
def test_nobody_is_asked_to_sign_in_where_nobody_does(server: TokenServer, code: str) -> None:
    server.plan(reply(400, {"error": code}))
    problem = told(GrantedTokens(by_itself(server, place=""), SimulatedClock()))
    assert problem.advice == "Check client_id and the client secret, which may have expired at the provider."


def test_words_that_are_not_known_are_not_repeated(server: TokenServer) -> None:
    server.plan(reply(400, {"error": SECRET, "error_description": "refresh-1", "error_uri": "https://x/?access-1"}))
    problem = told(tokens(server))
    assert str(problem) == f"{WHERE}It gives us no access token: HTTP 400. Check [mailbox.oauth]."


# troubles that pass


@pytest.mark.parametrize(
    ("answer", "said", "wait"),
    [
        (reply(429, {}, Retry_After="17"), "It asks for patience.", 17.0),
        (reply(429, {}), "It asks for patience.", None),
        (reply(429, {}, Retry_After="999999999"), "It asks for patience.", 3600.0),
        (reply(429, {}, Retry_After="soon ²"), "It asks for patience.", None),
        (reply(500, b"<html>refresh-1"), "It has trouble (HTTP 500).", None),
        (reply(503, {"error": "temporarily_unavailable"}, Retry_After="5"), "It has trouble (HTTP 503).", 5.0),
        (reply(400, {"error": "temporarily_unavailable"}), "It has trouble (temporarily_unavailable).", None),
        (reply(200, b"<html>Sign in</html>"), "Its answer (HTTP 200) holds no access token.", None),
        (reply(200, {}), "Its answer (HTTP 200) holds no access token.", None),
        (reply(404, b""), "Its answer (HTTP 404) holds no access token.", None),
        (reply(200, {"access_token": "a\x01b"}), "Its answer (HTTP 200) holds no access token.", None),
        (reply(200, {"access_token": "a", "token_type": "mac"}), "Its answer (HTTP 200) holds no access token.", None),
        (reply(200, b" " * 70_000 + b'{"access_token": "a"}'), "Its answer is far too large for a token.", None),
    ],
)  # fmt: skip
def test_an_answer_without_a_token_is_told_in_our_words_and_the_next_one_taken(
    server: TokenServer, answer: Reply, said: str, wait: float | None
) -> None:
    made = tokens(server)
    server.plan(answer)
    problem = told(made)
    assert (problem.what, problem.retry_after) == (said, wait)
    assert made.access_token() in server.access


def test_a_date_to_come_back_at_is_understood(server: TokenServer, monkeypatch: pytest.MonkeyPatch) -> None:
    now = SimulatedClock().now()
    monkeypatch.setattr("bot.edges.token_request.time.time", now.timestamp)
    server.plan(reply(503, {}, Retry_After=format_datetime(now + timedelta(seconds=90), usegmt=True)))
    assert told(tokens(server)).retry_after == 90.0


def test_no_redirect_is_followed_wherever_it_points(server: TokenServer) -> None:
    with TokenServer() as other:
        for place in (other.token_url, server.token_url):
            for status in (301, 302, 307, 308):
                server.plan(reply(status, {}, Location=place))
                problem = told(tokens(server))
                assert problem.what == f"It points elsewhere (HTTP {status}), and secrets are sent nowhere else."
        assert not other.asked
    assert len(server.asked) == 8


def test_an_endpoint_that_is_down_or_hangs_up_is_tried_again(server: TokenServer) -> None:
    made = tokens(server)
    server.plan("reset")
    assert told(made).what == "It cannot be reached: Connection reset by peer."
    server.stop()
    assert told(made).what == "It cannot be reached: Connection refused."
    server.start()
    assert made.access_token() in server.access


@pytest.mark.parametrize("fault", ["silence", "drip"])
def test_an_endpoint_that_says_nothing_or_hardly_anything_is_given_up(server: TokenServer, fault: Any) -> None:
    server.plan(fault)
    assert told(tokens(server, timeout=0.1)).what == "It did not answer in time."


def test_an_answer_that_does_not_end_is_not_read_to_its_end(server: TokenServer) -> None:
    server.plan("endless")
    assert told(tokens(server)).what == "Its answer is far too large for a token."


def test_a_host_that_is_none_is_told(server: TokenServer) -> None:
    assert told(tokens(server, token_url="https://a..b/token")).what.startswith("It cannot be reached: ")
    assert told(tokens(server, token_url="file:///etc/passwd")).what.startswith("It cannot be reached")


OF_AN_ANSWER = st.sampled_from(
    ["access_token", "expires_in", "expires_at", "token_type", "scope", "error", "error_description", "refresh_token"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(OF_AN_ANSWER, inner),
    max_leaves=9,
)


@given(body=ANYTHING.map(lambda found: json.dumps(found).encode()) | st.binary(max_size=60))
def test_whatever_the_endpoint_answers_there_is_a_token_or_a_sentence(body: bytes) -> None:
    with TokenServer() as server:
        server.register("amends", SECRET)
        server.plan(reply(200, body))
        try:
            token = tokens(server).access_token()
        except Retriable:
            return
        assert token.isascii()
        assert token.isprintable()
