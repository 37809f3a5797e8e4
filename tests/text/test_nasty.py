"""Nasty mails: exactly their words are read, and what else stands in them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.domain.house import House
from bot.text.mime import read_mail
from tests.text.conftest import MONDAY
from tests.text.nasty import CASES
from tests.text.nasty.case import Nasty

HOUSE = House(frozenset({"help@example.org"}))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_exactly_these_words_are_read(case: Nasty) -> None:
    message = read_mail(case.raw, MONDAY, HOUSE)
    assert message.new_text == case.text
    assert message.quoted == case.quoted
    assert message.subject == case.subject
    assert message.sender.address == case.sender
    assert tuple(file.name for file in message.attachments) == case.attachments
    assert message.direction is case.direction
    assert len(message.references) <= 50


@pytest.mark.parametrize("name", ["koi8-r", "letters cut in two between encoded words", "a forwarded mail as a file"])
def test_people_are_shown_the_same_words(tmp_path: Path, name: str) -> None:
    file = tmp_path / "nasty.eml"
    file.write_bytes(CASES[name].raw)
    command = [sys.executable, "-m", "bot", "text", str(file), "--json"]
    done = subprocess.run(command, capture_output=True, check=True, env=os.environ | {"XDG_STATE_HOME": str(tmp_path)})
    told = json.load(io.BytesIO(done.stdout))
    assert (told["new_text"], told["subject"]) == (CASES[name].text, CASES[name].subject)
    assert tuple(file["name"] for file in told["attachments"]) == CASES[name].attachments
