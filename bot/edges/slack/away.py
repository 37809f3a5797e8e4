"""What is said of a case away from its card, in a direct message or another channel: with a link to the card."""

from __future__ import annotations

from bot.domain.alert import Alert
from bot.domain.case import State
from bot.edges import wording
from bot.edges.slack import pieces as p
from bot.edges.slack.buttons import buttons
from bot.edges.slack.cards import facts, ping, typed
from bot.edges.slack.pieces import Json
from bot.text.mrkdwn import escape

_WORDS = 600


def away(alert: Alert, link: str, turn: str = "", *, pressable: bool = True) -> tuple[str, list[Json]]:
    """(fallback text, blocks). It is not drawn again: what it shows of the case is how it was then.

    `turn`: why it is said to whoever reads it.
    """
    return f"{ping(alert)}{escape(wording.headline(alert))}", [
        p.header(wording.heading(alert)),
        *p.pings(alert.mention),
        facts(alert),
        p.quote(alert.words, _WORDS, wording.clue_words(alert)),
        p.rich([p.bold("Next: "), p.text(_advice(alert)), p.link(link, f"the card of case {alert.case}"), p.text(".")]),
        *(p.actions(f"case:{alert.case}:{alert.generation}", buttons(alert)) if pressable else [typed(alert)]),
        p.context(f"Why you see this: {wording.cause(alert)} {turn}".rstrip()),
    ]


def _advice(alert: Alert) -> str:
    if State(alert.state).awaits_first_answer:
        return f"reach {wording.customer(alert)}. What others did meanwhile is told by "
    return "what is left to do is told by "
