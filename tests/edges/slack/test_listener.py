"""Whatever Slack tells is taken once, answered in time, and told to nobody else."""

from __future__ import annotations

import json
import logging
import threading
from typing import Any

import pytest

from bot.edges.slack.answer import Answer
from bot.errors import Retriable
from bot.service.ports import Kind, Received
from tests.edges.slack.conftest import Heard, listening
from tests.fakes.slack import Envelope, FakeSlack

CARD = [
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "claim", "value": "7", "text": {"type": "plain_text", "text": "Mine"}}
        ],
    }
]
FORM = {
    "type": "modal", "callback_id": "why", "title": {"type": "plain_text", "text": "Why?"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [{
        "type": "input", "block_id": "why", "label": {"type": "plain_text", "text": "Reason"},
        "element": {"type": "plain_text_input", "action_id": "text"},
    }],
}  # fmt: skip
SECRET_WORDS = "my card 4000 1234 was charged twice"


def pressed(slack: FakeSlack) -> Envelope:
    """Ann presses the button of a card."""
    ts = slack.bot_says("C1", "A card", blocks=CARD)
    return slack.person("ann").presses("claim", "C1", ts)


def events(heard: Heard) -> list[str]:
    return [one.payload["event"].get("text", "") for one in heard if one.kind is Kind.EVENT]


def test_an_event_is_taken_before_it_is_acknowledged(slack: FakeSlack) -> None:
    acked_before: list[bool] = []

    def receive(received: Received) -> Answer:
        acked_before.append(slack.envelopes[0].acked)
        return Answer()

    with listening(slack, receive):
        slack.say("C1", "hello")
        slack.wait_for(lambda now: now.envelopes[0].acked)
    assert acked_before == [False]
    assert slack.envelopes[0].answers == [{}]


def test_every_kind_arrives_with_its_payload_as_slack_sent_it(slack: FakeSlack, heard: Heard) -> None:
    ann = slack.person("ann")
    with listening(slack, heard):
        slack.say("C1", "hello")
        acts = [pressed(slack), ann.types("/amends list"), ann.uses_shortcut("report")]
        acts += [ann.uses_shortcut("report", "C1", slack.messages("C1")[0]["ts"])]
        for act in acts:
            assert slack.answer(act) == {}
        slack.wait_for(lambda now: all(one.acked for one in now.envelopes))
    assert {one.kind for one in heard} == {Kind.EVENT, Kind.ACTION, Kind.COMMAND, Kind.SHORTCUT}
    sent = sorted(json.dumps(envelope.payload) for envelope in slack.envelopes)
    assert sorted(json.dumps(one.payload) for one in heard) == sent
    assert len({one.key for one in heard}) == len(heard)


def test_nothing_is_asked_of_slack_while_it_waits(slack: FakeSlack, heard: Heard) -> None:
    with listening(slack, heard):
        slack.answer(pressed(slack))
    assert {call.method for call in slack.posts} == {"apps.connections.open"}


def test_an_event_that_could_not_be_taken_comes_again_with_the_same_key(slack: FakeSlack, heard: Heard) -> None:
    heard.problems.append(Retriable("The database is locked."))
    with listening(slack, heard):
        slack.say("C1", "precious")
        slack.wait_for(lambda _: heard)
        assert not slack.envelopes[0].acked
        slack.redeliver()
        slack.wait_for(lambda now: now.envelopes[0].acked)
    assert events(heard) == ["precious", "precious"]
    assert len({one.key for one in heard}) == 1


def test_a_press_that_could_not_be_taken_is_not_acknowledged_so_that_people_see_it(
    slack: FakeSlack, heard: Heard
) -> None:
    heard.problems.append(ValueError("a bug"))
    with listening(slack, heard):
        press = slack.person("ann").uses_shortcut("report")
        slack.wait_for(lambda _: heard)
        slack.advance(3.1)
    assert press.failed == "operation_timeout"


def test_what_comes_after_a_failure_is_taken(slack: FakeSlack, heard: Heard) -> None:
    heard.problems += [KeyError("a"), RuntimeError("b")]
    with listening(slack, heard):
        for number in range(4):
            slack.say("C1", str(number))
        slack.wait_for(lambda now: sum(one.acked for one in now.envelopes) == 2)
        slack.redeliver()
        slack.wait_for(lambda now: all(one.acked for one in now.envelopes))
    assert set(events(heard)) == set("0123")


def test_the_answer_to_a_command_is_shown(slack: FakeSlack, heard: Heard) -> None:
    heard.answer = Answer(ack={"response_type": "ephemeral", "text": "Nothing is open."})
    with listening(slack, heard):
        slack.answer(slack.person("ann").types("/amends list"))
    assert [one["text"] for one in slack.ephemerals("C1")] == ["Nothing is open."]


def test_a_dialog_is_open_before_the_press_is_acknowledged(slack: FakeSlack, heard: Heard) -> None:
    heard.answer = Answer(modal=FORM)
    ann = slack.person("ann")
    with listening(slack, heard):
        slack.fault("views.open", "slow")
        press = ann.uses_shortcut("report")
        slack.wait_for(lambda now: now.held)
        assert not press.acked
        slack.release()
        slack.answer(press)
    assert ann.view is not None
    assert ann.view.content["callback_id"] == "why"


def test_mistakes_in_a_form_go_back_to_it(slack: FakeSlack, heard: Heard) -> None:
    heard.answer = Answer(modal=FORM)
    ann = slack.person("ann")
    with listening(slack, heard):
        slack.answer(ann.uses_shortcut("report"))
        heard.answer = Answer(ack={"response_action": "errors", "errors": {"why": "Too short."}})
        slack.answer(ann.submits({"text": "no"}))
        assert ann.view is not None
        assert ann.view.errors == {"why": "Too short."}
        heard.answer = Answer()
        slack.answer(ann.submits({"text": "because it is spam"}))
    assert ann.view is None
    assert len({one.key for one in heard if one.kind is Kind.VIEW}) == 2


@pytest.mark.parametrize("fault", ["500", "429", "error", "html", "truncated", "reset_before"])
def test_a_dialog_that_cannot_be_opened_does_not_stop_the_ack(
    slack: FakeSlack, heard: Heard, caplog: pytest.LogCaptureFixture, fault: Any
) -> None:
    heard.answer = Answer(modal=FORM)
    with listening(slack, heard):
        slack.fault("views.open", fault, code="expired_trigger_id")
        assert slack.answer(slack.person("ann").uses_shortcut("report")) == {}
    told = [record.message for record in caplog.records if "dialog" in record.message]
    assert len(told) == 1
    assert len(slack.calls("views.open")) == 1, "no retries: the trigger is gone by then"


def test_where_nobody_pressed_anything_no_dialog_is_asked_for(slack: FakeSlack, heard: Heard) -> None:
    heard.answer = Answer(modal=FORM)
    with listening(slack, heard):
        slack.say("C1", "hello")
        slack.wait_for(lambda now: now.envelopes[0].acked)
    assert not slack.calls("views.open")


def test_an_answer_too_long_for_the_socket_becomes_an_empty_one(
    slack: FakeSlack, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    heard.answer = Answer(ack={"text": "x" * 65_535})
    with listening(slack, heard) as app:
        ann = slack.person("ann")
        assert slack.answer(ann.types("/amends list")) == {}
        heard.answer = Answer(ack={"text": "y" * 39_000})
        assert len(slack.answer(ann.types("/amends list"))["text"]) == 39_000
        assert app.connected == 1, "the line must not be lost over it"
    assert "too long" in caplog.text


@pytest.mark.parametrize("type", ["block_suggestion", "workflow_step_edit", "something_new", None])
def test_what_nobody_acts_on_is_acknowledged_and_forgotten(
    slack: FakeSlack, heard: Heard, caplog: pytest.LogCaptureFixture, type: Any
) -> None:
    with listening(slack, heard):
        assert slack.answer(slack.submit("interactive", {"type": type, "user": {"id": "U1"}})) == {}
    assert not heard
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_payload_that_bolt_stumbles_over_is_told_and_the_next_is_taken(
    slack: FakeSlack, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    with listening(slack, heard):
        slack.submit("events_api", {"type": "event_callback", "authorizations": 7, "team": SECRET_WORDS})
        slack.say("C1", "hello")
        slack.wait_for(lambda _: heard)
    told = [record.message for record in caplog.records if "not taken" in record.message]
    assert told == ["Something from Slack was not taken: TypeError."]


def test_what_other_programs_leave_in_the_environment_changes_nothing(
    slack: FakeSlack, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CLIENT_ID", "CLIENT_SECRET", "BOT_TOKEN", "SIGNING_SECRET", "VERIFICATION_TOKEN", "APP_TOKEN"):
        monkeypatch.setenv(f"SLACK_{name}", "another")
    heard.answer = Answer(modal=FORM)
    with listening(slack, heard):
        slack.answer(slack.person("ann").uses_shortcut("report"))
    assert slack.person("ann").view is not None


def test_a_burst_is_taken_whole(slack: FakeSlack, heard: Heard) -> None:
    with listening(slack, heard) as app:
        for number in range(1500):
            slack.say("C1", str(number))
        slack.wait_for(lambda now: all(one.acked for one in now.envelopes), 60)
        assert app.connected == 1
    assert sorted(map(int, events(heard))) == list(range(1500))


def test_an_empty_ping_of_slack_is_answered(slack: FakeSlack, heard: Heard) -> None:
    with listening(slack, heard):
        [connection] = slack.connections
        connection.ping(b"")
        assert slack.wait_for(lambda _: connection.pongs) == [b""]


def test_events_are_taken_by_several_threads(slack: FakeSlack) -> None:
    together = threading.Barrier(4)

    def receive(received: Received) -> Answer:
        together.wait(60)
        return Answer()

    with listening(slack, receive):
        for number in range(4):
            slack.say("C1", str(number))
        slack.wait_for(lambda now: all(one.acked for one in now.envelopes))


def test_no_word_token_or_signature_is_ever_logged(
    slack: FakeSlack, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger().setLevel(logging.DEBUG)  # caplog puts it back
    caplog.set_level(logging.DEBUG)
    heard.answer = Answer(modal=FORM)
    with listening(slack, heard):
        heard.problems.append(ValueError(SECRET_WORDS))
        slack.say("C1", SECRET_WORDS)
        slack.wait_for(lambda _: heard and not heard.problems)
        slack.redeliver()
        slack.answer(pressed(slack))
        slack.wait_for(lambda now: all(one.acked for one in now.envelopes))
        slack.connections[0].fin()
        slack.wait_for(lambda now: now.sockets.ever == 2)
    logged = "\n".join(f"{record.getMessage()} {record.exc_text} {record.exc_info}" for record in caplog.records)
    assert "was not taken: ValueError" in logged
    for secret in (SECRET_WORDS, "4000", slack.token, slack.app_token, "ticket=", "Ev0000"):
        assert secret not in logged
    assert {record.name.partition(".")[0] for record in caplog.records} == {"bot"}
