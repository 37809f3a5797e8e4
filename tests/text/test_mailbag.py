"""The letters that benchmarks read are the same each time, and each can be told from all others."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.mailbag import kind, mail, marker
from bot.text.mime import read_mail
from tests.text.conftest import MONDAY


def test_a_letter_is_the_same_whenever_it_is_asked_for() -> None:
    assert [mail(3, n) for n in (5, 9, 5)][::2] == [mail(3, 5)] * 2
    assert mail(3, 5) != mail(4, 5) != mail(4, 6)


def test_each_hundred_has_its_shares() -> None:
    assert Counter(map(kind, range(700, 800))) == {"text": 70, "alternative": 20, "file": 8, "nasty": 2}


@pytest.mark.parametrize("seed", [1, 2])
def test_all_but_the_broken_ones_have_a_word_and_an_id_of_their_own(seed: int) -> None:
    sound = [n for n in range(100) if kind(n) != "nasty"]
    messages = {n: read_mail(mail(seed, n), MONDAY) for n in sound}
    assert all(marker(seed, n) in message.new_text for n, message in messages.items())
    assert len({message.rfc_id for message in messages.values()}) == len(sound)
    assert len({marker(seed, n) for n in range(1000)}) == 1000


@pytest.mark.parametrize(("name", "least", "most"), [("text", 1, 6), ("alternative", 9, 65), ("file", 50, 560)])
def test_letters_are_as_large_as_in_real_inboxes(name: str, least: int, most: int) -> None:
    sizes = [len(mail(1, n)) / 1000 for n in range(200) if kind(n) == name]
    assert least <= min(sizes)
    assert max(sizes) <= most
