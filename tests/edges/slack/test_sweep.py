"""What nobody told us of is read from history: once, in order, whatever Slack does meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.domain.case import State
from bot.domain.chat import Places, Words
from bot.edges.slack import sweep as room
from bot.edges.slack.directory import Directory
from bot.edges.slack.reading import read
from bot.edges.slack.sweep import Sweep
from bot.edges.slack.web import Web
from bot.errors import CannotHold, Retriable
from bot.service.chat import Chat
from bot.service.settle import Settling
from bot.store import tables as t
from tests.fakes.build import DAY, HOUR, MISTAKE
from tests.fakes.slack import FakeSlack, Person
from tests.fakes.world import World, everything

PLACES = Places(frozenset({"CWORK"}), {"C1": "Acme", "C2": "Beta"}, "UBOT")
CARD, BROKEN = "mistake to channel", "Our export is broken."


class Office:
    """A world whose Slack is the fake one: what is written there is told at once, unless nobody listens."""

    def __init__(self, world: World, slack: FakeSlack) -> None:
        self.world, self.slack = world, slack
        self.listening = True
        self.told: list[Words] = []
        web = Web(slack.token, slack.api_url)
        directory = Directory(web, world.clock)
        settling = Settling(world.store, world.judge, world.policy)
        world.chat = Chat(settling, directory, PLACES)
        self.sweep = Sweep(web, world.store, world.chat, world.clock, PLACES, lambda: directory.names)
        world.judge.script[BROKEN] = MISTAKE
        slack.workspace.announce = self._hear
        self.jo = slack.person("jo", team_id="TACME")
        self.ana = slack.person("ana")

    def _hear(self, event: dict[str, Any]) -> None:
        words = read(event, PLACES) if self.listening else None
        if words is not None:
            self.told.append(words)

    def works(self) -> None:
        """What was told is worked off."""
        self.world.slack(*self.told)
        self.told.clear()

    def says(self, who: Person, text: str, thread: str | None = None, channel: str = "C1", **more: Any) -> str:
        self.world.clock.advance(timedelta(seconds=1))
        return who.says(channel, text, thread, **more)

    def sweeps(self) -> int:
        new = self.sweep.sweep().new
        self.world.delivery.run()
        return new

    def texts(self) -> list[str]:
        m = t.message.c
        wanted = select(m.new_text).order_by(m.received_at)
        return list(self.world.store.read(lambda c: c.execute(wanted).scalars().all()))

    def watermark(self, channel: str = "C1") -> int:
        cursor = self.world.store.transact(lambda tx: tx.cursor("slack", channel))
        return cursor.last_uid if cursor else 0

    def calls(self, method: str) -> int:
        return len(self.slack.calls(f"conversations.{method}"))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with World.at(tmp_path) as world:
        slack = FakeSlack(("C1", "C2", "CWORK"), clock=lambda: world.clock.now().timestamp())
        with slack:
            yield Office(world, slack)


@pytest.fixture
def away(office: Office) -> Office:
    """Everything was read; then the connection was lost."""
    office.sweeps()
    office.listening = False
    return office


def test_the_gap_is_taken_in_once_with_its_threads_and_in_order(away: Office) -> None:
    first = away.says(away.jo, "hi")
    away.says(away.ana, "Hello! What is it?", first)
    away.says(away.jo, BROKEN, first)
    away.says(away.jo, "All invoices are wrong.", channel="CWORK")
    assert away.sweeps() == 4
    (card,) = away.world.hears(CARD)
    assert (card.alert.words, card.alert.customer) == (BROKEN, "jo (Acme)")
    before = everything(away.world.store)
    assert away.sweeps() == 0
    assert everything(away.world.store) == before


def test_who_was_answered_in_the_gap_alerts_nobody(away: Office) -> None:
    away.says(away.jo, BROKEN)
    away.says(away.ana, "Sorry, it works again.")
    assert away.sweeps() == 2
    away.world.engine()
    assert away.world.cases() == 0


def test_an_answer_in_the_gap_to_what_we_know_counts(office: Office) -> None:
    broken = office.says(office.jo, BROKEN)
    office.works()
    office.world.hears(CARD)
    office.sweeps()
    office.listening = False
    office.says(office.ana, "Sorry, it works again.", broken)
    office.sweeps()
    assert office.world.state() is State.CONTACTED


def test_what_was_told_already_passes_by(office: Office) -> None:
    office.says(office.jo, BROKEN)
    office.works()
    office.world.hears(CARD)
    assert office.sweeps() == 0
    assert office.texts() == [BROKEN]


def test_at_first_sight_a_day_is_read_and_is_history(office: Office) -> None:
    office.says(office.jo, "Too old, is it not?")
    office.world.clock.advance(DAY - 10 * HOUR)
    office.says(office.jo, "When does the import run?")
    office.world.clock.advance(10 * HOUR)
    assert office.sweeps() == 1
    assert office.texts() == ["When does the import run?"]
    m = t.message.c
    assert office.world.store.read(lambda c: c.execute(select(m.is_history)).scalars().all()) == [True]
    office.listening = False
    office.says(office.jo, "And the export?")
    assert office.sweeps() == 1
    assert sorted(office.world.store.read(lambda c: c.execute(select(m.is_history)).scalars().all())) == [False, True]


def test_a_long_gap_is_read_page_by_page(away: Office) -> None:
    for number in range(450):
        away.slack.say("C1", f"Line {number}.", "UJO")
    root = away.says(away.jo, "A long thread")
    for number in range(210):
        away.slack.say("C1", f"Reply {number}.", "UJO", root)
    assert away.sweeps() == 661
    assert away.texts()[-1] == "Reply 209."
    assert (away.calls("history"), away.calls("replies")) == (3 + 3 + 2, 2)


def test_the_watermark_moves_only_when_all_is_taken_in_and_a_429_costs_nothing_twice(away: Office) -> None:
    before = away.watermark()
    roots = [away.says(away.jo, f"Topic {number}") for number in range(4)]
    for root in roots:
        away.says(away.jo, f"More of {root}", root)
    away.slack.pace("conversations.replies", 10)
    for _ in range(3):
        with pytest.raises(Retriable) as told:
            away.sweeps()
        assert (away.watermark(), away.texts()) == (before, [])
        away.world.clock.advance(timedelta(seconds=told.value.retry_after or 0))
    assert away.sweeps() == 8
    assert away.watermark() > before
    assert (away.calls("history"), away.calls("replies")) == (3 + 3, 4 + 3)


def test_a_kill_in_the_middle_loses_nothing(away: Office) -> None:
    for number in range(5):
        away.says(away.jo, f"Question {number}?")
    away.slack.fault("users.info", "500")
    with pytest.raises(Retriable):
        away.sweeps()
    again = Sweep(away.sweep.web, away.world.store, away.world.chat, away.world.clock, PLACES)
    assert again.sweep().new == 5


def test_a_channel_that_we_are_not_in_is_told_of_once_and_stops_no_other(
    away: Office, caplog: pytest.LogCaptureFixture
) -> None:
    away.slack.add_channel("C1", joined=False)
    away.slack.say("C2", BROKEN, "UJO")
    swept = away.sweep.sweep()
    assert (swept.new, list(swept.unreadable), swept.channels) == (1, ["C1"], 2)
    assert "not_in_channel" in swept.unreadable["C1"]
    away.sweep.sweep()
    assert caplog.text.count("C1") == 1
    away.world.delivery.run()
    away.world.hears(CARD)


def test_an_edit_in_the_gap_is_followed(office: Office) -> None:
    first = office.says(office.jo, "Hello.")
    office.works()
    office.sweeps()
    office.listening = False
    office.world.clock.advance(HOUR)
    office.jo.edits("C1", first, BROKEN)
    office.sweeps()
    (card,) = office.world.hears(CARD)
    assert card.alert.words == BROKEN
    before = everything(office.world.store)
    office.sweeps()
    assert everything(office.world.store) == before


def test_a_deletion_in_the_gap_is_followed_where_it_is_certain(office: Office) -> None:
    office.sweeps()
    office.listening = True
    first = office.says(office.jo, "Where is my export?")
    reply = office.says(office.jo, "It was promised.", first)
    office.says(office.jo, "Thanks for all.")
    office.works()
    office.listening = False
    office.jo.deletes("C1", reply)
    office.sweeps()
    assert office.texts() == ["Where is my export?", "", "Thanks for all."]
    office.jo.deletes("C1", first)
    office.sweeps()
    assert office.texts() == ["", "", "Thanks for all."]
    office.world.passes(3 * DAY)
    assert office.world.cases() == 0


def test_a_gravestone_is_a_deletion(office: Office) -> None:
    first = office.says(office.jo, "Where is my export?")
    office.says(office.ana, "It comes.", first)
    office.works()
    office.listening = False
    office.jo.deletes("C1", first)
    office.sweeps()
    assert office.texts() == ["", "It comes."]


def test_what_the_window_does_not_reach_is_not_taken_for_deleted(office: Office) -> None:
    old = [office.says(office.jo, f"Line {number}.") for number in range(60)]
    office.works()
    office.sweeps()
    office.world.clock.advance(4 * DAY)
    office.says(office.jo, "Line 60.")
    office.works()
    office.sweeps()
    assert len(old) == 60
    assert "" not in office.texts()


def test_what_is_newer_than_all_that_history_shows_is_not_taken_for_deleted(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_MOST_THREADS", 0)
    office.says(office.jo, "One.")
    second = office.says(office.jo, "Two.")
    office.works()
    office.listening = False
    office.jo.deletes("C1", second)
    office.sweeps()
    assert office.texts() == ["One.", "Two."], "history may only be slow to show it"
    office.says(office.jo, "Three.")
    office.sweeps()
    assert office.texts() == ["One.", "", "Three."]


def test_a_deletion_in_the_gap_does_not_part_a_complaint_from_its_answer(away: Office) -> None:
    sam = away.slack.person("sam", team_id="TACME")
    broken = away.says(away.jo, BROKEN)
    away.listening = True
    lost = away.says(sam, "Wrong channel.")
    away.works()
    away.listening = False
    away.says(away.ana, "Sorry, it works again.", broken)
    sam.deletes("C1", lost)
    away.sweeps()
    assert (away.texts(), away.world.cases()) == ([BROKEN, "", "Sorry, it works again."], 0)


def test_a_message_that_comes_while_history_is_read_is_not_taken_for_deleted(office: Office) -> None:
    office.says(office.jo, "One.")
    office.works()
    office.slack.fault("conversations.replies", "500")
    with pytest.raises(Retriable):
        office.sweeps()
    office.says(office.jo, "Two.")
    office.works()
    office.sweeps()
    assert office.texts() == ["One.", "Two."]


def test_what_slack_answered_long_ago_is_asked_again(office: Office) -> None:
    office.says(office.jo, "One.")
    office.works()
    office.slack.fault("conversations.replies", "500")
    with pytest.raises(Retriable):
        office.sweeps()
    office.listening = False
    office.says(office.jo, "Two.")
    office.world.clock.advance(HOUR)
    assert office.sweeps() == 1


def test_open_threads_are_looked_at_first_and_only_so_many(away: Office) -> None:
    away.listening = True
    broken = away.says(away.jo, BROKEN)
    away.works()
    away.world.hears(CARD)
    away.world.clock.advance(HOUR)
    sam = away.slack.person("sam", team_id="TACME")
    for _ in range(70):
        away.says(sam, "Notes.")
    away.works()
    away.sweeps()
    roots = [call.args["ts"] for call in away.slack.calls("conversations.replies")]
    assert len(roots) == 50
    assert roots[0] == broken


def test_bots_and_our_own_posts_in_history_are_left_alone(away: Office) -> None:
    away.slack.bot_says("C1", "Standup!")
    own = away.sweep.web.ask("chat.postMessage", channel="C1", text="A card")["ts"]
    away.says(away.ana, "I take it.", own)
    away.jo.joins("C1")
    assert away.sweeps() == 0
    assert away.calls("replies") == 0


def test_a_word_that_cannot_be_stored_does_not_keep_the_channel_behind(
    away: Office, caplog: pytest.LogCaptureFixture
) -> None:
    away.says(away.jo, "One.")
    before = away.watermark()
    away.world.chat = away.sweep.chat = Refusing(away.world.chat)  # type: ignore[assignment]
    away.sweeps()
    assert away.watermark() > before
    assert "cannot be stored" in caplog.text
    assert "One." not in caplog.text


class Refusing:
    def __init__(self, chat: Chat) -> None:
        self.chat = chat

    def take(self, words: Any, history_until: int = 0) -> int:
        self.chat.take(words, history_until)
        raise CannotHold
