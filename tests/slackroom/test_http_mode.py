"""The same office behind a proxy: requests that Slack has signed, instead of a socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from bot.domain.case import State
from tests.fakes.build import MISTAKE

from .office import ALERTS, CUSTOMERS, Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Office(tmp_path, mode="http") as office:
        yield office


def test_words_buttons_dialogs_commands_and_the_home_tab_come_by_http(office: Office) -> None:
    office.judge.script["Our export is empty."] = MISTAKE
    office.cleo.says(CUSTOMERS, "Our export is empty.")
    office.until(lambda: office.slack.messages(ALERTS))
    card = office.card()
    office.did(office.ana.presses("claim", ALERTS, card.ts))
    office.shows("ana is on it")
    office.did(office.ana.presses("contacted", ALERTS, card.ts))
    office.did(office.ana.submits({"how": "phone"}))
    office.shows("Contacted by ana")
    assert office.case().state is State.CONTACTED
    assert "cleo" in str(office.did(office.ana.types("/amends list", ALERTS)))
    office.did(office.ana.opens_home())
    office.until(lambda: office.ana.home)


def test_what_slack_did_not_sign_changes_nothing(office: Office) -> None:
    office.complains()
    told = {"type": "block_actions", "user": {"id": "UANA"}, "actions": [{"action_id": "claim", "value": "1"}]}
    body = urlencode({"payload": json.dumps(told)}).encode()
    address = office.slack.request_url(office.room.url)
    assert address.post(body, "application/x-www-form-urlencoded", sign="v0=" + "0" * 64).status == 401
    assert office.log() == [("opened", "amends")]
