"""Words of a chat as rows: which belong together, who waits, what can be changed and taken back; on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from bot.domain.alert import AlertKey, Notice, Topic
from bot.domain.case import Entry, State
from bot.domain.chat import ACCOUNT, Deleted, Member, Said, message_of, micros, micros_at, place_of, ts_of
from bot.domain.message import Arrival, Attachment, MessageId, ThreadId
from bot.domain.silence import Waiting
from bot.domain.verdict import Verdict
from bot.service.chat_ports import KnownWords, Stored
from bot.service.ports import Cursor
from bot.store import tables as t
from bot.store.models import corrections
from bot.store.store import SqlStore, SqlTransaction
from tests.fakes.build import DAY, HOUR, MINUTE, MISTAKE, NOTHING, case
from tests.fakes.clock import MONDAY
from tests.fakes.world import ACME, ANA, BETA, JO, PLACES, SAM, WORK, World

SECOND = timedelta(seconds=1)
BROKEN = "Our export is broken."


def ts(after: timedelta) -> str:
    return ts_of(micros_at(MONDAY + after))


def say(
    store: SqlStore, who: Member, text: str, after: timedelta, *, channel: str = ACME, to: str = "",
    verdict: Verdict | None = None, **other: Any,
) -> ThreadId:  # fmt: skip
    """Somebody writes so long after Monday at nine; the thread in which it is."""
    said = Said(channel, ts(after), who.id, text, to)
    arrival = Arrival(message_of(said, who, PLACES), place_of(channel, said.ts), moves_cursor=False)
    thread = store.transact(lambda tx: tx.remember(arrival, verdict, **other))
    assert thread is not None
    return thread


def stored(store: SqlStore, after: timedelta, channel: str = ACME) -> Stored:
    found = store.transact(lambda tx: tx.stored(place_of(channel, ts(after))))
    assert found is not None
    return found


def open_case(tx: SqlTransaction, thread: ThreadId, **other: Any) -> None:
    entry = Entry(tx.now, "amends", "slack", "opened", None, State.SUSPECTED, "mistake")
    tx.open_case(case(thread=thread, **other), entry)


# which belong together


def test_a_run_is_one_thread_per_person_and_channel(store: SqlStore) -> None:
    first = say(store, JO, "hi", 0 * MINUTE)
    assert say(store, SAM, "hello", 1 * MINUTE) != first
    assert say(store, JO, "elsewhere", 2 * MINUTE, channel=BETA) != first
    assert say(store, JO, BROKEN, 15 * MINUTE) == first
    assert say(store, JO, "can you look?", 30 * MINUTE) == first
    assert say(store, JO, "another day", 45 * MINUTE + timedelta(microseconds=1)) != first


def test_our_word_in_between_ends_a_run_and_our_word_in_another_thread_does_not(store: SqlStore) -> None:
    first = say(store, JO, "hi", 0 * MINUTE)
    other = say(store, SAM, "hello", 1 * MINUTE)
    assert say(store, ANA, "Hello Sam", 2 * MINUTE, to=ts(1 * MINUTE)) == other
    assert say(store, JO, BROKEN, 3 * MINUTE) == first
    assert say(store, ANA, "Hello Jo", 4 * MINUTE, to=ts(0 * MINUTE)) == first
    assert say(store, JO, "One more thing", 5 * MINUTE) != first


def test_a_run_that_is_told_backwards_is_one_thread_too(store: SqlStore) -> None:
    later = say(store, JO, BROKEN, 5 * MINUTE)
    assert say(store, JO, "hi", 0 * MINUTE) == later


def test_a_reply_belongs_to_its_thread_whoever_wrote_what_just_before(store: SqlStore) -> None:
    first = say(store, JO, "hi", 0 * MINUTE)
    other = say(store, JO, "two", HOUR)
    assert say(store, JO, "about the first", HOUR + MINUTE, to=ts(0 * MINUTE)) == first
    assert other != first


def test_work_channels_have_no_runs_and_replies_to_the_unknown_are_one_thread(store: SqlStore) -> None:
    assert say(store, ANA, "hi", 0 * MINUTE, channel=WORK) != say(store, ANA, "all", 1 * MINUTE, channel=WORK)
    first = say(store, ANA, "so?", 2 * MINUTE, channel=WORK, to="1600000000.000100")
    assert say(store, ANA, "yes", 3 * MINUTE, channel=WORK, to="1600000000.000100") == first
    assert say(store, ANA, "What I meant", -DAY, channel=WORK) != first


def test_words_may_be_put_into_a_thread_whatever_they_answer(store: SqlStore) -> None:
    first = say(store, JO, "hi", 0 * MINUTE)
    assert say(store, ANA, "Morning!", HOUR, thread=first) == first


def test_what_went_before_counts_a_run_but_nothing_that_was_taken_back_and_no_talk_of_colleagues(
    store: SqlStore,
) -> None:
    say(store, JO, "hi", 0 * MINUTE)
    say(store, JO, BROKEN, 1 * MINUTE)
    say(store, ANA, "report", 0 * MINUTE, channel=WORK)
    next_one = message_of(Said(ACME, ts(2 * MINUTE), JO.id, "can you look?"), JO, PLACES)
    talk = message_of(Said(WORK, ts(2 * MINUTE), ANA.id, "and?", ts(0 * MINUTE)), ANA, PLACES)
    assert store.transact(lambda tx: (tx.earlier(next_one).count, tx.earlier(talk).count)) == (2, 0)
    store.transact(lambda tx: tx.retract(stored_id(tx, 0 * MINUTE)))
    assert store.transact(lambda tx: tx.earlier(next_one).count) == 1


def stored_id(tx: SqlTransaction, after: timedelta) -> MessageId:
    found = tx.stored(place_of(ACME, ts(after)))
    assert found is not None
    return found.id


# changed, and taken back


def test_new_words_leave_nothing_of_the_old_ones(store: SqlStore) -> None:
    say(store, JO, BROKEN, 0 * MINUTE, verdict=MISTAKE)
    was = stored(store, 0 * MINUTE)
    now = replace(was.message, new_text="It works.", attachments=(Attachment("a.png", "image/png", 4),))
    store.transact(lambda tx: tx.rewrite(was.id, now, NOTHING, MONDAY + HOUR))
    found = stored(store, 0 * MINUTE)
    assert (found.message, found.verdict, found.edited_at) == (now, NOTHING, MONDAY + HOUR)
    assert BROKEN not in repr(store.read(lambda c: c.execute(select(t.message)).all()))


def test_retracted_words_are_gone_with_their_clues_and_nobody_is_asked_about_them(store: SqlStore) -> None:
    say(store, JO, BROKEN, 0 * MINUTE, verdict=NOTHING)
    say(store, SAM, "Where is it?", 1 * MINUTE, verdict=NOTHING)
    say(store, JO, "Held.", HOUR, held_for=ACCOUNT)
    for after in (0 * MINUTE, HOUR):
        store.transact(lambda tx, gone=after: tx.retract(stored_id(tx, gone)))  # type: ignore[misc]
    gone = stored(store, 0 * MINUTE)
    assert (gone.message.new_text, gone.is_retracted) == ("", True)
    assert gone.verdict is not None
    assert gone.verdict.clues == ()
    assert [one.words for one in store.transact(lambda tx: tx.review_candidates())] == ["Where is it?"]
    assert store.transact(lambda tx: tx.held_accounts()) == []


def test_nobody_learns_from_words_that_were_taken_back(store: SqlStore) -> None:
    thread = say(store, JO, BROKEN, 0 * MINUTE, verdict=MISTAKE)
    store.transact(lambda tx: open_case(tx, thread))
    number = one(store)
    store.transact(lambda tx: tx.correct(number, frozenset(), "ana", "no"))
    assert len(store.read(corrections)) == 1
    store.transact(lambda tx: tx.retract(stored_id(tx, 0 * MINUTE)))
    assert store.read(corrections) == []


def one(store: SqlStore) -> Any:
    return store.read(lambda c: c.execute(select(t.case.c.id)).scalar_one())


def test_what_was_read_nowhere_is_not_stored(store: SqlStore) -> None:
    assert store.transact(lambda tx: tx.stored(place_of(ACME, ts(DAY)))) is None


def test_our_own_posts_are_known_by_the_card_and_by_the_outbox(store: SqlStore) -> None:
    thread = say(store, JO, BROKEN, 0 * MINUTE, verdict=MISTAKE)
    store.transact(lambda tx: open_case(tx, thread))
    store.transact(lambda tx: tx.announce(Notice(AlertKey("n:1"), Topic.REVIEW, "A title", (), "")))
    store.transact(lambda tx: tx.connection.execute(update(t.outbox).values(ref=f"{WORK}:1700000000.000300")))
    values = {"case_id": one(store), "ref": f"{WORK}:1700000000.000200", "wanted": 0, "drawn": 0}
    store.transact(lambda tx: tx.connection.execute(t.card.insert().values(**values, not_before=tx.now, attempts=0)))
    known = [store.transact(lambda tx, n=n: tx.is_ours(WORK, f"1700000000.000{n}00")) for n in (1, 2, 3)]  # type: ignore[misc]
    assert known == [False, True, True]


# who waits


def test_the_unanswered_are_those_after_our_last_word_that_still_stands(store: SqlStore) -> None:
    thread = say(store, JO, "one?", 0 * MINUTE, verdict=MISTAKE)
    say(store, ANA, "Yes.", 1 * MINUTE, to=ts(0 * MINUTE))
    say(store, JO, "two?", 2 * MINUTE, to=ts(0 * MINUTE), verdict=NOTHING)

    def left(before: timedelta | None = None) -> list[tuple[str, Verdict | None]]:
        moment = MONDAY + before if before is not None else None
        found = store.transact(lambda tx: tx.unanswered(thread, moment))
        return [(message.new_text, judged) for message, judged in found]

    assert left() == [("two?", NOTHING)]
    assert left(1 * MINUTE) == [("one?", MISTAKE)]
    store.transact(lambda tx: tx.retract(stored_id(tx, 1 * MINUTE)))
    assert left() == [("one?", MISTAKE), ("two?", NOTHING)]


def test_threads_that_wait_in_a_channel_are_found_by_case_by_question_and_undecided(store: SqlStore) -> None:
    complaint = say(store, JO, BROKEN, 0 * MINUTE, verdict=MISTAKE)
    question = say(store, SAM, "When?", 1 * MINUTE, verdict=NOTHING)
    undecided = say(store, JO, "Where is it?", HOUR, verdict=NOTHING, held_for=ACCOUNT)
    say(store, SAM, "Thanks.", HOUR, channel=BETA, verdict=NOTHING, held_for=ACCOUNT)
    elsewhere = say(store, SAM, "Why?", 2 * HOUR, channel=BETA, verdict=NOTHING)
    store.transact(lambda tx: open_case(tx, complaint))
    for thread in (question, elsewhere):
        store.transact(lambda tx, it=thread: tx.track(it, Waiting(it, MONDAY, 1, MONDAY + DAY)))  # type: ignore[misc]

    def waiting(channel: str = ACME, before: timedelta = DAY, most: int = 9) -> list[ThreadId]:
        return store.transact(lambda tx: tx.waiting_in(channel, MONDAY + before, most))

    assert waiting() == [undecided, question, complaint]
    assert waiting(most=2) == [undecided, question]
    assert waiting(BETA) == [elsewhere]
    assert waiting(before=30 * SECOND) == [complaint]
    say(store, ANA, "Soon.", 2 * HOUR, to=ts(1 * MINUTE), held_for=ACCOUNT)
    assert waiting() == [undecided, complaint], "what one of us has answered waits no longer, though undecided"


# what stands in a channel


def test_the_roots_to_look_at_are_those_of_open_threads_and_the_newest(store: SqlStore) -> None:
    old = say(store, JO, BROKEN, -30 * DAY, verdict=MISTAKE)
    say(store, ANA, "Hm.", -30 * DAY + MINUTE, to=ts(-30 * DAY))
    say(store, SAM, "Old and done.", -20 * DAY)
    say(store, SAM, "New.", -1 * HOUR)
    say(store, SAM, "A reply.", -1 * MINUTE, to=ts(-40 * DAY))
    store.transact(lambda tx: open_case(tx, old))
    since = micros_at(MONDAY - 3 * DAY)
    roots = store.transact(lambda tx: tx.roots(ACME, since, 50))
    assert roots == [ts(-30 * DAY), ts(-40 * DAY), ts(-1 * HOUR)]
    assert store.transact(lambda tx: tx.roots(ACME, since, 1)) == [ts(-30 * DAY)]
    assert store.transact(lambda tx: tx.roots(BETA, since, 50)) == []


def test_the_words_of_a_channel_are_those_after_a_moment_and_those_of_its_threads(store: SqlStore) -> None:
    say(store, JO, "root", -2 * DAY)
    say(store, JO, "reply", -1 * DAY, to=ts(-2 * DAY))
    say(store, JO, "other", -1 * DAY + MINUTE)
    say(store, JO, "new", HOUR)
    say(store, JO, "gone", 2 * HOUR)
    say(store, JO, "elsewhere", HOUR, channel=BETA)
    store.transact(lambda tx: tx.retract(stored_id(tx, 2 * HOUR)))
    root = stored(store, -2 * DAY)
    store.transact(lambda tx: tx.rewrite(root.id, root.message, None, MONDAY))
    found = store.transact(lambda tx: tx.words_in(ACME, micros(ts(0 * HOUR)), [ts(-2 * DAY)]))
    assert found == [
        KnownWords(ts(-2 * DAY), "", MONDAY), KnownWords(ts(-1 * DAY), ts(-2 * DAY), None),
        KnownWords(ts(HOUR), "", None),
    ]  # fmt: skip


def test_a_channel_has_a_watermark_that_only_goes_on(store: SqlStore) -> None:
    place = place_of(ACME, ts(HOUR))
    store.transact(lambda tx: tx.begin_folder(ACCOUNT, ACME, Cursor(1, 5, MONDAY.date(), 9)))
    store.transact(lambda tx: tx.move_cursor(place))
    store.transact(lambda tx: tx.move_cursor(place_of(ACME, ts(0 * HOUR))))
    assert store.transact(lambda tx: tx.cursor(ACCOUNT, ACME)) == Cursor(1, place.uid, MONDAY.date(), 9)


def test_a_case_shows_words_that_still_stand_and_of_talk_the_report(store: SqlStore) -> None:
    thread = say(store, ANA, "All invoices are wrong.", 0 * MINUTE, channel=WORK, verdict=MISTAKE)
    say(store, ANA, "Hm.", 1 * MINUTE, channel=WORK, to=ts(0 * MINUTE), verdict=NOTHING)
    store.transact(lambda tx: open_case(tx, thread))
    opened_by = store.read(lambda c: c.execute(select(t.case.c.message_id)).scalar_one())
    assert opened_by == stored(store, 0 * MINUTE, WORK).id


def test_a_whole_conversation_goes_the_same_way_on_both_engines(url: str) -> None:
    with World(url) as world:
        broken = world.writes(JO, BROKEN, MISTAKE)
        world.hears("mistake to channel")
        answer = world.writes(ANA, "Sorry, we are on it.")
        world.edits(broken, "Our export is very broken.", MISTAKE)
        world.deletes(answer)
        world.hears("mistake to channel")
        world.slack(
            Said(ACME, world.ts(), ANA.id, "It works again.", broken.ts),
            Said(ACME, world.ts(), JO.id, "Thanks.", broken.ts), Deleted(ACME, world.ts(), SAM.id),
        )  # fmt: skip
        world.deletes(broken)
        assert world.log() == ["opened", "contacted", "edited", "reopened", "contacted", "wrote", "retracted"]
