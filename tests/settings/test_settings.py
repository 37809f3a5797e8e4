"""A config file in order: what it means, what holds without it, and where its secrets are."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from datetime import time, timedelta
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from bot.domain.alert import Reason
from bot.domain.escalation import How, Notify, OnCall, Rung, Traits, choose
from bot.domain.hours import Delay, parse_delay
from bot.domain.house import House
from bot.domain.silence import Patience
from bot.packaged import packaged
from bot.settings import defaults, load, schema
from bot.settings.schema_escalation import PolicyTable
from bot.settings.schema_team import TeamTable
from bot.settings.words import parse_hours
from tests.fakes.build import HOUR, MINUTE, working
from tests.settings.configs import write

# What the example must say in somebody's name; everything else in it is what holds without it.
OF_THE_TEAM = {
    ("slack", "customer_channel"), ("slack", "signing_secret_env"), ("slack", "signing_secret_file"),
    ("team", "name"), ("team", "addresses"), ("team", "forms"), ("team", "footers"), ("mailbox", "authenticators"),
    ("team", "timezone"), ("mailbox", "sent"), ("mailbox", "password_env"),
    ("mailbox", "password_file"), ("mailbox", "ca_file"), ("slack", "bot_token_env"), ("slack", "bot_token_file"),
    ("slack", "app_token_env"), ("slack", "app_token_file"), ("slack", "on_call"), ("slack", "lead"),
    ("mailbox", "oauth"), ("judge", "prior"),  # without it, it is estimated
}  # fmt: skip
A_FILE = """
[team]
addresses = ["Help@Acme.Example"]
forms = ["Forms@Acme.Example"]
footers = ["Acme Ltd", "Two\\nlines"]
timezone = "Asia/Tokyo"
hours = "Sat 10:00-14:00, Mon-Tue 09:00-17:30"
[network]
cleartext_hosts = ["tunnel.example"]
[[mailbox]]
name = "one"
host = "tunnel.example"
port = 143
tls = "off"
user = "u"
password_env = "P"
folders = ["INBOX", "Orders/2026"]
poll = "1m 30s"
since = "36h"
sent = ""
max_connections = 2
authenticators = ["MX.Acme.Example"]
[[mailbox]]
name = "two"
host = "127.0.0.1"
tls = "off"
user = "u"
password_env = "P"
since = "1s"
authenticators = ["mx.acme.example", "mx2.acme.example"]
[[person]]
address = "Mo@Customer.Example"
also = ["Mo@Private.Example", "m.moss@old.example"]
[judge]
prior = 0.05
[slack]
alert_channel = "G0ABC"
api_url = "http://127.0.0.1:8080/api"
[[escalation.policy]]
name = "quick"
rungs = [{ after = "5m", notify = "lead" }]
[[escalation.policy]]
name = "slow"
reasons = ["staff_report", "ignored"]
rungs = [{ after = "2d working", notify = "channel" }]
"""


def example() -> str:
    return packaged("config.example.toml").read_text(encoding="utf-8")


def with_every_setting() -> dict[str, Any]:
    """The example with the settings that it shows in a comment."""
    several = r"person|slack\.customer_channel|customer|escalation\.policy|escalation\.team|oncall(?:\.override)?"
    tables = rf"\[(?:mailbox\.oauth|oncall\.people)]|\[\[(?:{several})]]"
    return tomllib.loads(re.sub(rf"(?m)^# (?=[a-z_]+ = |{tables})", "", example()))


# the example


def test_the_example_is_in_order(tmp_path: Path) -> None:
    found = load(write(tmp_path, example()))
    assert (found.team, found.house) == ("Acme support", House(frozenset({"support@acme.example"})))
    (box,) = found.mailboxes
    assert (box.host, box.port, box.tls, box.folders, box.sent) == (
        "imap.acme.example",
        993,
        "implicit",
        ("INBOX",),
        "auto",
    )
    assert (box.poll_seconds, box.since_days, box.ca_file, box.max_connections) == (30.0, 14, None, 6)
    assert found.on_call == OnCall("S0123456789", "U0123456789")
    assert found.policy.hours.zone == ZoneInfo("Europe/Berlin")


def settings_in(table: dict[str, Any], path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """The paths of all settings; entries of arrays of tables are named like the array."""
    found: set[tuple[str, ...]] = set()
    for name, value in table.items():
        inner = value if isinstance(value, list) else [value]
        tables = [one for one in inner if isinstance(one, dict)]
        found |= set().union(*(settings_in(one, (*path, name)) for one in tables)) if tables else {(*path, name)}
    return found


def test_the_example_names_every_setting_there_is_and_no_other() -> None:
    assert settings_in(with_every_setting()) == set(schema.fields())


def test_the_example_says_of_every_setting_what_holds_without_it() -> None:
    shown = with_every_setting()
    tables: dict[str, type[BaseModel]] = {
        "store": schema.StoreTable, "team": TeamTable, "mailbox": schema.MailboxTable,
        "network": schema.NetworkTable, "slack": schema.SlackTable, "judge": schema.JudgeTable,
        "review": schema.ReviewTable, "models": schema.ModelsTable, "patience": schema.PatienceTable,
    }  # fmt: skip
    compared = 0
    for name, table in tables.items():
        (said,) = shown[name] if name == "mailbox" else [shown[name]]
        for setting, info in table.model_fields.items():
            if info.is_required() or (name, setting) in OF_THE_TEAM:
                continue
            assert said[setting] == info.default, f"{name}.{setting}"
            compared += 1
    assert compared >= 15
    built_in = [policy.model_dump(exclude_defaults=True) for policy in schema.Config().escalation.policy]
    assert shown["escalation"]["policy"][: len(built_in)] == built_in
    assert shown["escalation"]["grouping"] == schema.Config().escalation.grouping.model_dump()


# what holds without a file


def test_without_a_file_alerts_go_to_the_console_and_state_where_this_machine_keeps_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    found = defaults()
    assert (found.source, found.mailboxes, found.slack, found.on_call) == (None, (), None, OnCall())
    assert found.store_url == f"sqlite:///{tmp_path}/amends/amends.db"
    assert found.models == tmp_path / "amends" / "models"
    assert found.prior is None


def test_an_empty_file_means_the_defaults_but_for_the_places(tmp_path: Path) -> None:
    found = load(write(tmp_path, ""))
    at_home = dataclasses.replace(
        defaults(), source=found.source, store_url=found.store_url, models=found.models
    )  # fmt: skip
    assert found == at_home


def test_patience_and_ladders_are_the_domain_s_own(tmp_path: Path) -> None:
    policy = load(write(tmp_path, "")).policy
    assert policy.patience == Patience()
    general = choose(policy.ladders, Traits("mistake"))
    assert general.rungs == (
        Rung(Delay(15 * MINUTE), Notify.CHANNEL), Rung(Delay(HOUR), Notify.ON_CALL, how=How.CHANNEL),
        Rung(working(4 * HOUR), Notify.LEAD, how=How.CHANNEL),
    )  # fmt: skip


def test_what_a_file_says_is_what_holds(tmp_path: Path) -> None:
    found = load(write(tmp_path, A_FILE))
    one, two = found.mailboxes
    assert found.house == House(
        addresses=frozenset({"help@acme.example"}), authenticators=frozenset({"mx.acme.example", "mx2.acme.example"}),
        forms=frozenset({"forms@acme.example"}), footers=("Acme Ltd", "Two\nlines"),
        aliases={"mo@private.example": "mo@customer.example", "m.moss@old.example": "mo@customer.example"},
    )  # fmt: skip
    assert found.house.domains == {"acme.example"}
    assert [found.house.person_behind(f"{who}.example") for who in ("mo@private", "mo@customer", "jo@customer")] == [
        "mo@customer.example", "mo@customer.example", "jo@customer.example",
    ]  # fmt: skip
    assert (one.sent, one.max_connections, two.sent, two.max_connections) == ("", 2, "auto", 6)
    assert (one.folders, one.poll_seconds, one.since_days) == (("INBOX", "Orders/2026"), 90.0, 2)
    assert (two.tls, two.since_days) == ("off", 1)
    assert found.prior == 0.05
    assert found.slack is not None
    assert (found.slack.alert_channel, found.slack.api_url) == ("G0ABC", "http://127.0.0.1:8080/api/")
    assert choose(found.policy.ladders, Traits("staff_report")).name == "slow"
    assert choose(found.policy.ladders, Traits("mistake")).name == "quick"
    week = [(0, time(9), time(17, 30)), (1, time(9), time(17, 30)), (5, time(10), time(14))]
    assert (found.policy.hours.zone, list(found.policy.hours.week)) == (ZoneInfo("Asia/Tokyo"), week)


# places


def test_places_are_meant_relative_to_the_file_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "elsewhere").mkdir()
    text = """
    [store]
    url = "sqlite:///data/amends.db"
    [models]
    dir = "models"
    [[mailbox]]
    name = "a"
    host = "h"
    user = "u"
    password_file = "secret"
    ca_file = "ca.pem"
    """
    write(tmp_path / "etc", text)
    (tmp_path / "etc" / "secret").write_text("from the file\n")
    monkeypatch.chdir(tmp_path / "elsewhere")
    found = load(Path("../etc/config.toml"))
    base = tmp_path / "etc"
    assert (found.store_url, found.models) == (f"sqlite:///{base}/data/amends.db", base / "models")
    assert found.mailboxes[0].ca_file == base / "ca.pem"
    assert found.mailboxes[0].password.reveal() == "from the file"


@pytest.mark.parametrize(
    "url", ["sqlite:////var/lib/amends.db", "sqlite:///:memory:", "postgresql+psycopg://user@host/amends"]
)
def test_other_addresses_of_a_database_stay_as_they_are(tmp_path: Path, url: str) -> None:
    assert load(write(tmp_path, f'[store]\nurl = "{url}"\n')).store_url == url


# words


def test_the_reasons_that_a_policy_may_name_are_those_that_open_a_case() -> None:
    (listed,) = get_args(PolicyTable.model_fields["reasons"].annotation)
    assert set(get_args(listed)) == schema.opening_reasons() == {reason.value for reason in Reason if reason.opens}


def test_a_rung_may_notify_the_channel_two_roles_and_anybody_by_name(tmp_path: Path) -> None:
    rungs = "\n".join(f'  {{ after = "{n}h", notify = "{who}" }},' for n, who in enumerate(["channel", "U1", "S2"], 1))
    policy = load(write(tmp_path, f'[[escalation.policy]]\nname = "one"\nrungs = [\n{rungs}\n]')).policy
    assert [(rung.notify, rung.who) for rung in policy.ladders[0].rungs] == [
        (Notify.CHANNEL, ""), (Notify.PERSON, "U1"), (Notify.PERSON, "S2"),
    ]  # fmt: skip


def test_a_rung_that_repeats_is_as_many_rungs(tmp_path: Path) -> None:
    rung = '{ after = "1h", notify = "lead", how = "dm", repeat = "15m", times = 2 }'
    policy = load(write(tmp_path, f'[[escalation.policy]]\nname = "one"\nrepeat = 1\nrungs = [{rung}]')).policy
    (only,) = policy.ladders
    assert [rung.after.length for rung in only.rungs] == [HOUR, 75 * MINUTE, 90 * MINUTE]
    assert {(rung.notify, rung.how) for rung in only.rungs} == {(Notify.LEAD, How.DM)}
    assert only.repeat == 1


def test_ladders_are_for_severities_values_and_places_and_customers_are_worth_something(tmp_path: Path) -> None:
    text = """
    [[escalation.policy]]
    name = "worst"
    severity = 3
    value = 1000
    channels = ["customer_channel"]
    rungs = [{ after = "1m", notify = "channel" }]
    [[escalation.policy]]
    name = "all"
    rungs = [{ after = "1h", notify = "channel" }]
    [[customer]]
    name = "Globex"
    match = ["@Globex.example"]
    value = 5000
    """
    policy = load(write(tmp_path, text)).policy
    (globex,) = policy.customers
    assert globex.is_at("Ann@globex.example")
    assert not globex.is_at("ann@notglobex.example")
    worst = Traits("mistake", 3, globex.value, "customer_channel")
    chosen = [
        worst,
        dataclasses.replace(worst, severity=2),
        dataclasses.replace(worst, value=999.0),
        dataclasses.replace(worst, medium="mail"),
    ]
    assert [choose(policy.ladders, traits).name for traits in chosen] == ["worst", "all", "all", "all"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("45s", Delay(timedelta(seconds=45))), ("15m", Delay(15 * MINUTE)), ("1h 30m", Delay(90 * MINUTE)),
        ("2d", Delay(timedelta(days=2))), ("1w 1d", Delay(timedelta(days=8))), ("4h working", working(4 * HOUR)),
        ("  1H   WORKING ", working(HOUR)), ("366d", Delay(timedelta(days=366))),
    ],
)  # fmt: skip
def test_a_length_of_time_is_read_as_people_write_it(text: str, meant: Delay) -> None:
    assert parse_delay(text) == meant


@pytest.mark.parametrize(
    "text", ["", "working", "4", "h", "-4h", "1.5h", "4 h", "0m", "367d", "4h workin", "working 4h"]
)
def test_what_is_no_length_of_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="expected a length of time"):
        parse_delay(text)


@given(st.text() | st.lists(st.sampled_from(["999999w", "1h", "working", "x", "0s"]), max_size=400).map(" ".join))
def test_any_text_is_a_fair_length_of_time_or_a_value_error(text: str) -> None:
    try:
        length = parse_delay(text).length
    except ValueError:
        return
    assert timedelta() < length <= timedelta(days=366)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 22), st.integers(1, 3)), min_size=1, max_size=5))
def test_working_hours_are_sorted_and_never_overlap_or_they_are_refused(spans: list[tuple[int, int, int]]) -> None:
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    shown = [(day, opens, min(opens + length, 23)) for day, opens, length in spans]
    overlap = any(
        a[0] == b[0] and a[1] < b[2] and b[1] < a[2] for i, a in enumerate(shown) for b in shown[i + 1 :]
    )  # fmt: skip
    text = ", ".join(f"{names[day]} {opens:02}:00-{closes:02}:00" for day, opens, closes in shown)
    if overlap:
        with pytest.raises(ValueError, match="overlap"):
            parse_hours(text, ZoneInfo("UTC"))
        return
    week = parse_hours(text, ZoneInfo("UTC")).week
    assert list(week) == sorted((day, time(opens), time(closes)) for day, opens, closes in shown)
