"""The story of a case: golden files of what people read, and what is due next as the engine would decide it."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert import Reason
from bot.domain.case import Entry, State
from bot.domain.due import on_due
from bot.domain.message import Direction, Medium
from bot.domain.story import story
from bot.domain.story_facts import Facts, Read, Told
from bot.domain.story_next import due_next
from bot.domain.verdict import Label, Verdict
from tests.fakes.build import DAY, HOURS, IGNORED, MINUTE, MISTAKE, NOTHING, POLICY, at, case, verdict
from tests.fakes.clock import MONDAY

GOLDEN = Path(__file__).parent / "stories"
S = State
UNSURE = verdict(unsure=True)


def read(moment: datetime, words: str, judged: Verdict | None = None, **other: object) -> Read:
    known: dict[str, object] = {
        "seen_at": moment, "received_at": moment, "sender": "Mo", "direction": Direction.FROM_CUSTOMER,
        "medium": Medium.MAIL, "subject": "Order 17", "words": words, "verdict": judged,
    }  # fmt: skip
    return Read(**(known | other))  # type: ignore[arg-type]


def entry(
    moment: datetime, who: str, what: str, note: str = "", *, whence: str = "amends", to: State = S.SUSPECTED
) -> Entry:
    return Entry(moment, who, whence, what, S.SUSPECTED, to, note)


def said(reason: Reason, moment: datetime, **other: object) -> Told:
    known: dict[str, object] = {"reason": reason, "queued_at": moment, "state": "sent", "sent_at": moment}
    return Told(**(known | other))  # type: ignore[arg-type]


def answered() -> Facts:
    """Escalated, taken, lapsed, answered, written again, closed."""
    ours = read(at("15:00"), "We are sorry.", None, sender="Ana", direction=Direction.FROM_US)
    return Facts(
        case(S.CLOSED, answered_at=at("15:00")),
        (read(at("09:00"), "You charged me twice.", MISTAKE, received_at=at("08:10"), opened=True), ours,
         read(at("16:00"), "Thanks!", NOTHING)),
        ((entry(MONDAY, "amends", "opened", "mistake", whence="mail"), at("09:15")),
         (entry(at("09:15"), "amends", "still_unanswered", "rung 1 to channel"), at("10:00")),
         (entry(at("10:00"), "amends", "still_unanswered", "rung 2 to S0ONCALL, named as on_call"), at("13:00")),
         (entry(at("10:05"), "Ben (U0BEN)", "acknowledged", whence="slack", to=S.ACKNOWLEDGED), at("14:05")),
         (entry(at("14:05"), "amends", "claim_lapsed", "Ben (U0BEN)"), at("14:20")),
         (entry(at("14:10"), "Ana", "snoozed", "until 2026-03-02 14:40 UTC", whence="cli"), at("14:40")),
         (entry(at("14:40"), "amends", "snooze_over"), at("14:55")),
         (entry(at("15:00"), "Ana", "contacted", whence="mail", to=S.CONTACTED), at("15:00", MONDAY + 2 * DAY)),
         (entry(at("16:00"), "mo@customer.example", "wrote", whence="mail", to=S.CONTACTED), None),
         (entry(at("16:30"), "Ana", "closed", "by phone", whence="cli", to=S.CLOSED), None)),
        (said(Reason.MISTAKE, MONDAY),
         said(Reason.STILL_UNANSWERED, at("09:15"), state="withdrawn", sent_at=None),
         said(Reason.STILL_UNANSWERED, at("10:00"), mention="S0ONCALL", how="channel", sent_at=at("10:04"),
              deferred_until=at("10:04"), late_by=3 * MINUTE),
         said(Reason.CLAIM_LAPSED, at("14:05"), in_a_list=True, sent_at=at("14:07")),
         said(Reason.SNOOZE_OVER, at("14:40"), state="dead", sent_at=None, error="The channel is archived.")),
    )  # fmt: skip


def ignored() -> Facts:
    """Unsure at first, then a question that nobody answered; words taken back; nobody on call."""
    return Facts(
        case(labels=frozenset({Label.IGNORED}), reason=Reason.UNANSWERED, opened_at=at("17:00"), exhausted=True),
        (read(MONDAY, "Something is odd", NOTHING, is_history=True, opened=True), read(at("09:30"), "Hm.", UNSURE),
         read(at("10:00"), "", NOTHING, retracted_at=at("10:30")),
         read(at("11:00"), "Out of office", None, direction=Direction.AUTOMATIC, subject=""),
         read(at("18:00"), "Nobody answers!", IGNORED), read(at("19:00"), "Hello?", None, is_held=True)),
        ((entry(at("17:00"), "amends", "opened", "unanswered"), at("09:15", MONDAY + DAY)),
         (entry(at("17:30"), "Ben (U0BEN)", "denied", "mistake", whence="slack"), None),
         (entry(at("18:00"), "mo@customer.example", "wrote", whence="mail"), None),
         (entry(at("18:30"), "amends", "nobody_to_tell", "rung 1 and what follows it would reach nobody"), None),
         (entry(at("19:30"), "amends", "first_response_overdue", "to channel"), None),
         (entry(at("20:00"), "amends", "exhausted"), None),
         (entry(at("20:30"), "Ben", "beamed_up", "by Scotty"), None)),
        (said(Reason.UNANSWERED, at("17:00"), state="unknown", sent_at=None, error="no answer"),
         said(Reason.WROTE_AGAIN, at("18:00"), state="sending", sent_at=None),
         said(Reason.NOBODY_TO_TELL, at("18:30"), state="pending", sent_at=None),
         said(Reason.EXHAUSTED, at("20:00"), state="carried", sent_at=None),
         said(Reason.STILL_UNANSWERED, at("21:00"), mention="U0LEAD", how="dm")),
    )  # fmt: skip


STORIES = {"answered": answered(), "ignored": ignored()}


def loud(judged: Verdict) -> list[str]:
    return [clue.text for clue in judged.clues]


@pytest.mark.parametrize("name", STORIES)
def test_a_story_reads_as_it_did(name: str) -> None:
    """AMENDS_WRITE_GOLDEN=1 writes them anew: read the difference aloud before you commit it."""
    lines = story(STORIES[name], HOURS.zone, loud)
    told = "".join(
        f"{one.at:%a %H:%M} {one.kind}: {one.sentence}{f' “{one.words}”' * bool(one.words)}\n" for one in lines
    )
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("AMENDS_WRITE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(told, encoding="utf-8")
    assert told == file.read_text(encoding="utf-8")


def test_every_golden_file_is_of_a_story_that_is_told() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == set(STORIES)


@pytest.mark.parametrize("name", STORIES)
def test_nothing_that_is_known_is_left_out_and_all_of_it_is_in_order(name: str) -> None:
    facts = STORIES[name]
    lines = story(facts, HOURS.zone, loud)
    assert [one.at for one in lines] == sorted(one.at for one in lines)
    assert [one.words for one in lines if one.kind == "read"] == [one.words for one in facts.read]
    assert {entry.what for entry, _due in facts.log} <= {one.kind for one in lines}


def test_the_next_rung_is_named_with_whom_it_reaches_and_how_far_off_it_is() -> None:
    waits = case(rung=2).due(at("13:00"), at("17:00"))
    owed = "the customer's first answer is due, on Mon 02 Mar 17:00 (in 6h 30m); if there is none by then,"
    assert [one.sentence for one in due_next(waits, POLICY, at("10:30"))] == [
        "rung 3, to U0LEAD (named as lead), on Mon 02 Mar 13:00 (in 2h 30m), if nobody takes it.",
        f"{owed} S0ONCALL is told at once.",
    ]
    assert due_next(waits, POLICY, at("14:00"))[0].sentence == (
        "rung 3, to U0LEAD (named as lead), due since Mon 02 Mar 13:00, if nobody takes it."
    )


@pytest.mark.parametrize(
    ("state", "other", "sentence"),
    [
        (S.SUSPECTED, {"rung": 3}, "the channel is reminded that everybody was told and nobody has taken it"),
        (S.SUSPECTED, {"snoozed": True}, "it comes back from being put off, and the ladder begins anew"),
        (S.CONTACTED, {"snoozed": True}, "it comes back from being put off, and the channel is told"),
        (S.ACKNOWLEDGED, {"claimed_by": "Ana"}, "Ana loses it, and the ladder begins anew"),
        (S.FIXED, {}, "the channel is reminded of the next step"),
    ],
)
def test_what_is_next_is_told_of_every_kind_of_case(state: State, other: dict[str, object], sentence: str) -> None:
    waits = case(state, **other).due(at("13:00"), None)
    (due,) = due_next(waits, POLICY, at("12:00"))
    assert due.sentence.startswith(f"{sentence}, on Mon 02 Mar 13:00 (in 1h)")


def test_of_a_case_at_its_end_nothing_is_due() -> None:
    assert due_next(case(S.CLOSED), POLICY, MONDAY) == []


@given(
    state=st.sampled_from([state for state in State if not state.resolved]), rung=st.integers(0, 4),
    snoozed=st.booleans(), ahead=st.integers(-600, 600), answer=st.none() | st.integers(-600, 600),
)  # fmt: skip
def test_what_is_told_as_next_is_what_the_engine_would_say(
    state: State, rung: int, snoozed: bool, ahead: int, answer: int | None
) -> None:
    now = MONDAY + 10 * DAY
    step, owed = now + ahead * MINUTE, now + answer * MINUTE if answer is not None else None
    waits = case(state, rung=rung, snoozed=snoozed).due(step, owed)
    first = due_next(waits, POLICY, now)[0]
    assert waits.next_due_at is not None
    (change,) = on_due(waits, POLICY, max(waits.next_due_at, now))
    assert first.kind == change.say[0].reason.value  # type: ignore[union-attr, index]
    assert first.at == waits.next_due_at


def test_an_old_log_without_deadlines_is_told_without_them() -> None:
    facts = replace(answered(), log=((entry(MONDAY, "Ben", "acknowledged", whence="cli"), None),), read=(), told=())
    assert [one.sentence for one in story(facts, HOURS.zone, loud)] == ["Ben, at a terminal, took the case."]
