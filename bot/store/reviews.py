"""What people review, how often they agree with the classifier, and what is done again and again, as rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from bot.domain.drift import Share
from bot.domain.message import Direction, Medium, MessageId, Person, ThreadId
from bot.domain.review import Candidate, Counted, Reviewed, Stratum
from bot.domain.triage import AMENDS
from bot.domain.verdict import Label
from bot.store import tables as t
from bot.store.cases import labels_to_json

# A message that nobody reviewed in this time is old news.
_WINDOW = timedelta(days=7)
# Cases that the classifier opened, and what shows that people agreed with it.
_JUDGED = ("mistake", "ignored", "staff_report")
_AGREED = ("contacted", "amends_made", "fixed", "evidence_sent", "closed")
_WORDS = 400
_MOST_OPEN = 500


class ReviewRows:
    """The part of a transaction that deals with reviews, chores and drift."""

    connection: Connection
    now: datetime

    # chores

    def chore_due(self, name: str) -> datetime | None:
        """When a chore is due; None: it was never planned."""
        found: datetime | None = self.connection.execute(
            select(t.chore.c.due_at).where(t.chore.c.name == name)
        ).scalar()
        return found

    def plan_chore(self, name: str, due: datetime) -> None:
        """Its next time."""
        if self.chore_due(name) is None:
            self.connection.execute(insert(t.chore).values(name=name, due_at=due))
        else:
            self.connection.execute(update(t.chore).where(t.chore.c.name == name).values(due_at=due))

    # reviews

    def review_candidates(self) -> list[Candidate]:
        """What customers wrote since the last list without an alert, a case or an earlier listing."""
        m = t.message.c
        last = self.connection.execute(select(func.max(t.review.c.listed_at))).scalar()
        since = max(last or self.now - _WINDOW, self.now - _WINDOW)
        listed = select(t.review.c.id).where(t.review.c.message_id == m.id).exists()
        in_a_case = select(t.case.c.id).where(t.case.c.thread_id == m.thread_id).exists()
        rows = self.connection.execute(
            select(m.id, m.identity, m.stratum, m.verdict, m.sender_name, m.sender_address, m.subject, m.new_text)
            .where(m.seen_at > since, m.direction == Direction.FROM_CUSTOMER.value, m.retracted_at.is_(None))
            .where(m.stratum.in_((Stratum.UNSURE.value, Stratum.QUIET.value)), ~listed, ~in_a_case)
            .order_by(m.id)
        )
        return [_candidate(row) for row in rows]

    def list_for_review(self, candidate: Candidate) -> int:
        """Its number on the list."""
        made = self.connection.execute(
            insert(t.review)
            .values(message_id=candidate.id, stratum=candidate.stratum.value, listed_at=self.now)
            .returning(t.review.c.id)
        )
        return int(made.scalar_one())

    def reviewed(self, number: int) -> Reviewed | None:
        """A listed message, with what happened to its thread."""
        r, m = t.review.c, t.message.c
        row = self.connection.execute(
            select(m.id, m.thread_id, m.sender_address, m.sender_name, m.received_at, m.medium)
            .join(t.review, r.message_id == m.id)
            .where(r.id == number)
        ).one_or_none()
        if row is None:
            return None
        ours = select(m.id).where(
            m.thread_id == row.thread_id,
            m.direction == Direction.FROM_US.value,
            m.received_at > row.received_at,
            m.retracted_at.is_(None),
        )
        cases = select(t.case.c.id).where(t.case.c.thread_id == row.thread_id)
        return Reviewed(
            MessageId(row.id), ThreadId(row.thread_id), Person(row.sender_address, row.sender_name), row.received_at,
            Medium(row.medium), answered=self._any(ours), in_a_case=self._any(cases),
        )  # fmt: skip

    def _any(self, query: Any) -> bool:
        return self.connection.execute(query.limit(1)).scalar() is not None

    def answer_review(self, number: int, message: MessageId, labels: frozenset[Label], who: str, note: str) -> None:
        """The answer is a correction of the message, and the listing is done with."""
        values = {"labels": labels_to_json(labels), "who": who, "note": note, "at": self.now}
        self.connection.execute(insert(t.correction).values(message_id=message, **values))
        self.connection.execute(update(t.review).where(t.review.c.id == number).values(answered_at=self.now))

    # how often people agree

    def decided(self, since: datetime, until: datetime) -> Share:
        """Of the cases that the classifier opened and people decided in that time, those that were dismissed."""
        e = t.event.c
        rows = self.connection.execute(
            select(e.case_id, e.what)
            .distinct()
            .join(t.case, t.case.c.id == e.case_id)
            .where(e.at > since, e.at <= until, e.what.in_(("dismissed", *_AGREED)), t.case.c.reason.in_(_JUDGED))
            .where(~_found_by_people())
        ).all()
        dismissed = {row.case_id for row in rows if row.what == "dismissed"}
        return Share(len(dismissed), len({row.case_id for row in rows}))

    def unseen(self, since: datetime, until: datetime) -> Share:
        """The summed shares of unseen words over the customers' messages of that time."""
        m = t.message.c
        row = self.connection.execute(
            select(func.sum(m.unseen), func.count(m.unseen)).where(m.seen_at > since, m.seen_at <= until)
        ).one()
        return Share(float(row[0] or 0.0), int(row[1]))


def strata(connection: Connection, since: datetime) -> dict[Stratum, Counted]:
    """What the classifier made of the mail since then, and what people said of it."""
    m = t.message.c
    sizes = connection.execute(
        select(m.stratum, func.count()).where(m.seen_at > since, m.stratum.is_not(None)).group_by(m.stratum)
    )
    looks = _reviews(connection, since) | {Stratum.ALERT: _decisions(connection, since)}
    return {
        Stratum(row[0]): Counted(int(row[1]), *looks.get(Stratum(row[0]), (0, 0)))
        for row in sizes
    }  # fmt: skip


def _decisions(connection: Connection, since: datetime) -> tuple[int, int]:
    c = t.case.c
    dismissed = connection.execute(
        select(c.state, func.count())
        .where(c.opened_at > since, c.reason.in_(_JUDGED), c.state.not_in(("suspected", "acknowledged")))
        .where(~_found_by_people())
        .group_by(c.state)
    )
    counts = {str(row[0]): int(row[1]) for row in dismissed}
    looked_at = sum(counts.values())
    return looked_at, looked_at - counts.get("dismissed", 0)


def _reviews(connection: Connection, since: datetime) -> dict[Stratum, tuple[int, int]]:
    r, c = t.review.c, t.correction.c
    said = t.correction.alias("said")
    newest = select(func.max(said.c.id)).where(said.c.message_id == r.message_id).scalar_subquery()
    rows = connection.execute(
        select(r.stratum, c.labels).select_from(t.review.join(t.correction, c.id == newest))
        .where(r.listed_at > since, r.answered_at.is_not(None))
    )  # fmt: skip
    told: dict[Stratum, tuple[int, int]] = {}
    for row in rows:
        looked_at, mistakes = told.get(Stratum(row.stratum), (0, 0))
        told[Stratum(row.stratum)] = (looked_at + 1, mistakes + (Label.MISTAKE.value in row.labels))
    return told


def open_reviews(connection: Connection) -> list[dict[str, Any]]:
    """What is listed and not answered, as plain JSON, the newest list first."""
    r, m = t.review.c, t.message.c
    rows = connection.execute(
        select(r.id, r.stratum, r.listed_at, m.id.label("message"), m.verdict, m.sender_name, m.sender_address,
               m.subject, m.new_text, m.received_at)
        .join(t.message, m.id == r.message_id).where(r.answered_at.is_(None))
        .order_by(r.listed_at.desc(), r.id).limit(_MOST_OPEN)
    )  # fmt: skip
    return [
        {"id": row.id, "why": row.stratum, "listed_at": row.listed_at.isoformat(),
         "received_at": row.received_at.isoformat(), "customer": row.sender_name or row.sender_address,
         "subject": row.subject, "text": row.new_text[:_WORDS], "mistake": row.verdict["mistake"],
         "ignored": row.verdict["ignored"]}
        for row in rows
    ]  # fmt: skip


def _candidate(row: Any) -> Candidate:
    said = f"{row.subject}: {row.new_text}" if row.subject else row.new_text
    return Candidate(
        MessageId(row.id), row.identity, Stratum(row.stratum), max(row.verdict["mistake"], row.verdict["ignored"]),
        row.sender_name or row.sender_address, said[:_WORDS],
    )  # fmt: skip


def _found_by_people() -> Any:
    """Cases that a review or a person opened say nothing about the classifier's own alerts."""
    began = t.event.alias("began").c
    by_people = (began.whence == "review") | (began.who != AMENDS)
    opened = (began.case_id == t.case.c.id) & (began.what == "opened") & by_people
    return select(began.id).where(opened).exists()
