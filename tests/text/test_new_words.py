"""Whole mails of many programs and languages: exactly the sender's own new words are found, and nothing is lost."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.new_words import Case, Score, amends, cases
from bot.text.html import to_text
from bot.text.quoting import split

CASES = list(cases())


def words(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_exactly_the_senders_own_words_are_new(case: Case) -> None:
    assert words(amends(case)) == words(case.own)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_word_of_a_mail_is_new_or_quoted(case: Case) -> None:
    if case.is_html:
        own, cited = to_text(case.body)
        new, quoted = split(own)
        assert set(words(case.as_text())) <= set(words(f"{new} {quoted} {cited}"))
    else:
        new, quoted = split(case.body)
        assert Counter(words(f"{new} {quoted}")) == Counter(words(case.body))


def test_the_mails_are_many_and_none_is_there_twice() -> None:
    assert len(CASES) >= 110
    assert len({case.body for case in CASES}) == len({case.name for case in CASES}) == len(CASES)


def test_lost_and_leaked_words_are_counted_each_time_they_occur() -> None:
    score = Score()
    score.add("no lid no spout", "no lid here")
    assert (score.exact, score.lost, score.leaked) == (0, 2, 1)
