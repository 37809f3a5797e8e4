"""HTML mail becomes the words that a reader sees."""

from __future__ import annotations

import pytest

from bot.text.html import to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>The kettle</p><p>leaks.</p>", "The kettle\n\nleaks."),
        ("<div>one</div><div>two<br>three</div>", "one\ntwo\nthree"),
        ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
        ("one<br><br><br><br>two", "one\n\ntwo"),
        ("  much \n  white   space ", "much white space"),
        ("<b>bold</b><i> and</i> <u>more</u>", "bold and more"),
        ("half<b>way</b> there", "halfway there"),
        ("<ul><li>no lid</li><li></li><li><p>no spout</p></li></ul>Gwen", "- no lid\n- no spout\n\nGwen"),
        (
            "<table><tr><td>Order</td> <td>17</td></tr><tr><th>Lid</th><td>none</td></tr></table>",
            "Order | 17\nLid | none",
        ),
        ("<table>\n<tr>\n<td>\n<p>laid out</p>\n</td>\n</tr>\n</table>", "laid out"),
        ('See <a href="https://example.com">our page</a>.', "See our page."),
        ("5 &lt; 7 &amp; &euro;3&nbsp;each &#233;", "5 < 7 & €3 each é"),
        ("<pre>one\n  two\n\nthree</pre>", "one\n  two\n\nthree"),
        ("<blockquote>I quote myself</blockquote>", "I quote myself"),
        ("Words <!-- and --> <blockquote>my own</blockquote>", "Words\n\nmy own"),
        ("no markup at all", "no markup at all"),
        ("", ""),
        ("<p>unclosed <b>and <i>wrong</b> order", "unclosed and wrong order"),
    ],
)
def test_words_and_line_breaks(html: str, text: str) -> None:
    assert to_text(html) == (text, "")


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>alert(1)</script>",
        "<style>p { color: red }</style>",
        "<head><title>Your order</title></head>",
        "<!-- comment -->",
        "<template>later</template>",
        '<div style="DISPLAY : none">preheader</div>',
        '<span style="font-size:0px;color:#fff">tiny</span>',
        '<span style="visibility:hidden !important">gone</span>',
        "<p hidden>gone</p>",
    ],
)
def test_what_nobody_sees_is_not_read(hidden: str) -> None:
    assert to_text(f"{hidden}<p>No lid.</p>") == ("No lid.", "")


def test_small_letters_are_seen() -> None:
    assert to_text('<span style="font-size:0.9em">small</span>') == ("small", "")


def test_a_mail_that_hides_everything_is_read_all_the_same() -> None:
    assert to_text('<div style="display:none">No lid.</div>') == ("No lid.", "")


ANSWER = "<div>The lid is still missing, and nobody has answered me for a whole week now.</div>"
WORDS = "The lid is still missing, and nobody has answered me for a whole week now."


@pytest.mark.parametrize(
    ("html", "quoted"),
    [
        (
            '<div class="gmail_quote"><p class="gmail_attr">Joe wrote:</p><blockquote>We will look.</blockquote></div>',
            "Joe wrote:\n\nWe will look.",
        ),
        ('<blockquote type="cite"><p>We will look.</p></blockquote>', "We will look."),
        ('<blockquote class="gmail_quote">We will look.</blockquote>', "We will look."),
        (
            '<hr><div id="divRplyFwdMsg">From: Joe</div><div>We will look.</div><p>Joe</p>',
            "From: Joe\nWe will look.\n\nJoe",
        ),
        ('<div id="appendonsend"></div><div>We will look.</div>', "We will look."),
        ('<div class="x yahoo_quoted">We will look.</div>', "We will look."),
        (
            '<div class="moz-cite-prefix">Joe wrote:<br></div>\n<blockquote>We will look.</blockquote>',
            "Joe wrote:\n\nWe will look.",
        ),
        ('<div class="protonmail_quote">We will look.</div>', "We will look."),
        ('<div class="zmail_extra">We will look.</div>', "We will look."),
        ('<div name="quote">We will look.</div>', "We will look."),
        ('<span id="OLK_SRC_BODY_SECTION">We will look.</span>', "We will look."),
        ('<div id="mail-editor-reference-message-container"><p>From: Joe</p></div><p>Joe</p>', "From: Joe\n\nJoe"),
        ('<table class="OutlookMessageHeader"><td>From: Joe</table><p>Joe</p>', "From: Joe\n\nJoe"),
        ('<div style="border:none;border-top:solid #E1E1E1 1.0pt">From: Joe</div><p>Joe</p>', "From: Joe\n\nJoe"),
        ('<div id="Signature">Gwen Frost</div>', "Gwen Frost"),
        ('<div class="gmail_signature">Gwen Frost</div>', "Gwen Frost"),
        ('<pre class="moz-signature">-- \nGwen Frost</pre>', "--\nGwen Frost"),
        ("<p>Joe Moor wrote:</p><blockquote>We will look.</blockquote>", "Joe Moor wrote:\n\nWe will look."),
        (
            "On 2 Mar 2026 at 10:41,<br>Joe wrote:<blockquote type=cite>We will look.</blockquote>",
            "On 2 Mar 2026 at 10:41,\nJoe wrote:\n\nWe will look.",
        ),
    ],
)
def test_the_quotations_of_known_mail_programs_are_set_apart(html: str, quoted: str) -> None:
    assert to_text(ANSWER + html) == (WORDS, quoted)


def test_a_quotation_of_ones_own_below_a_sentence_is_ones_own() -> None:
    html = f"{ANSWER}<p>This is what you wrote:</p><blockquote>We will look.</blockquote><p>Did you?</p>"
    assert to_text(html) == (f"{WORDS}\n\nThis is what you wrote:\n\nWe will look.\n\nDid you?", "")


def test_a_mail_that_is_all_quotation_is_ones_own() -> None:
    assert to_text('<blockquote type="cite">We will look.</blockquote>') == ("We will look.", "")


def test_everything_after_outlooks_mark_is_quoted_wherever_it_stands() -> None:
    html = f'<div>{ANSWER}<div><div id="divRplyFwdMsg">From: Joe</div></div></div><section>We will look.</section>'
    assert to_text(html) == (WORDS, "From: Joe\nWe will look.")


def test_answers_between_quotations_are_ones_own() -> None:
    html = (
        '<div class="gmail_quote"><div class="gmail_attr">Joe wrote:</div><blockquote class="gmail_quote">Which order?'
        f'</blockquote><div>Number 17.</div><blockquote class="gmail_quote">What is missing?</blockquote>{ANSWER}</div>'
    )
    assert to_text(html) == (f"Number 17.\n{WORDS}", "Joe wrote:\n\nWhich order?\n\nWhat is missing?")


FORWARD = (
    '<div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: Joe</div>'
    "<div>The kettle burnt me.</div></div>"
)


def test_a_forwarded_mail_is_own_text_where_hardly_a_word_stands_above_it() -> None:
    own, quoted = to_text(f"<div>FYI</div>{FORWARD}")
    assert own.startswith("FYI\n\n---------- Forwarded message")
    assert own.endswith("The kettle burnt me.")
    assert quoted == ""


def test_a_forwarded_mail_under_a_real_text_is_quoted() -> None:
    own, quoted = to_text(ANSWER + FORWARD)
    assert own == WORDS
    assert quoted.endswith("The kettle burnt me.")


def test_only_the_first_half_million_characters_are_read() -> None:
    own, _ = to_text("a" * 500_000 + "b")
    assert "b" not in own


@pytest.mark.parametrize(
    "unit",
    ["<div>", "<ul><li>", "<b id=x>", "<p><font color=red>", "<", "&", "<!--", "<td>", "<br>", "</p>", "<a b='"],
)
def test_markup_that_no_program_writes_is_read_without_a_tree(unit: str) -> None:
    own, quoted = to_text("Hello " + unit * (500_000 // len(unit)))
    assert (own + quoted).startswith("Hello")


def test_unclosed_formatting_is_not_repeated_in_each_paragraph() -> None:
    html = "<p>" + "".join(f"<b id={number}>" for number in range(300)) + "<p>x" * 5000
    assert to_text(html)[0].count("x") == 5000


def test_absurd_numeric_references_do_no_harm() -> None:
    assert "No lid." in to_text("<" * 30_000 + "&#" + "9" * 10_000 + "; No lid.")[0]


def test_lone_surrogates_and_nul_are_no_letters() -> None:
    assert to_text("a\ud800\0b") == ("a\ufffdb", "")
