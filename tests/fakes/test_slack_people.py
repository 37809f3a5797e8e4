"""What people do in the fake Slack reaches a real Bolt app, and what the app says comes before their eyes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from .bolt_app import bolt, connected
from .slack import FakeSlack, Person


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(("C1", "C2")) as server:
        yield server


@pytest.fixture
def ann(slack: FakeSlack) -> Person:
    return slack.person("ann")


@pytest.fixture
def app(slack: FakeSlack) -> Iterator[App]:
    app = bolt(slack)
    with connected(slack, app):
        yield app


@pytest.fixture
def client(slack: FakeSlack) -> WebClient:
    return WebClient(slack.token, base_url=slack.api_url, retry_handlers=[])


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def option(value: str) -> dict[str, Any]:
    return {"text": plain(value.title()), "value": value}


CARD: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*Charged twice*"}},
    {"type": "actions", "block_id": "what", "elements": [
        {"type": "button", "action_id": "claim", "text": plain("I'm on it"), "value": "17"},
        {"type": "overflow", "action_id": "more", "options": [option("snooze"), option("drop")]},
    ]},
]  # fmt: skip


def field(name: str, **more: Any) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": f"{name}_text", **more}
    return {"type": "input", "block_id": name, "label": plain(name.title()), "element": element}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    told = {"type": "modal", "callback_id": "contact", "title": plain("Contacted"), "submit": plain("Save")}
    return {**told, "private_metadata": "17", "blocks": list(blocks) or [field("how")], **more}


def test_a_button_is_pressed_by_its_name_or_its_words(
    slack: FakeSlack, app: App, ann: Person, client: WebClient
) -> None:
    told: list[Any] = []

    @app.action("claim")
    def claim(ack: Any, body: Any, action: Any) -> None:
        told.append((body["user"]["id"], body["channel"]["id"], body["message"]["ts"], action["value"]))
        ack()

    ts = client.chat_postMessage(channel="C1", text="Charged twice", blocks=CARD)["ts"]
    for button in ("claim", "I'm on it"):
        slack.answer(ann.presses(button, "C1", ts))
    assert told == [("UANN", "C1", ts, "17")] * 2
    with pytest.raises(AssertionError, match="I'm on it"):
        ann.presses("nonsense", "C1", ts)


def test_an_overflow_tells_which_option_was_chosen(slack: FakeSlack, app: App, ann: Person, client: WebClient) -> None:
    told: list[str] = []

    @app.action("more")
    def more(ack: Any, action: Any) -> None:
        told.append(action["selected_option"]["value"])
        ack()

    ts = client.chat_postMessage(channel="C1", text="x", blocks=CARD)["ts"]
    slack.answer(ann.chooses("drop", "C1", ts))
    slack.answer(ann.chooses("Snooze", "C1", ts))
    assert told == ["drop", "snooze"]


def test_a_press_that_nobody_answers_fails_after_three_seconds_and_is_not_repeated(
    slack: FakeSlack, ann: Person, client: WebClient
) -> None:
    app = bolt(slack)  # without a listener Bolt does not acknowledge
    ts = client.chat_postMessage(channel="C1", text="x", blocks=CARD)["ts"]
    with connected(slack, app):
        pressed = ann.presses("claim", "C1", ts)
        slack.advance(3.1)
    assert (pressed.failed, len(pressed.attempts)) == ("operation_timeout", 1)


def opens(app: App, view: dict[str, Any]) -> None:
    """The button opens this modal."""

    @app.action("claim")
    def claim(ack: Any, body: Any, client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=view)


def opened(slack: FakeSlack, ann: Person, client: WebClient) -> None:
    ts = client.chat_postMessage(channel="C1", text="x", blocks=CARD)["ts"]
    ann.presses("claim", "C1", ts)
    slack.wait_for(lambda now: ann.view)


def test_a_form_is_filled_in_refused_once_and_taken(slack: FakeSlack, app: App, ann: Person, client: WebClient) -> None:
    told: list[Any] = []
    opens(app, modal())

    @app.view("contact")
    def contact(ack: Any, view: Any) -> None:
        how = view["state"]["values"]["how"]["how_text"]["value"]
        told.append((view["private_metadata"], how))
        if how == "?":
            ack(response_action="errors", errors={"how": "Say how."})
        else:
            ack()

    opened(slack, ann, client)
    slack.answer(ann.submits({"how": "?"}))
    assert ann.view is not None
    assert ann.view.errors == {"how": "Say how."}
    slack.answer(ann.submits({"how_text": "by phone"}))
    assert told == [("17", "?"), ("17", "by phone")]
    assert slack.workspace.views.all == {}


def test_a_form_with_a_gap_is_not_even_sent(slack: FakeSlack, app: App, ann: Person, client: WebClient) -> None:
    opens(app, modal(field("how", max_length=5)))
    opened(slack, ann, client)
    sent = len(slack.envelopes)
    with pytest.raises(AssertionError, match="'How' is empty"):
        ann.submits()
    with pytest.raises(AssertionError, match="'How' has 8 characters"):
        ann.submits({"how": "by phone"})
    assert len(slack.envelopes) == sent


def test_a_submission_can_update_push_and_clear(slack: FakeSlack, app: App, ann: Person, client: WebClient) -> None:
    opens(app, modal())
    nexts: list[dict[str, Any]] = [
        {"response_action": "update", "view": modal(title=plain("Second"))},
        {"response_action": "push", "view": modal(title=plain("Third"))},
        {"response_action": "clear"},
    ]
    app.view("contact")(lambda ack: ack(**nexts.pop(0)))
    opened(slack, ann, client)
    titles = []
    for _ in range(3):
        slack.answer(ann.submits({"how": "so"}))
        titles.append(ann.view.content["title"]["text"] if ann.view else None)
    assert titles == ["Second", "Third", None]


def test_an_error_under_no_input_block_is_no_answer(slack: FakeSlack, app: App, ann: Person, client: WebClient) -> None:
    opens(app, modal())
    app.view("contact")(lambda ack: ack(response_action="errors", errors={"nowhere": "No."}))
    opened(slack, ann, client)
    with pytest.raises(AssertionError, match="gave up"):
        slack.answer(ann.submits({"how": "so"}))
    with pytest.raises(AssertionError, match="nowhere"):
        slack.check_limits()


def test_closing_is_told_only_to_who_asked_for_it(slack: FakeSlack, app: App, ann: Person, client: WebClient) -> None:
    told: list[str] = []
    opens(app, modal(notify_on_close=True))

    @app.view_closed("contact")
    def closed(ack: Any, view: Any) -> None:
        told.append(view["callback_id"])
        ack()

    opened(slack, ann, client)
    slack.answer(ann.closes())
    assert (told, ann.view) == (["contact"], None)


def test_a_trigger_opens_one_modal_within_three_seconds(slack: FakeSlack, ann: Person, client: WebClient) -> None:
    slack.deliveries.listening = True
    triggers = [ann.types("/amends list").payload["trigger_id"] for _ in range(2)]
    assert client.views_open(trigger_id=triggers[0], view=modal())["ok"]
    codes = []
    for trigger, seconds in ((triggers[0], 0), (triggers[1], 3.1), ("made.up", 0)):
        slack.advance(seconds)
        with pytest.raises(SlackApiError) as caught:
            client.views_open(trigger_id=trigger, view=modal())
        codes.append(caught.value.response["error"])
    assert codes == ["exchanged_trigger_id", "expired_trigger_id", "invalid_trigger_id"]


def test_an_update_from_an_old_state_is_refused_and_what_was_typed_stays(
    slack: FakeSlack, ann: Person, client: WebClient
) -> None:
    view = client.views_open(
        trigger_id=slack.workspace.triggers.issue("UANN"), view=modal(field("how", initial_value="x"))
    )
    client.views_update(view_id=view["view"]["id"], hash=view["view"]["hash"], view=modal(field("how"), field("who")))
    with pytest.raises(SlackApiError, match="hash_conflict"):
        client.views_update(view_id=view["view"]["id"], hash=view["view"]["hash"], view=modal())
    assert ann.view is not None
    assert ann.view.values["how"]["how_text"]["value"] == "x"
    assert ann.view.values["who"]["who_text"]["value"] is None


def test_a_slash_command_is_answered_before_the_eyes_of_one(slack: FakeSlack, app: App, ann: Person) -> None:
    @app.command("/amends")
    def amends(ack: Any, command: Any) -> None:
        ack(f"{command['user_name']} asked for {command['text']}")

    typed = ann.types("/amends list")
    slack.answer(typed)
    ann.says("C2", "an event")
    assert [one.message()["accepts_response_payload"] for one in slack.envelopes] == [True, False]
    assert [(one.text, one.only_you) for one in ann.sees("C1")] == [("ann asked for list", True)]
    assert slack.person("mo").sees("C1") == []


def test_an_answer_to_a_command_that_slack_cannot_show_fails(slack: FakeSlack, app: App, ann: Person) -> None:
    app.command("/amends")(lambda ack: ack(blocks=[{"type": "section"}], text="x"))
    with pytest.raises(AssertionError, match="invalid_command_response"):
        slack.answer(ann.types("/amends"))


def test_shortcuts_carry_the_message_or_nothing(slack: FakeSlack, app: App, ann: Person) -> None:
    told: list[Any] = []

    @app.shortcut("treat_as_complaint")
    def shortcut(ack: Any, shortcut: Any) -> None:
        told.append((shortcut["type"], shortcut.get("message", {}).get("text")))
        ack()

    ts = slack.say("C1", "You charged me twice.")
    slack.answer(ann.uses_shortcut("treat_as_complaint", "C1", ts))
    slack.answer(ann.uses_shortcut("treat_as_complaint"))
    assert told == [("message_action", "You charged me twice."), ("shortcut", None)]


def test_the_home_tab_is_published_and_its_buttons_work(slack: FakeSlack, app: App, ann: Person) -> None:
    told: list[str] = []

    @app.event("app_home_opened")
    def home(event: Any, client: WebClient) -> None:
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": CARD})

    @app.action("claim")
    def claim(ack: Any, body: Any) -> None:
        told.append(body["view"]["type"])
        ack()

    slack.answer(ann.opens_home())
    assert ann.home is not None
    slack.answer(ann.presses("claim", view=ann.home))
    again = ann.opens_home()
    slack.answer(again)
    assert told == ["home"]
    assert again is not None
    assert again.payload["event"]["view"]["id"] == ann.home.id


def test_a_response_url_replaces_deletes_and_whispers_five_times_in_half_an_hour(
    slack: FakeSlack, app: App, ann: Person, client: WebClient
) -> None:
    app.action("claim")(lambda ack: ack())
    ts = client.chat_postMessage(channel="C1", text="old", blocks=CARD)["ts"]
    pressed = [ann.presses("claim", "C1", ts) for _ in range(2)]
    hooks = [WebhookClient(one.payload["response_url"], retry_handlers=[]) for one in pressed]
    assert hooks[0].send(text="psst").body == "ok"
    assert [(one.text, one.only_you) for one in ann.sees("C1")] == [("old", False), ("psst", True)]
    assert hooks[0].send(text="new", replace_original=True).status_code == 200
    assert slack.messages("C1")[0]["text"] == "new"
    assert hooks[0].send(text="x" * 40_001).status_code == 400
    assert hooks[0].send(text="to all", response_type="in_channel").status_code == 200
    assert hooks[0].send(delete_original=True).status_code == 200
    assert [one["text"] for one in slack.messages("C1")] == ["to all"]
    assert "used_url" in hooks[0].send(text="sixth").body
    slack.advance(1801)
    assert "expired_url" in hooks[1].send(text="late").body


def test_a_whisper_has_buttons_too(slack: FakeSlack, app: App, ann: Person, client: WebClient) -> None:
    app.action("claim")(lambda ack: ack())
    ts = client.chat_postEphemeral(channel="C1", user="UANN", text="only you", blocks=CARD)["message_ts"]
    pressed = ann.presses("claim", "C1", ts)
    slack.answer(pressed)
    assert pressed.payload["container"]["is_ephemeral"]
    assert "message" not in pressed.payload
    WebhookClient(pressed.payload["response_url"]).send(delete_original=True)
    assert ann.sees("C1") == []


def test_a_channel_is_seen_with_its_threads_unfolded(slack: FakeSlack, ann: Person, client: WebClient) -> None:
    root = client.chat_postMessage(channel="C1", text="card")["ts"]
    other = ann.says("C1", "hello")
    ann.says("C1", "mine", thread=root)
    slack.bot_says("C1", "build is green")
    seen = ann.sees("C1")
    assert [(one.text, one.by, [reply.text for reply in one.replies]) for one in seen] == [
        ("card", "BBOT", ["mine"]), ("hello", "UANN", []), ("build is green", "BOTHER", [])
    ]  # fmt: skip
    ann.deletes("C1", other)
    ann.deletes("C1", root)
    assert [one.text for one in ann.sees("C1")] == ["This message was deleted.", "build is green"]


def test_twins_that_lived_for_a_moment_are_remembered(slack: FakeSlack, client: WebClient) -> None:
    def post(key: str) -> str:
        metadata = {"event_type": "alert", "event_payload": {"key": key}}
        return str(client.chat_postMessage(channel="C1", text="x", metadata=metadata)["ts"])

    post("one")
    client.chat_delete(channel="C1", ts=post("two"))
    post("two")
    late = post("three"), post("three")
    client.chat_delete(channel="C1", ts=late[1])
    assert slack.visible() == {"one": 1, "two": 1, "three": 1}
    assert slack.twins() == {"three": 2}
