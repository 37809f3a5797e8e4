"""The signals: each has a sentence that gives it, and one much like it that does not."""

from __future__ import annotations

from collections import Counter

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from bot.learn import signals
from bot.learn.features import tokens
from tests.learn.hostile import HOSTILE

# name: (a sentence that gives the signal, one that does not)
SENTENCES = {
    "still waiting": ("I am still without my parcel.", "I steal away to the waiter."),
    "no reply": ("Nobody has answered my mails.", "Somebody answered my mails."),
    "silence": ("Since then: silence.", "Since then: noise."),
    "passed around": ("I was transferred to billing, then sales.", "I walked to billing, then sales."),
    "on hold": ("Forty minutes on hold.", "Forty minutes holding a baby."),
    "chases": ("This is my third e-mail.", "This is my only e-mail."),
    "refers to earlier": ("As I said, the lid is cracked.", "The lid is cracked."),
    "wrote to us": ("I have already called.", "Call it what one likes."),
    "many attempts": ("That makes six calls.", "That makes sense."),
    "duration": ("It took three weeks.", "It took ages."),
    "promised": ("Your agent assured me of it.", "Your agent was kind."),
    "not arrived": ("The parcel never arrived.", "The parcel arrived."),
    "does not work": ("The app does not open.", "The app opens."),
    "wrong charge": ("You charged me twice.", "You charged me once."),
    "refund": ("Where is my money back?", "Where is my money?"),
    "damage words": ("The lid is cracked.", "The lid is blue."),
    "lateness words": ("The train was delayed.", "The train was on time."),
    "outage words": ("The site crashed.", "The site is blue."),
    "rudeness words": ("Your driver was rude.", "Your driver was kind."),
    "leaving": ("I take my business to the other shop.", "I go to the other shop."),
    "goes public": ("I will tell Reddit.", "I will tell my aunt."),
    "goes to law": ("My lawyer will write.", "My aunt will write."),
    "charges back": ("I start a chargeback.", "I charge the battery."),
    "unacceptable": ("This is ridiculous.", "This is fine."),
    "sarcasm": ("Thanks for nothing.", "Nothing to say."),
    "thanks": ("Thank you!", "Hello!"),
    "praise": ("A lovely kettle.", "A kettle."),
    "put right": ("It is all sorted.", "It is unsorted."),
    "own slip": ("I mistyped the address.", "You mistyped the address."),
    "how-to": ("How do I descale it?", "I descale it, that is how."),
    "hypothetical": ("What if it breaks?", "It breaks."),
    "request": ("Please send the invoice.", "The invoice was sent."),
    "wish": ("A timer would be nice.", "A timer is there."),
    "price or policy": ("The fee is high.", "The tower is high."),
    "third party": ("That was a scam.", "That was a call."),
    "bulk mail": ("Unsubscribe at any time.", "Write at any time."),
    "colleague": ("Heads-up: batch 7 has the wrong labels.", "Batch 7 has labels."),
    "business mail": ("The agenda is below.", "The kettle is below."),
    "technical talk": ("The kernel does not compile.", "The kettle does not boil."),
    "plea to fix": ("Please fix the zoom.", "The zoom is a feature."),
    "why this": ("Why is the shop shut?", "The shop is shut."),
    "worked before": ("It used to boil.", "It boils."),
    "stuck somewhere": ("We are sitting at gate nine.", "We walk to gate nine."),
    "long wait": ("It rang for two hours.", "It rang at two."),
    "bad service": ("The worst airline there is.", "An airline there is."),
    "good service": ("Great service.", "A service."),
    "refused": ("They refused it.", "They took it."),
    "misled": ("It was misleading.", "It was leading."),
    "wrong record": ("That entry is inaccurate.", "That entry is blue."),
    "bug report": ("It throws in line 4.", "It stands in line 4."),
    "wish template": ("Is there a way to sort them?", "They are sorted."),
    "gave what was asked": ("I have sent you a note.", "A note was there."),
    "availability": ("Do you have it in blue?", "I have it in blue."),
    "breakage": ("The handle fell off.", "The handle is off-white."),
    "loses patience": ("So much for that.", "Much of that."),
    "lost goods": ("You lost my parcel.", "My parcel is blue."),
    "asked and nothing": ("I asked for it but nobody came.", "I asked for it and it came."),
    "nobody reachable": ("It is impossible to reach them.", "It is possible to meet them."),
    "hello anybody": ("Hello?", "Hello there."),
    "over and over": ("They keep asking for it.", "They asked for it."),
    "link": ("See https://example.com/a", "See the shop."),
    "handle": ("Hello @kettles", "Hello mo@example.com"),
    "money": ("It was €40.", "It was 40."),
    "quoted line": ("Yes.\n> Is it?", "Yes, 3 > 2."),
    "negation": ("It doesn't pour.", "It pours."),
    "you": ("Your shop.", "A shop."),
    "i": ("My kettle.", "A kettle."),
    "question mark": ("Well?", "Well."),
    "exclamation": ("Well!", "Well."),
    "shouting": ("WHERE IS MY ORDER", "Where is my ORDER"),
    "long": ("A kettle.", ""),
}
# What is known of a thread stands in no sentence.
KNOWN = ["unanswered before", "hours waiting"]


def given_by(text: str, unanswered: int = 0, waiting_hours: float = 0.0) -> dict[str, float]:
    positions, values = signals.row(text, Counter(tokens(text)), unanswered, waiting_hours)
    assert len(set(positions)) == len(positions), "each signal is given once"
    return dict(zip((signals.NAMES[position] for position in positions), values, strict=True))


def test_every_signal_has_its_sentences() -> None:
    assert [*SENTENCES, *KNOWN] == list(signals.NAMES)


@pytest.mark.parametrize("name", SENTENCES)
def test_a_sentence_gives_the_signal_and_another_does_not(name: str) -> None:
    gives, does_not = SENTENCES[name]
    assert name in given_by(gives)
    assert name not in given_by(does_not)


@pytest.mark.parametrize("name", sorted(signals.QUOTABLE))
def test_a_signal_quotes_the_words_that_gave_it(name: str) -> None:
    gives, does_not = (sentence.lower() for sentence in SENTENCES[name])
    said = signals.quotes(gives, name)
    assert said
    assert said in " ".join(gives.split())
    assert signals.quotes(does_not, name) == ""


@pytest.mark.parametrize("text", [*(gives for gives, _ in SENTENCES.values()), *HOSTILE.values()])
def test_a_few_automata_find_what_each_pattern_finds_alone(text: str) -> None:
    lower = signals.sound(text[:3000].lower())
    alone = {name for name, pattern in signals._PATTERNS.items() if re2.search(pattern, lower)}
    assert {*given_by(text[:3000])} & {*signals._PATTERNS} == alone


@given(st.text(st.one_of(st.sampled_from("aAÄßİΣǅ\ud83d "), st.characters(codec=None)), max_size=60))
def test_shouting_counts_the_capitals_of_every_alphabet(text: str) -> None:
    capitals = sum(letter.isupper() for letter in text)
    assert signals._shouting(text) == (min(1.0, 2 * capitals / len(text)) if capitals > 10 else 0.0)


def test_what_is_only_counted_quotes_nothing() -> None:
    assert [signals.quotes("you! why?", name) for name in ("you", "exclamation", "shouting", "no such signal")] == [
        ""
    ] * 4


def test_capital_letters_do_not_matter_and_neither_do_line_breaks() -> None:
    assert "no reply" in given_by("NOBODY has\tEVER replied")
    assert signals.quotes("charged me\n twice", "wrong charge") == ""  # another line is another thought
    assert signals.quotes("on   hold", "on hold") == ""
    assert signals.quotes("as i said", "refers to earlier") == "as i said"


def test_counted_signals_grow_with_their_words_and_stay_below_one() -> None:
    values = [given_by("you " * count)["you"] for count in (1, 2, 10, 1000)]
    assert values == sorted(set(values))
    assert values[0] == pytest.approx(1 / 3)
    assert values[-1] < 1


def test_shouting_and_length_are_shares_of_one() -> None:
    assert given_by("A" * 5000)["shouting"] == given_by("A" * 5000)["long"] == 1.0
    assert 0 < given_by("a" * 150)["long"] < given_by("a" * 600)["long"] < 1


def test_what_went_before_is_a_signal_only_where_something_did() -> None:
    assert not {*KNOWN} & set(given_by("Any news?"))
    assert {name: value for name, value in given_by("", 1, 0.5).items() if name in KNOWN} == {
        "unanswered before": 0.25, "hours waiting": pytest.approx(0.0697, abs=1e-4),
    }  # fmt: skip


def test_chasers_and_hours_count_more_and_more_up_to_four_and_a_fortnight() -> None:
    chasers = [given_by("Any news?", count)["unanswered before"] for count in (1, 2, 3, 4, 5, 1000)]
    assert chasers == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    waits = [given_by("Any news?", 1, hours)["hours waiting"] for hours in (0.1, 1, 8, 24, 100, 14 * 24)]
    assert waits == sorted(set(waits))
    assert waits[-1] == given_by("Any news?", 1, 1e9)["hours waiting"] == 1.0


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_every_text_has_a_row_of_fair_values(text: str) -> None:
    assert all(0 < value <= 1 for value in given_by(text[:3000]).values())
    for name in signals.NAMES:
        signals.quotes(text.lower(), name)
