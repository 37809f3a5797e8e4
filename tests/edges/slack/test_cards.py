"""The card of a case and the replies below it: as they were, taken by Slack, and deaf to what customers write."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert import Alert, Deed, Reason, Threat
from bot.domain.case import AUTOMATIC_STEPS, STEPS, State, Step
from bot.domain.denial import DENIED, UNDONE
from bot.domain.escalation import Notify
from bot.domain.verdict import Clue, Label
from bot.edges.slack.cards import card, reply
from tests.edges.cards import NASTY, alert, hostile_alerts, words
from tests.edges.slack.drawn import (
    assert_as_it_was,
    assert_inert,
    assert_reachable,
    choices,
    flat,
    golden_names,
    parts,
    pressable,
    texts,
)
from tests.fakes.clock import MONDAY

MARA = "Mara Lind (U0AAA111)"
SOON = MONDAY + timedelta(minutes=20)


def deed(what: str, note: str = "", who: str = MARA) -> Deed:
    return Deed(SOON, who, what, note)


def after(what: str, note: str = "", **other: Any) -> Alert:
    """A case that Mara has just moved."""
    due = None if State(what).resolved else MONDAY + timedelta(hours=4)
    return alert(state=what, claimed_by=MARA, deeds=(deed(what, note),), next_due_at=due, generation=1, **other)


ONE = frozenset({Label.MISTAKE})
CARDS: dict[str, Alert] = {
    **{reason.value: alert(reason) for reason in Reason if reason.opens},
    "after_a_digest": alert(Reason.STILL_UNANSWERED, late_by=timedelta(hours=3)),
    "threats": alert(threats=(Threat.POST, Threat.LEAVE, Threat.CHARGE_BACK), severity=3, labels=ONE),
    "snoozed": alert(
        snoozed=True, deeds=(deed("snoozed", "until 2026-03-03 09:00 UTC"),), next_due_at=MONDAY + timedelta(days=1)
    ),
    "exhausted": alert(exhausted=True, medium="customer_channel"),
    "acknowledged": after("acknowledged"),
    "contacted": after("contacted", "by phone: she gets a new one on Friday"),
    "met": after("contacted", "in person", labels=ONE),
    "amends_made": after("amends_made", "a voucher of 20"),
    "fixed": after("fixed"),
    "evidence_sent": after("evidence_sent"),
    "closed": after("closed", "settled by phone"),
    "dismissed": after("dismissed", "customer's own slip"),
    "dismissed_by_denial": after("dismissed", "not a mistake", undoable=True, labels=ONE),
    "one_label_denied": alert(labels=ONE, deeds=(deed(DENIED, "ignored"),), undoable=True),
    "taken_back": alert(deeds=(deed("dismissed", "not a mistake"), deed(UNDONE)), generation=2),
}
REPLIES: dict[str, Alert] = {
    **{reason.value: alert(reason) for reason in Reason if not reason.opens},
    **{f"reopened_{reason.value}": alert(reason) for reason in Reason if reason.opens},
    "reopened_by_a_person": alert(deeds=(deed("reopened", "she called again"),)),
    "overdue_step": alert(Reason.NEXT_STEP_OVERDUE, state="amends_made", late_by=timedelta(minutes=5)),
}


def told(drawn: tuple[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return {"text": drawn[0], "blocks": drawn[1]}


# as they were


@pytest.mark.parametrize("name", CARDS)
def test_a_card_looks_as_it_did(name: str) -> None:
    assert_as_it_was(f"cards/{name}", told(card(CARDS[name])))
    assert_inert(*card(CARDS[name]))
    assert_reachable(card(CARDS[name])[1])


@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_looks_as_it_did(name: str) -> None:
    assert_as_it_was(f"replies/{name}", told(reply(REPLIES[name])))
    assert_inert(*reply(REPLIES[name]))


def test_every_golden_file_is_of_a_card_that_is_drawn() -> None:
    assert golden_names("cards") == set(CARDS)
    assert golden_names("replies") == set(REPLIES)


# what a card says


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.value)
def test_a_card_says_what_who_since_when_in_which_words_what_next_and_why(reason: Reason) -> None:
    shown = flat(card(alert(reason))[1])
    for said in (
        "Mo Farouk: Order 17", "Mistake and ignored request · real harm · 87% sure",
        "Waiting since 2026-03-02 09:00 UTC", "3 messages by mail", "Nobody is on it yet",
        "Next: take it, then reach Mo Farouk.", reason.sentence, "Case 7.",
    ):  # fmt: skip
        assert said in shown


@pytest.mark.parametrize("reason", [one for one in Reason if not one.opens], ids=lambda reason: reason.value)
def test_a_reply_is_short_and_says_why_it_speaks_and_what_to_do(reason: Reason) -> None:
    text, blocks = reply(alert(reason))
    assert reason.sentence in flat(blocks)
    assert "Press “I'm on it” on the card above, then reach Mo Farouk." in flat(blocks)
    assert len(blocks) <= 5
    assert not pressable(blocks), "a button in the thread would be stale with the next press"
    assert ("third mail" in flat(blocks)) is (reason is Reason.WROTE_AGAIN)
    assert text.startswith("<!subteam^S0ONCALL> ")


def test_nothing_in_slack_sends_people_to_a_terminal() -> None:
    for one in [*map(card, CARDS.values()), *map(reply, REPLIES.values())]:
        assert "amends step" not in f"{one[0]} {flat(one[1])}"


def test_a_card_may_mention_somebody_too() -> None:
    text, blocks = card(alert(Reason.MISTAKE, mention="U0LEAD"))
    assert text.startswith("<@U0LEAD> Our mistake")
    assert blocks[1]["text"]["text"] == "<@U0LEAD>"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("acknowledged", "Mara Lind is on it since 2026-03-02 09:20 UTC"),
        ("contacted", "Contacted by Mara Lind by phone: she gets a new one on Friday"),
        ("met", "Contacted by Mara Lind in person"),
        ("closed", "Closed by Mara Lind: settled by phone"),
        ("dismissed_by_denial", "Dismissed by Mara Lind: not a mistake"),
        ("snoozed", "Put off by Mara Lind · 2026-03-02 09:20 UTC . It comes back 2026-03-03 09:00 UTC"),
        ("exhausted", "Everybody was told, and nobody is on it"),
        ("one_label_denied", "Mara Lind says: not ignored."),
        ("threats", "Threatens to post in public, leave and charge back."),
    ],
)
def test_a_card_tells_where_the_case_stands_and_who_did_it(name: str, said: str) -> None:
    text, blocks = card(CARDS[name])
    assert said in flat(blocks)
    assert "U0AAA111" not in str(blocks) + text, "a name, never a mention"


def test_a_notification_says_what_became_of_the_case() -> None:
    assert card(alert())[0] == "Our mistake · Mo Farouk: Order 17"
    assert card(CARDS["acknowledged"])[0] == "Our mistake · Mo Farouk: Order 17. Mara Lind is on it."
    assert card(alert(state="acknowledged"))[0].endswith(". Somebody is on it.")


def test_a_card_tells_until_when_a_first_answer_is_due_besides_the_next_reminder() -> None:
    due = MONDAY + timedelta(hours=8)
    shown = flat(card(alert(answer_due_at=due))[1])
    assert "The next reminder goes out 2026-03-02 10:00 UTC . First answer due 2026-03-02 17:00 UTC ." in shown
    assert "First answer was due" in flat(card(alert(answer_due_at=due, at=due))[1])
    assert "First answer" not in flat(card(alert())[1])
    [moment] = [part for part in parts(card(alert(answer_due_at=due))[1]) if part.get("timestamp") == due.timestamp()]
    assert moment["format"] == "{date_short_pretty} {time}", "today 17:00, in the reader's own time zone"


def test_a_reply_says_whom_it_is_for_and_what_else_to_do_where_nobody_is() -> None:
    shown = flat(reply(alert(Reason.STILL_UNANSWERED, notify=Notify.SCHEDULE, who="night", mention="U1"))[1])
    assert "Nobody has taken this yet. Told to whoever is on call by the rotation night." in shown
    assert "/amends oncall says who is on call" in flat(reply(alert(Reason.NOBODY_TO_TELL, mention=""))[1])
    taken = alert(Reason.FIRST_RESPONSE_OVERDUE, state="acknowledged", claimed_by=MARA)
    assert "Reach Mo Farouk now, then say how under Contacted on the card above." in flat(reply(taken)[1])


def test_an_ended_case_owes_nothing_and_advises_nothing() -> None:
    for name in ("closed", "dismissed"):
        shown = flat(card(CARDS[name])[1])
        assert "Next:" not in shown
        assert "due" not in shown


def test_a_case_that_opens_again_says_so_with_the_new_words() -> None:
    text, blocks = reply(alert())
    assert text == "Reopened: the customer wrote again after we had answered · Mo Farouk"
    assert "third mail" in flat(blocks)
    assert reply(REPLIES["reopened_by_a_person"])[0] == "Reopened by Mara Lind: she called again · Mo Farouk"


# buttons


@pytest.mark.parametrize(
    ("name", "buttons", "more"),
    [
        ("mistake", ["claim", "contacted", "draft", "snooze", "not_mistake", "not_ignored", "more"],
         "closed dismissed"),
        ("acknowledged", ["contacted", "take_over", "draft", "snooze", "not_mistake", "not_ignored", "more"],
         "closed dismissed"),
        ("contacted", ["amends_made", "snooze", "not_mistake", "not_ignored", "more"],
         "fixed closed dismissed reopened"),
        ("amends_made", ["fixed", "snooze", "more"], "closed reopened"),
        ("fixed", ["evidence_sent", "snooze", "more"], "amends_made closed reopened"),
        ("evidence_sent", ["closed", "snooze", "more"], "amends_made reopened"),
        ("closed", ["reopened"], ""),
        ("dismissed", ["reopened"], ""),
        ("dismissed_by_denial", ["undo", "reopened"], ""),
        ("one_label_denied", ["undo", "claim", "contacted", "draft", "snooze", "not_mistake", "more"],
         "closed dismissed"),
    ],
)  # fmt: skip
def test_a_card_offers_what_its_state_allows(name: str, buttons: list[str], more: str) -> None:
    _text, blocks = card(CARDS[name])
    assert pressable(blocks) == buttons
    if more:
        assert choices(blocks, "more") == [f"{verb}:7" for verb in more.split()]


@given(st.sampled_from(State), st.booleans(), st.sets(st.sampled_from(Label)), st.booleans())
def test_every_step_on_offer_is_one_that_the_case_can_take(
    state: State, snoozed: bool, labels: set[Label], undoable: bool
) -> None:
    shown = alert(state=state.value, snoozed=snoozed, labels=frozenset(labels), undoable=undoable)
    _text, blocks = card(shown)
    steps = {step.value for step in STEPS[state] if step not in AUTOMATIC_STEPS}
    offered = {part["action_id"] for part in parts(blocks) if part.get("type") == "button"}
    offered |= {value.partition(":")[0] for value in (choices(blocks, "more") if "more" in pressable(blocks) else [])}
    assert offered & {step.value for step in Step} <= steps
    assert steps - {Step.ACKNOWLEDGED.value} <= offered, "whatever the case allows can be done here"
    assert_inert(*card(shown))


def test_every_button_carries_its_case_and_names_it_to_a_screen_reader() -> None:
    for shown in CARDS.values():
        for part in parts(card(shown)[1]):
            if part.get("type") == "button":
                assert part["value"] == "7"
                assert "case 7, Mo Farouk" in part["accessibility_label"]
    assert choices(card(alert())[1], "snooze") == ["1h:7", "tomorrow:7", "pick:7"]


def test_one_button_stands_out_and_it_is_the_next_step() -> None:
    for shown in CARDS.values():
        loud = [part["action_id"] for part in parts(card(shown)[1]) if part.get("style") == "primary"]
        assert len(loud) == (0 if State(shown.state).resolved else 1)


def test_a_menu_forgets_its_choice_when_the_case_changes() -> None:
    first, second = (card(alert(generation=n))[1] for n in (0, 1))
    assert [b["block_id"] for b in first if "block_id" in b] != [b["block_id"] for b in second if "block_id" in b]


# the customer's words


def test_the_words_behind_the_clues_are_bold_and_all_words_are_there() -> None:
    (quote,) = (part for part in parts(card(alert())[1]) if part.get("type") == "rich_text_quote")
    marked = [piece["text"] for piece in quote["elements"] if piece.get("style")]
    assert marked == ["charged me twice", "answers", "third mail"]
    everything = "".join(piece["text"] for piece in quote["elements"])
    assert everything == "You charged me twice & nobody <ever> answers.\nThis is my third mail."


def test_a_mail_without_words_says_so() -> None:
    assert "(no text)" in texts(card(alert(words=" \u200b\n"))[1], "text")


# what a customer, or a colleague, could try


def harmless(asked: Alert) -> None:
    for text, blocks in (card(asked), reply(asked)):
        assert_inert(text, blocks)
        assert_reachable(blocks)
        assert len(str(blocks).encode()) < 30_000


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_nothing_that_customers_have_tried_acts(nasty: str) -> None:
    clues = (Clue(Label.MISTAKE, nasty, 1.0),)
    for reason in (Reason.MISTAKE, Reason.WROTE_AGAIN, Reason.NEXT_STEP_OVERDUE):
        harmless(alert(reason, customer=nasty, subject=nasty, words=nasty, clues=clues))
    harmless(alert(Reason.STILL_UNANSWERED, notify=Notify.SCHEDULE, who=nasty, customer=nasty))
    for state in State:
        deeds = (deed(state.value, nasty, nasty),)
        harmless(alert(customer=nasty, subject=nasty, words=nasty, state=state.value, claimed_by=nasty, deeds=deeds))


@given(hostile_alerts, st.sampled_from(State), words, words, st.booleans())
def test_nothing_that_anybody_can_say_acts(asked: Alert, state: State, who: str, note: str, snoozed: bool) -> None:
    deeds = tuple(Deed(SOON, who, what, note) for what in ("snoozed", DENIED, "reopened", state.value))
    harmless(replace(asked, state=state.value, claimed_by=who, deeds=deeds, snoozed=snoozed))


@given(hostile_alerts)
def test_the_words_stand_only_where_slack_reads_no_markup(asked: Alert) -> None:
    quokka = replace(asked, words=f"quokka *quokka* {asked.words}")
    for text, blocks in (card(quokka), reply(quokka)):
        assert not [shown for shown in [text, *texts(blocks, "mrkdwn")] if "quokka" in shown]
    assert "quokka" in "".join(texts(card(quokka)[1], "text"))
    again = asked.reason.opens or asked.reason is Reason.WROTE_AGAIN
    assert ("quokka" in "".join(texts(reply(quokka)[1], "text"))) is again


def test_a_long_name_is_cut_and_the_case_is_still_named() -> None:
    shown = flat(card(alert(customer="M" * 5000))[1])
    assert "M" * 61 not in shown
    assert "Case 7." in shown
