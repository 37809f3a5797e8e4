"""Of all that Slack tells, people's words are read, each once and as plain words; nothing that comes breaks it."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.chat import (
    Deleted,
    Edited,
    Member,
    Places,
    Said,
    message_of,
    micros,
    micros_at,
    moment,
    name_of,
    place_named,
    place_of,
    ts_of,
)
from bot.domain.message import Attachment, Direction, Medium
from bot.edges.slack.plain_words import LONGEST, from_mrkdwn
from bot.edges.slack.reading import read, read_message
from tests.fakes.slack import FakeSlack

PLACES = Places(frozenset({"CWORK"}), {"C1": "Acme"}, "UBOT")
TS, EARLIER, LATER = "1700000000.000100", "1699999999.000100", "1700000060.000200"
NAMES = {"U1": "Jo Park"}


def message(text: str = "Our export is broken.", **more: Any) -> dict[str, Any]:
    said = {"type": "message", "channel": "C1", "user": "U1", "ts": TS, "text": text, **more}
    return {key: value for key, value in said.items() if value is not None}


def event(**about: Any) -> dict[str, Any]:
    return {"type": "event_callback", "event_id": "Ev1", "event": about}


def changed(now: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    told = {"type": "message", "subtype": "message_changed", "channel": "C1", "hidden": True, "ts": LATER}
    return event(**told, event_ts=LATER, message=now, **({"previous_message": before} if before else {}))


def words(text: str = "", **more: Any) -> str:
    said = read_message(message(text, **more), "C1", PLACES, NAMES)
    return said.text if said else ""


def rich(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "rich_text", "elements": list(parts)}]


def section(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(elements)}


def plain(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


# whose words they are


def test_a_message_is_what_somebody_said_there() -> None:
    said = Said("C1", TS, "U1", "Our export is broken.")
    assert read(event(**message()), PLACES) == said
    assert read(message(), PLACES) == said, "an event without its envelope is the same"


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast", "me_message"])
def test_files_slash_me_and_replies_to_the_whole_channel_are_words_too(subtype: str) -> None:
    assert read(message(subtype=subtype), PLACES) is not None


def test_a_reply_that_is_sent_to_the_channel_as_well_is_one_message() -> None:
    reply = message(thread_ts=EARLIER)
    again = changed(message(subtype="thread_broadcast", thread_ts=EARLIER), reply)
    broadcast = read(message(subtype="thread_broadcast", thread_ts=EARLIER), PLACES)
    assert broadcast == read(reply, PLACES) == Said("C1", TS, "U1", "Our export is broken.", EARLIER)
    assert read(again, PLACES) is None


@pytest.mark.parametrize(
    "other",
    [
        {"bot_id": "B1"}, {"subtype": "bot_message"}, {"bot_profile": {"id": "B1"}}, {"user": "UBOT"},
        {"user": "USLACKBOT"}, {"metadata": {"event_type": "amends_alert", "event_payload": {"key": "1"}}},
        {"subtype": "channel_join"}, {"subtype": "channel_leave"}, {"subtype": "channel_topic"},
        {"subtype": "pinned_item"}, {"subtype": "message_replied"}, {"subtype": "channel_name"},
        {"subtype": "reminder_add"}, {"subtype": "huddle_thread"}, {"subtype": {"not": "text"}}, {"hidden": True},
        {"is_ephemeral": True}, {"channel": "C9"}, {"channel": None}, {"user": None}, {"type": "reaction_added"},
        {"text": ""}, {"ts": None}, {"ts": "soon"}, {"ts": "١٧٠٠٠٠٠٠٠٠.000100"}, {"parent_user_id": "UBOT"},
        {"subtype": "thread_broadcast", "root": {"user": "UBOT"}},
    ],
    ids=str,
)  # fmt: skip
def test_bots_our_own_posts_and_what_is_nobodys_words_are_passed_over(other: dict[str, Any]) -> None:
    assert read(event(**message(**other)), PLACES) is None


def test_a_parent_names_itself_as_its_thread_and_is_no_reply() -> None:
    said = read(message(thread_ts=TS, reply_count=2), PLACES)
    assert isinstance(said, Said)
    assert said.thread_ts == ""


# changed, and taken back


def test_new_words_are_an_edit_with_the_moment_at_which_they_were_written() -> None:
    now = message("It works again.", edited={"user": "U1", "ts": LATER})
    assert read(changed(now, message()), PLACES) == Edited(Said("C1", TS, "U1", "It works again.", "", (), LATER))


def test_a_preview_a_reaction_or_a_count_is_no_edit() -> None:
    seen = message(attachments=[{"text": "A preview", "title_link": "https://example.com"}], reply_count=1)
    assert read(changed(seen, message()), PLACES) is None


def test_an_edit_of_which_the_old_words_are_not_told_is_taken_as_one() -> None:
    assert isinstance(read(changed(message("It works.")), PLACES), Edited)


def test_edits_of_bots_are_passed_over() -> None:
    assert read(changed(message("New", bot_id="B1"), message(bot_id="B1")), PLACES) is None


def test_a_deletion_names_what_is_gone() -> None:
    gone = {"type": "message", "subtype": "message_deleted", "channel": "C1", "hidden": True, "ts": LATER}
    known = event(**gone, deleted_ts=TS, previous_message=message(thread_ts=EARLIER))
    assert read(known, PLACES) == Deleted("C1", TS, "U1", EARLIER)
    assert read(event(**gone, deleted_ts=TS), PLACES) == Deleted("C1", TS)
    assert read(event(**gone, deleted_ts=TS, previous_message=message(bot_id="B1")), PLACES) is None
    assert read(event(**gone, deleted_ts="soon"), PLACES) is None


@pytest.fixture
def heard() -> tuple[FakeSlack, list[dict[str, Any]]]:
    slack, events = FakeSlack(("C1",)), list[dict[str, Any]]()
    slack.workspace.announce = events.append
    return slack, events


def test_what_a_workspace_tells_of_a_conversation_is_read(heard: tuple[FakeSlack, list[dict[str, Any]]]) -> None:
    slack, events = heard
    jo, ana = slack.person("jo"), slack.person("ana")
    first = jo.says("C1", "hi")
    jo.joins("C1")
    reply = ana.says("C1", "Hello!", thread=first)
    jo.edits("C1", first, "hi all")
    slack.bot_says("C1", "Standup!")
    ana.deletes("C1", reply)
    second = ana.says("C1", "Hello again!", thread=first)
    jo.deletes("C1", first)  # a gravestone stays, for it has a reply
    told = [one for one in (read(event, PLACES) for event in events) if one is not None]
    assert [type(one).__name__ for one in told] == ["Said", "Said", "Edited", "Deleted", "Said", "Deleted"]
    assert told[3:] == [
        Deleted("C1", reply, "UANA", first), Said("C1", second, "UANA", "Hello again!", first),
        Deleted("C1", first, "UJO"),
    ]  # fmt: skip


# as plain words


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("Tom &amp; Jerry &lt;3 &gt; all", "Tom & Jerry <3 > all"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("see <https://example.com/a|the page> and <https://example.com/b>", "see the page and https://example.com/b"),
        ("write <mailto:jo@example.com|jo@example.com>", "write jo@example.com"),
        ("<mailto:jo@example.com>", "jo@example.com"),
        ("<@U1> and <@U2> and <@U3|sam>", "@Jo Park and @someone and @sam"),
        ("in <#C2|general> and <#C3>", "in #general and #channel"),
        ("<!here> <!channel|channel> <!subteam^S1> <!subteam^S1|@support>", "@here channel @group @support"),
        ("due <!date^1700000000^{date}|14 Nov>", "due 14 Nov"),
        ("&lt;@U1&gt; is text", "<@U1> is text"),
        ("ok :tada: :+1::skin-tone-3:", "ok :tada: :+1::skin-tone-3:"),
        ("see\n```\nTraceback: 5 &gt; 3\n```\nwhy?", "see\nTraceback: 5 > 3\nwhy?"),
        ("a < b and <", "a < b and <"),
    ],
)
def test_mrkdwn_reads_as_people_see_it(written: str, read_as: str) -> None:
    assert words(written) == read_as


def test_rich_text_reads_as_people_see_it_and_better_than_mrkdwn() -> None:
    blocks = rich(
        section(
            plain("It "), {"type": "text", "text": "really", "style": {"bold": True}}, plain(" failed, "),
            {"type": "user", "user_id": "U1"}, plain(" "), {"type": "user", "user_id": "U9"}, plain(" "),
            {"type": "emoji", "name": "cry"}, plain(" see "),
            {"type": "link", "url": "https://example.com", "text": "this"}, plain(" in "),
            {"type": "channel", "channel_id": "C7"}, plain(" "), {"type": "broadcast", "range": "here"},
        ),
        {"type": "rich_text_list", "style": "ordered", "elements": [section(plain("one")), section(plain("two"))]},
        {"type": "rich_text_list", "style": "bullet", "elements": [section(plain("dot"))]},
        {"type": "rich_text_quote", "elements": [plain("You said\nit works")]},
        {"type": "rich_text_preformatted", "elements": [plain("a < b")]},
    )  # fmt: skip
    assert words("*It* was mrkdwn", blocks=blocks) == (
        "It really failed, @Jo Park @someone :cry: see this in #channel @here\n"
        "1. one\n2. two\n- dot\n> You said\n> it works\na < b"
    )


def test_blocks_of_other_kinds_and_empty_ones_leave_the_text_as_it_is() -> None:
    assert words("The text.", blocks=[*rich(section(plain("half"))), {"type": "section"}]) == "The text."
    assert words("The text.", blocks=rich()) == "The text."


def test_a_message_that_is_passed_on_is_read_too_and_a_preview_is_not() -> None:
    shared = [{"is_share": True, "text": "We were charged <https://example.com|twice>."}, {"text": "A preview"}]
    assert words("Look:", attachments=shared) == "Look:\n\nWe were charged twice."


def test_files_come_along_named_and_not_opened() -> None:
    files = [
        {"id": "F1", "name": "a\nb.png", "mimetype": "image/png", "size": 5, "mode": "hosted"},
        {"id": "F2", "mode": "tombstone"}, {"id": "F3", "size": -1}, "F4",
    ]  # fmt: skip
    said = read_message(message("", subtype="file_share", files=files), "C1", PLACES)
    assert said is not None
    assert said.files == (Attachment("a b.png", "image/png", 5), Attachment("file", "application/octet-stream", 0))


def test_a_giant_is_capped_and_what_cannot_be_stored_is_taken_out() -> None:
    assert len(words("<" * 200_000)) == LONGEST
    assert words("a\x00b\ud800c\r\nd") == "ab�c\nd"


# whatever comes

HOSTILE = st.sampled_from(
    ["message", "rich_text", "rich_text_section", "rich_text_list", "text", "user", "C1", "U1", TS, "\ud800", "\x00",
     "<@U1|", "<!", "message_changed", "message_deleted", "tombstone", "99999999999.999999", "<" * 50, "9" * 400]
)  # fmt: skip
KEYS = st.sampled_from(
    ["type", "event", "subtype", "channel", "user", "ts", "thread_ts", "text", "blocks", "elements", "files", "message",
     "previous_message", "edited", "attachments", "metadata", "event_type", "name", "mode", "size", "deleted_ts",
     "is_share", "user_id", "hidden", "bot_id", "style", "event_ts", "mimetype", "parent_user_id"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | HOSTILE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=8),
    max_leaves=30,
)


@given(st.dictionaries(KEYS, JSON, max_size=12), st.sampled_from(["none", "changed", "deleted", "raw"]))
def test_whatever_slack_sends_there_is_an_answer_that_can_be_stored(garbled: dict[str, Any], how: str) -> None:
    payload: Any = message(**{key: value for key, value in garbled.items() if key != "channel"})
    if how == "changed":
        payload = changed(payload, garbled)
    elif how == "deleted":
        payload = event(
            type="message", subtype="message_deleted", channel="C1", deleted_ts=TS, previous_message=payload
        )
    elif how == "raw":
        payload = garbled
    told = read(payload, PLACES, NAMES)
    said = told.said if isinstance(told, Edited) else told
    if isinstance(said, Said):
        for text in (said.text, *(file.name for file in said.files)):
            text.encode()
            assert not any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in text)
        stored = message_of(said, Member(said.author, "Jo", is_ours=False), PLACES)
        assert place_named(stored.rfc_id) == place_of(said.channel, said.ts)


@given(JSON)
def test_no_payload_at_all_is_an_answer_too(payload: Any) -> None:
    read(payload, PLACES)


@given(st.text(max_size=200))
def test_text_without_marks_stays_as_it_is(text: str) -> None:
    kept = text.replace("<", "").replace("&", "").replace("`", "")
    assert from_mrkdwn(kept, {}) == kept


# its place


@given(st.integers(min_value=0, max_value=10**16))
def test_a_ts_is_a_number_of_microseconds_and_back(number: int) -> None:
    assert micros(ts_of(number)) == number
    assert micros_at(moment(ts_of(number))) == number


def test_the_message_has_the_name_of_its_place_and_says_who_and_for_whom() -> None:
    said = Said("C1", TS, "U1", "Broken.", EARLIER)
    theirs = message_of(said, Member("U1", "Jo Park", is_ours=False), PLACES)
    assert (theirs.rfc_id, theirs.references) == (name_of("C1", TS), (f"slack:C1:{EARLIER}",))
    assert (theirs.sender.address, theirs.sender.name) == ("U1", "Jo Park (Acme)")
    assert (theirs.direction, theirs.medium) == (Direction.FROM_CUSTOMER, Medium.CUSTOMER_CHANNEL)
    ours = message_of(said, Member("U1", "Ana", is_ours=True), PLACES)
    assert (ours.direction, ours.sender.name) == (Direction.FROM_US, "Ana")
    report = message_of(Said("CWORK", TS, "U1", "Broken."), Member("U1", "", is_ours=True), PLACES)
    assert (report.direction, report.medium, report.sender.name) == (
        Direction.FROM_CUSTOMER, Medium.WORK_CHANNEL, "U1"
    )  # fmt: skip
