"""The folder for sent mail is found as the server says, else by the names that mail programs give it."""

from __future__ import annotations

import pytest

from bot.edges.imap.sent import NAMES, choose

PLAIN: frozenset[str] = frozenset()


def folders(*names: str) -> list[tuple[frozenset[str], str]]:
    return [(PLAIN, name) for name in names]


def test_what_the_server_says_goes_before_any_name() -> None:
    assert choose([*folders("INBOX", "Sent"), (frozenset({"\\sent", "\\haschildren"}), "Ausgang")]) == "Ausgang"


@pytest.mark.parametrize(
    "name",
    ["Sent", "INBOX.Sent", "INBOX/Sent Items", "[Gmail]/Sent Mail", "INBOX.Gesendete Objekte", "ENVIADOS", "送信済み"],
)
def test_else_it_is_known_by_its_name_below_whatever_it_lies(name: str) -> None:
    assert choose(folders("INBOX", "Drafts", name, "Archive/Presented")) == name


def test_of_several_such_names_the_more_usual_goes_first() -> None:
    assert choose(folders("INBOX", "Gesendet", "Sent Items", "Sent")) == "Sent"


def test_of_several_of_one_name_the_first_is_taken() -> None:
    assert choose(folders("Sent", "Archive/Sent")) == "Sent"


def test_a_folder_that_cannot_be_opened_is_none() -> None:
    assert choose([(frozenset({"\\noselect"}), "Sent"), *folders("INBOX", "Sent Items")]) == "Sent Items"
    assert choose([(frozenset({"\\noselect", "\\sent"}), "Sent")]) == ""


def test_where_nothing_looks_like_it_nothing_is_guessed() -> None:
    assert choose(folders("INBOX", "Presents", "Sent to accounting")) == ""


def test_names_are_listed_in_lower_case_and_each_once() -> None:
    assert [name.lower() for name in NAMES] == list(NAMES)
    assert len(set(NAMES)) == len(NAMES)
