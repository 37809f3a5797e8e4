"""The shape of config.toml. pydantic checks all of it in one go; only files schema*.py import pydantic."""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from bot.domain.alert import Reason
from bot.domain.hours import parse_delay
from bot.settings.escalation_rules import escalation_problems
from bot.settings.oauth_rules import oauth_problems
from bot.settings.schema_base import Address, DelayText, ElapsedText, Table, Text, slack_id
from bot.settings.schema_base import Path as Path
from bot.settings.schema_escalation import CustomerTable, EscalationTable
from bot.settings.schema_health import HealthTable, health_problems
from bot.settings.schema_oncall import OnCallTable
from bot.settings.schema_team import TeamTable
from bot.settings.slack_rules import slack_problems


def _https(text: str) -> str:
    expected = ValueError("expected an https address (plain http only on loopback)")
    try:
        parts = urlsplit(text)
    except ValueError:
        raise expected from None
    host = parts.hostname or ""
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and _may_be_clear(host, ()))):
        raise expected
    return text


def _url(text: str) -> str:
    checked = _https(text)
    return checked if checked.endswith("/") else checked + "/"


def _loopback(text: str) -> str:
    host, _colon, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536) or not _may_be_clear(host.strip("[]"), ()):
        raise ValueError('expected an address of this machine, such as "127.0.0.1:3000"; put your proxy in front of it')
    return text


def _argv(told: Any) -> Any:
    """A command in one text, parted as a shell would part it; what is no text is checked as a list."""
    if not isinstance(told, str):
        return told
    try:
        return shlex.split(told)
    except ValueError:
        raise ValueError("expected a command whose quotes are closed") from None


class StoreTable(Table):
    """[store]"""

    url: Text = "sqlite:///amends.db"


class OAuthTable(Table):
    """[mailbox.oauth]"""

    token_url: Annotated[str, AfterValidator(_https)] = ""
    grant: Literal["refresh_token", "client_credentials"] = "refresh_token"
    client_id: str = ""
    client_secret_env: str = ""
    client_secret_file: str = ""
    refresh_token_env: str = ""
    refresh_token_file: str = ""
    token_file: str = ""
    scope: str = ""
    ca_file: str = ""
    token_command: Annotated[list[Text], BeforeValidator(_argv)] = []


class MailboxTable(Table):
    """[[mailbox]]"""

    name: Text
    host: Text
    port: Annotated[int, Field(ge=1, le=65535)] = 993
    tls: Literal["implicit", "starttls", "off"] = "implicit"
    user: Text
    auth: Literal["password", "xoauth2", "oauthbearer"] = "password"
    password_env: str = ""
    password_file: str = ""
    folders: Annotated[list[Text], Field(min_length=1)] = ["INBOX"]
    sent: str = "auto"
    authenticators: list[Text] = []
    max_connections: Annotated[int, Field(ge=1, le=100)] = 6
    poll: ElapsedText = "30s"
    since: ElapsedText = "14d"
    ca_file: str = ""
    oauth: OAuthTable | None = None


class PersonTable(Table):
    """[[person]]"""

    address: Address
    also: Annotated[list[Address], Field(min_length=1)]


class NetworkTable(Table):
    """[network]"""

    cleartext_hosts: list[Text] = []


class CustomerChannelTable(Table):
    """[[slack.customer_channel]]"""

    id: Annotated[str, Field(min_length=1), slack_id("CG")]
    customer: Text


class SlackTable(Table):
    """[slack]"""

    alert_channel: Annotated[str, Field(min_length=1), slack_id("CG")]
    fallback_channel: Annotated[str, slack_id("CG")] = ""
    work_channels: list[Annotated[str, slack_id("CG")]] = []
    customer_channel: list[CustomerChannelTable] = []
    actors: Annotated[str, slack_id("S")] = ""
    mode: Literal["socket", "http"] = "socket"
    listen: Annotated[str, AfterValidator(_loopback)] = "127.0.0.1:3000"
    bot_token_env: str = ""
    bot_token_file: str = ""
    app_token_env: str = ""
    app_token_file: str = ""
    signing_secret_env: str = ""
    signing_secret_file: str = ""
    api_url: Annotated[str, AfterValidator(_url)] = "https://slack.com/api/"
    on_call: Annotated[str, slack_id("SUW")] = ""
    lead: Annotated[str, slack_id("SUW")] = ""


class JudgeTable(Table):
    """[judge]"""

    prior: Annotated[float, Field(gt=0, lt=1)] | None = None


class ReviewTable(Table):
    """[review]"""

    unsure: Annotated[int, Field(ge=0, le=100)] = 10
    quiet: Annotated[int, Field(ge=0, le=100)] = 3


class ModelsTable(Table):
    """[models]"""

    dir: Text = "state/models"


class PatienceTable(Table):
    """[patience]"""

    first_response: DelayText = "8h working"
    claim: DelayText = "4h working"
    follow_up: DelayText = "16h working"
    nag: DelayText = "1d"


class Config(Table):
    """The whole file."""

    store: StoreTable = StoreTable()
    team: TeamTable = TeamTable()
    mailbox: list[MailboxTable] = []
    person: list[PersonTable] = []
    network: NetworkTable = NetworkTable()
    slack: SlackTable | None = None
    judge: JudgeTable = JudgeTable()
    review: ReviewTable = ReviewTable()
    models: ModelsTable = ModelsTable()
    patience: PatienceTable = PatienceTable()
    escalation: EscalationTable = EscalationTable()
    customer: list[CustomerTable] = []
    oncall: list[OnCallTable] = []
    health: HealthTable = HealthTable()


def validate(raw: dict[str, Any]) -> tuple[Config | None, list[tuple[Path, str, str]]]:
    """The config, or all its problems as (path, kind, sentence)."""
    across = [(path, "value_error", sentence) for path, sentence in _across(raw)]
    try:
        return Config.model_validate(raw), across
    except ValidationError as found:
        return None, [*((tuple(e["loc"]), e["type"], e["msg"]) for e in found.errors(include_url=False)), *across]


def _across(raw: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Rules that need more than one setting, of a file in which anything may stand: a wrong type is told elsewhere."""
    network, slack, escalation = (_table(raw.get(name)) for name in ("network", "slack", "escalation"))
    boxes = list(_tables(raw.get("mailbox"), ("mailbox",)))
    yield from _named_once(boxes, "mailboxes")
    for path, box in boxes:
        yield from _access(path, box)
        if box.get("name") == "slack":
            yield (*path, "name"), 'expected another name: "slack" is what amends calls Slack itself'
        host = box.get("host")
        if host and box.get("tls") == "off" and not _may_be_clear(str(host), network.get("cleartext_hosts")):
            yield (*path, "tls"), _NO_CLEAR.format(host=host)
    yield from slack_problems(slack)
    yield from health_problems(_table(raw.get("health")), slack)
    yield from _known_once(list(_tables(raw.get("person"), ("person",))))
    main = {"name": TeamTable().name} | _table(raw.get("team"))
    teams = [(("team",), main), *_tables(escalation.get("team"), ("escalation", "team"))]
    yield from _named_once(teams, "teams")
    policies = list(_tables(escalation.get("policy"), ("escalation", "policy")))
    yield from _named_once(policies, "policies")
    if "policy" in escalation:
        repeat = _table(escalation.get("grouping")).get("repeat", "10m")
        named = (_names_of(raw.get("oncall")), frozenset(str(team.get("name")) for _path, team in teams))
        yield from escalation_problems(policies, *named, repeat)


def _access(path: Path, box: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """A password, or a table that tells where access tokens come from."""
    passwords = [key for key in ("password_env", "password_file") if box.get(key)]
    if box.get("auth", "password") == "password":
        if len(passwords) != 1:
            yield path, "expected one of password_env and password_file"
        if "oauth" in box:
            yield (*path, "oauth"), 'expected auth = "xoauth2" or "oauthbearer" in its [[mailbox]]'
        return
    for key in passwords:
        yield (*path, key), "expected no password where auth is not password"
    if "oauth" not in box:
        yield (*path, "auth"), "expected a table [mailbox.oauth] that says where access tokens come from"
    elif isinstance(box["oauth"], dict):
        yield from oauth_problems((*path, "oauth"), box["oauth"])


def _named_once(tables: list[tuple[Path, dict[str, Any]]], kind: str) -> Iterator[tuple[Path, str]]:
    names = [str(table.get("name")) for _path, table in tables]
    for index, (path, table) in enumerate(tables):
        if "name" in table and names[index] in names[:index]:
            yield (*path, "name"), f'two {kind} are called "{names[index]}"'


def _known_once(people: list[tuple[Path, dict[str, Any]]]) -> Iterator[tuple[Path, str]]:
    """An address that belonged to two people would make one of them answer for the other."""
    seen: dict[str, str] = {}
    for path, person in people:
        owner, also = str(person.get("address")).lower(), person.get("also")
        told: list[tuple[Path, Any]] = [((*path, "address"), owner)]
        told += [((*path, "also", index), one) for index, one in enumerate(also if isinstance(also, list) else [])]
        for place, address in told:
            if seen.setdefault(str(address).lower(), owner) != owner:
                yield place, f'"{address}" is listed for two people'


def _names_of(tables: Any) -> frozenset[str]:
    return frozenset(str(table.get("name")) for _path, table in _tables(tables, ()))


def _table(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _tables(found: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The tables of an array, each with its path."""
    for index, table in enumerate(found if isinstance(found, list) else []):
        if isinstance(table, dict):
            yield (*path, index), table


_NO_CLEAR = (
    'expected "implicit" or "starttls": the password would cross the network in clear; if {host} is reached '
    "through a tunnel, list it in [network] cleartext_hosts"
)


def _may_be_clear(host: str, allowed: Any) -> bool:
    if host == "localhost" or (isinstance(allowed, list | tuple) and host in allowed):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def fields(table: type[BaseModel] = Config, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every setting there is, by path; arrays of tables are named like their entries."""
    found: list[tuple[str, ...]] = []
    for name, info in table.model_fields.items():
        inner = _table_in(info.annotation)
        here = (*path, info.alias or name)
        found += fields(inner, here) if inner else [here]
    return found


def _table_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        if inner := _table_in(part):
            return inner
    return None


def opening_reasons() -> set[str]:
    """The reasons a policy can be named for; a test keeps the literals above equal to them."""
    return {reason.value for reason in Reason if reason.opens}


def seconds(text: str) -> float:
    """A checked elapsed delay in seconds."""
    length: timedelta = parse_delay(text).length
    return length.total_seconds()
