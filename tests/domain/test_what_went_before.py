"""What a customer had written before a message, and by what a thread is known before it is stored."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.message import Direction, MessageId, Person
from bot.domain.silence import Earlier, Turn, earlier_in, thread_names
from tests.fakes.build import DAY, MINUTE, message
from tests.fakes.clock import MONDAY

JO = Person("jo@customer.example", "Jo")


def test_who_wrote_nothing_before_has_not_waited() -> None:
    assert Earlier().waiting_hours(MONDAY) == 0.0
    assert Earlier(2, MONDAY).waiting_hours(MONDAY + 90 * MINUTE) == 1.5


def test_a_message_from_before_the_first_one_has_not_waited_less_than_nothing() -> None:
    assert Earlier(1, MONDAY).waiting_hours(MONDAY - DAY) == 0.0


def test_a_reply_is_of_the_thread_whatever_its_subject_says() -> None:
    first = message("One", rfc_id="<1@x>")
    reply = message("Two", rfc_id="<2@x>", references=("<unknown@x>", "<1@x>"), subject="Else")
    further = message("Three", rfc_id="<3@x>", references=("<2@x>",), subject="")
    assert thread_names(first) & thread_names(reply)
    assert thread_names(reply) & thread_names(further)
    assert not thread_names(first) & thread_names(further)


def test_two_replies_to_one_mail_are_of_one_thread() -> None:
    one, other = (message(f"Reply {n}", rfc_id=f"<{n}@x>", subject="", references=("<0@x>",)) for n in (1, 2))
    assert thread_names(one) & thread_names(other)


def test_the_same_subject_joins_one_customers_mails_and_nobody_elses() -> None:
    first, again = message("One", rfc_id="<1@x>"), message("Two", rfc_id="<2@x>", subject="Re: order  17")
    assert thread_names(first) & thread_names(again)
    assert not thread_names(first) & thread_names(message("Three", rfc_id="<3@x>", sender=JO))


def test_mails_without_a_subject_and_without_references_have_nothing_in_common() -> None:
    one, other = (message(text, rfc_id="", subject="") for text in ("One", "Two"))
    assert thread_names(one) == thread_names(other) == frozenset()


@given(st.text(max_size=30))
def test_a_subject_never_stands_for_a_message_id(subject: str) -> None:
    mail = message("One", rfc_id="<1@x>", subject=subject)
    reply = message("Two", rfc_id=subject, subject="", sender=JO)
    assert not (thread_names(mail) & thread_names(reply)) or subject == "<1@x>"


DIRECTIONS = st.lists(st.sampled_from(list(Direction)), max_size=12)


@given(DIRECTIONS)
def test_what_went_before_each_of_a_thread_is_what_came_since_our_last_word(directions: list[Direction]) -> None:
    turns = [Turn(MessageId(n), who, MONDAY + n * MINUTE) for n, who in enumerate(directions)]
    found = earlier_in(turns)
    assert list(found) == [turn.message for turn in turns]
    for number, turn in enumerate(turns):
        ours = [n for n, who in enumerate(directions[:number]) if who is Direction.FROM_US]
        since = [t for t in turns[ours[-1] + 1 if ours else 0 : number] if t.direction is Direction.FROM_CUSTOMER]
        assert found[turn.message] == Earlier(len(since), since[0].at if since else None)
