"""Forms that a person fills in at a Slack client come back as they were filled in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.domain.verdict import Label
from bot.edges.slack.forms import Closed, Contacted, Dismissed, Drafted, Reported, Snoozed, Treated, problems, read
from tests.edges.slack.test_modals import MODALS, SAID, TOMORROW
from tests.fakes.clock import MONDAY
from tests.fakes.slack import FakeSlack, Person


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(("C1",)) as running:
        yield running


def filled_in(slack: FakeSlack, ann: Person, name: str, values: dict[str, Any]) -> Any:
    """What the app hears when somebody opens a modal, fills it in and sends it."""
    trigger = ann.uses_shortcut("report").payload["trigger_id"]
    client = WebClient(slack.token, base_url=slack.api_url, retry_handlers=[])
    client.views_open(trigger_id=trigger, view=MODALS[name])
    return ann.submits(values).payload["view"]


@pytest.mark.parametrize(
    ("name", "values", "form"),
    [
        ("contacted", {"how": "phone", "note": "New one on Friday"},
         Contacted(7, "C1", "phone", "U0AAA111", "New one on Friday")),
        ("snoozed", {"until": int((TOMORROW + timedelta(hours=1)).timestamp())},
         Snoozed(7, "C1", TOMORROW + timedelta(hours=1))),
        ("closed", {"note": "By phone"}, Closed(7, "C1", "By phone", evidence_sent=False)),
        ("closed_with_evidence", {}, Closed(7, "C1", "", evidence_sent=True)),
        ("dismissed", {"note": "own slip"}, Dismissed(7, "C1", "own slip")),
        ("draft", {}, Drafted(7, "C1")),
        ("report", {"kind": "ignored", "words": "Where is it?"}, Reported("C1", Label.IGNORED, "Where is it?", "")),
        ("treat", {"kind": "ignored"}, Treated(SAID, Label.IGNORED, "")),
    ],
)  # fmt: skip
def test_a_form_is_read_from_what_slack_sends(
    slack: FakeSlack, name: str, values: dict[str, Any], form: object
) -> None:
    found = read(filled_in(slack, slack.person("ann"), name, values))
    assert found == form
    assert problems(found, MONDAY) == {}


def test_what_is_wrong_is_shown_below_a_field_that_is_there(slack: FakeSlack) -> None:
    """Slack takes errors for input blocks of the view alone; the fake refuses others."""
    view = filled_in(slack, slack.person("ann"), "dismissed", {"note": " "})
    (block,) = problems(read(view), MONDAY)
    assert block in view["state"]["values"]
