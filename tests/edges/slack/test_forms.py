"""Submitted forms: read back as they were filled in, wrong ones told where, hostile ones refused in a sentence."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.verdict import Label
from bot.edges.slack.forms import Closed, Contacted, Dismissed, Drafted, Reported, Snoozed, Treated, problems, read
from bot.edges.slack.modals import Source
from bot.errors import UsageError
from tests.edges.slack.test_modals import MODALS, SAID, TOMORROW
from tests.fakes.clock import MONDAY
from tests.fakes.slack.modals import INITIAL

FIELD = {"users_select": "selected_user", "datetimepicker": "selected_date_time", "radio_buttons": "selected_option"}
Json = dict[str, Any]


def submitted(name: str, **typed: Any) -> Json:
    """A modal as Slack sends it back; what nobody touched holds what it held at first."""
    values: Json = {}
    for block in MODALS[name]["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            kind = FIELD.get(element["type"], "value")
            first = next((element[initial] for initial in INITIAL if initial in element), None)
            given = typed.get(block["block_id"], first)
            chosen = {"value": given} if kind == "selected_option" and isinstance(given, str) else given
            values[block["block_id"]] = {element["action_id"]: {"type": element["type"], kind: chosen}}
    return copy.deepcopy(MODALS[name]) | {"state": {"values": values}}


@pytest.mark.parametrize(
    ("view", "form"),
    [
        (submitted("contacted"), Contacted(7, "C1", "mail", "U0AAA111", "")),
        (submitted("contacted", how="in_person", by="U2", note=" Came by.\n"),
         Contacted(7, "C1", "in_person", "U2", "Came by.")),
        (submitted("snoozed"), Snoozed(7, "C1", TOMORROW)),
        (submitted("closed", note="By phone"), Closed(7, "C1", "By phone", evidence_sent=False)),
        (submitted("closed_with_evidence"), Closed(7, "C1", "", evidence_sent=True)),
        (submitted("dismissed", note="own slip"), Dismissed(7, "C1", "own slip")),
        (submitted("draft"), Drafted(7, "C1")),
        (submitted("report", kind="ignored", words="Where is it?", customer="Jo"),
         Reported("C1", Label.IGNORED, "Where is it?", "Jo")),
        (submitted("treat", note="ouch"), Treated(SAID, Label.MISTAKE, "ouch")),
    ],
)  # fmt: skip
def test_a_form_is_read_as_it_was_filled_in(view: Json, form: object) -> None:
    assert read(view) == form


def test_the_log_hears_how_the_customer_was_reached() -> None:
    assert Contacted(7, "", "phone", "U1", "").told == "by phone"
    assert Contacted(7, "", "in_person", "U1", "At the fair.").told == "in person: At the fair."


@pytest.mark.parametrize(
    ("view", "block"),
    [
        (submitted("snoozed", until=int(MONDAY.timestamp())), "until"),
        (submitted("snoozed", until=int((MONDAY + timedelta(days=90, seconds=1)).timestamp())), "until"),
        (submitted("closed", note=" \u200b "), "note"),
        (submitted("dismissed", note="\n"), "note"),
        (submitted("report", words=" "), "words"),
    ],
)
def test_what_is_wrong_is_said_below_the_field_it_is_in(view: Json, block: str) -> None:
    found = problems(read(view), MONDAY)
    assert list(found) == [block]
    assert block in {one.get("block_id") for one in view["blocks"] if one["type"] == "input"}
    assert found[block].endswith(".")


@pytest.mark.parametrize(
    "view",
    [
        submitted("contacted"), submitted("closed_with_evidence"), submitted("dismissed", note="x"), submitted("draft"),
        submitted("snoozed", until=int((MONDAY + timedelta(seconds=1)).timestamp())),
        submitted("snoozed", until=int((MONDAY + timedelta(days=90)).timestamp())),
        submitted("report", words="x"), submitted("treat"),
    ],
)  # fmt: skip
def test_a_form_without_a_problem_has_none(view: Json) -> None:
    assert problems(read(view), MONDAY) == {}


# what nobody's client sends


def refused(view: Any) -> None:
    with pytest.raises(UsageError, match="came back"):
        read(view)


GARBLED: dict[str, Json] = {
    "no such modal": submitted("draft") | {"callback_id": "drop_tables"},
    "a list for a name": submitted("draft") | {"callback_id": ["draft"]},
    "no metadata": submitted("draft") | {"private_metadata": None},
    "metadata that is no JSON": submitted("draft") | {"private_metadata": "{case: 7}"},
    "metadata that is a list": submitted("draft") | {"private_metadata": "[7]"},
    "metadata as deep as it is long": submitted("draft") | {"private_metadata": "[" * 3000},
    "metadata that is too long": submitted("draft") | {"private_metadata": '{"case": 7}' + " " * 3000},
    "a case that is a word": submitted("draft") | {"private_metadata": '{"case": "7"}'},
    "a case that is true": submitted("draft") | {"private_metadata": '{"case": true}'},
    "a case before the first": submitted("draft") | {"private_metadata": '{"case": 0}'},
    "a case that no database holds": submitted("draft") | {"private_metadata": '{"case": 99999999999}'},
    "a channel that is none": submitted("draft") | {"private_metadata": '{"case": 7, "channel": "<!here>"}'},
    "a way that is none": submitted("contacted", how="by pigeon"),
    "nobody": submitted("contacted", by=""),
    "a person that is a number": submitted("contacted", by=7),
    "a note that is a list": submitted("dismissed", note=["x"]),
    "a moment that is true": submitted("snoozed", until=True),
    "a moment that is a word": submitted("snoozed", until="tomorrow"),
    "a moment beyond all calendars": submitted("snoozed", until=10**18),
    "no moment": submitted("snoozed", until=0),
    "a kind that is none": submitted("report", kind="praise", words="x"),
    "a message without a place": submitted("treat") | {"private_metadata": '{"words": "x"}'},
    "a message without words": submitted("treat")
    | {"private_metadata": '{"channel": "C1", "ts": "1.1", "thread_ts": "", "user": "U1"}'},
}


@pytest.mark.parametrize("name", GARBLED)
def test_a_garbled_form_is_refused(name: str) -> None:
    refused(GARBLED[name])


@pytest.mark.parametrize("view", [None, "x", 7, [], {}, {"callback_id": "draft"}], ids=str)
def test_what_is_no_form_is_refused(view: Any) -> None:
    refused(view)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a view."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))


def put(view: Json, path: tuple[Any, ...], junk: Any) -> Any:
    view = copy.deepcopy(view)
    if not path:
        return junk
    inner: Any = view
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = junk
    return view


junk: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.integers(), max_size=2) | st.just({})
)


@given(st.data(), st.sampled_from(sorted(MODALS)), junk)
def test_a_form_with_anything_anywhere_is_read_or_refused(data: st.DataObject, name: str, what: Any) -> None:
    view = submitted(name, note="x", words="x")
    path = data.draw(st.sampled_from([p for p in places(view) if p[:1] in ((), ("state",), ("private_metadata",))]))
    try:
        form = read(put(view, path, what))
    except UsageError:
        return
    assert all(one in ("until", "note", "words") for one in problems(form, MONDAY))


@given(st.text(), st.sampled_from(["note", "words", "customer"]))
def test_whatever_is_typed_comes_out_clean(typed: str, field: str) -> None:
    form = read(submitted("report", **{"words": "x", field: typed}))
    assert isinstance(form, Reported)
    form.words.encode()
    assert "\x00" not in form.words + form.customer


def test_a_source_survives_the_way_there_and_back() -> None:
    form = read(submitted("treat"))
    assert isinstance(form, Treated)
    assert form.source == Source("C2", "1772442000.000100", "1772441000.000100", "U0CUST", SAID.words)
