"""Signals that people can read: what a text does. They join the words and letters as features."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Mapping
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
    "plea to fix": r"\b(?:please|pls|plz|can you|could you|would you|when will you|you (?:guys )?need to|you should)(?: guys| just| all)? (?:fix|sort|resolve|look into|stop|bring back)\b|\bfix (?:this|it|your|the|ur)\b|\b(?:needs?|has|have) to be (?:fixed|sorted|resolved)\b|\bget (?:it|this) (?:fixed|sorted)\b",
    "why this": r"\bwhy (?:is|are|do|does|did|was|were|has|have|had|can't|won't|isn't|don't|doesn't|am i|would|the (?:hell|heck))\b|\bhow (?:come|is it (?:possible|that)|can (?:you|u|it|this|a|they)|hard|could you|do you (?:lose|expect))\b|\bwhat (?:gives|is going on|the (?:hell|heck)|is wrong with|happened to)\b",
    "worked before": r"\b(?:used to|no longer|any ?more|since (?:the |your |this |my )?(?:last |latest |new |recent )*(?:update|upgrade|version|change|install\w*)|after (?:the |your )?(?:last |latest |new |recent )*(?:update|updating|upgrade|upgrading)|suddenly|all of a sudden|stopped|(?:ever )?since (?:then|yesterday|monday|last)|going downhill|gone downhill|getting worse|went down)\b",
    "stuck somewhere": r"\b(?:stuck|sitting|sat|stranded|standing|left) (?:at|on|in|here|for|without|there|behind|outside|waiting)\b|\bmissed (?:my|our|the|his|her|a) (?:connect\w*|flight|train|bus|ferry|appointment|meeting|wedding|holiday)\b",
    "long wait": r"\b\d{1,3} ?\+? ?(?:mins?|minutes?|hrs?|hours?|days?|weeks?|months?) (?:late\w*|delay\w*|wait\w*|and counting|on hold|ago and|now|already|without)\b|\bfor (?:over |more than |almost |nearly |about |the (?:past|last) )?(?:an?|\d{1,3}\+?|two|three|four|five|several|many|few|couple(?: of)?) ?(?:hours?|hrs?|mins?|minutes|days|weeks|months|years)\b|\b(?:hours|days|weeks|months) (?:late\w*|now|and counting|of waiting)\b",
    "bad service": r"\b(?:worst|horrible|horrendous|terrible|awful|poor|bad|pathetic|disgusting|shocking|appalling|dreadful|worse|crap|lousy|useless) (?:\w+ ){0,3}(?:service|experience|company|airline|bank|customer|hotel|app|staff|ever|quality|communication|support|management|food|update|website|delivery)\b|\b(?:service|experience|quality|app|support|staff|food|communication|website|delivery|company|bank|update) (?:is|was|are|were|has been|has become|have become)(?: so| really| very| just| absolutely| pretty| quite| extremely)? (?:bad|terrible|awful|horrible|poor|shocking|a joke|slow|useless|rude|disgusting|pathetic|appalling|the worst|worse|non ?existent|dreadful|unhelpful|lacking|disappointing)\b",
    "good service": r"\b(?:great|excellent|amazing|good|best|fantastic|friendly|helpful|outstanding|wonderful|awesome|lovely|brilliant|superb|perfect) (?:\w+ ){0,3}(?:service|experience|staff|hotel|app|quality|product|price|prices|location|help|job|food|value|work|company|team|communication|support|stay|purchase|sound)\b|\b(?:love|loved|loving) (?:it|this|the|my|your|these|you|how easy|that)\b|\b(?:highly|definitely|would|strongly) recommend\b|\b(?:works|worked) (?:great|perfectly|well|fine|like a charm)\b|\bno (?:problems|issues|complaints|hassle)\b|\b(?:very|so|really) (?:happy|pleased|satisfied|impressed|helpful|friendly|easy)\b",
    "refused": r"\b(?:refus\w+|denied|denying|reject\w+|turned (?:us|me|him|her) away|(?:won't|will not|wouldn't|would not) (?:let|give|allow|refund|help|honou?r|accept|release|budge)|not (?:allowed|willing)|unable to (?:help|assist|refund)|nothing (?:they|we|i|you) (?:can|could) do)\b",
    "misled": r"\b(?:misl(?:e(?:d|ad\w*))|false(?:ly)?|lied|lying|lies|deceiv\w+|decepti\w+|scam\w*|rip[- ]?off|ripped off|cheat\w*|fake|counterfeit|bait|dishonest|fraudulent|con artists?|thieves|crooks|stealing|robbed|robbery|sneaky|hidden)\b",
    "wrong record": r"\b(?:inaccurate|incorrect\w*|erroneous\w*|unverified|not mine|does ?n[o']t belong to me|remove (?:it|this|these|them|the)|without (?:my|our|any|prior) (?:\w+ )?(?:consent|permission|authori[sz]ation|knowledge|notice|approval|warning)|unauthori[sz]ed|never (?:authori[sz]ed|agreed|signed|opened|applied|asked|ordered|consented)|harass\w*|violat\w+|illegal\w*|unlawful\w*)\b",
    "bug report": r"\b(?:expected (?:behaviou?r|result|output)|actual (?:behaviou?r|result|output)|(?:steps )?to reproduce|reproduction|repro|current behaviou?r|trace ?back|stack ?trace|throws?|thrown|exception|undefined|segfault|returns? (?:null|none|nan|wrong|an error|empty)|bug report|type ?error|unexpected\w*|should (?:be|return|have|work|not))\b",
    "wish template": r"\b(?:describe the solution|feature request|is your feature|would be (?:nice|great|useful|cool|awesome|helpful)|support for|add (?:an? |the )?(?:option|support|ability|feature)|proposal|enhancement|docs?:|documentation|chore|refactor|resolves? #|fixes #|closes #|bump|please add|it would|i wish|could you add|can you add|is it possible to|is there (?:a|any) way)\b",
    "gave what was asked": r"\b(?:i(?:'ve| have)?(?: just| already)? (?:sent|dm'?e?d|pm'?e?d)|dm sent|sent (?:you )?(?:a )?dm|check (?:your|ur) (?:dm|inbox|messages)|(?:order|ref\w*|account|ticket|booking) (?:number|no|is|#)|here (?:is|are|you go)|as requested)\b",
    "availability": r"\b(?:do you (?:guys )?(?:have|sell|ship|offer|accept|know|deliver|take|plan)|when (?:is|are|will|can|does) .{0,40}(?:out|available|released?|open|back in stock|coming|start|launch)|any chance|how much|what time|is there (?:a|an|any)|are there any|where can i|can i (?:get|have|buy|use|still|bring|change|pay|book)|in stock|opening hours|how do i|how to|pre-?order)\b",
    "breakage": r"\b(?:fell (?:apart|off)|falling apart|came (?:off|apart)|broke (?:down|after|within|the first)|(?:won't|wont|will not|doesn't|does not|doesnt|can't|cannot|cant|not) (?:turn on|charge|connect|load|open|work\w*|start|play|respond|log|print|sync|update|install|boot|hold)|keeps? (?:crash\w*|freez\w*|disconnect\w*|stopp?\w*|drop\w*|cutting|say\w*|ask\w*|tell\w*|show\w*|gett\w*|send\w*|chang\w*|go\w*)|black screen|spinning|error (?:message|code)|messed up|screwed up|wiped|bricked|unusable|not working)\b",
    "loses patience": r"\b(?:do better|get it together|sort (?:it|yourselves|this) out|not (?:a )?happy|unhappy|not impressed|not good enough|not acceptable|no excuse|so much for|thanks for nothing|spoke too soon|what a (?:joke|waste|shame|mess|nightmare|disaster)|waste of (?:time|money|space)|shame on|had enough|sick and tired|tired of|are you (?:kidding|serious)|seriously|come on|smh|wtf|ffs|fail|ugh|grr+|sigh|unbelievable|insane|nightmare)\b",
    "lost goods": r"\b(?:lost|losing|misplaced|missing|delayed|damaged) (?:my|our|his|her|the|a|their) ?(?:\w+ )?(?:bags?|luggage|baggage|suitcases?|parcel|package|order|item|refund|booking|reservation|data|photos|file|account)\b|\b(?:where is|where's|wheres|no idea where|still no(?:t| sign of)?) (?:my|our|the|it)\b|\bnever (?:received|arrived|came|got|showed|turned up|delivered|refunded|credited)\b",
    "asked and nothing": r"\b(?:asked|requested|told|called|phoned|rang|wrote|written|e-?mailed|messaged|contacted|complained|reported|submitted|filed|sent|disputed|opened|raised|tried)\b[^?\n]{0,90}\b(?:still (?:no|not|nothing|haven't|hasn't|waiting|don't|doesn't|have no)|but (?:no|nothing|nobody|no one|they (?:never|don't|didn't|won't|still)|still|never|without)|and (?:nothing|nobody|no one|no (?:response|reply|answer|reaction|refund|solution|resolution)|still|never|they (?:never|don't|didn't))|to no avail|no (?:response|reply|answer|luck|result|success|resolution|help)|in vain|nothing (?:happen\w*|changed|was done|has been done|is done))\b",
    "nobody reachable": r"\b(?:lines?|phones?|number) (?:is|are|was|were|always|just|constantly)? ?(?:always |constantly |permanently )?(?:busy|dead|engaged|ringing)\b|\b(?:impossible|unable|can't|cannot|can not|hard|difficult|couldn't|no way|not possible) to (?:reach|contact|get (?:hold|through|in touch)|speak|talk)\b|\bget (?:through|hold of)\b|\bno ?(?:one|body) (?:answers?|picks?|replies|responds?|calls?|cares|helps?|knows|gets?|ever|is|has|wants|there|at)\b|\bvoice ?mail\b|\b(?:un(?:reachable|responsive|contactable))\b|\brings? (?:out|and rings|off)\b|\bautomat(?:ed|ic) (?:reply|replies|response|responses|message|messages|answer)\b|\bcanned (?:reply|response|answer)\b",
    "hello anybody": r"^\W*(?:hello|hi|hey|anyone|anybody|any (?:news|update|updates|progress|answer|response))\W*\?|\bis (?:any ?(?:one|body)|someone) (?:there|home|reading|going to|even)\b|\bare you (?:there|ignoring|even (?:reading|there)|going to (?:reply|answer|respond))\b|\bplease (?:reply|respond|answer|check (?:your|my)|read)\b|\bwaiting for (?:a |an |your |any |their )?(?:reply|response|answer|call ?back|call|solution|resolution|feedback)\b",
    "over and over": r"\b(?:over and over|again and again|time and (?:time )?again|time after time|repeatedly|numerous|countless|multiple|several|many|every (?:time|day|week)|each time|for (?:the )?(?:\w+ )?(?:second|third|fourth|fifth|\d(?:nd|rd|th)) time|once more|back and forth|from (?:one|pillar)|different (?:people|person|agents?|reps?|department|answer|stor(?:y|ies))|keep(?:s|ing)? (?:telling|asking|saying|promising|sending|transferring|passing|getting|being|closing))\b",
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

_MEASURED = ("shouting", "long", "unanswered before", "hours waiting")

NAMES: tuple[str, ...] = (*_PATTERNS, *_COUNTED, *_MEASURED)
"""The names of the signals, in the order of `row`."""


# Patterns that bridge many letters: each place where one began is remembered until its bridge ends, and all those
# together multiply with what the other patterns remember. Apart, an automaton soon knows all that it will ever see.
_LONGEST_BRIDGE = ("asked and nothing",)
_BRIDGES = ("no reply", "not arrived", "does not work", "wrong charge", "charges back", "availability")


def _compile() -> list[tuple[Any, list[int]]]:
    """All patterns as a few automata, each with the positions that it finds.

    One pass of each over a text finds all, in linear time whatever the text is.
    """
    plain = [name for name in _PATTERNS if name not in (*_LONGEST_BRIDGE, *_BRIDGES)]
    made = []
    for names in (_LONGEST_BRIDGE, _BRIDGES, plain[::2], plain[1::2]):
        together = re2.Set.SearchSet()
        for name in names:
            together.Add(_PATTERNS[name])
        together.Compile()
        made.append((together, [_POSITION[name] for name in names]))
    return made


# Four chasers are as clear as five; after a fortnight a wait grows no worse.
_MANY = 4
_LONG_WAIT = math.log1p(14 * 24)
_HALVES = re.compile("[\ud800-\udfff]")
_POSITION = {name: index for index, name in enumerate(NAMES)}
_AUTOMATA = _compile()
_COUNTED_AT = {word: _POSITION[name] for name, wanted in _COUNTED.items() for word in wanted}


def row(
    text: str, times: Mapping[str, int], unanswered: int = 0, waiting_hours: float = 0.0
) -> tuple[list[int], list[float]]:
    """The signals that a text gives, as (positions in NAMES, values in (0, 1]); `times` counts its tokens.

    `unanswered` messages of the same customer lie before it, the first of them `waiting_hours` old.
    """
    raw = sound(text.lower()).encode()
    positions = sorted(places[hit] for together, places in _AUTOMATA for hit in together.Match(raw) or ())
    values = [1.0] * len(positions)
    hits: dict[int, int] = {}
    for word, at in _COUNTED_AT.items():
        if word in times:
            hits[at] = hits.get(at, 0) + times[word]
    positions += hits
    values += [count / (count + 2) for count in hits.values()]
    measured = (
        _shouting(text),
        min(1.0, len(text) / 1500),
        min(unanswered, _MANY) / _MANY,
        min(1.0, math.log1p(waiting_hours) / _LONG_WAIT),
    )
    for name, value in zip(_MEASURED, measured, strict=True):
        if value:
            positions.append(_POSITION[name])
            values.append(value)
    return positions, values


def sound(text: str) -> str:
    """`text` as RE2 can take it: half a character, which JSON can hold and UTF-8 cannot, becomes U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return _HALVES.sub("\ufffd", text)
    return text


_CAPITALS = string.ascii_uppercase.encode()
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def _shouting(text: str) -> float:
    plain = text.encode("ascii", "ignore")
    capitals = len(plain) - len(plain.translate(None, _CAPITALS))
    if len(plain) < len(text):
        capitals += sum(map(str.isupper, _NOT_ASCII.findall(text)))
    return min(1.0, 2 * capitals / len(text)) if capitals > 10 else 0.0


# One by one the standard library is quicker; these patterns have no nested repeats, and texts are cut.
_SINGLE = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}
QUOTABLE = frozenset(_SINGLE)
"""Signals that stand in the text at a place that can be shown."""


def quotes(lower: str, name: str) -> str:
    """The first words of a lower-case text that gave this signal, or an empty string."""
    found = _SINGLE[name].search(sound(lower[:3000])) if name in _SINGLE else None
    return " ".join(found[0].split()) if found else ""
