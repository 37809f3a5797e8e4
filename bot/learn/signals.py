"""Signals that people can read: what a text does. They join the words and letters as features."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import re2

_COUNT = r"(?:\d{1,3}|two|three|four|five|six|seven|several|many|multiple|countless|numerous|dozens? of)"
_NOT = (
    r"(?:\b(?:not|never|no|nobody|no one|no-one|none|nothing|without|zero|nor|havent|hasnt|didnt|dont|cant|wont)|n't)"
)

_PATTERNS: dict[str, str] = {
    "still waiting": r"\b(?:still|yet to|waiting|waited|am i waiting|how much longer)\b",
    "no reply": _NOT + r"\b[^.!?\n]{0,45}\b(?:repl|respon|answer|call(?:ed|s)? (?:me |us )?back|callback|hear|contact(?:ed)? me|"
    r"acknowledg|getting back|get back|got back|pick(?:ed|s)? up|read(?:ing)? my)\w*",
    "silence": r"\b(?:silence|silent|crickets|ignor(?:ed|ing|es)|ghost(?:ed|ing)|fob(?:bed)? off|brush(?:ed)? off|run ?around|"
    r"dead end|black hole|unanswered|left on read|stonewall\w*)\b",
    "passed around": r"\b(?:pass(?:ed|ing) (?:me |us )?(?:around|from|on|along|between)|transferr?ed (?:me )?(?:to|from|between|again)|"
    r"bounced|round in circles|sent back and forth|one department)\b",
    "on hold": r"\b(?:on hold|hung up|hold music|cut off|in the queue|queue for|disconnected me)\b",
    "chases": r"\b(?:second|third|fourth|fifth|2nd|3rd|4th|5th|another) (?:time|e-?mail|message|letter|call|request|attempt|"
    r"reminder|ticket|complaint)\b|\b(?:reminder|follow(?:ing)?[ -]?up|chas(?:e|ed|ing)|once again|yet again|any (?:news|update))\b",
    "refers to earlier": r"\bas (?:i |we )?(?:said|wrote|written|mentioned|explained|agreed|per)\b|\b(?:my|our) (?:last|earlier|"
    r"previous|first|original|initial) (?:e-?mail|message|letter|request|ticket|complaint|call)\b|\bre: ?re:",
    "wrote to us": r"\b(?:i|we|she|he|they|my \w+)(?:'ve| have| had|'d)? (?:already |also |now |since |repeatedly )*(?:called|"
    r"e-?mailed|written|wrote|phoned|rang|rung|messaged|contacted|asked|reported|raised|opened|submitted|complained|"
    r"tweeted|dm'?e?d|filed|lodged|disputed|requested|chased|spoken|spoke)\b",
    "many attempts": rf"\b{_COUNT} (?:times|calls|e-?mails|messages|tickets|letters|attempts|reminders|chats|requests|agents|people)\b",
    "duration": r"\b(?:\d{1,3}|an?|one|two|three|four|five|six|several|few|couple of) ?(?:min(?:ute)?s?|hours?|hrs?|days?|weeks?|"
    r"months?|years?)\b",
    "promised": r"\b(?:promis\w+|assured|guarantee\w*|supposed to|should have|meant to|was told|were told|told (?:me|us)|said (?:it|they|i|you|he|she|within|by))\b",
    "not arrived": _NOT + r"\b[^.!?\n]{0,30}\b(?:arriv|came|come|receiv|deliver|turn(?:ed)? up|show(?:ed|n|ing)? up|credited|"
    r"refunded|shipped|paid|posted|there)\w*",
    "does not work": _NOT + r"\b[^.!?\n]{0,25}\b(?:work|load|open|start|connect|log ?in|sign ?in|sync|install|respond|fix|resolv|"
    r"process|updat|recogni|accept|go through|let me)\w*",
    "wrong charge": r"\b(?:charg|bill|debit|deduct|invoic)\w*\b[^.!?\n]{0,40}\b(?:twice|double|again|extra|wrong|too much|more than|"
    r"instead|cancel\w*|never|without)\b|\b(?:overcharg|double[- ]charg|double[- ]bill)\w*",
    "refund": r"\brefund\w*|\bmoney back\b|\breimburs\w*",
    "damage words": r"\b(?:wrong|incorrect|damaged|broken|faulty|defective|cracked|leak\w*|missing|lost|mould\w*|mold\w*|torn|smashed|"
    r"dead on arrival|dirty|filthy|spoil\w*|stale)\b",
    "lateness words": r"\b(?:late|delay\w*|overdue|held up|behind schedule|no[- ]show)\b",
    "outage words": r"\b(?:crash\w*|fail\w*|error|bug|glitch|freez\w*|stuck|outage|is down|are down|broke|regression|timed? ?out)\b",
    "rudeness words": r"\b(?:rude|dismissive|condescending|arrogant|yelled|shouted|unhelpful|incompeten\w*|unprofessional|lied|liar)\b",
    "leaving": r"\b(?:switch(?:ing|ed)? to|leaving|take (?:my|our) (?:business|money|custom)|never (?:again|buy|fly|order|use|book)|"
    r"last time|clos(?:e|ing) (?:my|our) account|competitor\w*|elsewhere|done with (?:you|this))\b",
    "goes public": r"\b(?:social media|twitter|facebook|reddit|newspaper|press|journalist|trustpilot|bbb|tell every\w*|warn (?:others|people)|"
    r"one star|1 star|stay away|avoid)\b",
    "goes to law": r"\b(?:lawyer|solicitor|attorney|court|legal|ombudsman|regulator|cfpb|trading standards|consumer protection|sue|police)\b",
    "charges back": r"\bcharge ?backs?\b|\bdisput\w+ (?:the|this|it|these|that)\b[^.!?\n]{0,20}\b(?:bank|card|charge|payment)",
    "unacceptable": r"\b(?:unacceptable|ridiculous|disgrace\w*|joke|pathetic|appalling|terrible|worst|awful|horrible|shame\w*|disappoint\w*|"
    r"frustrat\w*|furious|fed up|useless|absurd|fuming|sick of)\b",
    "sarcasm": r"\b(?:great job|well done|thanks for nothing|nice work|good job|bravo|congrat\w*|way to go|love how|brilliant)\b",
    "thanks": r"\b(?:thanks|thank you|thx|cheers|grateful|appreciate\w*|merci|danke|gracias|obrigad[oa])\b",
    "praise": r"\b(?:great|excellent|amazing|love|loved|lovely|perfect|wonderful|fantastic|awesome|recommend|friendly|helpful|best|"
    r"delicious|impressed|happy|smooth)\b",
    "put right": r"\b(?:all (?:good|sorted|fixed)|(?:now|is|was|got|been|it's) (?:sorted|fixed|resolved|working|refunded)|works (?:now|again|fine)|"
    r"sorted (?:it )?out|turned up|never ?mind|no need|no harm done|same day|straight away|within (?:minutes|the hour))\b",
    "own slip": r"\bmy (?:own )?(?:fault|mistake|bad|error|stupidity|typo)\b|\bi (?:accidentally|mistakenly|stupidly|forgot|mistyped|misread|"
    r"mis\w+|must have|put in the wrong|entered the wrong|typed|lost|dropped|left my)\b|\b(?:by accident|silly me|oops|whoops)\b",
    "how-to": r"(?:^|[.!?\n]\s*)(?:hi|hello|hey)?[, ]*(?:how (?:do|can|long|much|many|would|to)|what (?:is|are|does|do|if|time|happens)|where (?:can|do|is)|"
    r"when (?:do|does|will|is|can)|which|can (?:i|you|we)|could (?:i|you)|do (?:you|i)|does|is (?:it|there|this)|are (?:you|there)|may i|will)\b",
    "hypothetical": r"\b(?:what if|if i (?:lose|lost|were|want\w*|need\w*|ever|cancel)|in case|suppose|hypothetical\w*|thinking (?:of|about)|"
    r"planning (?:to|on)|considering|would it be possible|wondering (?:if|whether|how)|just curious|curious)\b",
    "request": r"\b(?:please|could you|can you|would you|i(?:'d| would) like|i need|i want|kindly|let me know)\b",
    "wish": r"\b(?:would be (?:nice|great|good|cool|helpful)|feature request|please add|suggest\w*|wish|it would help|any plans|idea)\b",
    "price or policy": r"\b(?:policy|policies|price\w*|pricing|expensive|fees?|cost\w*|terms|too (?:small|salty|dear|pricey)|overpriced)\b",
    "third party": r"\b(?:their fault|not your fault|nothing to do with you|another company|other company|the seller|scam\w*|fraud\w*|stolen|thief)\b",
    "bulk mail": r"\b(?:unsubscribe|view (?:this )?in (?:your )?browser|newsletter|% off|click here|webinar|limited time|subscri(?:be|ption) to our|"
    r"opt out|forwarded message|digest|sale ends)\b",
    "colleague": r"\b(?:heads[- ]?up|fyi|our (?:side|end|fault|mistake)|we (?:shipped|sent|charged|forgot|missed|promised|never|double|messed|"
    r"overlooked|dropped)|customers?|client|ticket|(?:this|that) batch|anyone picked|on our)\b",
    "business mail": r"\b(?:attached|meeting|agenda|draft|contract|schedule|conference call|deal|counterparty|minutes|regards|per our|"
    r"see you|forward(?:ed)?|cc|team|lunch|agreement)\b",
    "technical talk": r"\b(?:patch|compil\w+|kernel|perl|python|script|server|rpm|package|module|config\w*|list|thread|wrote|code|function|cvs)\b",
    "link": r"https?://|\blink\b|www\.",
    "handle": r"(?:^|\s)@\w+",
    "money": r"[$€£¥]\s?\d|\d\s?(?:€|£|usd|eur|gbp|dollars?|pounds?|euros?)\b",
    "quoted line": r"(?:^|\n)>",
    "negation": rf"{_NOT}\b",
}  # fmt: skip

# These say something by how often they occur.
_COUNTED: dict[str, frozenset[str]] = {
    "you": frozenset({"you", "your", "u", "ur", "you're", "you've", "yours"}),
    "i": frozenset({"i", "my", "me", "we", "our", "i'm", "i've", "us"}),
    "question mark": frozenset("?"),
    "exclamation": frozenset("!"),
}

NAMES: tuple[str, ...] = (*_PATTERNS, *_COUNTED, "shouting", "long")
"""The names of the signals, in the order of `row`."""


def _compile() -> Any:
    """All patterns as one automaton: one pass over a text finds all, in linear time whatever the text is."""
    together = re2.Set.SearchSet()
    for pattern in _PATTERNS.values():
        together.Add(pattern)
    together.Compile()
    return together


_ALL = _compile()
_HALVES = re.compile("[\ud800-\udfff]")
_POSITION = {name: index for index, name in enumerate(NAMES)}
_COUNTED_AT = {word: _POSITION[name] for name, wanted in _COUNTED.items() for word in wanted}


def row(text: str, words: Sequence[str]) -> tuple[list[int], list[float]]:
    """The signals that a text gives, as (positions in NAMES, values in (0, 1]); `words` are its tokens."""
    positions = list(_ALL.Match(_sound(text.lower())) or ())
    values = [1.0] * len(positions)
    hits: dict[int, int] = {}
    for word in words:
        if (at := _COUNTED_AT.get(word)) is not None:
            hits[at] = hits.get(at, 0) + 1
    positions += hits
    values += [count / (count + 2) for count in hits.values()]
    for name, value in (("shouting", _shouting(text)), ("long", min(1.0, len(text) / 1500))):
        if value:
            positions.append(_POSITION[name])
            values.append(value)
    return positions, values


def _sound(text: str) -> str:
    """`text` as RE2 can take it: half a character, which JSON can hold and UTF-8 cannot, becomes U+FFFD."""
    return text if text.isascii() else _HALVES.sub("\ufffd", text)


def _shouting(text: str) -> float:
    capitals = sum(map(str.isupper, text))
    return min(1.0, 2 * capitals / len(text)) if capitals > 10 else 0.0


# One by one the standard library is quicker; these patterns have no nested repeats, and texts are cut.
_SINGLE = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}
QUOTABLE = frozenset(_SINGLE)
"""Signals that stand in the text at a place that can be shown."""


def quotes(lower: str, name: str) -> str:
    """The first words of a lower-case text that gave this signal, or an empty string."""
    found = _SINGLE[name].search(_sound(lower[:3000])) if name in _SINGLE else None
    return " ".join(found[0].split()) if found else ""
