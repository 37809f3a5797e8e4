"""Modals: as they were, taken by Slack, and carrying no more than Slack carries."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.edges.slack import modals
from bot.edges.slack.modals import About, Source
from tests.edges.cards import NASTY, words
from tests.edges.slack.drawn import assert_as_it_was, assert_reachable, assert_view_inert, flat, golden_names
from tests.fakes.clock import MONDAY

CASE = About(7, "Mo Farouk", "C1")
TOMORROW = MONDAY + timedelta(days=1)
SAID = Source("C2", "1772442000.000100", "1772441000.000100", "U0CUST", "You charged me twice & nobody <ever> answers.")
MODALS: dict[str, dict[str, Any]] = {
    "contacted": modals.contacted(CASE, "U0AAA111"),
    "snoozed": modals.snoozed(CASE, TOMORROW),
    "closed": modals.closed(CASE, evidence_sent=False),
    "closed_with_evidence": modals.closed(CASE, evidence_sent=True),
    "dismissed": modals.dismissed(CASE),
    "draft": modals.draft(CASE, "Dear Mo,\n\nwe charged you twice. […]"),
    "report": modals.report("C1"),
    "treat": modals.treat(SAID),
}


@pytest.mark.parametrize("name", MODALS)
def test_a_modal_looks_as_it_did(name: str) -> None:
    assert_as_it_was(f"modals/{name}", MODALS[name])
    assert_view_inert(MODALS[name])
    assert_reachable(MODALS[name])


def test_every_golden_file_is_of_a_modal_that_is_drawn() -> None:
    assert golden_names("modals") == set(MODALS)


def test_who_pressed_is_taken_for_the_one_who_reached_the_customer() -> None:
    (who,) = (block["element"] for block in MODALS["contacted"]["blocks"] if block.get("block_id") == "by")
    assert who["initial_user"] == "U0AAA111"


def test_a_reason_may_be_left_out_only_after_evidence() -> None:
    for name, optional in (("closed", False), ("closed_with_evidence", True), ("dismissed", False)):
        (note,) = (block for block in MODALS[name]["blocks"] if block.get("block_id") == "note")
        assert note["optional"] is optional


def test_the_draft_says_that_amends_writes_to_nobody() -> None:
    assert "amends never writes to customers" in flat(MODALS["draft"])


def test_a_modal_about_a_case_carries_its_number_and_where_it_was_asked_for() -> None:
    assert json.loads(MODALS["dismissed"]["private_metadata"]) == {"case": 7, "channel": "C1"}


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_nothing_that_customers_have_tried_acts_in_a_modal(nasty: str) -> None:
    about = About(7, nasty)
    for view in (
        modals.dismissed(about),
        modals.draft(about, nasty),
        modals.treat(Source("C2", "1.1", "", "U1", nasty)),
    ):
        assert_view_inert(view)


@given(words | st.text())
@example("\x01" * 3000)
@example('"' * 3000)
@example("\\" * 100_000)
@example("\U0001f469\u200d\U0001f527" * 3000)
def test_however_long_the_words_are_what_is_carried_fits(said: str) -> None:
    view = modals.treat(Source("C2", "1772442000.000100", "1772442000.000100", "U0CUST", said))
    assert_view_inert(view)
    assert len(view["private_metadata"]) <= 3000
    told = json.loads(view["private_metadata"])
    assert (told["channel"], told["ts"], told["user"]) == ("C2", "1772442000.000100", "U0CUST")


def test_as_much_as_fits_is_carried() -> None:
    view = modals.treat(Source("C2", "1.1", "", "U1", "word " * 2000))
    assert len(view["private_metadata"]) > 2900
