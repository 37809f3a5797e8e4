"""`amends demo` and `amends replay`: the real pipeline, without anything outside."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from bot.domain.alert import Reason
from tests.cli.conftest import Amends, Done

Demo = tuple[Done, Path]


def counted(file: Path, question: str) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute(f"select count(*) from {question}").fetchone()[0])


def test_the_demo_plays_and_ends_well(demo: Demo) -> None:
    done, file = demo
    assert done.code == 0
    assert set(done.told) == {"summary", "alerts"}
    assert file.exists()


def test_in_the_demo_everything_happens_that_amends_is_for(demo: Demo) -> None:
    summary = demo[0].told["summary"]
    for what in ("mistakes", "ignored", "staff_reports", "escalated", "answered", "dismissed", "closed"):
        assert summary[what] >= 1, what
    assert summary["quarantined"] == 0
    reasons = Counter(alert["reason"] for alert in demo[0].told["alerts"])
    assert {"mistake", "ignored", "staff_report", "still_unanswered"} <= set(reasons)


def test_the_demo_leaves_most_of_the_inbox_alone(demo: Demo) -> None:
    summary = demo[0].told["summary"]
    assert summary["cases"] < summary["messages"] / 2


def test_the_summary_counts_what_was_said(demo: Demo) -> None:
    summary, alerts = demo[0].told["summary"], demo[0].told["alerts"]
    opening = [alert for alert in alerts if not alert["reply"]]
    assert summary["alerts_sent"] == len(alerts)
    assert summary["cases"] == len({alert["case"] for alert in opening})  # a reopened one has a second card
    assert summary["staff_reports"] == len({a["case"] for a in opening if a["reason"] == "staff_report"})
    assert summary["escalated"] == len({alert["case"] for alert in alerts if alert["reason"] == "still_unanswered"})


def test_the_summary_counts_what_the_kept_database_holds(demo: Demo, amends: Amends) -> None:
    done, file = demo
    summary, rows = done.told["summary"], amends("cases", "--db", file, "--json").told
    states = Counter(row["state"] for row in rows)
    assert summary["cases"] == len(rows)
    assert summary["mistakes"] == sum("mistake" in row["labels"] for row in rows)
    assert summary["ignored"] == sum("ignored" in row["labels"] for row in rows)
    assert summary["staff_reports"] == sum(row["reason"] == "staff_report" for row in rows)
    assert summary["exhausted"] == sum(row["exhausted"] for row in rows)
    assert (summary["dismissed"], summary["closed"]) == (states["dismissed"], states["closed"])
    assert summary["messages"] == counted(file, "message")
    assert summary["alerts_sent"] == counted(file, "outbox where state = 'sent'")
    assert summary["answered"] == counted(file, "case_ where answered_at is not null")
    assert summary["log_entries"] == counted(file, "event")


def test_alerts_come_in_the_order_of_time_and_replies_after_their_card(demo: Demo) -> None:
    alerts = demo[0].told["alerts"]
    moments = [datetime.fromisoformat(alert["at"]) for alert in alerts]
    assert moments == sorted(moments)
    assert all(moment.tzinfo for moment in moments)
    carded: set[int] = set()
    for alert in alerts:
        assert alert["reply"] is (alert["case"] in carded)
        assert alert["case"] in carded or Reason(alert["reason"]).opens
        carded.add(alert["case"])


def test_nobody_is_told_the_same_thing_twice(demo: Demo) -> None:
    assert counted(demo[1], "outbox") == counted(demo[1], "(select distinct key from outbox)")


def test_every_card_says_why(demo: Demo) -> None:
    cards = [alert for alert in demo[0].told["alerts"] if alert["reason"] in ("mistake", "ignored")]
    assert cards
    for card in cards:
        assert card["labels"]
        assert card["severity"] in (1, 2, 3)
        assert card["text"].strip()


def test_the_demo_does_not_write_into_what_is_there(demo: Demo, amends: Amends) -> None:
    file = amends.write("precious.db", "mine")
    done = amends("demo", "--keep", file)
    assert (done.code, file.read_text()) == (2, "mine")
    assert "There is such a file already" in done.err


def test_the_demo_is_shown_to_people_with_its_numbers_and_what_comes_next(demo: Demo, amends: Amends) -> None:
    done = amends("demo")
    assert done.code == 0
    shown = " ".join(done.out.split())
    assert "Four days at Brightkettle" in shown
    assert f"alerts sent {demo[0].told['summary']['alerts_sent']}" in shown
    assert "amends doctor" in shown
    assert "↳" in shown
    assert not list(amends.here.rglob("*.db")), "nothing is kept that was not asked for"


# one's own mail


def mail(number: int, day: int, sender: str, text: str, answers: int = 0) -> str:
    reference = f"In-Reply-To: <{answers}@mail.example>\n" if answers else ""
    return (
        f"From: {sender}\nTo: support@acme.example\nSubject: Order 17\nMessage-ID: <{number}@mail.example>\n{reference}"
        f"Date: {day} Mar 2026 10:00:00 +0000\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    )


@pytest.fixture
def export(amends: Amends) -> Path:
    """A complaint of Monday that nobody answers until Wednesday, and thanks."""
    folder = amends.here / "export"
    folder.mkdir()
    complaint = "You charged my card twice and nobody has answered my last three emails."
    amends.write("config.toml", '[team]\naddresses = ["support@acme.example"]\n')
    amends.write("export/1.eml", mail(1, 2, "mo@customer.example", complaint))
    amends.write("export/2.eml", mail(2, 3, "jo@customer.example", "Thank you, the kettle is lovely!"))
    amends.write(
        "export/3.eml", mail(3, 4, "support@acme.example", "We are very sorry, here is your money.", answers=1)
    )
    return folder


def test_one_s_own_mail_is_played_at_its_own_time(amends: Amends, export: Path) -> None:
    done = amends("replay", export, "--json", "--keep", "export.db")
    assert done.code == 0
    assert "3 mails read" in done.err
    summary, alerts = done.told["summary"], done.told["alerts"]
    assert (summary["messages"], summary["cases"], summary["answered"], summary["alerts_sent"]) == (
        3,
        1,
        1,
        len(alerts),
    )
    assert (alerts[0]["reason"], alerts[0]["at"]) == ("ignored", "2026-03-02T10:00:00+00:00")
    assert [alert["reason"] for alert in alerts[1:4]] == ["still_unanswered"] * 3
    assert all(alert["at"] < "2026-03-04T10:00:00" for alert in alerts)
    assert amends("cases", "--db", "export.db", "--json").told[0]["state"] == "contacted"


def test_a_replay_is_shown_to_people(amends: Amends, export: Path) -> None:
    done = amends("replay", export)
    assert done.code == 0
    assert "mo@customer.example: Order 17" in done.out
    assert "messages read" in done.out


def test_a_replay_of_nothing_is_refused_before_anything_is_made(amends: Amends) -> None:
    (amends.here / "empty").mkdir()
    for place, said in (("empty", "There is no mail in it"), ("nowhere", "There is no such file or folder")):
        done = amends("replay", place, "--keep", "new.db")
        assert (done.code, done.out) == (2, "")
        assert said in done.err
    assert not (amends.here / "new.db").exists()
