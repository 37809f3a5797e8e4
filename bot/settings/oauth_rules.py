"""Which settings of a [mailbox.oauth] go together, of a table in which anything may stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.settings.locate import Path


def oauth_problems(path: Path, table: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """All that does not fit together, each with its path; wrong types are told elsewhere."""
    for secret in ("client_secret", "refresh_token"):
        if table.get(f"{secret}_env") and table.get(f"{secret}_file"):
            yield (*path, f"{secret}_file"), f"expected one of {secret}_env and {secret}_file"
    if "token_command" in table:
        for key in sorted(table.keys() - {"token_command"}):
            yield (*path, key), "expected nothing beside token_command"
        if not table["token_command"]:
            yield (*path, "token_command"), "expected a program and its arguments"
        return
    if not table.get("token_url"):
        yield path, "expected token_url or token_command"
    if not table.get("client_id"):
        yield path, "expected client_id, as the provider calls this client"
    yield from _by_itself(path, table) if table.get("grant") == "client_credentials" else _for_a_person(path, table)


def _by_itself(path: Path, table: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """RFC 6749 section 4.4: the client's own secret, and no person's token."""
    if not (table.get("client_secret_env") or table.get("client_secret_file")):
        yield path, "expected client_secret_env or client_secret_file for client_credentials"
    for key in ("refresh_token_env", "refresh_token_file", "token_file"):
        if table.get(key):
            yield (*path, key), "expected no refresh token for client_credentials"


def _for_a_person(path: Path, table: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """RFC 6749 section 6: what somebody brought back from signing in."""
    if not any(table.get(key) for key in ("refresh_token_env", "refresh_token_file", "token_file")):
        yield path, "expected refresh_token_env, refresh_token_file or token_file"
