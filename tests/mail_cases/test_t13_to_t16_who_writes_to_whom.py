"""T13 to T16: copies are one case, machines are no people, our own words are known, and strangers share no thread."""

from __future__ import annotations

import pytest

from bot.domain.house import House
from bot.store import tables as t
from tests.fakes.boxes import OURS, Box, add_box, answer, mail
from tests.fakes.build import DAY
from tests.fakes.dovecot import Dovecot
from tests.fakes.mailroom import WatchedMail, rows
from tests.fakes.world import World

from .conftest import AGAIN, COMPLAINT, QUESTION

pytestmark = pytest.mark.dovecot
SALES, FORM = "sales@acme.example", "form@acme.example"


@pytest.fixture
def watched(world: World) -> WatchedMail:
    return WatchedMail(world, house=House(frozenset({OURS, SALES}), forms=frozenset({FORM})))


def threads(world: World) -> list[int]:
    return [thread for (thread,) in rows(world, t.message.c.thread_id)]


# T13


def test_t13_one_mail_to_two_of_our_addresses_is_one_case_with_both_and_one_alert(
    dovecot: Dovecot, box: Box, world: World, watched: WatchedMail
) -> None:
    other = add_box(dovecot)
    watched.add(box.account())
    watched.add(other.account(name="sales"))
    watched.look()
    told = {"To": OURS, "Cc": SALES, "Message_ID": "<both@customer.example>", "Date": "Mon, 2 Mar 2026 09:00:00 +0000"}
    box.receives(mail(COMPLAINT, **told, Delivered_To=OURS, Received="by a; Mon, 2 Mar 2026 09:00:01 +0000"))
    other.receives(mail(COMPLAINT, **told, Delivered_To=SALES, Received="by b; Mon, 2 Mar 2026 09:00:02 +0000"))
    watched.look()
    world.hears("mistake to channel")
    watched.look()
    assert (world.cases(), len(rows(world, t.message.c.id)), len(rows(world, t.place.c.uid))) == (1, 1, 2)
    [(recipients,)] = rows(world, t.message.c.recipients)
    assert {OURS, SALES} <= set(recipients)
    watched.close()


def test_t13_a_blind_copy_to_another_of_our_addresses_adds_it(
    dovecot: Dovecot, box: Box, world: World, watched: WatchedMail
) -> None:
    other = add_box(dovecot)
    watched.add(box.account())
    watched.add(other.account(name="sales"))
    for begins in (True, False):  # as history, and one by one
        told = {"Message_ID": f"<blind{begins}@x>", "Subject": f"Order {begins}"}
        box.receives(mail(COMPLAINT, **told, Delivered_To=OURS))
        other.receives(mail(COMPLAINT, **told, Delivered_To=SALES))
        watched.look()
        assert len(world.channel.unheard()) == 1
        world.channel.heard = len(world.channel.posts)
    for (recipients,) in rows(world, t.message.c.recipients):
        assert {OURS, SALES} <= set(recipients)
    watched.close()


# T14

MACHINES = {
    "auto-replied": {"Auto_Submitted": "auto-replied"},
    "auto-generated": {"Auto_Submitted": "auto-generated (by a rule)"},
    "a bounce": {"Content_Type": 'multipart/report; report-type=delivery-status; boundary="b"', "Return_Path": "<>"},
}


@pytest.mark.parametrize("begins", [True, False], ids=["as history", "one by one"])
@pytest.mark.parametrize("how", MACHINES)
def test_t14_what_a_machine_wrote_is_kept_opens_no_case_and_is_no_answer(
    box: Box, world: World, watched: WatchedMail, how: str, begins: bool
) -> None:
    watched.add(box.account())
    if not begins:
        watched.look()
    asked = mail(QUESTION, Subject="Order 17")
    box.receives(asked, mail(COMPLAINT, "jo@customer.example", Subject="Away", **MACHINES[how]))
    reply = {"In_Reply_To": asked.decode().partition("Message-ID: ")[2].partition("\r\n")[0]}
    box.receives(mail("I am away.", f"Ana <{OURS}>", Subject="Re: Order 17", **reply, **MACHINES[how]), folder="Sent")
    watched.look(times=2)
    assert len(rows(world, t.message.c.id)) == 3
    assert world.cases() == 0
    world.passes(5 * DAY)
    (card, *_) = world.channel.unheard()
    world.channel.heard = len(world.channel.posts)
    assert (str(card), card.alert.words) == ("unanswered to channel", QUESTION)
    watched.close()


PEOPLE: dict[str, dict[str, str]] = {
    "Auto-Submitted: no": {"Auto_Submitted": "no"},
    "a web form": {"sender": f"Web form <{FORM}>", "Reply_To": "Jo <jo@customer.example>",
                   "Auto_Submitted": "auto-generated", "Precedence": "bulk"},
}  # fmt: skip


@pytest.mark.parametrize("how", PEOPLE)
def test_t14_a_person_whose_mail_looks_like_a_machines_is_a_person(
    box: Box, world: World, watched: WatchedMail, how: str
) -> None:
    watched.add(box.account())
    watched.look()
    box.receives(mail(COMPLAINT, **PEOPLE[how]))
    watched.look()
    (card,) = world.hears("mistake to channel")
    assert card.alert.customer == ("Jo" if how == "a web form" else "Mo")
    watched.close()


# T15

BOUNCED = """\
--b
Content-Type: text/plain

The following message could not be delivered. I was charged twice.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example

--b
Content-Type: message/rfc822

From: amends <support@acme.example>
X-Amends-Notice: 1
Subject: A mailbox is not being read

I was charged twice.
--b--
""".replace("\n", "\r\n")


@pytest.mark.parametrize("begins", [True, False], ids=["as history", "one by one"])
def test_t15_our_own_notices_and_their_bounces_are_no_case_however_many_there_are(
    box: Box, world: World, watched: WatchedMail, begins: bool
) -> None:
    watched.add(box.account())
    if not begins:
        watched.look()
    for number in range(20):
        box.receives(mail(COMPLAINT, f"amends <{OURS}>", Subject=f"Alert {number}", X_Amends_Notice="1"))
        report = 'multipart/report; report-type=delivery-status; boundary="b"'
        sender = "Mail Delivery System <mailer-daemon@mail.example>"
        box.receives(mail(BOUNCED, sender, Subject=f"Undelivered {number}", Content_Type=report))
    watched.look(times=2)
    world.passes(5 * DAY)
    world.hears()
    assert (world.cases(), len(rows(world, t.message.c.id))) == (0, 40)
    watched.close()


# T16


@pytest.mark.parametrize("begins", [True, False], ids=["as history", "one by one"])
def test_t16_a_subject_alone_never_joins_two_customers(
    box: Box, world: World, watched: WatchedMail, begins: bool
) -> None:
    watched.add(box.account())
    if not begins:
        watched.look()
    box.receives(mail(COMPLAINT, "a@customer.example", Subject="Order 17"))
    box.receives(mail(COMPLAINT, "b@customer.example", Subject="Re: Order 17"))
    watched.look()
    world.hears("mistake to channel", "mistake to channel")
    assert len(set(threads(world))) == 2
    watched.close()


@pytest.mark.parametrize("begins", [True, False], ids=["as history", "one by one"])
def test_t16_what_answers_a_known_mail_or_comes_from_the_same_sender_with_its_subject_joins_it(
    box: Box, world: World, watched: WatchedMail, begins: bool
) -> None:
    now = world.clock.now()
    watched.add(box.account(since_days=60))
    if not begins:
        watched.look()
    first = mail(COMPLAINT, "a@customer.example", Subject="Order 17")
    box.receives(first, arrived=now - 40 * DAY)
    box.receives(answer(first), folder="Sent", arrived=now - 39 * DAY)
    by_id = first.decode().partition("Message-ID: ")[2].partition("\r\n")[0]
    box.receives(mail("Thanks.", "a@private.example", Subject="Another", In_Reply_To=by_id), arrived=now - 38 * DAY)
    box.receives(mail("Thanks again.", "a@customer.example", Subject="RE: AW: order  17"), arrived=now - 30 * DAY)
    box.receives(mail("A new one.", "a@customer.example", Subject="Order 17"), arrived=now - 10 * DAY)
    watched.look(times=2)
    world.channel.heard = len(world.channel.posts)
    by_text = dict(rows(world, t.message.c.new_text, t.message.c.thread_id))
    one = by_text[COMPLAINT]
    assert (by_text["Thanks."], by_text["Thanks again."]) == (one, one)
    assert by_text["A new one."] != one, "a fortnight has passed"
    watched.close()


@pytest.mark.parametrize("begins", [True, False], ids=["as history", "one by one"])
def test_t16_two_people_who_write_through_one_web_form_share_no_thread(
    box: Box, world: World, watched: WatchedMail, begins: bool
) -> None:
    watched.add(box.account())
    if not begins:
        watched.look()
    for person in ("a@customer.example", "b@customer.example"):
        box.receives(mail(AGAIN, f"Web form <{FORM}>", Subject="New message", Reply_To=person))
    watched.look()
    cards = world.hears("ignored to channel", "ignored to channel")
    assert {card.alert.customer for card in cards} == {"a@customer.example", "b@customer.example"}
    assert len(set(threads(world))) == 2
    watched.close()
