"""The page about a model: it holds all figures, hostile text stays text, and it needs nothing from elsewhere."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from typing import Any

import pytest

from bot.edges import report
from bot.edges.report import Plots
from bot.errors import UsageError

HOSTILE = [
    "<script>alert(1)</script>", "</blockquote><img src=x onerror=alert(1)>", "\"' onmouseover=alert(1) x='",
    "&lt;script&gt;", "<svg/onload=alert(1)>", "]]><!--", "</html>", "<a href=https://evil.example>here</a>",
]  # fmt: skip
# elements that load or run something
LOADS = {"script", "link", "img", "iframe", "object", "embed", "video", "audio", "source", "base", "form", "image"}
NAMESPACES = ("http://www.w3.org/", "http://purl.org/dc/", "http://creativecommons.org/ns#")


def label(**other: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "positives": 41, "average_precision": 0.912, "average_precision_interval": (0.871, 0.943), "precision": 0.853,
        "recall": 0.764, "f1": 0.806, "f1_interval": (0.751, 0.852), "recall_at_90": 0.617, "brier": 0.098,
        "ece": 0.024, "confusion": (31, 5, 10, 154),
    }  # fmt: skip
    return fields | other


def whole(*errors: dict[str, Any]) -> dict[str, Any]:
    ignored = label(positives=17, average_precision=0.788, confusion=(11, 3, 6, 180))
    return {
        "set": "all", "size": 200, "prior": 0.205, "unsure": 0.125, "mistake": label(), "ignored": ignored,
        "texts_per_second": 4321, "worst": list(errors),
    }  # fmt: skip


def error(text: str = "Where is it?", **other: Any) -> dict[str, Any]:
    fields = {"label": "mistake", "true": True, "chance": 0.07, "source": "chats", "clues": [["where is", 0.71]]}
    return fields | {"text": text} | other


PLOTS = Plots(
    precision_recall={"mistake": [(0.0, 1.0), (0.5, 0.9), (1.0, 0.4)], "ignored": [(0.0, 1.0), (1.0, 0.2)]},
    reliability={"mistake": [(0.05, 0.1, 90), (0.95, 0.9, 30)], "ignored": [(0.5, 0.4, 3)]},
    learning={"mistake": [(100.0, 0.6), (900.0, 0.9)], "ignored": [(100.0, 0.4), (900.0, 0.8)]},
)
NOTHING = Plots({"mistake": [], "ignored": []}, {"mistake": [], "ignored": []}, {"mistake": [], "ignored": []})


class Seen(HTMLParser):
    """The elements of a page with their attributes, and its words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def page() -> str:
    """An ordinary one: two groups, one error of each kind."""
    scores = {"mistake": label(), "ignored": label()}
    groups = [{"set": name, "size": size} | scores for name, size in (("en", 7), ("de", 5))]
    missed = error(clues=[["where is", 0.71], ["thanks", -1.2]])
    return report.page("hold-out, model m7", [whole(missed, error(true=False, chance=0.93)), *groups], PLOTS)


@pytest.fixture(scope="module")
def bare() -> str:
    """One that has nothing to draw and no error to show."""
    return report.page("x", [whole()], NOTHING)


@pytest.fixture(scope="module")
def hostile() -> str:
    groups = [{"set": name, "size": 3, "mistake": label(), "ignored": label()} for name in HOSTILE]
    errors = [error(text, source=text, clues=[[text, 1.25], [text, -0.5]]) for text in HOSTILE]
    return report.page(HOSTILE[0], [whole(*errors), *groups], PLOTS)


def test_hostile_words_are_words_wherever_they_stand(hostile: str) -> None:
    seen = Seen(hostile)
    for text in HOSTILE:
        # a group has two rows; an error is told with its source and two clues
        assert seen.words.count(text) >= 6, text


def test_hostile_words_add_no_element_and_no_attribute(hostile: str) -> None:
    group = {"set": "g", "size": 3, "mistake": label(), "ignored": label()}
    errors = [error(clues=[["a", 1.25], ["b", -0.5]])] * len(HOSTILE)
    harmless = report.page("x", [whole(*errors), *[group] * len(HOSTILE)], PLOTS)
    elements, plain = ([(tag, sorted(attrs)) for tag, attrs in Seen(one).elements] for one in (hostile, harmless))
    assert elements == plain
    assert not {tag for tag, _attrs in elements} & LOADS
    assert not [name for _tag, attrs in elements for name in attrs if name.startswith("on")]


def test_a_page_needs_no_network(page: str) -> None:
    """Names of XML namespaces look like addresses; nothing fetches them."""
    for _tag, attrs in Seen(page).elements:
        for name, value in attrs.items():
            if name.startswith(("xmlns", "rdf:")):
                assert (value or "").startswith(NAMESPACES), value
            else:
                assert not re.search(r"https?:|//", value or ""), (name, value)
            if name in ("href", "xlink:href", "src"):
                assert (value or "").startswith("#"), value
    styles = "".join(re.findall(r"<style.*?</style>", page, re.DOTALL))
    assert styles
    assert "http" not in styles
    assert not re.search(r"@import|url\((?!#)", page)


def test_the_figures_of_the_whole_set_stand_on_top(page: str) -> None:
    words = Seen(page).words
    assert words.startswith("hold-out, model m7")
    for figure in (
        "200 texts", "prior 0.20", "unsure 12.5%", "4321 texts a second", "0.912", "(0.871 to 0.943)", "0.806",
        "(0.751 to 0.852)", "0.788", "0.617", "0.098", "0.024",
    ):  # fmt: skip
        assert figure in words, figure


def test_the_confusion_is_a_table_of_true_and_said(page: str) -> None:
    assert re.findall(r"<th>(true|not true)<td(?: class=bad)?>(\d+)<td(?: class=bad)?>(\d+)", page) == [
        ("true", "31", "10"), ("not true", "5", "154"), ("true", "11", "6"), ("not true", "3", "180"),
    ]  # fmt: skip


def test_every_set_has_a_row_a_label(page: str) -> None:
    rows = re.findall(r"<tr class=(mistake|ignored)><th>(\w+)<td>(\d+)", page)
    sizes = [("all", "200"), ("en", "7"), ("de", "5")]
    assert rows == [(name, group, size) for group, size in sizes for name in ("mistake", "ignored")]


def test_an_error_says_what_was_wrong_and_which_words_spoke_for_and_against(page: str) -> None:
    words = Seen(page).words
    assert "mistake, missed at 7%" in words
    assert "mistake, false alarm at 93%" in words
    assert "<span class=for>where is +0.71</span> <span class=against>thanks -1.20</span>" in page


def test_where_nothing_was_wrong_nothing_is_shown(bare: str) -> None:
    assert "Nowhere." in Seen(bare).words


# plots


def test_three_plots_are_drawn_with_their_axes_and_labels(page: str) -> None:
    drawings = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    axes = [
        ("recall", "precision"),
        ("chance that the model named", "share that was true"),
        ("examples", "average precision"),
    ]
    assert len(drawings) == len(axes)
    for drawing, names in zip(drawings, axes, strict=True):
        told = Seen(drawing).words
        assert all(name in told for name in (*names, "mistake", "ignored"))
    assert "<?xml" not in page


def test_where_there_is_nothing_to_draw_the_axes_stay_empty(bare: str) -> None:
    drawings = re.findall(r"<svg.*?</svg>", bare, re.DOTALL)
    assert len(drawings) == 3
    assert all("mistake" not in Seen(drawing).words for drawing in drawings)


def test_the_same_figures_are_the_same_page(bare: str) -> None:
    assert report.page("x", [whole()], NOTHING) == bare


def test_without_matplotlib_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError, match="not installed") as caught:
        report.page("x", [whole()], PLOTS)
    assert caught.value.advice == "pip install 'amends[report]'"
