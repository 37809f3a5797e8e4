"""format=flowed (RFC 3676): softly broken lines are one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.flowed import unflowed
from tests.text.conftest import Read, examples


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("one \ntwo\nthree", "one two\nthree"),
        ("one \ntwo \nthree", "one two three"),
        ("one\n\ntwo", "one\n\ntwo"),
        ("one \n\ntwo", "one \n\ntwo"),
        ("one \n", "one \n"),
        (" >stuffed\n From here", ">stuffed\nFrom here"),
        ("  two spaces", " two spaces"),
        ("> one \n> two", "> one two"),
        ("> one \n>> two", "> one \n>> two"),
        (">> one \n>> two\n>three", ">> one two\n> three"),
        ("> one \ntwo", "> one \ntwo"),
        ("one \n-- \nGwen", "one \n-- \nGwen"),
        ("> one\n> -- \n> Gwen", "> one\n> -- \n> Gwen"),
        ("one", "one"),
        ("", ""),
    ],
)
def test_soft_breaks_are_joined_and_stuffing_is_undone(text: str, meant: str) -> None:
    assert unflowed(text, delete_space=False) == meant


def test_with_delsp_the_space_before_a_soft_break_goes() -> None:
    assert unflowed("お茶の \nセット", delete_space=True) == "お茶のセット"


@examples(100)
@given(st.text("ab >\n-", max_size=60), st.booleans())
def test_no_word_is_lost(text: str, delete_space: bool) -> None:
    assert sorted(unflowed(text, delete_space=delete_space).replace(" ", "").replace("\n", "")) == sorted(
        text.replace(" ", "").replace("\n", "")
    )


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (b"text/plain; format=flowed", "It leaks all over."),
        (b'text/plain; charset=utf-8; Format="Flowed"', "It leaks all over."),
        (b"text/plain; format=flowed; delsp=yes", "It leaksall over."),
        (b"text/plain; format=fixed", "It leaks\nall over."),
        (b"text/plain", "It leaks\nall over."),
    ],
)
def test_only_text_that_says_so_is_joined(read: Read, kind: bytes, text: str) -> None:
    assert read(b"Content-Type: " + kind, b"It leaks \nall over.").new_text == text
