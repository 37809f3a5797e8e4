"""How well the sender's own new words are found in a mail: amends beside the libraries that are installed.

    python -m benchmarks.new_words                        # amends, and keeping everything
    pip install quotequail email-reply-parser mail-parser-reply talon     # in an environment of its own: those as well

The mails are those of tests/text/new_words. Counted per mail: is exactly the right text found, how many words of the
sender are lost, how many others leak in. Words are what stands between whitespace, as a multiset.
"""

from __future__ import annotations

import html
import importlib
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parent.parent
FOLDER = HOME / "tests" / "text" / "new_words"
sys.path.insert(0, str(HOME))

_HEAD = "\n#### "
_BREAK = re.compile(r"<br\s*/?>|</(?:div|p|li|tr|h\d|blockquote|pre)>|<(?:blockquote|pre|hr)\b[^>]*>", re.IGNORECASE)
_UNSEEN = re.compile(r"<(style|script|head)\b.*?</\1>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "da", "sv", "cs", "pl", "ja", "ko", "zh"]


@dataclass(frozen=True)
class Case:
    """A mail's body and the words in it that its sender wrote for it."""

    name: str
    body: str
    own: str
    is_html: bool

    def as_text(self) -> str:
        """The body for those that read no markup: its tags cut out, lines kept."""
        if not self.is_html:
            return self.body
        text = html.unescape(_TAG.sub("", _BREAK.sub("\n", _UNSEEN.sub("", self.body))))
        return "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()


@dataclass
class Score:
    """What a reader did to all mails."""

    mails: int = 0
    exact: int = 0
    lost: int = 0
    leaked: int = 0

    def add(self, own: str, found: str) -> None:
        """Count one mail in."""
        right, kept = Counter(own.split()), Counter(found.split())
        self.mails += 1
        self.exact += own.split() == found.split()
        self.lost += (right - kept).total()
        self.leaked += (kept - right).total()


def cases() -> Iterator[Case]:
    """All mails. In the files each begins with `#### name`, and its own words with `#### =`."""
    for file in sorted(FOLDER.glob("*.txt")):
        chunks = ("\n" + file.read_text(encoding="utf-8")).split(_HEAD)[1:]
        for given, wanted in zip(chunks[::2], chunks[1::2], strict=True):
            name, _, body = given.partition("\n")
            mark, _, own = wanted.partition("\n")
            assert mark == "=", f"{file.name}: {name} has no own words"
            yield Case(f"{file.stem}: {name.removesuffix(' (html)')}", body, own, name.endswith("(html)"))


def amends(case: Case) -> str:
    """As amends reads it."""
    from bot.text.html import to_text
    from bot.text.quoting import split

    return split(to_text(case.body)[0] if case.is_html else case.body)[0]


def quotequail(case: Case) -> str:
    """What quotequail marks as not quoted."""
    library: Any = importlib.import_module("quotequail")
    if case.is_html:
        parts = [piece for is_new, piece in library.quote_html(case.body) if is_new]
        return Case("", "".join(parts), "", is_html=True).as_text()
    return "\n".join(piece for is_new, piece in library.quote(case.body) if is_new)


def email_reply_parser(case: Case) -> str:
    """What email-reply-parser calls the reply."""
    library: Any = importlib.import_module("email_reply_parser")
    return str(library.EmailReplyParser.parse_reply(case.as_text()))


def mailparser_reply(case: Case) -> str:
    """What mail-parser-reply, told all its languages, calls the latest reply."""
    library: Any = importlib.import_module("mailparser_reply")
    return str(library.EmailReplyParser(languages=_LANGUAGES).parse_reply(case.as_text()) or "")


def talon(case: Case) -> str:
    """What talon leaves of quotations, and its rules for signatures of that."""
    quotations: Any = importlib.import_module("talon.quotations")
    signature: Any = importlib.import_module("talon.signature.bruteforce")
    if case.is_html:
        return Case("", quotations.extract_from(case.body, "text/html"), "", is_html=True).as_text()
    return str(signature.extract_signature(quotations.extract_from(case.body, "text/plain"))[0])


READERS: dict[str, Callable[[Case], str]] = {
    "amends": amends,
    "keeping everything": Case.as_text,
    "quotequail": quotequail,
    "email-reply-parser": email_reply_parser,
    "mail-parser-reply": mailparser_reply,
    "talon": talon,
}


def score(reader: Callable[[Case], str], mails: list[Case]) -> Score:
    """One reader over all mails. ImportError where its library is not installed."""
    result = Score()
    for case in mails:
        result.add(case.own, reader(case))
    return result


def main() -> int:
    """Print a table."""
    mails = list(cases())
    words = sum(len(case.own.split()) for case in mails)
    print(f"{len(mails)} mails, {words} own words")
    print(f"{'':20} {'exactly right':>14} {'words lost':>11} {'words leaked':>13}")
    for name, reader in READERS.items():
        try:
            found = score(reader, mails)
        except ImportError:
            print(f"{name:20} not installed")
            continue
        print(f"{name:20} {found.exact:>14} {found.lost:>11} {found.leaked:>13}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
