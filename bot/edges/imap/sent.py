"""Which folder holds what we sent: as the server says (RFC 6154), else by the names that mail programs give it."""

from __future__ import annotations

from collections.abc import Iterable

from bot.edges.imap.connection import Connection
from bot.errors import Refused

# In the order in which they are looked for; the last level of a folder's name, in lower case.
NAMES = (
    "sent", "sent items", "sent mail", "sent messages", "sent-mail", "gesendet", "gesendete elemente",
    "gesendete objekte", "gesendete nachrichten", "envoyés", "éléments envoyés", "messages envoyés", "enviados",
    "elementos enviados", "correo enviado", "mensajes enviados", "itens enviados", "e-mails enviados", "inviati",
    "posta inviata", "posta inviata (1)", "verzonden", "verzonden items", "verzonden berichten", "skickat",
    "skickade objekt", "sendt", "sendte elementer", "sendt post", "lähetetyt", "wysłane", "odeslané", "отправленные",
    "надіслані", "gönderilmiş öğeler", "送信済み", "送信済みアイテム", "已发送", "已发送邮件", "보낸 편지함",
)  # fmt: skip


def choose(folders: Iterable[tuple[frozenset[str], str]]) -> str:
    """The Sent folder among (attributes, name), "" if there is none that one could tell by."""
    listed = [(flags, name) for flags, name in folders if "\\noselect" not in flags]
    for flags, name in listed:
        if "\\sent" in flags:
            return name
    by_name = {_last_level(name): name for _flags, name in reversed(listed)}
    return next((by_name[name] for name in NAMES if name in by_name), "")


def sent_folder(connection: Connection) -> str:
    """The Sent folder of an account. Raises Retriable, or Refused if there is none."""
    found = choose(connection.folders())
    if not found:
        advice = 'Name it: sent = "…", or write sent = "" if answers are not kept in this account.'
        raise Refused("It has no folder that looks like the Sent folder.", where=connection.where, advice=advice)
    return found


def _last_level(name: str) -> str:
    """INBOX.Sent and [Gmail]/Sent Mail are both named by what follows the last delimiter."""
    return name.replace(".", "/").rpartition("/")[2].strip().lower()
