"""A raw mail into a Message. Total: whatever the bytes are, there is an answer, and no text of the writer is lost."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from itertools import chain

from bot.domain.message import Attachment, Message
from bot.text import persons
from bot.text.direction import direction
from bot.text.headers import ids, moment, words
from bot.text.html import to_text
from bot.text.parts import TEXT_LENGTH, Part, attachment, is_markup, is_words, leaves, name_of, parse, text_of
from bot.text.quoting import split

SUBJECT_LENGTH = 500
MOST_REFERENCES = 50
# A reply of fewer characters than this above a forwarded mail says "look at this": the forwarded mail is the message.
NEARLY_NOTHING = 60
_STUB_LENGTH = 300
_STUB_WORDS = ("html", "browser", "navigateur", "navegador")
_FORWARD = re.compile(r"\s*(?:fwd?|wg|tr|enc|rv|i|doorst)\s*:", re.IGNORECASE)

_Texts = tuple[str, str]  # what the writer wrote, what they quoted


def read_mail(raw: bytes, received_at: datetime, *, ours: Collection[str] = (), proven_ours: bool = False) -> Message:
    """The mail that these bytes are. `received_at`: aware, when our server got it.

    `ours`: our own addresses. `proven_ours`: the way it came (a Sent folder, an authenticated server) proves that we
    sent it; its From line is then compared with `ours`, and proves nothing without.
    """
    mail = parse(raw)
    sender = persons.sender(mail.first("from"))
    subject = words(mail.first("subject"))[:SUBJECT_LENGTH]
    new_text, quoted = _texts(mail, subject)
    return Message(
        sender=sender,
        direction=direction(mail, sender.address, subject, ours, proven_ours=proven_ours),
        subject=subject,
        new_text=new_text,
        quoted=quoted,
        received_at=received_at,
        sent_at=moment(mail.first("date")),
        rfc_id=next(iter(ids(mail.first("message-id"))), ""),
        references=_references(mail),
        attachments=_attachments(mail),
        recipients=persons.recipients(chain(mail.every("to"), mail.every("cc"), mail.every("delivered-to"))),
    )


def _references(mail: Part) -> tuple[str, ...]:
    """In-Reply-To, then References from its end: the nearest first (RFC 5322 section 3.6.4), each once."""
    nearest = chain(ids(mail.first("in-reply-to")), reversed(ids(mail.first("references"))))
    return tuple(dict.fromkeys(nearest))[:MOST_REFERENCES]


def _attachments(mail: Part) -> tuple[Attachment, ...]:
    """What came along. Of the readable parts only those with a file name, and never the first, which is the text."""
    everything = list(leaves(mail))
    text = next((part for part in everything if is_words(part)), None)
    return tuple(attachment(part) for part in everything if not is_words(part) or (part is not text and name_of(part)))


def _texts(mail: Part, subject: str) -> _Texts:
    """The writer's words and what they quote. If nothing new remains, everything is new."""
    chosen = [part for index, part in enumerate(_chosen(mail)) if index == 0 or not name_of(part)]
    read = {" ".join("".join(texts).split()): texts for texts in map(_read, chosen)}  # a rendering sent twice is one
    new = _joined([new for new, _ in read.values()])
    quoted = _joined([quoted for _, quoted in read.values()])
    forwards = bool(_FORWARD.match(subject)) and len(new) < NEARLY_NOTHING
    if not new or forwards:
        return _joined([new, quoted]), ""
    return new, quoted


def _read(leaf: Part) -> _Texts:
    """One readable part, its quotations set apart. Markup knows some of them better than the words do."""
    text = text_of(leaf)
    if not is_markup(leaf):
        return split(text)
    own, cited = (side[:TEXT_LENGTH] for side in to_text(text))
    new, quoted = split(own)
    return new, _joined([quoted, cited])


def _joined(texts: Collection[str]) -> str:
    return "\n\n".join(text for text in texts if text)[:TEXT_LENGTH]


def _chosen(part: Part) -> list[Part]:
    """The leaves that make up the text: of alternatives one, of everything else all in their order."""
    if not part.children:
        return [part] if is_words(part) else []
    offers = [offer for child in part.children if (offer := _chosen(child))]
    if part.media_type == "multipart/alternative":
        return _best(offers)
    return list(chain.from_iterable(offers))


def _best(offers: list[list[Part]]) -> list[Part]:
    """Of several renderings the plain one (its writer's own words), unless it only points at the other."""
    plain = next((offer for offer in offers if not any(map(is_markup, offer))), [])
    rich = next((offer for offer in offers if any(map(is_markup, offer))), [])
    if plain and rich and _is_stub("".join(map(text_of, plain))) and any(any(_read(leaf)) for leaf in rich):
        return rich
    return plain or rich


def _is_stub(text: str) -> bool:
    """Empty, or a line that says: use a reader that shows HTML."""
    low = text.lower()
    return not text.strip() or (len(text) < _STUB_LENGTH and any(word in low for word in _STUB_WORDS))
