"""Who is speaking: a customer, one of us, or a machine.

A machine is one that says so (RFC 3834 and the habits that are older than it). Nothing is dropped for it: AUTOMATIC
only means that it opens no case and answers nobody.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from bot.domain.message import Direction
from bot.text.headers import ids
from bot.text.parts import Part, leaves

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
)  # fmt: skip
_ROBOTS = frozenset({"mailerdaemon", "postmaster"})
_NO_REPLY = ("noreply", "donotreply")
_JOINTS = re.compile(r"[-_.]")


def direction(mail: Part, sender: str, subject: str, ours: Collection[str], *, proven_ours: bool) -> Direction:
    """Who is speaking. `ours`: our addresses; `proven_ours`: the way it came proves that we sent it.

    Our own replies may carry a list's headers (a group address, a helpdesk that adds an unsubscribe link). A mailing
    list at one of our addresses is how customers reach us, so its headers do not make them machines.
    """
    own = {address.lower() for address in ours}
    is_ours = proven_ours and (not own or sender in own)
    if _is_machine(mail, sender, subject) or (not is_ours and _is_bulk(mail, own)):
        return Direction.AUTOMATIC
    return Direction.FROM_US if is_ours else Direction.FROM_CUSTOMER


def _is_machine(mail: Part, sender: str, subject: str) -> bool:
    """Marks that no person's mail has, ours or a customer's."""
    return (
        bool(mail.every(OWN_NOTICE))
        or _token(mail, "auto-submitted") not in ("", "no")
        or _token(mail, "precedence") == "auto_reply"
        or _token(mail, "return-path") == "<>"
        or _is_report(mail)
        or (bool(mail.every("x-auto-response-suppress")) and subject.lower().startswith(_AUTO_REPLY_SUBJECTS))
        or _is_robot(sender)
    )


def _is_bulk(mail: Part, own: set[str]) -> bool:
    """Marks of a mailing list or newsletter."""
    lists = {one.strip("<>").lower() for one in ids(mail.first("list-id"))}
    if lists & {address.replace("@", ".") for address in own}:
        return False
    return bool(_token(mail, "precedence") in _BULK or mail.every("list-id") or mail.every("list-unsubscribe"))


def _is_report(mail: Part) -> bool:
    """A delivery report or another one (RFC 6522, RFC 3464), also where the report lost its wrapping."""
    return mail.media_type == "multipart/report" or any(
        leaf.media_type == "message/delivery-status" for leaf in leaves(mail)
    )


def _is_robot(address: str) -> bool:
    """Addresses that nobody reads: mailer-daemon, postmaster, no-reply in its spellings, with tags and prefixes."""
    local = _JOINTS.sub("", address.partition("@")[0].partition("+")[0])
    return local in _ROBOTS or local.startswith(_NO_REPLY) or local.endswith(_NO_REPLY)


def _token(mail: Part, name: str) -> str:
    """The first word of a header, in lower case, without comments and parameters."""
    return re.split(r"[;(]", mail.first(name), maxsplit=1)[0].strip().lower()
