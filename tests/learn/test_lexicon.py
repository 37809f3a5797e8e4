"""Words that mean about the same: found whole, by their beginning or as phrases, in the language of the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.learn import lexicon
from bot.learn.features import tokens
from bot.learn.lexicon import find, language_of
from tests.learn.hostile import HOSTILE

LISTS = {
    "en": """# a comment: not, to, be, read
late: late, delay*, Overdue , , *
money: refund*, money, money back, charge
again: refunding, twice
arrived: arriv*, came, turn* up, turned up at last
two: twice
not: not, never""",
    "de": "late: spät*\nnot: nicht, nie\narrived: kam, kam * an",
}
PLACES = ["en", "de", "fr", "es", "pt"]


@pytest.fixture
def lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A lexicon of a few words."""
    for language in PLACES:
        (tmp_path / f"{language}.txt").write_text(LISTS.get(language, ""), encoding="utf-8")
    monkeypatch.setattr(lexicon, "_FOLDER", tmp_path)
    lexicon._languages.cache_clear()
    yield
    lexicon._languages.cache_clear()


def found(text: str) -> list[tuple[str, str]]:
    """Each concept with the words that stand for it."""
    words = text.split()
    return [(one.concept, " ".join(words[one.start : one.end])) for one in find(words)]


@pytest.mark.usefixtures("lists")
@pytest.mark.parametrize(
    ("text", "concepts"),
    [
        ("it is late", [("late", "late")]),
        ("it is later", []),  # a word without a star is the whole word
        ("delayed and overdue", [("late", "delayed"), ("late", "overdue")]),
        ("twice", [("again", "twice"), ("two", "twice")]),
        ("refunds and refunding", [("money", "refunds"), ("again", "refunding")]),  # the whole word before a prefix
        ("my money back", [("money", "money back")]),  # a phrase hides what its words mean
        ("my money came back", [("money", "money"), ("arrived", "came")]),
        ("it turns up", [("arrived", "turns up")]),
        ("it turned up at last", [("arrived", "turned up at last"), ("arrived", "turned up")]),
        ("it never arrived", [("not", "never"), ("arrived", "arrived")]),
        ("to be read", []),
        ("", []),
    ],
)
def test_words_stand_for_concepts(text: str, concepts: list[tuple[str, str]]) -> None:
    assert sorted(found(text)) == sorted(concepts)


@pytest.mark.usefixtures("lists")
def test_concepts_come_in_the_order_of_the_text() -> None:
    starts = [one.start for one in find(["never", "late", "twice", "refunds", "never", "delayed", "money", "back"])]
    assert starts == sorted(starts)
    assert len(starts) == 8


@pytest.mark.usefixtures("lists")
def test_a_phrase_must_be_whole_before_the_text_ends() -> None:
    assert found("give me my money") == [("money", "money")]
    assert found("it did turn") == []
    assert found("it turned up at") == [("arrived", "turned up")]


@pytest.mark.usefixtures("lists")
def test_each_text_is_read_in_its_own_language() -> None:
    german, english = "das paket kam und ist nicht spät", "the parcel came and it is not late"
    assert [concept for concept, _words in found(german)] == ["arrived", "not", "late"]
    assert [concept for concept, _words in found(english)] == ["arrived", "not", "late"]
    assert found("das paket came und ist never late") == []


@pytest.mark.usefixtures("lists")
def test_what_is_remembered_of_a_word_is_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon, "_REMEMBERED", 3)
    text = "never late twice refunds never delayed money back arrived turns up"
    assert [found(text) for _ in range(4)] == [found(text)] * 4


ENTRIES = [
    (concept, entry.lower().split())
    for concept, _, entries in (line.partition(": ") for line in LISTS["en"].splitlines() if line[0] != "#")
    for entry in entries.split(",")
    if entry.strip(" *")
]
COMMON = "late later delays refund refunding money back twice came turns turned up at last not my"
VOCABULARY = st.sampled_from(COMMON.split())


def is_word(entry: str, word: str) -> bool:
    return word.startswith(entry[:-1]) if entry.endswith("*") else word == entry


def slowly(words: list[str]) -> list[tuple[str, int, int]]:
    """What `find` must find, the plain way: every entry is tried at every word."""
    told, hidden = [], 0
    for at, word in enumerate(words):
        begun = [(concept, at, at + len(entry)) for concept, entry in ENTRIES if stands(entry, words, at)]
        hidden = max([hidden, *(end for _concept, _start, end in begun)])
        whole = [concept for concept, entry in ENTRIES if entry == [word]]
        prefixes = [(entry[0], concept) for concept, entry in ENTRIES if len(entry) == 1 and is_word(entry[0], word)]
        longest = max((len(prefix) for prefix, _concept in prefixes), default=0)
        alone = whole or [concept for prefix, concept in prefixes if len(prefix) == longest]
        told += begun + [(concept, at, at + 1) for concept in alone if at >= hidden]
    return told


def stands(phrase: list[str], words: list[str], at: int) -> bool:
    return len(phrase) > 1 and at + len(phrase) <= len(words) and all(map(is_word, phrase, words[at:]))


@pytest.mark.usefixtures("lists")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(VOCABULARY, max_size=12))
def test_what_is_found_quickly_is_what_is_found_slowly(words: list[str]) -> None:
    assert sorted((one.concept, one.start, one.end) for one in find(words)) == sorted(slowly(words))


# which language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my order? It was due on Monday and nobody answers me.", "en"),
        ("Wo ist mein Paket? Ich warte noch auf eine Antwort von Ihnen.", "de"),
        ("Je n'ai pas reçu mon colis et vous ne répondez pas à mes messages.", "fr"),
        ("No me ha llegado el paquete y nadie me contesta en el chat.", "es"),
        ("A encomenda não chegou e já pedi o reembolso do valor com o cartão.", "pt"),
        ("", "en"),
        ("4711 !?", "en"),
        ("Kettle", "en"),
    ],
)
def test_the_language_is_that_of_most_of_the_short_words(text: str, language: str) -> None:
    assert language_of(Counter(tokens(text))) == language


# the lists that ship


@pytest.mark.parametrize("language", PLACES)
def test_each_list_of_ours_holds_concepts_one_a_line(language: str) -> None:
    lines = (Path(lexicon.__file__).parent / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    told = [line for line in lines if line.strip() and not line.startswith("#")]
    names = [line.partition(":")[0] for line in told]
    assert len(names) > 50
    assert all(name.strip() == name and " " not in name for name in names), "a blank would part a pair of concepts"
    assert all(line.partition(":")[2].strip() for line in told)


def test_one_complaint_in_five_languages_shares_concepts_that_thanks_do_not_have() -> None:
    complaints = [
        "The parcel never arrived and nobody has answered my mails.",
        "Das Paket ist nie angekommen, und niemand hat auf meine Mails geantwortet.",
        "Le colis n'est jamais arrivé et personne ne répond à mes mails.",
        "El paquete nunca llegó y nadie ha respondido a mis correos.",
        "A encomenda nunca chegou e ninguém respondeu aos meus emails.",
    ]
    common = set.intersection(*({one.concept for one in find(tokens(text))} for text in complaints))
    thanks = {
        one.concept for one in find(tokens("The parcel came a day early, thank you so much for the lovely kettle!"))
    }
    assert len(common - thanks) >= 1
    assert thanks


# whatever is sent


@given(st.one_of(st.lists(st.text(max_size=9), max_size=30), st.text(max_size=300).map(tokens)))
def test_nothing_raises_and_every_span_lies_inside_the_text(words: list[str]) -> None:
    told = find(words)
    assert told == find(list(words))
    assert all(0 <= one.start < one.end <= len(words) for one in told)
    assert [one.start for one in told] == sorted(one.start for one in told)
    assert language_of(Counter(words)) in PLACES


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_have_concepts_or_none(text: str) -> None:
    words = tokens(text[:3000])
    assert all(0 <= one.start < one.end <= len(words) for one in find(words))
