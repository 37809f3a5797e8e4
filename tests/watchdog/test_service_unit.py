"""The unit for systemd starts again what ended itself, and leaves alone what a person has to mend."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from bot import errors
from bot.watchdog import EXIT_CODE

UNIT = Path(__file__).resolve().parents[2] / "deploy" / "amends.service"


def settings() -> dict[str, list[str]]:
    """Every setting with its values; one that is named twice has two."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found[name].append(value)
    return found


def test_what_ended_itself_and_what_the_world_must_mend_is_started_again_however_often() -> None:
    told = settings()
    left_alone = {int(code) for code in told["RestartPreventExitStatus"][0].split()}
    assert (told["Restart"], told["StartLimitIntervalSec"]) == (["on-failure"], ["0"])
    assert not left_alone & {EXIT_CODE, errors.Retriable.exit_code}
    assert left_alone == {kind.exit_code for kind in (errors.SettingsError, errors.ModelUnfit, errors.StoreUnfit)}


def test_it_has_a_folder_of_its_own_and_no_rights_that_it_does_not_need() -> None:
    told = settings()
    assert told["ExecStart"] == ["/opt/amends/bin/amends run --config /etc/amends/config.toml"]
    assert (told["DynamicUser"], told["StateDirectory"], told["UMask"]) == (["yes"], ["amends"], ["0077"])
    assert (told["NoNewPrivileges"], told["ProtectSystem"], told["CapabilityBoundingSet"]) == (
        ["yes"],
        ["strict"],
        [""],
    )


def test_it_sees_other_processes_since_leases_ask_whether_their_holder_lives() -> None:
    assert "ProtectProc" not in settings()
    assert "PrivatePIDs" not in settings()
