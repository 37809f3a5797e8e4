"""The terminal: what a person must find on it, and what a customer must not get onto it."""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from bot.domain.alert import Alert, Reason
from bot.domain.escalation import How, Notify
from bot.domain.verdict import Clue, Label, Verdict
from bot.edges import console
from bot.edges.console import ConsoleChannel
from bot.edges.wording import title
from bot.service.ports import Ref
from tests.edges.cards import NASTY, alert, hostile_alerts
from tests.fakes.build import IGNORED, MISTAKE, NOTHING, verdict
from tests.fakes.clock import MONDAY

BERLIN = ZoneInfo("Europe/Berlin")
_FRAME = str.maketrans(dict.fromkeys("│╭╮╰╯─", " "))
CASE: dict[str, Any] = {
    "id": 7, "state": "suspected", "labels": ["mistake", "ignored"], "reason": "still_unanswered", "customer": "Mo",
    "opened_at": "2026-03-02T09:00:00+00:00", "next_due_at": "2026-03-02T09:15:00+00:00", "messages": 2, "severity": 2,
    "claimed_by": "Ana", "exhausted": True, "waiting_since": "2026-03-02T08:00:00+00:00",
    "thread": [{"at": "2026-03-02T08:00:00+00:00", "from": "Mo", "direction": "from_customer", "subject": "Order 17",
                "text": "You charged me twice.", "verdict": None}],
    "log": [{"at": "2026-03-02T09:00:00+00:00", "who": "amends", "whence": "mail", "what": "opened", "from": None,
             "to": "suspected", "note": "mistake"}],
    "alerts": [],
}  # fmt: skip


def posted(*alerts: Alert, root: Ref | None = None) -> str:
    out = io.StringIO()
    channel = ConsoleChannel(BERLIN, out)
    for one in alerts:
        channel.post(one, root)
    return out.getvalue()


def flat(shown: str) -> str:
    """Without frames and line ends."""
    return " ".join(shown.translate(_FRAME).split())


def harmless(shown: str) -> None:
    """Nothing that a terminal would obey, nothing that turns or hides letters."""
    bad = {c for c in shown if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert bad == set()


# alerts


@pytest.mark.parametrize("reason", [one for one in Reason if one.opens], ids=lambda reason: reason.value)
def test_a_card_says_what_who_since_when_why_and_in_which_words(reason: Reason) -> None:
    shown = flat(posted(alert(reason)))
    for said in (
        title(alert(reason)), "Mo Farouk: Order 17", "mistake + ignored · real harm", "waiting since Mon 02 Mar 10:00",
        "3 messages", "You charged me twice & nobody <ever> answers. This is my third mail.", reason.sentence,
        "87% sure", "case 7", "Mon 02 Mar 10:15",
    ):  # fmt: skip
        assert said in shown


def test_a_card_names_the_loudest_clues_and_none_that_spoke_against_it() -> None:
    shown = flat(posted(alert()))
    assert "clues: wrong charge: “charged me twice” · chases: “third mail” · answers" in shown
    assert "clues" not in posted(alert(clues=(Clue(Label.MISTAKE, "lovely", -1.0),)))


def test_on_a_terminal_the_clues_are_marked_among_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    marked = re.findall(r"\x1b\[1;4m([^\x1b]*)", posted(alert()))
    assert marked == ["charged me twice", "answers", "third mail"]


@pytest.mark.parametrize("reason", [one for one in Reason if not one.opens], ids=lambda reason: reason.value)
@pytest.mark.parametrize(
    ("notify", "whom"), [(Notify.CHANNEL, "the channel"), (Notify.ON_CALL, "on-call"), (Notify.LEAD, "the lead")]
)
def test_a_reply_is_a_line_that_says_what_to_whom_and_about_which_case(
    reason: Reason, notify: Notify, whom: str
) -> None:
    shown = flat(posted(alert(reason, notify=notify), root=Ref("console:1")))
    assert f"{title(alert(reason))} → {whom} · case 7, Mo Farouk" in shown
    assert "waiting since Mon 02 Mar 10:00" in shown
    assert ("You charged me twice" in shown) is (reason is Reason.WROTE_AGAIN)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (How.THREAD, "→ support: U1 ·"), (How.CHANNEL, "→ support: U1, seen by the channel ·"),
        (How.DM, "→ support: U1, by direct message ·"),
    ],
)  # fmt: skip
def test_a_reply_says_in_what_way_it_is_said(how: How, said: str) -> None:
    told = alert(Reason.STILL_UNANSWERED, notify=Notify.SCHEDULE, who="support", mention="U1", how=how)
    assert said in flat(posted(told, root=Ref("console:1")))


def test_whom_a_policy_names_stands_there_by_their_id() -> None:
    told = alert(Reason.STILL_UNANSWERED, notify=Notify.PERSON, who="U1", mention="U1")
    assert "→ U1 ·" in flat(posted(told, root=Ref("console:1")))


def test_a_card_says_until_when_a_first_answer_is_due() -> None:
    assert "first answer due Mon 02 Mar 17:00" in flat(posted(alert(answer_due_at=MONDAY + timedelta(hours=7))))
    assert "first answer" not in posted(alert())


def test_a_late_reply_says_how_late() -> None:
    late = alert(Reason.STILL_UNANSWERED, late_by=timedelta(hours=9, minutes=45))
    assert "late by 9h 45m" in flat(posted(late, root=Ref("console:1")))
    assert "late" not in flat(posted(replace(late, late_by=None), root=Ref("console:1")))


def test_a_case_that_reopens_is_a_line_below_its_card() -> None:
    assert "↳" in posted(alert(), root=Ref("console:1"))
    assert "↳" not in posted(alert())


def test_each_post_has_a_place_of_its_own_and_none_is_found_again() -> None:
    channel = ConsoleChannel(BERLIN, io.StringIO())
    assert [channel.post(alert(), None), channel.post(alert(), None)] == ["console:1", "console:2"]
    assert channel.find(alert().key, None, MONDAY) == []


def test_a_narrow_terminal_gets_a_narrow_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert max(map(len, posted(alert()).splitlines())) <= 40


# what a customer could try


@pytest.mark.parametrize("root", [None, Ref("console:1")], ids=["card", "reply"])
@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_nothing_that_customers_have_tried_reaches_the_terminal(nasty: str, root: Ref | None) -> None:
    clues = (Clue(Label.MISTAKE, nasty, 1.0), Clue(Label.MISTAKE, f"refund: “{nasty}”", 1.0))
    for reason in (Reason.MISTAKE, Reason.WROTE_AGAIN):
        shown = posted(alert(reason, customer=nasty, subject=nasty, words=nasty, clues=clues), root=root)
        harmless(shown)
        assert "case 7" in flat(shown)
        assert len(shown) < 6000


@given(hostile_alerts)
def test_nothing_that_a_customer_can_say_reaches_the_terminal(asked: Alert) -> None:
    harmless(posted(asked))
    harmless(posted(asked, root=Ref("console:1")))


def test_markup_in_a_subject_is_shown_and_not_obeyed() -> None:
    subject = "[red]x[/red] [/] \\[bold] [link=https://evil.example]y"
    assert subject in flat(posted(alert(subject=subject)))


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_lists_stories_and_mails_are_as_harmless(nasty: str, capsys: pytest.CaptureFixture[str]) -> None:
    thread = [CASE["thread"][0] | {"from": nasty, "subject": nasty, "text": nasty}]
    log = [CASE["log"][0] | {"who": nasty, "note": nasty}]
    case = CASE | {"customer": nasty, "claimed_by": nasty, "thread": thread, "log": log}
    seen = {
        "from": nasty, "subject": nasty, "date": None, "direction": "from_customer", "new_text": nasty, "quoted": nasty,
        "attachments": [{"name": nasty, "type": "text/plain", "size": 1}],
    }  # fmt: skip
    console.show(console.cases_table([case], BERLIN))
    console.show(console.case_story(case, BERLIN))
    console.mail(seen)
    console.verdict(Verdict(0.9, 0.1, frozenset({Label.MISTAKE}), 2, False, (Clue(Label.MISTAKE, nasty, 1.0),)))
    harmless(capsys.readouterr().out)


# the rest of the screen


def test_the_list_of_cases_has_a_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    closed = CASE | {"id": 8, "state": "closed", "next_due_at": None, "exhausted": False, "customer": "Jo"}
    console.show(console.cases_table([CASE, closed], BERLIN))
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert any(row.startswith("7 suspected") and "mistake" in row and " Mo " in row for row in rows)
    assert any(row.startswith("8 closed") and " Jo " in row and "–" in row for row in rows)
    assert "(exhausted)" in " ".join(rows)


def test_the_story_of_a_case_has_its_messages_and_its_log(capsys: pytest.CaptureFixture[str]) -> None:
    console.show(console.case_story(CASE, BERLIN))
    shown = flat(capsys.readouterr().out)
    for said in (
        "Case 7 · suspected · mistake + ignored", "Mo, waiting since Mon 02 Mar 09:00; next due Mon 02 Mar 10:15",
        "taken by Ana", "Order 17", "You charged me twice.", "Mon 02 Mar 10:00 amends opened suspected mistake",
    ):  # fmt: skip
        assert said in shown


@pytest.mark.parametrize(
    ("judged", "said"),
    [
        (MISTAKE, "mistake, real harm mistake 90% · ignored 10%"),
        (verdict(Label.MISTAKE, Label.IGNORED, severity=3), "mistake and ignored, urgent mistake 90% · ignored 90%"),
        (NOTHING, "no complaint mistake 10% · ignored 10%"),
        (replace(NOTHING, unsure=True), "unsure mistake 10% · ignored 10%"),
        (replace(IGNORED, unsure=True), "ignored, real harm (not sure of the rest) mistake 10% · ignored 90%"),
    ],
)
def test_a_verdict_is_a_line_and_its_clues(judged: Verdict, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    console.verdict(judged)
    first, *clues = capsys.readouterr().out.splitlines()
    assert " ".join(first.split()) == said
    assert len(clues) == len(judged.clues)
    assert all(f"{clue.weight:+.2f}  {clue.text}" in line for clue, line in zip(judged.clues, clues, strict=True))


def test_a_mail_is_shown_with_its_writer_s_words_and_what_came_along(capsys: pytest.CaptureFixture[str]) -> None:
    console.mail({
        "from": "mo@customer.example", "subject": "Order 17", "date": None, "direction": "from_customer",
        "new_text": "It leaks.", "quoted": "x" * 321,
        "attachments": [{"name": "lid.jpg", "type": "image/jpeg", "size": 9}],
    })  # fmt: skip
    shown = flat(capsys.readouterr().out)
    for said in (
        "mo@customer.example",
        "Order 17",
        "It leaks.",
        "lid.jpg (image/jpeg, 9 bytes)",
        "321 characters quoted",
    ):
        assert said in shown
    assert "xxx" not in shown
