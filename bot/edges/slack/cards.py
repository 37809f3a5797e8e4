"""The card of a case and the replies in its thread: pure functions from an Alert to (fallback text, Block Kit)."""

from __future__ import annotations

from bot.domain.alert import Alert, Deed, Reason
from bot.domain.case import State
from bot.domain.denial import DENIED, NOTES, UNDONE
from bot.domain.verdict import Label
from bot.edges import wording
from bot.edges.slack import pieces as p
from bot.edges.slack.buttons import buttons
from bot.edges.slack.pieces import Json
from bot.text.mrkdwn import escape, one_line

_WORDS, _NOTE = 1200, 160
_SNOOZED = "snoozed"
_WAYS = ("by ", "in person")  # how somebody was reached follows on who reached them
_REPLY_WORDS = 600
# What somebody did, as the card says it; and where the case stands when nobody's deed led there.
_DID = {
    "contacted": "Contacted", "amends_made": "Amends made", "fixed": "Cause fixed", "evidence_sent": "Evidence sent",
    "closed": "Closed", "dismissed": "Dismissed", "reopened": "Reopened", _SNOOZED: "Put off", UNDONE: "Taken back",
}  # fmt: skip
_IS = {
    State.SUSPECTED: "Nobody is on it yet", State.ACKNOWLEDGED: "Somebody is on it",
    State.CONTACTED: "The customer heard from us", State.AMENDS_MADE: "Amends are made",
    State.FIXED: "The cause is fixed", State.EVIDENCE_SENT: "The customer got evidence of the fix",
    State.CLOSED: "Closed", State.DISMISSED: "Dismissed",
}  # fmt: skip
_NEXT = {
    State.SUSPECTED: "take it, then reach {who}.", State.ACKNOWLEDGED: "reach {who}, then say how under Contacted.",
    State.CONTACTED: "make amends worth what {who} expected.",
    State.AMENDS_MADE: "fix the cause, so that it happens to nobody else.",
    State.FIXED: "send {who} evidence of the fix.", State.EVIDENCE_SENT: "close it.",
}  # fmt: skip
_NATURAL_STEP = {
    State.SUSPECTED: "acknowledged", State.ACKNOWLEDGED: "contacted", State.CONTACTED: "amends_made",
    State.AMENDS_MADE: "fixed", State.FIXED: "evidence_sent", State.EVIDENCE_SENT: "closed",
    State.CLOSED: "reopened", State.DISMISSED: "reopened",
}  # fmt: skip
_DUE = {State.SUSPECTED: "The next reminder goes out ", State.ACKNOWLEDGED: "The customer should hear from us by "}
_BY = {"mail": "by mail", "customer_channel": "in Slack", "work_channel": "in a work channel"}
_ASK = "/amends oncall says who is on call, and when that changes."
_LABELS = {label.value: label for label in Label}


def card(alert: Alert, *, pressable: bool = True) -> tuple[str, list[Json]]:
    """The one card of a case as it is now; it is drawn again whenever the case changes.

    `pressable`: somebody hears what is pressed; else it says what to type.
    """
    return _fallback(alert, "" if _fresh(alert) else f"{status(alert)}."), [
        p.header(wording.heading(alert)),
        *p.pings(alert.mention),
        facts(alert),
        p.quote(alert.words, _WORDS, wording.clue_words(alert)),
        *([] if State(alert.state).resolved else [_next(alert)]),
        # a new id with each change: else the client keeps showing what was chosen from a menu before
        *(p.actions(f"case:{alert.case}:{alert.generation}", buttons(alert)) if pressable else [typed(alert)]),
        p.context(f"Why you see this: {wording.cause(alert)} Case {alert.case}."),
    ]


def reply(alert: Alert, *, pressable: bool = True) -> tuple[str, list[Json]]:
    """What is said later, in the thread of the card; the words again where they are new ones."""
    heading = _reopening(alert) if alert.reason.opens else wording.title(alert)
    again = alert.reason.opens or alert.reason is Reason.WROTE_AGAIN
    advice = _advice(alert, pressable=pressable)
    text = f"{ping(alert)}{escape(f'{heading} · {wording.customer(alert)}')}"
    return text, [
        *p.pings(alert.mention),
        p.rich([p.bold(heading), p.text(f" · {wording.customer(alert)}")]),
        *([p.quote(alert.words, _REPLY_WORDS, wording.clue_words(alert))] if again else []),
        p.rich([p.text(_waits(alert)), p.moment(alert.waiting_since), p.text(f". {advice}")]),
        p.context(f"{wording.cause(alert)} {wording.turn(alert)}".rstrip()),
    ]


def status(alert: Alert) -> str:
    """Where the case stands, in a few words without moments."""
    state, led = State(alert.state), _led_here(alert)
    if alert.snoozed:
        return _told(led) if led else "Put off"
    if state is State.ACKNOWLEDGED and alert.claimed_by:
        return f"{wording.person(alert.claimed_by)} is on it"
    if state is State.SUSPECTED and alert.exhausted:
        return "Everybody was told, and nobody is on it"
    return _told(led) if led else _IS[state]


def _fresh(alert: Alert) -> bool:
    return alert.state == State.SUSPECTED.value and not (alert.snoozed or alert.exhausted)


def facts(alert: Alert) -> Json:
    """What is wrong, since when the customer waits, and where the case stands."""
    severity, sure = wording.SEVERITY[alert.severity], wording.sure(alert)
    what = " · ".join(filter(None, (wording.kinds(alert).capitalize(), severity, sure)))
    threats = f"Threatens to {wording.listed(wording.threat_words(alert))}."
    count = "1 message" if alert.messages == 1 else f"{alert.messages} messages"
    lines = [
        [p.bold(what)],
        [p.bold(threats)] if alert.threats else [],
        [p.text(_waits(alert)), p.moment(alert.waiting_since), p.text(f" · {count} {_BY.get(alert.medium, '')}")],
        _standing(alert),
        _first_answer(alert),
        _denied(alert),
    ]
    return p.rich(*filter(None, lines))


def _waits(alert: Alert) -> str:
    return "Waiting since " if State(alert.state).awaits_first_answer else "Had waited since "


def _standing(alert: Alert) -> list[Json]:
    """Where it stands, with the moments: since when, and until when something is due."""
    told, led = [p.bold(status(alert))], _led_here(alert)
    if led:
        told += [p.text(" since " if led.what == State.ACKNOWLEDGED.value else " · "), p.moment(led.at)]
    told.append(p.text("."))
    if alert.next_due_at:
        told += [p.text(f" {_until(alert)}"), p.moment(alert.next_due_at), p.text(".")]
    return told


def _first_answer(alert: Alert) -> list[Json]:
    """Until when the customer should have one; taking the case or putting it off does not move that."""
    if alert.answer_due_at is None:
        return []
    was = "was due" if alert.answer_due_at <= alert.at else "due"
    return [p.text(f"First answer {was} "), p.moment(alert.answer_due_at), p.text(".")]


def _until(alert: Alert) -> str:
    return "It comes back " if alert.snoozed else _DUE.get(State(alert.state), "The next step is due by ")


def _denied(alert: Alert) -> list[Json]:
    """Who has just said that one of two labels is wrong."""
    last = alert.deeds[-1] if alert.deeds else None
    if last is None or last.what != DENIED or last.note not in _LABELS:
        return []
    return [p.text(f"{wording.person(last.who)} says: {NOTES[_LABELS[last.note]]}.")]


def _next(alert: Alert) -> Json:
    step = _NEXT[State(alert.state)].format(who=wording.customer(alert))
    return p.rich([p.bold("Next: "), p.text(step)])


def _reopening(alert: Alert) -> str:
    """A case that opens a second time: the customer wrote again, or somebody of the team saw to it."""
    last = alert.deeds[-1] if alert.deeds else None
    if last and last.what in ("reopened", UNDONE):
        return _told(last)
    if alert.reason is Reason.STAFF_REPORT:
        return "Reopened: a colleague reports it again"
    return "Reopened: the customer wrote again after we had answered"


def typed(alert: Alert) -> Json:
    """How the case is moved where nothing can be pressed."""
    return p.context(f"On a terminal: amends step {alert.case} {_NATURAL_STEP[State(alert.state)]} --by YOU")


def _advice(alert: Alert, *, pressable: bool) -> str:
    """What to do about it; buttons stand on the card alone, which is drawn again when they are pressed."""
    if not pressable:
        return f"The card above says how to move case {alert.case}."
    if alert.reason is Reason.FIRST_RESPONSE_OVERDUE and alert.state != State.SUSPECTED.value:
        return f"Reach {wording.customer(alert)} now, then say how under Contacted on the card above."
    if alert.state == State.SUSPECTED.value:
        first = f"Press “I'm on it” on the card above, then reach {wording.customer(alert)}."
        return f"{first} {_ASK}" if alert.reason is Reason.NOBODY_TO_TELL else first
    return "Take the next step on the card above, or close it there."


def _told(deed: Deed) -> str:
    """A deed in words: what, by whom, and what they said about it; of a snooze the card tells the end by itself."""
    note = one_line(deed.note, _NOTE).rstrip(".") if deed.what != _SNOOZED else ""
    said = f"{_DID.get(deed.what, deed.what)} by {wording.person(deed.who)}"
    return f"{said} {note}" if note.startswith(_WAYS) else f"{said}: {note}" if note else said


def _led_here(alert: Alert) -> Deed | None:
    """The newest deed that led to where the case stands."""
    what = _SNOOZED if alert.snoozed else alert.state
    return next((deed for deed in reversed(alert.deeds) if deed.what == what), None)


def ping(alert: Alert) -> str:
    """mrkdwn before the fallback text that pings whom it is for, if there is somebody."""
    return f"{p.mention(alert.mention)} " if alert.mention else ""


def _fallback(alert: Alert, status: str) -> str:
    """For notifications and screen readers."""
    return f"{ping(alert)}{escape(wording.headline(alert))}{f'. {escape(status)}' if status else ''}"
