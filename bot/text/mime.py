"""A raw mail into a Message. Total: whatever the bytes are, there is an answer, and no text of the writer is lost."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import chain

from bot.domain.house import House
from bot.domain.message import Attachment, Message, Person
from bot.text import persons
from bot.text.contents import (
    ATTACHED_MESSAGE,
    TEXT_LENGTH,
    attached_message,
    attachment,
    is_markup,
    is_words,
    text_of,
)
from bot.text.direction import direction
from bot.text.headers import ids, moment, words
from bot.text.html import to_text
from bot.text.parts import Part, parse
from bot.text.pieces import assembled
from bot.text.quoting import split

SUBJECT_LENGTH = 500
MOST_REFERENCES = 50
# A reply of fewer characters than this above a forwarded mail says "look at this": the forwarded mail is the message.
NEARLY_NOTHING = 60
_STUB_LENGTH = 300
_STUB_WORDS = ("html", "browser", "navigateur", "navegador")
_FORWARD = re.compile(r"\s*(?:fwd?|wg|tr|enc|rv|i|doorst)\s*:", re.IGNORECASE)

_NO_HOUSE = House()
_Texts = tuple[str, str]  # what the writer wrote, what they quoted


def read_mail(raw: bytes, received_at: datetime, house: House = _NO_HOUSE, *, proven_ours: bool = False) -> Message:
    """The mail that these bytes are. `received_at`: aware, when our server got it.

    `proven_ours`: it lies in our Sent folder, which proves that we sent it if its From line is one of our addresses.
    """
    mail = parse(raw)
    return _message(mail, _attachments(mail), received_at, house, proven_ours=proven_ours)


def read_large(header: bytes, texts: Sequence[tuple[bytes, bytes]], attachments: Sequence[Attachment],
               received_at: datetime, house: House = _NO_HOUSE, *, proven_ours: bool = False) -> Message:  # fmt: skip
    """A mail of which only its header, its first text parts and the names of the rest were fetched.

    `texts`: of each part its own header block and its body, still encoded and perhaps cut short. A mail that is no
    multipart has one, and its own header describes that. HTML right behind plain text counts as another rendering of
    it. Where nothing was cut, the message has the identity that `read_mail` would give it.
    """
    mail = assembled(header, texts, [file.media_type for file in attachments])
    return _message(mail, tuple(attachments), received_at, house, proven_ours=proven_ours)


def _message(mail: Part, attachments: tuple[Attachment, ...], received_at: datetime, house: House,
             *, proven_ours: bool) -> Message:  # fmt: skip
    written_by = persons.sender(mail.first("from"))
    form = persons.behind_a_form(mail.first("reply-to"), house) if written_by.address in house.forms else None
    sender = form or written_by
    subject = words(mail.first("subject"))[:SUBJECT_LENGTH].rstrip()
    new_text, quoted = _texts(mail, subject, house.footers)
    return Message(
        sender=Person(house.person_behind(sender.address), sender.name),
        direction=direction(mail, written_by.address, subject, house, proven_ours=proven_ours),
        subject=subject,
        new_text=new_text,
        quoted=quoted,
        received_at=received_at,
        sent_at=moment(mail.first("date")),
        rfc_id=next(iter(ids(mail.first("message-id"))), ""),
        references=_references(mail),
        attachments=attachments,
        recipients=persons.recipients(chain(mail.every("to"), mail.every("cc"), mail.every("delivered-to"))),
    )


def _references(mail: Part) -> tuple[str, ...]:
    """In-Reply-To, then References from its end: the nearest first (RFC 5322 section 3.6.4), each once."""
    nearest = chain(ids(mail.first("in-reply-to")), reversed(ids(mail.first("references"))))
    return tuple(dict.fromkeys(nearest))[:MOST_REFERENCES]


def _attachments(mail: Part) -> tuple[Attachment, ...]:
    """What came along. Of the readable parts only those with a file name, and never the first, which is the text."""
    text = next((part for part in mail.leaves if is_words(part)), None)
    return tuple(attachment(part) for part in mail.leaves if not is_words(part) or (part is not text and part.name))


def _texts(mail: Part, subject: str, footers: Collection[str]) -> _Texts:
    """The writer's words and what they quote. If nothing new remains, everything is new.

    Of a mail that is nothing but an attached message, that message is the text.
    """
    new, quoted = _words_of(mail, footers)
    forwards = len(new) < NEARLY_NOTHING and bool(_FORWARD.match(subject))
    if not new and not quoted:
        attached = [leaf for leaf in mail.leaves if leaf.media_type == ATTACHED_MESSAGE]
        new, quoted = _words_of(attached_message(attached[0]), footers) if len(attached) == 1 else ("", "")
        forwards = False
    if not new or forwards:
        return _joined([new, quoted]), ""
    return new, quoted


def _words_of(mail: Part, footers: Collection[str]) -> _Texts:
    chosen = [part for index, part in enumerate(_chosen(mail)) if index == 0 or not part.name]
    if len(chosen) == 1:
        return _read(chosen[0], footers)
    found = [_read(part, footers) for part in chosen]
    read = {" ".join("".join(texts).split()): texts for texts in found}  # a rendering sent twice is one
    return _joined([new for new, _ in read.values()]), _joined([quoted for _, quoted in read.values()])


def _read(leaf: Part, footers: Collection[str] = ()) -> _Texts:
    """One readable part, its quotations set apart. Markup knows some of them better than the words do."""
    if not is_markup(leaf):
        return split(text_of(leaf), footers)
    own, cited = (side[:TEXT_LENGTH] for side in to_text(text_of(leaf)))
    new, quoted = split(own, footers)
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
