"""A mailbox on a real Dovecot that lets in by access token, and the OAuth server that issues the tokens."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import imapclient  # type: ignore[import-untyped, unused-ignore]
from imapclient.exceptions import LoginError  # type: ignore[import-untyped, unused-ignore]

from .dovecot import HOST, Dovecot
from .token_server import TokenServer


@dataclass(frozen=True)
class OAuthBox:
    """`user` has INBOX and Sent there; `client` may ask for tokens in the user's name."""

    imap: Dovecot
    oauth: TokenServer
    user: str = "mo@acme.example"
    client: str = "amends"
    client_secret: str = "the client's secret"
    password: str = "the user's password"
    host: str = HOST

    def sign_in(self) -> str:
        """The user agrees; returns the refresh token."""
        return self.oauth.sign_in(self.user)

    def lets_in(self, log_in: str, access_token: str) -> bool:
        """Whether the mail server takes the token by a method of imapclient, e.g. oauthbearer_login."""
        client = imapclient.IMAPClient(self.host, self.imap.port, ssl=False, timeout=10)
        try:
            getattr(client, log_in)(self.user, access_token)
        except LoginError:
            return False
        else:
            return True
        finally:
            client.shutdown()

    def revoke_access(self) -> None:
        """The mail server lets nobody in any more by the access tokens issued so far."""
        self.oauth.access.clear()


@contextlib.contextmanager
def served_by_oauth(oauth: TokenServer) -> Iterator[OAuthBox]:
    """While it lasts. `oauth` is running; how it rotates and how long its tokens last is the test's."""
    base = Path(tempfile.mkdtemp(prefix="amends-"))
    imap = Dovecot(base, oauth=oauth.introspection_url)
    box = OAuthBox(imap, oauth)
    try:
        oauth.register(box.client, box.client_secret)
        imap.add_user(box.user, box.password)
        imap.start()
        yield box
    finally:
        imap.kill9()  # an orderly end takes a second
        shutil.rmtree(base, ignore_errors=True)
