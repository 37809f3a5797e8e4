"""What a trained model says: probabilities, labels, clues."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bot.domain.message import Message
from bot.domain.silence import Earlier
from bot.domain.verdict import Label
from bot.learn import judge
from bot.learn.features import Asked
from bot.learn.model import LABELS, Triage, logit, sigmoid
from tests.fakes import build
from tests.fakes.build import HOUR
from tests.fakes.clock import MONDAY
from tests.learn.hostile import HOSTILE

TEXTS = [
    "You charged me twice and nobody has answered my three mails.", "Thank you, the kettle is lovely!",
    "How do I descale the kettle?", "The engineer promised to call back. That was two weeks ago.", "",
    "I wrote to you on the 4th and on the 11th. No reply. The lid is still cracked.",
]  # fmt: skip
PRIORS = [0.001, 0.05, 0.2, 0.5, 0.9, 0.999]


@pytest.mark.parametrize("prior", PRIORS)
def test_probabilities_are_between_nought_and_one(model: Triage, prior: float) -> None:
    for verdict in model.judge([*TEXTS, *list(HOSTILE.values())[:: len(PRIORS)]], prior):
        assert 0 <= verdict.mistake <= 1
        assert 0 <= verdict.ignored <= 1


def test_the_model_has_learnt_something(model: Triage) -> None:
    bad, good, question, promise, _, chased = model.judge(TEXTS, 0.5)
    assert min(bad.mistake, promise.mistake, chased.mistake) > max(good.mistake, question.mistake)
    assert min(bad.ignored, chased.ignored) > max(good.ignored, question.ignored)


@pytest.mark.parametrize("text", TEXTS)
def test_the_more_mistakes_there_are_the_more_likely_is_one(model: Triage, text: str) -> None:
    for label in LABELS:
        chances = [model.judge([text], prior)[0].probability(label) for prior in PRIORS]
        assert chances == sorted(set(chances))


def test_at_its_own_share_of_mistakes_a_model_says_what_it_learnt(model: Triage) -> None:
    assert model.offset(Label.MISTAKE, model.prevalence[Label.MISTAKE]) == pytest.approx(0)
    assert model.offset(Label.IGNORED, model.prevalence[Label.MISTAKE]) == pytest.approx(0)


def test_verdicts_come_in_the_order_of_the_texts(model: Triage) -> None:
    together = model.judge(TEXTS, 0.2)
    backwards = model.judge(TEXTS[::-1], 0.2)[::-1]
    alone = [model.judge([text], 0.2)[0] for text in TEXTS]
    for one, other, third in zip(together, backwards, alone, strict=True):
        assert one.mistake == pytest.approx(other.mistake) == pytest.approx(third.mistake)
        assert (one.labels, one.severity, one.unsure) == (other.labels, other.severity, other.unsure)
    assert len({round(verdict.mistake, 9) for verdict in together}) == len(TEXTS)


def test_clues_are_few_a_label_the_strongest_first(model: Triage) -> None:
    for verdict in model.judge([*TEXTS, *HOSTILE.values()], 0.2):
        for label in LABELS:
            weights = [abs(clue.weight) for clue in verdict.clues if clue.label is label]
            assert len(weights) <= 6
            assert weights == sorted(weights, reverse=True)
            assert all(weights)


def test_clues_are_words_of_the_text_or_signals_with_the_words_that_gave_them(model: Triage) -> None:
    text = "You charged me twice and nobody has answered my three mails."
    (verdict,) = model.judge([text], 0.2)
    assert verdict.clues
    quoted = [clue.text.partition("“")[2].rstrip("”") for clue in verdict.clues if "“" in clue.text]
    assert quoted
    assert all(words in text.lower() for words in quoted)


def test_without_clues_the_verdict_is_the_same(model: Triage) -> None:
    full, bare = model.judge(TEXTS, 0.2), model.judge(TEXTS, 0.2, explain="nowhere")
    assert bare == [replace(verdict, clues=()) for verdict in full]


def test_where_needed_only_those_are_explained_that_somebody_is_told_of(model: Triage) -> None:
    asked: list[str | Asked] = [*TEXTS, Asked(TEXTS[1], 1), Asked(TEXTS[1], 2)]
    told = replace(model, thresholds=dict.fromkeys(LABELS, 0.6), band=dict.fromkeys(LABELS, (0.5, 0.6)))
    full, needed = told.judge(asked, 0.5), told.judge(asked, 0.5, explain="where_needed")
    loud = [bool(verdict.labels or verdict.unsure or verdict.unanswered == 2) for verdict in full]
    assert {*loud} == {True, False}
    assert loud[-2:] == [False, True], "the third in a row becomes a case, whatever its words"
    assert needed == [v if is_loud else replace(v, clues=()) for v, is_loud in zip(full, loud, strict=True)]
    assert all(bool(verdict.clues) == is_loud for verdict, is_loud in zip(needed, loud, strict=True))


def test_a_label_is_earned_at_its_threshold(model: Triage) -> None:
    (said,) = model.judge(TEXTS[:1], 0.2)
    at, above = ({label: said.probability(label) + more for label in LABELS} for more in (0, 1e-9))
    assert replace(model, thresholds=at).judge(TEXTS[:1], 0.2)[0].labels == set(LABELS)
    assert replace(model, thresholds=above).judge(TEXTS[:1], 0.2)[0].labels == set()


def test_where_nothing_is_wrong_nothing_is_severe(model: Triage) -> None:
    nothing = replace(model, thresholds=dict.fromkeys(LABELS, 1.1)).judge(TEXTS, 0.2)
    everything = replace(model, thresholds=dict.fromkeys(LABELS, 0.0)).judge(TEXTS, 0.2)
    assert {verdict.severity for verdict in nothing} == {0}
    assert {verdict.severity for verdict in everything} <= {1, 2, 3}
    assert all((verdict.severity == 0) == (not verdict.labels) for verdict in model.judge(TEXTS, 0.2))


@pytest.mark.parametrize("label", LABELS)
def test_a_chance_inside_the_band_is_unsure(model: Triage, label: Label) -> None:
    (said,) = model.judge(TEXTS[:1], 0.2)
    chance, nowhere = said.probability(label), dict.fromkeys(LABELS, (2.0, 3.0))

    def unsure(low: float, high: float) -> bool:
        return replace(model, band=nowhere | {label: (low, high)}).judge(TEXTS[:1], 0.2)[0].unsure

    assert unsure(chance, 1.0)
    assert unsure(0.0, chance + 1e-9)
    assert not unsure(0.0, chance)
    assert not unsure(chance + 1e-9, 1.0)


def test_the_band_of_a_trained_model_ends_at_its_threshold(model: Triage) -> None:
    for label in LABELS:
        low, high = model.band[label]
        assert 0 < low < high == model.thresholds[label]


def test_the_sigmoid_and_its_inverse_bear_all_numbers() -> None:
    values = np.array([-1e9, -5.0, 0.0, 5.0, 1e9])
    chances = sigmoid(values)
    assert np.isfinite(chances).all()
    assert (np.diff(chances) > 0).all()
    assert [logit(chances[index]) for index in (1, 2, 3)] == pytest.approx([-5, 0, 5])
    assert np.isfinite([logit(0.0), logit(1.0)]).all()


def test_a_judge_reads_the_subject_only_where_a_thread_begins(model: Triage) -> None:
    def judged(message: Message) -> float:
        return judge.ModelJudge(model, 0.2).judge([message])[0].mistake

    text, subject = "See below.", "You charged me twice and nobody answers"
    first = build.message(text, subject=subject)
    reply = build.message(text, subject=subject, references=("<1@x.example>",))
    assert judged(first) == pytest.approx(model.judge([f"{subject}\n{text}"], 0.2)[0].mistake)
    assert judged(reply) == pytest.approx(model.judge([text], 0.2)[0].mistake)
    assert judged(first) != pytest.approx(judged(reply))


def heeding(model: Triage, name: str, weight: float) -> Triage:
    """The model, with this weight on one signal of ignored requests: the small set teaches it nothing about waiting."""
    line = model.lines[Label.IGNORED]
    named = [str(one) == f"signals__{name}" for one in model.features[-1].get_feature_names_out()]
    assert sum(named) == 1
    return replace(
        model, lines=model.lines | {Label.IGNORED: replace(line, weights=np.where(named, weight, line.weights))}
    )


def test_a_verdict_keeps_what_was_known_of_the_thread(model: Triage) -> None:
    told, plain = model.judge([Asked("Any news?", 2, 26.987), "Any news?"], 0.2)
    assert (told.unanswered, told.waiting_hours) == (2, 26.99)
    assert (plain.unanswered, plain.waiting_hours) == (0, 0.0)


@pytest.mark.parametrize(("name", "step"), [("unanswered before", (1, 0.0)), ("hours waiting", (0, 24.0))])
def test_the_longer_a_customer_waits_the_more_a_model_that_heeds_it_says_so(
    model: Triage, name: str, step: tuple[int, float]
) -> None:
    asked = [Asked("Any news?", step[0] * times, step[1] * times) for times in range(4)]
    chances = [verdict.ignored for verdict in heeding(model, name, 3.0).judge(asked, 0.2)]
    assert chances == sorted(set(chances))


def test_a_judge_tells_the_model_what_went_before_each_message(model: Triage) -> None:
    messages = [build.message("Any news?", received_at=MONDAY + 30 * HOUR), build.message("Any news?")]
    earlier = [Earlier(2, MONDAY), Earlier()]
    waiting, fresh = judge.ModelJudge(heeding(model, "hours waiting", 3.0), 0.2).judge(messages, earlier)
    assert (waiting.unanswered, waiting.waiting_hours) == (2, 30.0)
    assert (fresh.unanswered, fresh.waiting_hours) == (0, 0.0)
    assert waiting.ignored > fresh.ignored


def test_a_judge_at_another_prior_says_what_the_model_says_there(model: Triage) -> None:
    asked, text = build.message(TEXTS[0], subject=""), TEXTS[0]
    for prior in (0.05, 0.5):
        (told,), (expected,) = judge.ModelJudge(model, prior).judge([asked]), model.judge([text], prior)
        assert told.mistake == expected.mistake


@pytest.mark.parametrize(
    ("text", "share"),
    [("", 0.0), ("? ! 7", 0.0), ("qqzz zzqq", 1.0), ("you qqzz zzqq me", 0.5), ("You and me", 0.0)],
)
def test_a_verdict_says_which_share_of_the_words_was_never_learnt(model: Triage, text: str, share: float) -> None:
    assert model.judge([text], 0.2)[0].unseen == pytest.approx(share)


def test_a_verdict_names_the_model_that_gave_it(model: Triage) -> None:
    assert {verdict.model for verdict in replace(model, id="m7").judge(TEXTS, 0.2)} == {"m7"}
