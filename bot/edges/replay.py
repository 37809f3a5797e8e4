"""Mail from files: a folder of .eml, an mbox, or a Maildir (stdlib `mailbox`). Nothing is changed in them."""

from __future__ import annotations

import email.utils
import mailbox
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from pathlib import Path

from bot.domain.house import House
from bot.domain.message import Arrival, Message
from bot.errors import UsageError
from bot.text.mime import read_mail

# No more of a file is read than this (bytes); what lies beyond are attachments.
_LARGEST = 4 * 1024 * 1024
# mbox quotes a line of a letter that begins with "From "; left so, the line would count as quoted from another letter
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_SENT = ("sent", "sent items", "sent mail", "gesendet", "envoyés", "enviados", "inviata", "verzonden")


def read(path: Path, house: House) -> list[Arrival]:
    """Everything in a file or folder, oldest first. Raises UsageError.

    The files are one's own export, so a From line with one of our addresses, or a folder called Sent, counts as ours.
    """
    if not path.exists():
        raise UsageError("There is no such file or folder.", where=str(path))
    try:
        found = [_arrival(raw, file, house) for raw, file in _raw(path)]
    except OSError as problem:
        raise UsageError(f"It cannot be read: {problem.strerror}.", where=str(problem.filename or path)) from None
    if not found:
        raise UsageError("There is no mail in it: neither .eml files, nor an mbox, nor a Maildir.", where=str(path))
    return sorted(found, key=lambda arrival: arrival.message.received_at)


def read_file(file: Path, house: House) -> Message:
    """One mail as amends reads it. Raises UsageError."""
    try:
        return read_one(file, house, proven=bool(house.addresses)).message
    except OSError as problem:
        raise UsageError(f"It cannot be read: {problem.strerror}.", where=str(file)) from None


def read_one(file: Path, house: House, *, proven: bool) -> Arrival:
    """One .eml file; `proven` says that it comes from a place where only we put mail."""
    raw = _bytes(file)
    return Arrival(read_mail(raw, _moment(raw, file), house, proven_ours=proven))


def _raw(path: Path) -> Iterator[tuple[bytes, Path]]:
    if path.is_file():
        yield from [(_bytes(path), path)] if path.suffix.lower() == ".eml" else _mbox(path)
        return
    if (path / "cur").is_dir() and (path / "new").is_dir():
        yield from _maildir(path)
    for file in sorted(path.rglob("*.eml")):
        if file.is_file():
            yield _bytes(file), file
    for file in sorted(path.rglob("*.mbox")):
        if file.is_file() and file.stat().st_size:
            yield from _mbox(file)


def _bytes(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(_LARGEST)


def _mbox(path: Path) -> Iterator[tuple[bytes, Path]]:
    with path.open("rb") as file:
        if not file.read(5).startswith(b"From "):
            raise UsageError("This file is neither an .eml nor an mbox.", where=str(path))
    box = mailbox.mbox(str(path), create=False)
    try:
        for key in box.iterkeys():
            yield _QUOTED_FROM.sub(rb"\1", box.get_bytes(key)[:_LARGEST]), path
    finally:
        box.close()


def _maildir(path: Path) -> Iterator[tuple[bytes, Path]]:
    for folder in (path, *sorted(p for p in path.iterdir() if p.name.startswith(".") and (p / "cur").is_dir())):
        for part in ("cur", "new"):
            for file in sorted((folder / part).glob("*")):
                if file.is_file():
                    yield _bytes(file), file


def _arrival(raw: bytes, file: Path, house: House) -> Arrival:
    received = _moment(raw, file)
    if _is_sent(file):
        house = replace(house, addresses=frozenset())  # whoever it is from, it is from us
    proven = bool(house.addresses) or _is_sent(file)
    message = read_mail(raw, received, house, proven_ours=proven)
    return Arrival(message)


def _is_sent(file: Path) -> bool:
    parts = (part.lower().removesuffix(".mbox") for part in file.parts[-4:])
    return any(part in _SENT or (part.startswith(".") and part.rpartition(".")[2] in _SENT) for part in parts)


def _moment(raw: bytes, file: Path) -> datetime:
    """Files know no INTERNALDATE: the Date header stands in for it, else the file's own time."""
    header = BytesHeaderParser().parsebytes(raw[:65536]).get("Date")
    try:
        moment = email.utils.parsedate_to_datetime(str(header))
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if 1990 <= aware.year <= 2100:
            return aware.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        pass
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)
