"""The shape of config.toml. pydantic checks all of it in one go; the only file that imports pydantic."""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.domain.alert import Reason
from bot.domain.hours import parse_delay
from bot.settings.oauth_rules import oauth_problems
from bot.settings.slack_rules import slack_problems
from bot.settings.words import parse_hours

Path = tuple[str | int, ...]


def _delay(text: str) -> str:
    parse_delay(text)
    return text


def _elapsed(text: str) -> str:
    if parse_delay(text).working:
        raise ValueError("expected elapsed time here, without the word working")
    return text


def _hours(text: str) -> str:
    parse_hours(text, ZoneInfo("UTC"))
    return text


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError('expected a time zone of the tz database, such as "Europe/Berlin"')
    return name


def _address(text: str) -> str:
    local, at, domain = text.partition("@")
    if not (local and at and domain) or any(c.isspace() or c in '<>,;"' for c in text):
        raise ValueError('expected an address such as "support@acme.example"')
    return text.lower()


def _slack_id(prefixes: str) -> Any:
    def check(text: str) -> str:
        if text and (text[0] not in prefixes or not text[1:].isalnum() or not text.isupper()):
            wanted = " or ".join(f'"{p}0123456789"' for p in prefixes)
            raise ValueError(f"expected a Slack id such as {wanted}, not a name")
        return text

    return AfterValidator(check)


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


DelayText = Annotated[str, AfterValidator(_delay)]
Text = Annotated[str, Field(min_length=1, max_length=500)]
Address = Annotated[str, AfterValidator(_address)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class StoreTable(_Table):
    """[store]"""

    url: Text = "sqlite:///amends.db"


class TeamTable(_Table):
    """[team]"""

    name: Text = "Support"
    addresses: list[Address] = []
    forms: list[Address] = []
    footers: list[Text] = []
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    hours: Annotated[Text, AfterValidator(_hours)] = "Mon-Fri 09:00-17:00"


class OAuthTable(_Table):
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


class MailboxTable(_Table):
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
    poll: Annotated[str, AfterValidator(_elapsed)] = "30s"
    since: Annotated[str, AfterValidator(_elapsed)] = "14d"
    ca_file: str = ""
    oauth: OAuthTable | None = None


class PersonTable(_Table):
    """[[person]]"""

    address: Address
    also: Annotated[list[Address], Field(min_length=1)]


class NetworkTable(_Table):
    """[network]"""

    cleartext_hosts: list[Text] = []


class CustomerChannelTable(_Table):
    """[[slack.customer_channel]]"""

    id: Annotated[str, Field(min_length=1), _slack_id("CG")]
    customer: Text


class SlackTable(_Table):
    """[slack]"""

    alert_channel: Annotated[str, Field(min_length=1), _slack_id("CG")]
    fallback_channel: Annotated[str, _slack_id("CG")] = ""
    work_channels: list[Annotated[str, _slack_id("CG")]] = []
    customer_channel: list[CustomerChannelTable] = []
    actors: Annotated[str, _slack_id("S")] = ""
    mode: Literal["socket", "http"] = "socket"
    listen: Annotated[str, AfterValidator(_loopback)] = "127.0.0.1:3000"
    bot_token_env: str = ""
    bot_token_file: str = ""
    app_token_env: str = ""
    app_token_file: str = ""
    signing_secret_env: str = ""
    signing_secret_file: str = ""
    api_url: Annotated[str, AfterValidator(_url)] = "https://slack.com/api/"
    on_call: Annotated[str, _slack_id("SUW")] = ""
    lead: Annotated[str, _slack_id("SUW")] = ""


class JudgeTable(_Table):
    """[judge]"""

    prior: Annotated[float, Field(gt=0, lt=1)] | None = None


class ReviewTable(_Table):
    """[review]"""

    unsure: Annotated[int, Field(ge=0, le=100)] = 10
    quiet: Annotated[int, Field(ge=0, le=100)] = 3


class ModelsTable(_Table):
    """[models]"""

    dir: Text = "state/models"


class PatienceTable(_Table):
    """[patience]"""

    first_response: DelayText = "8h working"
    claim: DelayText = "4h working"
    follow_up: DelayText = "16h working"
    nag: DelayText = "1d"


class RungTable(_Table):
    """One rung of a ladder."""

    after: DelayText
    notify: Literal["channel", "on_call", "lead"]


class PolicyTable(_Table):
    """[[escalation.policy]]"""

    name: Text
    rungs: Annotated[list[RungTable], Field(min_length=1, max_length=20)]
    reasons: list[Literal["mistake", "ignored", "staff_report", "unanswered"]] = []


_DEFAULT_RUNGS = [
    RungTable(after="15m", notify="channel"),
    RungTable(after="1h", notify="on_call"),
    RungTable(after="4h working", notify="lead"),
]


class EscalationTable(_Table):
    """[escalation]"""

    policy: list[PolicyTable] = [
        PolicyTable(name="default", rungs=_DEFAULT_RUNGS),
        PolicyTable(name="questions", reasons=["unanswered"], rungs=[RungTable(after="4h working", notify="channel")]),
    ]


class Config(_Table):
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
    yield from _known_once(list(_tables(raw.get("person"), ("person",))))
    policies = list(_tables(escalation.get("policy"), ("escalation", "policy")))
    yield from _named_once(policies, "policies")
    if "policy" in escalation and all(policy.get("reasons") for _path, policy in policies):
        yield ("escalation", "policy"), "expected one policy without reasons, for everything else"


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
        found += fields(inner, (*path, name)) if inner else [(*path, name)]
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
