"""Access tokens are asked for when needed, kept while they are good, and nothing secret is ever told."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.edges.token_endpoint import Grant
from bot.edges.tokens import GrantedTokens
from bot.errors import SettingsError
from bot.settings.kept import TokenFile
from tests.edges.granted import LONG, SECRET, WHERE, by_itself, grant, tokens, told
from tests.fakes.clock import SimulatedClock
from tests.fakes.oauth_box import OAuthBox
from tests.fakes.token_server import HOST, TokenServer, reply


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with TokenServer() as running:
        running.register("amends", SECRET)
        yield running


@pytest.fixture
def kept(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "refresh.token", "mailbox[1].oauth.token_file")


# grants


def test_a_refresh_token_brings_an_access_token(server: TokenServer) -> None:
    token = tokens(server, scope="https://mail.google.com/ offline_access").access_token()
    assert server.access == {token: "mo"}
    assert server.asked == [
        {
            "grant_type": "refresh_token", "client_id": "amends", "client_secret": SECRET, "refresh_token": "refresh-1",
            "scope": "https://mail.google.com/ offline_access",
        }
    ]  # fmt: skip


def test_a_client_without_a_secret_sends_none_and_without_a_scope_none(server: TokenServer) -> None:
    server.register("public")
    tokens(server, client_id="public", client_secret=None).access_token()
    assert server.asked[0].keys() == {"grant_type", "client_id", "refresh_token"}


def test_client_credentials_bring_an_access_token_without_a_person(server: TokenServer) -> None:
    scope = "https://outlook.office365.com/.default"
    token = GrantedTokens(by_itself(server, scope=scope), SimulatedClock()).access_token()
    assert server.access == {token: "amends"}
    assert server.asked == [
        {"grant_type": "client_credentials", "client_id": "amends", "client_secret": SECRET, "scope": scope}
    ]


def test_secrets_are_looked_up_at_each_request(server: TokenServer) -> None:
    secrets = ["wrong", SECRET]
    made = tokens(server, client_secret=lambda: secrets.pop(0))
    told(made)
    assert made.access_token() in server.access


# how long a token is kept


def test_a_token_is_kept_until_a_minute_before_its_end(server: TokenServer, clock: SimulatedClock) -> None:
    made = tokens(server, clock)
    first = made.access_token()
    clock.advance(timedelta(seconds=3539))
    assert made.access_token() == first
    assert len(server.asked) == 1
    clock.advance(timedelta(seconds=1))
    assert made.access_token() != first
    assert len(server.asked) == 2


@pytest.mark.parametrize("lifetime", [None, 10**30])
def test_a_token_without_a_fair_end_is_kept_for_a_day(
    server: TokenServer, clock: SimulatedClock, lifetime: int | None
) -> None:
    server.lifetime = lifetime
    made = tokens(server, clock)
    first = made.access_token()
    clock.advance(timedelta(hours=23))
    assert made.access_token() == first
    clock.advance(timedelta(hours=1))
    assert made.access_token() != first


def test_a_token_that_ends_within_a_minute_is_used_once(server: TokenServer) -> None:
    server.lifetime = 30
    made = tokens(server)
    assert len({made.access_token(), made.access_token()}) == 2


def test_a_token_that_the_mail_server_refused_is_not_used_again(server: TokenServer) -> None:
    made = tokens(server)
    first = made.access_token()
    made.forget()
    second = made.access_token()
    assert second != first
    assert made.access_token() == second


def test_many_threads_need_one_token(server: TokenServer) -> None:
    made, found = tokens(server), []
    threads = [threading.Thread(target=lambda: found.append(made.access_token())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found)), len(server.asked)) == (8, 1, 1)


# new refresh tokens


def test_a_new_refresh_token_is_kept_and_found_at_the_next_start(server: TokenServer, kept: TokenFile) -> None:
    server.rotating = True
    asked = grant(server, kept=kept)
    for _start in range(3):
        made = GrantedTokens(asked, SimulatedClock())
        made.access_token()
        assert list(server.refresh) == [kept.reveal()]
        made.forget()
        made.access_token()
    assert [form["refresh_token"] for form in server.asked] == [
        "refresh-1", *(f"refresh-{number}" for number in (2, 4, 6, 8, 10)),
    ]  # fmt: skip


def test_a_refresh_token_that_stays_is_not_written_down(server: TokenServer, kept: TokenFile) -> None:
    tokens(server, kept=kept).access_token()
    assert kept.reveal() == ""


def test_a_token_file_alone_is_enough(server: TokenServer, kept: TokenFile) -> None:
    kept.keep(server.sign_in("mo"))
    assert tokens(server, kept=kept, refresh_token=None).access_token() in server.access


def test_who_signs_in_again_may_put_the_new_token_at_either_place(server: TokenServer, kept: TokenFile) -> None:
    first = [server.sign_in("mo")]
    made = GrantedTokens(grant(server, kept=kept, refresh_token=lambda: first[0]), SimulatedClock())
    kept.keep("refresh-0")
    assert made.access_token() in server.access
    assert kept.reveal() == first[0], "the dead one is replaced"
    server.refresh.clear()
    made.forget()
    assert "sign in again" in told(made).advice
    kept.keep(server.sign_in("mo"))
    assert made.access_token() in server.access


def test_what_another_process_kept_a_moment_ago_is_tried_before_anybody_is_bothered(
    server: TokenServer, kept: TokenFile
) -> None:
    server.rotating = True

    class Racing:
        """The other one takes the kept token to the server just after we have read it."""

        def reveal(self) -> str:
            mine = kept.reveal()
            if mine == "refresh-1":
                GrantedTokens(grant(server, kept=kept, refresh_token=None), SimulatedClock()).access_token()
            return mine

        keep = kept.keep

    kept.keep(server.sign_in("mo"))
    made = GrantedTokens(replace(grant(server), kept=Racing(), refresh_token=None), SimulatedClock())
    assert made.access_token() in server.access


def test_a_new_refresh_token_that_cannot_be_kept_is_remembered_and_the_reason_told(
    server: TokenServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.rotating = True
    nowhere = TokenFile(tmp_path / "later" / "refresh.token", "mailbox[1].oauth.token_file")
    made = tokens(server, kept=nowhere)
    made.access_token()
    made.forget()
    made.access_token()
    assert caplog.text.count("the new refresh token is not kept: mailbox[1].oauth.token_file: ") == 2
    (tmp_path / "later").mkdir()
    made.forget()
    made.access_token()
    assert list(server.refresh) == [nowhere.reveal()]
    made.forget()
    made.access_token()
    assert len(server.asked) == 4, "no dead token is tried"


def test_without_a_token_file_a_new_refresh_token_is_used_and_said_to_be_lost_at_the_end(
    server: TokenServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.rotating = True
    made = tokens(server)
    for _ in range(3):
        made.access_token()
        made.forget()
    assert caplog.text.count("without token_file the new one ends with amends") == 1
    assert len(server.access) == 3


def test_without_any_refresh_token_somebody_must_sign_in(server: TokenServer, kept: TokenFile) -> None:
    problem = told(tokens(server, kept=kept, refresh_token=None, place="mailbox[1].oauth.token_file"))
    assert str(problem) == (
        f"{WHERE}There is no refresh token. Sign in and put the refresh token into mailbox[1].oauth.token_file."
    )
    assert problem.retry_after == LONG
    assert not server.asked


def test_a_token_file_that_others_may_read_is_not_used(server: TokenServer, kept: TokenFile) -> None:
    kept.keep("refresh-1")
    kept.path.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        tokens(server, kept=kept).access_token()
    assert not server.asked


# TLS, and silence about secrets


@pytest.mark.dovecot
def test_an_endpoint_of_an_unknown_authority_gets_no_secret(oauth_box: OAuthBox, tmp_path: Path) -> None:
    def asked(**other: Any) -> str:
        url = f"https://{HOST}:{oauth_box.imap.tls_port}/token"  # not HTTP, but a TLS server with a certificate
        return told(tokens(oauth_box.oauth, token_url=url, **other)).what

    assert asked() == "Its certificate is not to be trusted: unable to get local issuer certificate."
    assert asked(ca_file=oauth_box.imap.ca_file) == "It cannot be reached: BadStatusLine."
    (tmp_path / "ca.pem").write_text("no certificate")
    assert "holds no certificate that can be read" in asked(ca_file=tmp_path / "ca.pem")
    assert "holds no certificate that can be read" in asked(ca_file=tmp_path / "nowhere.pem")


@pytest.mark.parametrize("make", [grant, by_itself])
def test_no_log_and_no_repr_holds_a_secret(
    server: TokenServer, kept: TokenFile, caplog: pytest.LogCaptureFixture, make: Callable[..., Grant]
) -> None:
    caplog.set_level(logging.DEBUG)
    server.rotating = True
    asked = make(server, kept=kept)
    made = GrantedTokens(asked, SimulatedClock())
    made.access_token()
    server.plan(reply(400, {"error": "invalid_grant", "error_description": SECRET}))
    made.forget()
    told(made)
    looks = f"{caplog.text} {asked!r} {made!r}"
    assert not any(secret in looks for secret in (SECRET, "refresh-", "access-"))


# a real mail server


@pytest.mark.dovecot
@pytest.mark.parametrize("log_in", ["oauth2_login", "oauthbearer_login"])
def test_the_tokens_open_a_mailbox_and_after_a_refusal_the_next_one_does(
    oauth_box: OAuthBox, kept: TokenFile, log_in: str
) -> None:
    first = oauth_box.sign_in()
    made = tokens(
        oauth_box.oauth, client_id=oauth_box.client, client_secret=lambda: oauth_box.client_secret,
        refresh_token=lambda: first, kept=kept,
    )  # fmt: skip
    oauth_box.oauth.sign_in(oauth_box.user)
    assert oauth_box.lets_in(log_in, made.access_token())
    oauth_box.revoke_access()
    assert not oauth_box.lets_in(log_in, made.access_token())
    made.forget()
    assert oauth_box.lets_in(log_in, made.access_token())
