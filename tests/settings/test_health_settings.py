"""[health]: where amends says how it does, and the secret URL that is called while all is well."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import HealthSettings, defaults, load, require_secrets

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def loaded(folder: Path, text: str) -> HealthSettings:
    file = folder / "config.toml"
    file.write_text(f"[health]\n{text}\n", encoding="utf-8")
    return load(file).health


def test_without_a_word_about_it_amends_answers_on_this_machine_alone(tmp_path: Path) -> None:
    assert loaded(tmp_path, "") == HealthSettings()
    assert defaults().health.listen == ("127.0.0.1", 9464)
    assert not defaults().health.heartbeat.named


@pytest.mark.parametrize(
    ("listen", "expected"),
    [("", None), ("[::1]:9464", ("::1", 9464)), ("localhost:80", ("localhost", 80))],
)
def test_it_listens_where_it_is_told(tmp_path: Path, listen: str, expected: tuple[str, int] | None) -> None:
    assert loaded(tmp_path, f'listen = "{listen}"').listen == expected


def test_lengths_of_time_and_the_canary_are_as_written(tmp_path: Path) -> None:
    slack = '[slack]\nalert_channel = "C1"\nbot_token_env = "B"'
    found = loaded(tmp_path, f'heartbeat_every = "30s"\ncanary_every = "2h"\ncanary_channel = "C0CANARY"\n{slack}')
    assert (found.heartbeat_every, found.canary_every, found.canary_channel) == (MINUTE / 2, 2 * HOUR, "C0CANARY")


def test_a_heartbeat_url_that_is_not_where_the_config_says_ends_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[health]\nheartbeat_url_env = "AMENDS_TEST_BEAT"\n')
    with pytest.raises(SettingsError, match=r"health\.heartbeat_url_env: the environment variable AMENDS_TEST_BEAT"):
        require_secrets(load(file))
    monkeypatch.setenv("AMENDS_TEST_BEAT", "https://beats.example/secret")
    require_secrets(load(file))
    assert "secret" not in repr(load(file))
