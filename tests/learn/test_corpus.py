"""Near-duplicates are found whatever the order of the texts; a vocabulary grows as long as people write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.learn.corpus import ALIKE, near_duplicates, vocabulary_growth
from tests.learn.hostile import HOSTILE

STORY = "the oak sideboard came on tuesday and your two lads carried it up three flights of stairs without a murmur"
# few words, so that texts are often alike
WORDS = st.sampled_from(["the", "oak", "sideboard", "came", "late", "and", "nobody", "called", "me"])
TEXTS = st.lists(st.lists(WORDS, max_size=14).map(" ".join), max_size=8)


def likeness(one: str, other: str) -> float:
    """Jaccard's, of the word triples."""
    sets = [{tuple(words[at : at + 3]) for at in range(len(words) - 2)} for words in (one.split(), other.split())]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def test_a_text_that_was_changed_a_little_is_found_and_another_is_not() -> None:
    twin = STORY.replace("tuesday", "friday")
    other = "the oak sideboard came on tuesday and nobody has said one word about the scratches on its left door"
    assert likeness(STORY, twin) > 0.7 > ALIKE > likeness(STORY, other) > 0
    assert near_duplicates([other, STORY, "I was billed for a gym that closed in March and nobody answers", twin]) == [
        (1, 3)
    ]


def test_a_text_that_stands_within_a_much_longer_one_is_not_that_one() -> None:
    long = [[f"word{chr(97 + place)}{chr(97 + pair)}" for place in range(24)] for pair in range(20)]
    texts = [" ".join(words) for story in long for words in (story, story[:11])]
    assert likeness(texts[0], texts[1]) == pytest.approx(9 / 22)
    assert near_duplicates(texts) == near_duplicates(texts[::-1]) == []


@pytest.mark.parametrize("text", ["", "only five words are here", "ok ok", "😡"])
def test_texts_of_a_few_words_are_left_out(text: str) -> None:
    assert near_duplicates([text, text]) == []


def test_the_same_text_again_is_always_found_even_in_other_letters_and_marks() -> None:
    assert near_duplicates([STORY, "x", STORY.upper(), STORY.replace(" ", ",  ")]) == [(0, 2), (0, 3), (2, 3)]


@given(TEXTS)
def test_what_is_found_is_alike_and_each_pair_stands_once(texts: list[str]) -> None:
    found = near_duplicates(texts)
    assert found == sorted(set(found))
    for one, other in found:
        assert one < other
        assert likeness(texts[one], texts[other]) >= ALIKE
    same = {(a, b) for b in range(len(texts)) for a in range(b) if texts[a] == texts[b] and len(texts[a].split()) >= 6}
    assert same <= set(found)


@given(TEXTS, st.randoms(use_true_random=False))
def test_the_order_of_the_texts_does_not_matter(texts: list[str], chance: object) -> None:
    order = list(range(len(texts)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    turned = near_duplicates([texts[at] for at in order])
    assert sorted(tuple(sorted((order[one], order[other]))) for one, other in turned) == near_duplicates(texts)


def test_nothing_that_people_send_stops_the_search() -> None:
    texts = [text[:5000] for text in HOSTILE.values()]
    assert all(one < other < len(texts) for one, other in near_duplicates(texts))
    assert vocabulary_growth(texts)[-1][0] == len(texts)


# the vocabulary


def test_the_vocabulary_of_one_text_many_times_does_not_grow_and_that_of_many_does() -> None:
    assert {met for _read, met in vocabulary_growth(["the kettle leaks"] * 40)} == {3}
    grown = vocabulary_growth([f"word{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(80)])
    assert grown == [(read, read) for read in range(10, 81, 10)]


@given(TEXTS, st.integers(1, 10))
def test_a_vocabulary_never_shrinks_and_ends_with_every_word(texts: list[str], steps: int) -> None:
    grown = vocabulary_growth(texts, steps)
    assert grown == sorted(grown)
    assert [met for _read, met in grown] == sorted(met for _read, met in grown)
    assert grown == vocabulary_growth(texts[::-1], steps)
    if texts:
        assert grown[-1] == (len(texts), len({word for text in texts for word in text.split()}))
        assert len(grown) <= steps
    else:
        assert grown == []
