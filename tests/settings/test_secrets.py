"""Secrets: where they are looked for, what is said of those that are missing, and that nobody sees them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import Settings, load, require_secrets
from tests.settings.configs import write

SECRETS = """
[[mailbox]]
name = "a"
host = "imap.acme.example"
user = "a"
password_env = "AMENDS_TEST_PASSWORD"

[[mailbox]]
name = "b"
host = "imap.acme.example"
user = "b"
password_file = "secrets/b"

[slack]
alert_channel = "C0123456789"
bot_token_env = "AMENDS_TEST_TOKEN"
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Those of SECRETS, with no secret at its place."""
    monkeypatch.delenv("AMENDS_TEST_PASSWORD", raising=False)
    monkeypatch.delenv("AMENDS_TEST_TOKEN", raising=False)
    return load(write(tmp_path, SECRETS))


def test_a_secret_comes_from_the_environment_or_from_a_file(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AMENDS_TEST_PASSWORD", " hunter two ")
    monkeypatch.setenv("AMENDS_TEST_TOKEN", "xoxb-3")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "b").write_bytes(b" pass phrase \r\n")
    require_secrets(settings)
    a, b = (box.password.reveal() for box in settings.mailboxes)
    assert (a, b) == (" hunter two ", " pass phrase ")


def test_all_missing_secrets_are_named_at_once_with_their_places(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        require_secrets(settings)
    file = tmp_path / "config.toml"
    assert str(caught.value).split("\n") == [
        f"{file}:6: mailbox[1].password_env: the environment variable AMENDS_TEST_PASSWORD is not set.",
        f"{file}:12: mailbox[2].password_file: {tmp_path / 'secrets' / 'b'} cannot be read: No such file or directory.",
        f"{file}:16: slack.bot_token_env: the environment variable AMENDS_TEST_TOKEN is not set.",
    ]


@pytest.mark.parametrize(("content", "said"), [(b"\n", "is empty"), (b"\xff\xfe", "it is not text")])
def test_a_secret_file_without_a_secret_is_named(settings: Settings, tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "b").write_bytes(content)
    with pytest.raises(SettingsError, match=said):
        settings.mailboxes[1].password.reveal()


def test_without_a_slack_token_nothing_of_slack_is_asked_for(tmp_path: Path) -> None:
    found = load(write(tmp_path, '[slack]\nalert_channel = "C1"\n'))
    assert found.slack is not None
    assert not found.slack.bot_token.named
    require_secrets(found)


def test_a_secret_is_never_in_what_settings_look_like(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AMENDS_TEST_PASSWORD", "hunter2")
    monkeypatch.setenv("AMENDS_TEST_TOKEN", "xoxb-secret")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "b").write_text("swordfish")
    require_secrets(settings)
    looks = f"{settings!r} {settings} {dataclasses.asdict(settings)} {settings.mailboxes[0].password!r}"
    assert not any(secret in looks for secret in ("hunter2", "xoxb-secret", "swordfish"))
    assert "AMENDS_TEST_PASSWORD" in looks
