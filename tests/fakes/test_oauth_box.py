"""The private Dovecot takes the access tokens that the token server issued, and no others, by both mechanisms."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import imapclient  # type: ignore[import-untyped, unused-ignore]
import pytest
from imapclient.exceptions import LoginError  # type: ignore[import-untyped, unused-ignore]

from .oauth_box import OAuthBox

pytestmark = pytest.mark.dovecot

LogIn = Callable[[Any, str, str], object]


def by_xoauth2(client: Any, user: str, token: str) -> object:
    return client.oauth2_login(user, token)


def by_oauthbearer(client: Any, user: str, token: str) -> object:
    return client.oauthbearer_login(user, token)


both_mechanisms = pytest.mark.parametrize("log_in", [by_xoauth2, by_oauthbearer])


@contextlib.contextmanager
def connected(box: OAuthBox) -> Iterator[Any]:
    client = imapclient.IMAPClient(box.host, box.imap.port, ssl=False, timeout=10)
    try:
        yield client
    finally:
        client.shutdown()


@both_mechanisms
def test_an_access_token_lets_its_user_in(oauth_box: OAuthBox, log_in: LogIn) -> None:
    with connected(oauth_box) as client:
        log_in(client, oauth_box.user, oauth_box.oauth.issue(oauth_box.user))
        assert {name for _, _, name in client.list_folders()} == {"INBOX", "Sent"}
    assert len(oauth_box.oauth.introspected) == 1


@both_mechanisms
def test_a_wrong_or_a_revoked_token_lets_nobody_in(oauth_box: OAuthBox, log_in: LogIn) -> None:
    revoked = oauth_box.oauth.issue(oauth_box.user)
    oauth_box.revoke_access()
    for token in ("access-99", revoked, oauth_box.password):
        with connected(oauth_box) as client, pytest.raises(LoginError):
            log_in(client, oauth_box.user, token)


@both_mechanisms
def test_a_token_of_somebody_else_does_not_open_the_mailbox(oauth_box: OAuthBox, log_in: LogIn) -> None:
    oauth_box.imap.add_user("ann@acme.example", "another password")
    with connected(oauth_box) as client, pytest.raises(LoginError):
        log_in(client, oauth_box.user, oauth_box.oauth.issue("ann@acme.example"))


def test_the_password_still_lets_in_and_the_server_says_what_it_speaks(oauth_box: OAuthBox) -> None:
    with connected(oauth_box) as client:
        assert {b"AUTH=XOAUTH2", b"AUTH=OAUTHBEARER", b"AUTH=PLAIN"} <= set(client.capabilities())
        client.login(oauth_box.user, oauth_box.password)
