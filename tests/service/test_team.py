"""The verbs of people, wherever they press or type: twice, two at once, too late, and taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.domain.case import State, Step
from bot.domain.message import Arrival, Direction, Medium, Person
from bot.domain.verdict import Label
from bot.errors import IllegalStep, UsageError
from bot.service.feedback import act
from bot.service.team import Team
from bot.store.models import corrections
from tests.fakes.build import HOUR, MISTAKE, POLICY, message, verdict
from tests.fakes.world import World, everything

ANA, BEN = "Ana Lind (U1)", "Ben Roth (U2)"
BOTH = verdict(Label.MISTAKE, Label.IGNORED)


def does(world: World, work: Callable[[Team], str], who: str = ANA) -> str:
    said = act(world.store, POLICY, work, who=who, whence="slack")
    world.delivery.run()
    return said


def complain(world: World, kind: object = MISTAKE) -> None:
    world.customer("You charged me twice.", kind)  # type: ignore[arg-type]
    world.hears("mistake to channel" if kind is MISTAKE else "ignored to channel")


def test_who_takes_a_case_has_it_and_the_card_says_so(world: World) -> None:
    complain(world)
    assert does(world, lambda team: team.claim(1)) == ""
    assert (world.state(), world.case().claimed_by) == (State.ACKNOWLEDGED, ANA)
    (card,) = world.channel.cards.values()
    assert (card.state, card.claimed_by, card.deeds[-1].who) == ("acknowledged", ANA, ANA)


def test_pressing_twice_changes_nothing_the_second_time(world: World) -> None:
    complain(world)
    does(world, lambda team: team.claim(1))
    before = everything(world.store)
    assert does(world, lambda team: team.claim(1)) == "You are on case 1 already."
    assert everything(world.store) == before


def test_of_two_who_press_at_once_the_second_is_told_who_was_first(world: World) -> None:
    complain(world)
    does(world, lambda team: team.claim(1))
    world.clock.advance(HOUR)
    assert does(world, lambda team: team.claim(1), BEN) == f"{ANA} took case 1 1h ago. Nothing was changed."
    assert world.case().claimed_by == ANA


def test_who_is_second_is_told_since_when_it_is_taken_whatever_happened_since(world: World) -> None:
    complain(world)
    does(world, lambda team: team.claim(1))
    world.clock.advance(HOUR)
    world.customer("Anybody there?", MISTAKE)
    world.hears("wrote_again to channel")
    assert does(world, lambda team: team.claim(1), BEN) == f"{ANA} took case 1 1h ago. Nothing was changed."


def test_who_asks_to_take_over_gets_it(world: World) -> None:
    complain(world)
    does(world, lambda team: team.claim(1))
    assert does(world, lambda team: team.claim(1, over=True), BEN) == ""
    assert world.case().claimed_by == BEN
    assert world.log() == ["opened", "acknowledged", "acknowledged"]


def test_the_same_step_again_is_said_to_be_done(world: World) -> None:
    complain(world)
    does(world, lambda team: team.step(1, Step.CONTACTED, "by phone"))
    assert does(world, lambda team: team.step(1, Step.CONTACTED, "by phone")) == "Case 1 is contacted already."
    assert world.log() == ["opened", "contacted"]


def test_a_denied_label_goes_and_the_other_stays(world: World) -> None:
    complain(world, BOTH)
    does(world, lambda team: team.deny(1, Label.MISTAKE))
    assert (world.state(), world.case().labels) == (State.SUSPECTED, frozenset({Label.IGNORED}))
    assert [one.labels for one in world.store.read(corrections)] == [frozenset({Label.IGNORED})]
    (card,) = world.channel.cards.values()
    assert card.undoable


def test_who_denies_the_only_label_dismisses_the_case(world: World) -> None:
    complain(world)
    does(world, lambda team: team.deny(1, Label.MISTAKE))
    assert (world.state(), world.case().next_due_at) == (State.DISMISSED, None)
    assert [one.labels for one in world.store.read(corrections)] == [frozenset()]
    assert does(world, lambda team: team.deny(1, Label.MISTAKE)) == "Case 1 is not a mistake already."


def test_a_denial_is_taken_back_and_the_classifier_hears_of_that_too(world: World) -> None:
    complain(world, BOTH)
    does(world, lambda team: team.deny(1, Label.MISTAKE))
    does(world, lambda team: team.undo(1), BEN)
    assert world.case().labels == frozenset(Label)
    assert [one.labels for one in world.store.read(corrections)] == [frozenset(Label)]
    assert world.log() == ["opened", "denied", "undone"]


def test_a_dismissal_is_taken_back_and_the_ladder_begins_anew(world: World) -> None:
    complain(world)
    waiting_since = world.case().waiting_since
    does(world, lambda team: team.deny(1, Label.MISTAKE))
    world.clock.advance(HOUR)
    does(world, lambda team: team.undo(1))
    found = world.case()
    assert (found.state, found.waiting_since, found.rung) == (State.SUSPECTED, waiting_since, 0)
    assert found.next_due_at == world.clock.now() + HOUR / 4
    world.passes(HOUR / 4)
    world.hears("still_unanswered to channel")


def test_what_was_followed_by_something_else_cannot_be_undone(world: World) -> None:
    complain(world, BOTH)
    does(world, lambda team: team.deny(1, Label.MISTAKE))
    does(world, lambda team: team.claim(1))
    with pytest.raises(IllegalStep, match="moved on"):
        does(world, lambda team: team.undo(1))


def test_nothing_is_undone_where_nothing_was_denied(world: World) -> None:
    complain(world)
    with pytest.raises(IllegalStep):
        does(world, lambda team: team.undo(1))


def test_a_report_opens_a_case_once_and_says_who_told_of_it(world: World) -> None:
    told = frozenset({Label.MISTAKE})
    for _ in range(2):
        said = does(world, lambda team: team.report("All of March was billed twice.", told, "form:7", "Acme"))
        world.hears("staff_report to channel") if "opened" in said else None
    found = world.case()
    assert (world.cases(), found.reason.value, found.customer.display, found.confidence) == (1, "staff_report", ANA, 1)
    assert world.log()[0] == "opened"


def test_a_report_without_words_is_no_report(world: World) -> None:
    with pytest.raises(UsageError, match="What happened"):
        does(world, lambda team: team.report("  ", frozenset({Label.MISTAKE}), "form:7"))
    assert world.cases() == 0


def test_a_message_in_which_nothing_was_seen_becomes_a_case_and_a_lesson(world: World) -> None:
    missed = world.customer("The kettle arrived, sort of.")
    said = does(world, lambda team: team.treat_stored(missed.rfc_id, frozenset({Label.MISTAKE}), "it was broken"))
    assert said == "Case 1 was opened."
    (post,) = world.hears("mistake to channel")
    assert post.alert.words == "The kettle arrived, sort of."
    assert [one.labels for one in world.store.read(corrections)] == [frozenset({Label.MISTAKE})]


def test_what_was_never_read_is_read_by_being_pointed_at(world: World) -> None:
    heard = {"rfc_id": "slack:C9:1.2", "medium": Medium.WORK_CHANNEL, "sender": Person("U9", "Eva")}
    elsewhere = message("They never called back.", **heard)
    assert does(world, lambda team: team.treat(Arrival(elsewhere), frozenset({Label.IGNORED}))) == "Case 1 was opened."
    world.hears("staff_report to channel")


def test_a_message_of_a_case_adds_its_label_to_it(world: World) -> None:
    complain(world)
    again = world.customer("Hello again.")
    said = does(world, lambda team: team.treat_stored(again.rfc_id, frozenset({Label.IGNORED})))
    assert said == "Added to case 1."
    assert world.case().labels == frozenset(Label)
    assert world.log()[-1] == "labelled"


def test_a_message_of_an_ended_case_begins_it_anew(world: World) -> None:
    complain(world)
    does(world, lambda team: team.step(1, Step.CLOSED, "settled"))
    thanks = world.customer("Fine.")
    does(world, lambda team: team.treat_stored(thanks.rfc_id, frozenset({Label.MISTAKE})))
    assert world.state() is State.SUSPECTED
    world.hears("mistake to channel")


def test_our_own_words_are_no_complaint(world: World) -> None:
    complain(world)
    asked = world.customer("And now?", MISTAKE)
    world.hears("wrote_again to channel")
    ours = world.colleague("We are on it.", asked)
    with pytest.raises(UsageError, match="no such message"):
        does(world, lambda team: team.treat_stored(ours.rfc_id, frozenset({Label.MISTAKE})))
    assert ours.direction is Direction.FROM_US
