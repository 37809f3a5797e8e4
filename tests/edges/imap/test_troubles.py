"""What servers say when they fail, in one sentence of ours, and how long they want to be left alone."""

from __future__ import annotations

import socket
import ssl

import pytest

from bot.edges.imap.troubles import asked_to_wait, broken_off, login_refused, reason, unreachable, will_pass

WHERE = "support (mail.example:993)"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Request is throttled. Suggested Backoff Time: 92299 milliseconds", 92.299),
        ("[THROTTLED] suggested backoff time 1500 milliseconds", 1.5),
        ("User is authenticated but not connected.", 900.0),
        ("Suggested Backoff Time: soon", None),
        ("try later", None),
    ],
)
def test_a_server_that_says_how_long_it_wants_to_be_left_alone_is(text: str, seconds: float | None) -> None:
    assert asked_to_wait(text) == seconds


@pytest.mark.parametrize("code", ["[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]", "[unavailable]"])
def test_a_no_that_will_pass_is_told_from_one_for_good(code: str) -> None:
    assert will_pass(f"{code} later")
    assert not will_pass("[NONEXISTENT] no such mailbox")


def test_a_reason_is_one_short_line_without_its_dress() -> None:
    assert reason(ValueError("b'no such mailbox.'")) == "no such mailbox"
    assert reason(ValueError("")) == "ValueError"
    assert len(reason(ValueError("x" * 5000))) == 200
    assert reason(ConnectionRefusedError(111, "Connection refused")) == "Connection refused"


def test_what_a_server_said_that_is_no_imap_is_not_repeated_for_it_may_be_a_customers() -> None:
    assert reason(ValueError("unexpected response: b'My PIN is 4711'")) == "its answer is not IMAP"


def certificate() -> ssl.SSLCertVerificationError:
    problem = ssl.SSLCertVerificationError("certificate verify failed")
    problem.verify_message = "certificate has expired"
    return problem


@pytest.mark.parametrize(
    ("problem", "what"),
    [
        (certificate(), "Its certificate is not to be trusted: certificate has expired."),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "There is no such host."),
        (TimeoutError("timed out"), "It did not answer in time."),
        (ConnectionRefusedError(111, "Connection refused"), "It cannot be reached: Connection refused."),
    ],
)
def test_why_there_is_no_connection_is_one_sentence(problem: Exception, what: str) -> None:
    assert (unreachable(problem, WHERE).what, unreachable(problem, WHERE).where) == (what, WHERE)


def test_a_login_that_is_refused_is_tried_again_in_a_minute_or_when_the_server_wants() -> None:
    refused = login_refused(ValueError("[AUTHENTICATIONFAILED] no"), "mo", WHERE, "Check user and password.")
    assert (refused.what, refused.retry_after) == ("It refused the login of mo: [AUTHENTICATIONFAILED] no.", 60.0)
    blocked = login_refused(ValueError("User is authenticated but not connected."), "mo", WHERE, "")
    assert blocked.retry_after == 900.0


@pytest.mark.parametrize("said", ["[LIMIT] no", "Too many simultaneous connections. (Failure)"])
def test_too_many_connections_are_told_from_a_wrong_password(said: str) -> None:
    refused = login_refused(ValueError(said), "mo", WHERE, "Check user and password.")
    assert refused.what.startswith("It takes no more connections: ")
    assert "max_connections" in refused.advice


def test_a_connection_that_was_lost_says_in_the_midst_of_what() -> None:
    assert broken_off("Reading", OSError("EOF"), WHERE).what == "Reading broke off: EOF."
