"""Which messages people look at, what their answers mean, and what follows for how much of the mail is a mistake."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert import Reason, Say
from bot.domain.case import State
from bot.domain.escalation import Notify
from bot.domain.message import Medium, MessageId, ThreadId
from bot.domain.review import (
    Answer,
    Candidate,
    Counted,
    Reviewed,
    ReviewPolicy,
    Stratum,
    choose,
    prevalence,
    stratum,
)
from bot.domain.triage import Action, OpenCase, Policy, Track, on_review
from bot.domain.verdict import Label, Verdict
from tests.fakes.build import CUSTOMER, DAY, HOUR, LADDER, MINUTE, MISTAKE, NOTHING, POLICY, ladder, verdict
from tests.fakes.clock import MONDAY


def candidate(number: int, kind: Stratum = Stratum.QUIET, chance: float = 0.1) -> Candidate:
    return Candidate(MessageId(number), f"message {number}", kind, chance, "Mo", "Where is it?")


candidates = st.lists(
    st.builds(candidate, st.integers(1, 500), st.sampled_from(Stratum), st.sampled_from([0.1, 0.2, 0.3, 0.4])),
    max_size=40, unique_by=lambda one: one.id,
)  # fmt: skip
policies = st.builds(ReviewPolicy, st.integers(0, 12), st.integers(0, 12))


def of(kind: Stratum, among: list[Candidate]) -> list[Candidate]:
    return [one for one in among if one.stratum is kind]


# what becomes of a message


@pytest.mark.parametrize(
    ("judged", "kind"),
    [
        (NOTHING, Stratum.QUIET),
        (verdict(unsure=True), Stratum.UNSURE),
        (MISTAKE, Stratum.ALERT),
        (verdict(Label.IGNORED, unsure=True), Stratum.ALERT),
    ],
)
def test_a_message_is_alerted_about_or_unsure_or_quiet(judged: Verdict, kind: Stratum) -> None:
    assert stratum(judged) is kind


# who is drawn


@given(candidates, policies, st.randoms(use_true_random=False))
def test_the_draw_is_the_same_however_often_and_in_which_order_it_is_made(
    found: list[Candidate], policy: ReviewPolicy, chance: Random
) -> None:
    shuffled = found.copy()
    chance.shuffle(shuffled)
    assert choose(shuffled, policy) == choose(found, policy) == choose(found, policy)


@given(candidates, policies)
def test_as_many_are_drawn_as_the_team_wants_and_none_twice_or_from_elsewhere(
    found: list[Candidate], policy: ReviewPolicy
) -> None:
    chosen = choose(found, policy)
    for kind, most in ((Stratum.UNSURE, policy.unsure), (Stratum.QUIET, policy.quiet), (Stratum.ALERT, 0)):
        assert len(of(kind, chosen)) == min(most, len(of(kind, found)))
    assert len(set(chosen)) == len(chosen)
    assert set(chosen) <= set(found)


@given(candidates, policies)
def test_nobody_left_out_is_nearer_to_an_alert_than_an_unsure_one_that_is_listed(
    found: list[Candidate], policy: ReviewPolicy
) -> None:
    listed = of(Stratum.UNSURE, choose(found, policy))
    chances = [one.chance for one in listed]
    assert chances == sorted(chances, reverse=True)
    left = set(of(Stratum.UNSURE, found)) - set(listed)
    assert all(one.chance <= min(chances, default=1.0) for one in left)


@given(candidates, policies)
def test_what_the_classifier_thinks_does_not_matter_for_who_is_drawn_among_the_quiet(
    found: list[Candidate], policy: ReviewPolicy
) -> None:
    other = [replace(one, chance=1 - one.chance, words="Else", customer="Jo") for one in found]
    drawn = [one.id for one in of(Stratum.QUIET, choose(found, policy))]
    assert [one.id for one in of(Stratum.QUIET, choose(other, policy))] == drawn


@given(candidates, policies)
def test_who_was_drawn_among_many_is_drawn_among_fewer(found: list[Candidate], policy: ReviewPolicy) -> None:
    drawn = of(Stratum.QUIET, choose(found, policy))
    fewer = [one for n, one in enumerate(found) if one in drawn or n % 2]
    assert of(Stratum.QUIET, choose(fewer, policy)) == drawn


def test_whether_one_came_first_or_last_gives_no_advantage() -> None:
    drawn = [0] * 10
    for day in range(500):
        (one,) = choose([candidate(10 * day + n) for n in range(10)], ReviewPolicy(quiet=1))
        drawn[one.id % 10] += 1
    assert all(25 <= times <= 80 for times in drawn), drawn


# what an answer means


def test_an_ignored_request_is_a_mistake_too_and_neither_is_nothing() -> None:
    labels = {said: said.labels for said in Answer}
    assert labels == {
        Answer.MISTAKE: {Label.MISTAKE}, Answer.IGNORED: {Label.MISTAKE, Label.IGNORED}, Answer.NEITHER: frozenset(),
    }  # fmt: skip


LISTED = Reviewed(MessageId(5), ThreadId(3), CUSTOMER, MONDAY - HOUR, Medium.MAIL, answered=False, in_a_case=False)


def opened(actions: tuple[Action, ...]) -> OpenCase:
    (track, case) = actions
    assert track == Track(LISTED.thread, None), "who has a case is not waited for a second time"
    assert isinstance(case, OpenCase)
    return case


def test_a_customer_who_was_missed_gets_a_case_as_if_it_had_been_seen_only_later() -> None:
    done = opened(on_review(LISTED, Answer.MISTAKE.labels, POLICY, MONDAY))
    case = done.case
    assert (case.thread, case.customer, case.labels) == (LISTED.thread, CUSTOMER, frozenset({Label.MISTAKE}))
    assert (case.waiting_since, case.opened_at, case.next_due_at) == (MONDAY - HOUR, MONDAY, MONDAY + 15 * MINUTE)
    assert (case.state, case.confidence, case.severity) == (State.SUSPECTED, 1.0, 1)
    assert done.say == Say(Reason.MISTAKE, Notify.CHANNEL, 0, 0)
    assert (done.entry.what, done.entry.whence, done.entry.note) == ("opened", "review", "mistake")


def test_an_ignored_request_climbs_the_ladder_that_is_meant_for_it() -> None:
    own = ladder((LADDER.rungs[2].after, Notify.LEAD), name="ignored ones", reasons=frozenset({"ignored"}))
    policy = Policy((LADDER, own), POLICY.patience, POLICY.hours)
    case = opened(on_review(LISTED, Answer.IGNORED.labels, policy, MONDAY)).case
    assert (case.reason, case.ladder, case.labels) == (Reason.IGNORED, own, frozenset(Label))


def test_where_nothing_was_missed_or_somebody_acted_nothing_is_done() -> None:
    assert on_review(LISTED, Answer.NEITHER.labels, POLICY, MONDAY) == ()
    for acted in (replace(LISTED, answered=True), replace(LISTED, in_a_case=True)):
        assert on_review(acted, Answer.IGNORED.labels, POLICY, MONDAY + DAY) == ()


# how much of the mail really reports a mistake


@st.composite
def counts(draw: st.DrawFn) -> dict[Stratum, Counted]:
    found = {}
    for kind in draw(st.sets(st.sampled_from(Stratum))) | {Stratum.QUIET}:
        looked_at = draw(st.integers(0, 200))
        found[kind] = Counted(draw(st.integers(0, 3000)), looked_at, draw(st.integers(0, looked_at)))
    return found


enough = st.builds(
    lambda quiet, alert, messages, mistakes: {
        Stratum.QUIET: Counted(messages, quiet, min(mistakes, quiet)),
        Stratum.ALERT: Counted(messages // 3, alert, min(mistakes, alert)),
    },
    st.integers(30, 300), st.integers(70, 300), st.integers(0, 9000), st.integers(0, 300),
)  # fmt: skip


@given(counts() | enough)
def test_a_share_lies_between_nothing_and_all(found: dict[Stratum, Counted]) -> None:
    share = prevalence(found)
    assert share is None or 0 < share < 1


@given(counts() | enough, st.sampled_from(Stratum))
def test_a_further_mistake_among_the_looks_never_makes_the_share_smaller(
    found: dict[Stratum, Counted], kind: Stratum
) -> None:
    was = found.get(kind, Counted(0, 0, 0))
    if was.mistakes == was.looked_at:
        return
    more = prevalence(found | {kind: replace(was, mistakes=was.mistakes + 1)})
    before = prevalence(found)
    assert (more is None) is (before is None)
    assert more is None or before is None or more >= before


def looks(unsure: int, quiet: int) -> dict[Stratum, Counted]:
    return {Stratum.UNSURE: Counted(500, unsure, 5), Stratum.QUIET: Counted(5000, quiet, 0)}


def test_as_long_as_people_looked_at_too_little_nobody_knows() -> None:
    assert prevalence({}) is None
    assert prevalence(looks(unsure=69, quiet=30)) is None
    assert prevalence(looks(unsure=70, quiet=30)) is not None
    assert prevalence(looks(unsure=1000, quiet=29)) is None, "what was quiet is most of the mail"
    assert prevalence({Stratum.ALERT: Counted(500, 500, 400)}) is None


def test_each_stratum_counts_by_its_size_and_not_by_how_often_people_looked() -> None:
    found = {
        Stratum.ALERT: Counted(100, 60, 48), Stratum.UNSURE: Counted(100, 40, 10), Stratum.QUIET: Counted(800, 50, 1),
    }  # fmt: skip
    by_hand = (100 * 49.4 / 62 + 100 * 10.8 / 42 + 800 * 1.06 / 52) / 1000
    assert prevalence(found) == pytest.approx(by_hand)
    thrice = found | {Stratum.ALERT: Counted(100, 6000, 4800)}
    assert prevalence(thrice) == pytest.approx(by_hand, abs=0.001)


@given(st.integers(30, 1000), st.integers(70, 1000))
def test_without_any_mail_the_share_is_small_and_never_nothing(quiet: int, alerts: int) -> None:
    empty = {Stratum.QUIET: Counted(0, quiet, 0), Stratum.ALERT: Counted(0, alerts, alerts)}
    assert prevalence(empty) == pytest.approx(0.01)
