"""What all channels say of an alert, and which of the customer's words are clues."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert import Reason, Threat
from bot.domain.escalation import Notify
from bot.domain.verdict import Clue, Label
from bot.edges import wording
from bot.edges.wording import clue_words, headline, kinds, person, spans, why
from tests.edges.cards import alert


def test_each_reason_has_a_title_of_its_own() -> None:
    assert len({wording.title(alert(other)) for other in Reason}) == len(Reason)


def test_how_sure_and_how_late_is_told_where_it_is_known() -> None:
    assert why(alert()) == "The customer says that we made a mistake. 87% sure."
    assert why(alert(confidence=1.0)) == "The customer says that we made a mistake."
    late = timedelta(hours=9, minutes=45)
    assert why(alert(Reason.STILL_UNANSWERED, late_by=late)) == "Nobody has taken this yet. Late by 9h 45m."


@pytest.mark.parametrize(("confidence", "said"), [(0.0, ""), (0.004, "0% sure"), (0.998, "99% sure"), (1.0, "")])
def test_nobody_is_told_to_be_surer_than_the_classifier_is(confidence: float, said: str) -> None:
    assert wording.sure(alert(confidence=confidence)) == said


@pytest.mark.parametrize(
    ("notify", "who", "said"),
    [
        (Notify.CHANNEL, "", ""), (Notify.ON_CALL, "", "Told to whoever is on call."),
        (Notify.LEAD, "", "Told to the lead."), (Notify.PERSON, "U1", "Told to whom the escalation policy names."),
        (Notify.SCHEDULE, "night", "Told to whoever is on call by the rotation night."),
        (Notify.SCHEDULE, " \u200b", "Told to whoever is on call."),
    ],
)  # fmt: skip
def test_whoever_is_pinged_is_told_why_it_is_them(notify: Notify, who: str, said: str) -> None:
    assert wording.turn(alert(notify=notify, who=who, mention="U1")) == said
    assert wording.turn(alert(notify=notify, who=who, mention="")) == "", "it pings nobody"


def test_a_headline_without_a_subject_ends_with_the_customer() -> None:
    assert headline(alert(subject="")) == "Our mistake · Mo Farouk"
    assert headline(alert()) == "Our mistake · Mo Farouk: Order 17"


def test_a_threat_stands_in_the_headline() -> None:
    told = headline(alert(threats=(Threat.CHARGE_BACK, Threat.POST), subject=""))
    assert told == "Our mistake, threat to post in public and charge back · Mo Farouk"


def test_a_heading_leaves_the_threat_to_the_card() -> None:
    assert wording.heading(alert(threats=(Threat.LEAVE,))) == "Our mistake · Mo Farouk: Order 17"


def test_what_is_wrong_is_told_in_words() -> None:
    assert kinds(alert()) == "mistake and ignored request"
    assert kinds(alert(labels=frozenset({Label.IGNORED}))) == "ignored request"
    assert kinds(alert(labels=frozenset())) == "unknown"


@pytest.mark.parametrize(
    ("who", "name"),
    [
        ("Mara Lind (U0AAA111)", "Mara Lind"), ("Jo (Ops) (W7)", "Jo (Ops)"), ("Jo (ops)", "Jo (ops)"), ("Ana", "Ana"),
        ("U0AAA111", "U0AAA111"), (" (U0AAA111)", "(U0AAA111)"), ("", "somebody"), ("\u200b", "somebody"),
        ("<@U1> (U0AAA111)", "<@U1>"),
    ],
)  # fmt: skip
def test_a_member_is_called_by_name(who: str, name: str) -> None:
    assert person(who) == name


# clues


def test_only_clues_that_spoke_for_the_alert_are_marked() -> None:
    clues = (
        Clue(Label.MISTAKE, "broken", 1.0), Clue(Label.MISTAKE, "lovely", -1.0), Clue(Label.IGNORED, "reply", 2.0),
        Clue(Label.MISTAKE, "you", 3.0), Clue(Label.MISTAKE, "refund: “my money back”", 0.1),
    )  # fmt: skip
    assert clue_words(alert(clues=clues, labels=frozenset({Label.MISTAKE}))) == ["my money back", "broken"]


@pytest.mark.parametrize(
    ("text", "clues", "marked"),
    [
        ("It came late.", ["late"], "late"),
        ("The plate came late.", ["late"], "late"),
        ("The plate.", ["late"], ""),
        ("LATE and later", ["late"], "LATE"),
        ("charged me twice", ["charged me", "me twice"], "charged me twice"),
        ("İ late", ["late"], ""),
        ("", ["late"], ""),
    ],
)
def test_a_clue_is_marked_where_a_word_begins(text: str, clues: list[str], marked: str) -> None:
    assert "|".join(piece for piece, is_clue in spans(text, clues) if is_clue) == marked


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=5), max_size=5))
def test_marking_neither_loses_nor_adds_a_letter(text: str, clues: list[str]) -> None:
    pieces = spans(text, clues)
    assert "".join(piece for piece, _ in pieces) == text
    assert all(a[1] != b[1] for a, b in pairwise(pieces))
