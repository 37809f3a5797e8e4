"""Words from Slack are stored once and decided once, whatever fails in between."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.domain.chat import Deleted, Edited, Said, micros_at, place_of, ts_of
from bot.domain.message import Attachment, Message
from bot.domain.silence import Earlier
from bot.domain.verdict import Verdict
from bot.errors import CannotHold, Retriable
from bot.service.chat import Chat
from bot.service.ports import Ref
from bot.service.settle import Settling
from bot.store import tables as t
from tests.fakes.build import DAY, HOUR, MINUTE, MISTAKE
from tests.fakes.clock import MONDAY
from tests.fakes.world import ACME, ANA, JO, PLACES, SAM, WORK, Everybody, World, everything

CARD, BROKEN = "mistake to channel", "Our export is broken."


class Died(Exception):
    """The process ended here."""


class Dying(Settling):
    def settle(self, account: str) -> int:
        raise Died


def said(world: World, text: str = BROKEN, who: str = JO.id) -> Said:
    return Said(ACME, world.ts(), who, text)


@pytest.fixture(autouse=True)
def _script(world: World) -> None:
    world.judge.script[BROKEN] = MISTAKE


def test_what_was_stored_when_the_process_died_is_decided_with_what_comes_next(world: World) -> None:
    words = said(world)
    with pytest.raises(Died):
        Chat(Dying(world.store, world.judge, world.policy), Everybody(), PLACES).take([words])
    assert world.cases() == 0
    assert world.slack(words) == 0
    world.hears(CARD)


def test_words_of_a_channel_that_is_not_listed_are_passed_over(world: World) -> None:
    assert world.slack(replace(said(world), channel="C0OTHER")) == 0
    assert everything(world.store)["message"] == []


def test_talk_below_one_of_our_cards_is_not_taken_in(world: World) -> None:
    world.writes(JO, BROKEN, MISTAKE)
    (card,) = world.hears(CARD)
    world.store.transact(lambda tx: tx.connection.execute(t.card.update().values(ref=Ref(f"{WORK}:1700000000.000100"))))
    below = Said(WORK, world.ts(), ANA.id, BROKEN, "1700000000.000100")
    assert world.slack(below) == 0
    assert world.slack(replace(below, thread_ts="1700000000.000200")) == 1
    world.hears("staff_report to channel")
    assert card.root is None


def test_nothing_is_stored_while_nobody_can_tell_who_wrote(world: World) -> None:
    class Silent:
        def who(self, user: str) -> object:
            raise Retriable("Slack asks for patience.", retry_after=3)

    before = everything(world.store)
    with pytest.raises(Retriable):
        replace(world.chat, people=Silent()).take([said(world)])  # type: ignore[arg-type]
    assert everything(world.store) == before


def test_words_that_cannot_be_judged_are_for_people_to_review_and_stop_no_others(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    class Poisoned:
        def judge(self, messages: Sequence[Message], earlier: Sequence[Earlier] = ()) -> list[Verdict]:
            if any(one.new_text == "poison" for one in messages):
                raise RecursionError(messages[0].new_text)
            return world.judge.judge(messages, earlier)

    settling = Settling(world.store, Poisoned(), world.policy)
    chat = replace(world.chat, settling=settling)
    assert chat.take([said(world, "poison", SAM.id), said(world)]) == 2
    world.delivery.run()
    world.hears(CARD)
    unsure = world.store.transact(lambda tx: tx.review_candidates())
    assert [one.words for one in unsure] == ["poison"]
    assert "poison" not in caplog.text


def test_what_the_database_cannot_hold_stops_no_others_and_is_told(world: World) -> None:
    bad = said(world, "\ud800", SAM.id)
    with pytest.raises(CannotHold):
        world.slack(bad, said(world))
    world.delivery.run()
    world.hears(CARD)


def test_what_lay_there_before_amends_first_looked_counts_its_time_from_when_it_came(world: World) -> None:
    early = MONDAY - 2 * DAY - 18 * HOUR  # Friday at three
    question = Said(ACME, ts_of(micros_at(early)), JO.id, "When does the import run?")
    world.chat.take([question], history_until=micros_at(MONDAY))
    world.passes(6 * HOUR - MINUTE)
    world.hears()
    world.passes(MINUTE)
    world.hears("unanswered to channel")


def test_a_hundred_messages_of_one_gap_are_judged_knowing_what_was_stored(world: World) -> None:
    words = [said(world, f"Line {number}.") for number in range(250)]
    assert world.slack(*words) == 250
    assert len(world.judge.asked) == 250
    assert len({row[0] for row in world.store.read(lambda c: c.execute(select(t.message.c.thread_id)).all())}) == 1


def test_files_come_along_and_go_with_the_words(world: World) -> None:
    picture = Attachment("screen.png", "image/png", 12_000)
    words = replace(said(world, ""), files=(picture,))
    world.slack(words)
    (known,) = world.store.transact(lambda tx: tx.words_in(ACME, 0, []))
    stored = world.store.transact(lambda tx: tx.stored(place_of(ACME, words.ts)))
    assert known.ts == words.ts
    assert stored is not None
    assert stored.message.attachments == (picture,)
    world.deletes(words)
    stored = world.store.transact(lambda tx: tx.stored(place_of(ACME, words.ts)))
    assert stored is not None
    assert stored.message.attachments == ()


def test_a_deletion_that_comes_a_month_late_leaves_no_trace(world: World) -> None:
    old = ts_of(micros_at(MONDAY - 30 * DAY))
    world.slack(Deleted(ACME, old, JO.id))
    assert everything(world.store)["message"] == []


def test_an_edit_that_only_says_the_same_again_is_remembered_and_nothing_else(world: World) -> None:
    words = world.writes(JO, BROKEN, MISTAKE)
    world.hears(CARD)
    world.clock.advance(timedelta(seconds=5))
    before = world.case()
    world.slack(Edited(replace(words, edited_ts=world.ts())))
    assert world.case() == before
    stored = world.store.transact(lambda tx: tx.stored(place_of(ACME, words.ts)))
    assert stored is not None
    assert stored.edited_at is not None


def story(number: int) -> list[Said | Edited | Deleted]:
    """One message, its two edits, and its deletion."""
    stamp = [ts_of(micros_at(MONDAY) - 10_000_000 * number + step) for step in range(3)]
    first = Said(ACME, stamp[0], (JO.id, SAM.id)[number % 2], f"First {number}")
    edits = [Edited(replace(first, text=f"Edit {step} of {number}", edited_ts=stamp[step])) for step in (1, 2)]
    return [first, *edits, Deleted(ACME, stamp[0], first.author)]


@given(st.data())
@settings(max_examples=25)
def test_the_last_state_wins_however_often_and_in_whatever_order_slack_tells(data: st.DataObject) -> None:
    """Of several messages each is told at least once, its edits and its deletion perhaps; all of it shuffled."""
    told: list[Said | Edited | Deleted] = []
    expected = []
    for number in range(1, data.draw(st.integers(1, 3)) + 1):
        first, *later = story(number)
        some = data.draw(st.lists(st.sampled_from(later), max_size=4))
        told += [first, *some]
        newest = max((one.said.text for one in some if isinstance(one, Edited)), default=f"First {number}")
        expected.append("" if any(isinstance(one, Deleted) for one in some) else newest)
    told = data.draw(st.permutations(told + told[: data.draw(st.integers(0, len(told)))]))
    with tempfile.TemporaryDirectory() as folder, World.at(Path(folder)) as world:
        for words in told:
            world.slack(words)
        order = t.message.c.received_at.desc()
        texts = world.store.read(lambda c: c.execute(select(t.message.c.new_text).order_by(order)).scalars().all())
        assert list(texts) == expected
        before = everything(world.store)
        world.slack(*told)
        assert everything(world.store) == before
