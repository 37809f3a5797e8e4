"""What customers write cannot act on a screen."""

from __future__ import annotations

import pytest

from bot.text.mrkdwn import escape, one_line, plain


def test_slack_gets_its_three_characters_escaped() -> None:
    assert escape("<!channel> a & b &amp; <@U1>") == "&lt;!channel&gt; a &amp; b &amp;amp; &lt;@U1&gt;"


def test_paragraphs_are_lines_and_wrapped_lines_are_joined() -> None:
    text = "The kettle\r\nleaks.\n\n\n  It has   done so\tsince Monday.\n \n"
    assert plain(text, 100) == "The kettle leaks.\nIt has done so since Monday."


def test_one_line_is_one_line() -> None:
    assert one_line("The kettle\n\nleaks.\u2028Always.", 100) == "The kettle leaks. Always."


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07words", "words"),
        ("\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Jcleared", "cleared"),
        ("ring\x07 \x00nul\x08", "ring nul"),
        ("a\u202egnp.exe\u202c", "agnp.exe"),
        ("\u2066left\u2069 \u200eto\u200f right\u061c", "left to right"),
        ("ze\u200bro\u200d wi\ufeffdth\u2060 so\xadft", "zero width soft"),
        ("tag\U000e0041ged", "tagged"),
        ("half \ud83d", "half \ufffd"),
        ("\x1b]never closed", "never closed"),
        ("", ""),
    ],
)
def test_nothing_in_it_controls_the_screen(text: str, shown: str) -> None:
    assert plain(text, 100) == shown
    assert one_line(text, 100) == shown


@pytest.mark.parametrize(
    ("limit", "shown"),
    [
        (21, "The kettle leaks hot."),
        (20, "The kettle leaks…"),
        (17, "The kettle leaks…"),
        (16, "The kettle…"),
        (3, "Th…"),
        (1, "…"),
        (0, ""),
        (-1, ""),
    ],
)
def test_long_text_is_cut_between_words(limit: int, shown: str) -> None:
    assert plain("The kettle leaks hot.", limit) == shown


def test_one_endless_word_is_cut_where_it_must_be() -> None:
    assert one_line("a " + "x" * 50, 20) == "a " + "x" * 17 + "…"


@pytest.mark.parametrize("unit", ["\x1b[", "\x1b]", "\x9d", "\u202e", "\n", " \n", "a \n\n", "\x1b[31"])
def test_crafted_text_ends_soon_and_within_the_limit(unit: str) -> None:
    assert len(plain(unit * (200_000 // len(unit)), 300)) <= 300
