"""Escalation policies in words: what they are for, why they are not for a case, and how they are climbed."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.escalation import How, Ladder, Notify, Rung, Traits
from bot.domain.roster import Duty

_HOW = {How.THREAD: "", How.CHANNEL: ", seen in the channel too", How.DM: ", by direct message"}
_NAMES = {Notify.CHANNEL: "the channel", Notify.ON_CALL: "the on-call", Notify.LEAD: "the lead"}


def conditions(ladder: Ladder) -> tuple[str, ...]:
    """What a case must be like, one condition each; none: it is for everything else."""
    told = []
    if ladder.reasons:
        told.append(f"of the kind {_one_of(ladder.reasons)}")
    if ladder.severity > 1:
        told.append(f"of severity {_or_more(ladder.severity, 3)}")
    if ladder.value > 0:
        told.append(f"of customers worth {ladder.value:,g} or more")
    if ladder.media:
        told.append(f"from {_one_of(ladder.media)}")
    return tuple(told)


def objections(ladder: Ladder, traits: Traits) -> tuple[str, ...]:
    """Why a policy is not for a case of these traits; nothing exactly where it is."""
    told = []
    if ladder.reasons and traits.reason not in ladder.reasons:
        told.append(f"it is for {_one_of(ladder.reasons)}, not for {_word(traits.reason)}")
    if traits.severity < ladder.severity:
        told.append(f"it asks for severity {_or_more(ladder.severity, 3)}, and this has {traits.severity}")
    if traits.value < ladder.value:
        told.append(f"it asks for a customer worth {ladder.value:,g} or more, and this one is worth {traits.value:,g}")
    if ladder.media and traits.medium not in ladder.media:
        told.append(f"it is for what comes from {_one_of(ladder.media)}, and this comes from {_word(traits.medium)}")
    return tuple(told)


def purpose(ladder: Ladder) -> str:
    """All conditions in one sentence part: "for cases of severity 3, from mail"."""
    told = conditions(ladder)
    return f"for cases {', '.join(told)}" if told else "for every case that no other is for"


def steps(ladder: Ladder) -> tuple[str, ...]:
    """How it is climbed, a rung each: "after 15m, to the channel"."""
    return tuple(f"after {rung.after}, to {target(rung)}{_HOW[rung.how]}" for rung in ladder.rungs)


def repeats(ladder: Ladder) -> str:
    """How often it is climbed again; empty for never."""
    if not ladder.repeat:
        return ""
    return f"then all over again{f', {ladder.repeat} times' if ladder.repeat > 1 else ', once'}"


def target(rung: Rung) -> str:
    """Whom a rung means, as the config names them."""
    return _NAMES.get(rung.notify) or (f"whoever {rung.who} has" if rung.notify is Notify.SCHEDULE else rung.who)


def whom(duty: Duty | None, notify: Notify) -> str:
    """Whom a rung reaches, and why; None: the channel itself, because nobody was named."""
    if duty is not None:
        return f"{duty.who} ({duty.why})" if duty.who else f"nobody ({duty.why.removeprefix('nobody: ')})"
    return "the channel" if notify is Notify.CHANNEL else f"the channel (no {_word(notify.value)} is named)"


def _one_of(words: Iterable[str]) -> str:
    return " or ".join(_word(word) for word in sorted(words))


def _word(word: str) -> str:
    return word.replace("_", " ")


def _or_more(least: int, most: int) -> str:
    return f"{least}" if least >= most else f"{least} or worse"
