"""Who is speaking: a customer, one of us, or a machine.

A machine is one that says so (RFC 3834 and the habits that are older than it). Nothing is dropped for it: AUTOMATIC
only means that it opens no case and answers nobody.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from bot.domain.house import House
from bot.domain.message import Direction
from bot.text.contents import has_returned_header
from bot.text.headers import ids
from bot.text.parts import Part
from bot.text.proof import is_authenticated

OWN_NOTICE = "x-amends-notice"

_BULK = frozenset({"bulk", "list", "junk"})
_AUTO_REPLY_SUBJECTS = (
    "auto:", "auto-reply", "autoreply", "auto reply", "auto response", "automatic reply", "automatic response",
    "automated reply", "out of office", "out of the office", "away from",
    "automatische antwort", "abwesenheit", "abwesend", "autoantwort",
    "réponse automatique", "reponse automatique", "absence du bureau", "absent du bureau",
    "respuesta automática", "respuesta automatica", "fuera de la oficina",
    "resposta automática", "resposta automatica", "fora do escritório",
    "risposta automatica", "fuori sede", "fuori ufficio",
    "automatisch antwoord", "afwezigheid", "niet aanwezig",
    "autosvar", "automatiskt svar", "automatisk svar", "automaattinen vastaus",
    "automatyczna odpowiedź", "automatická odpověď", "автоматический ответ", "自動応答", "自动答复", "自动回复",
)  # fmt: skip
_ROBOTS = frozenset({"mailerdaemon", "postmaster"})
_NO_REPLY = ("noreply", "donotreply")
_OLDER_MARKS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from", "x-mail-autoreply")
_REPORTS = frozenset({
    "message/delivery-status", "message/disposition-notification", "message/feedback-report",
    "message/global-delivery-status", "message/global-disposition-notification",
})  # fmt: skip
_TOKEN_END = re.compile(r"[;(]")
_JOINTS = re.compile(r"[-_.]")


def direction(mail: Part, sender: str, subject: str, house: House, *, proven_ours: bool) -> Direction:
    """Who is speaking. `sender`: the address in From; `proven_ours`: where it lies proves that we sent it.

    Our own replies may carry a list's headers (a group address, a helpdesk that adds an unsubscribe link). A mailing
    list at one of our addresses is how customers reach us, so its headers do not make them machines; nor do those of
    a web form of ours, whose mails are the words of whoever filled it in.
    """
    if mail.every(OWN_NOTICE):
        return Direction.AUTOMATIC
    if sender in house.forms:
        return Direction.FROM_CUSTOMER
    is_ours = _is_ours(mail, sender, house, proven_ours=proven_ours)
    if _is_machine(mail, sender, subject) or (not is_ours and _is_bulk(mail, house.addresses)):
        return Direction.AUTOMATIC
    return Direction.FROM_US if is_ours else Direction.FROM_CUSTOMER


def _is_ours(mail: Part, sender: str, house: House, *, proven_ours: bool) -> bool:
    """Whether we sent it: it lies where only we put mail, or a server that we trust vouches for its From line."""
    if proven_ours:
        return not house.addresses or sender in house.addresses
    return sender in house.addresses and is_authenticated(mail, house.authenticators)


def _is_machine(mail: Part, sender: str, subject: str) -> bool:
    """Marks that no person's mail has, ours or a customer's."""
    return (
        _token(mail, "auto-submitted") not in ("", "no")
        or _token(mail, "precedence").replace("-", "_") == "auto_reply"
        or any(_token(mail, name) not in ("", "no", "false") for name in _OLDER_MARKS)
        or _token(mail, "return-path") == "<>"
        or _is_report(mail)
        or (bool(mail.every("x-auto-response-suppress")) and subject.lower().startswith(_AUTO_REPLY_SUBJECTS))
        or _is_robot(sender)
    )


def _is_bulk(mail: Part, own: Collection[str]) -> bool:
    """Marks of a mailing list or newsletter."""
    lists = {one.strip("<>").lower() for one in ids(mail.first("list-id"))}
    if lists & {address.replace("@", ".") for address in own}:
        return False
    return bool(_token(mail, "precedence") in _BULK or mail.every("list-id") or mail.every("list-unsubscribe"))


def _is_report(mail: Part) -> bool:
    """A report on a mail (RFC 6522): on its delivery (RFC 3464), its display (RFC 8098), or of abuse (RFC 5965).

    So is one that lost its wrapping, and whatever returns a notice of ours.
    """
    return mail.media_type == "multipart/report" or any(
        leaf.media_type in _REPORTS or has_returned_header(leaf, OWN_NOTICE) for leaf in mail.leaves
    )


def _is_robot(address: str) -> bool:
    """Addresses that nobody reads: mailer-daemon, postmaster, no-reply in its spellings, with tags and prefixes."""
    local = _JOINTS.sub("", address.partition("@")[0].partition("+")[0])
    return local in _ROBOTS or local.startswith(_NO_REPLY) or local.endswith(_NO_REPLY)


def _token(mail: Part, name: str) -> str:
    """The first word of a header, in lower case, without comments and parameters."""
    value = mail.first(name)
    return _TOKEN_END.split(value, maxsplit=1)[0].strip().lower() if value else ""
