"""The shape of config.toml. pydantic checks all of it in one go; the only file that imports pydantic."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.domain.alert import Reason
from bot.settings.words import parse_delay, parse_hours

Path = tuple[str | int, ...]


def _delay(text: str) -> str:
    parse_delay(text)
    return text


def _elapsed(text: str) -> str:
    if parse_delay(text).working:
        raise ValueError("expected elapsed time here, without the word working")
    return text


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError('expected a time zone of the tz database, such as "Europe/Berlin"')
    return name


def _address(text: str) -> str:
    local, at, domain = text.partition("@")
    if not (local and at and domain) or any(c.isspace() for c in text):
        raise ValueError('expected an address such as "support@acme.example"')
    return text.lower()


def _slack_id(prefixes: str) -> Any:
    def check(text: str) -> str:
        if text and (text[0] not in prefixes or not text[1:].isalnum() or not text.isupper()):
            wanted = " or ".join(f'"{p}0123456789"' for p in prefixes)
            raise ValueError(f"expected a Slack id such as {wanted}, not a name")
        return text

    return AfterValidator(check)


def _url(text: str) -> str:
    if not text.startswith(("https://", "http://127.0.0.1", "http://localhost", "http://[::1]")):
        raise ValueError("expected an https address (plain http only on loopback)")
    return text if text.endswith("/") else text + "/"


DelayText = Annotated[str, AfterValidator(_delay)]
Text = Annotated[str, Field(min_length=1, max_length=500)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class StoreTable(_Table):
    """[store]"""

    url: Text = "sqlite:///amends.db"


class TeamTable(_Table):
    """[team]"""

    name: Text = "Support"
    addresses: list[Annotated[str, AfterValidator(_address)]] = []
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    hours: Text = "Mon-Fri 09:00-17:00"

    @model_validator(mode="after")
    def _hours(self) -> TeamTable:
        parse_hours(self.hours, ZoneInfo(self.timezone))
        return self


class MailboxTable(_Table):
    """[[mailbox]]"""

    name: Text
    host: Text
    port: Annotated[int, Field(ge=1, le=65535)] = 993
    tls: Literal["implicit", "starttls", "off"] = "implicit"
    user: Text
    password_env: str = ""
    password_file: str = ""
    folders: Annotated[list[Text], Field(min_length=1)] = ["INBOX"]
    sent: str = ""
    poll: Annotated[str, AfterValidator(_elapsed)] = "10s"
    since: Annotated[str, AfterValidator(_elapsed)] = "14d"
    ca_file: str = ""

    @model_validator(mode="after")
    def _one_secret(self) -> MailboxTable:
        if bool(self.password_env) == bool(self.password_file):
            raise ValueError("expected one of password_env and password_file")
        return self


class NetworkTable(_Table):
    """[network]"""

    cleartext_hosts: list[Text] = []


class SlackTable(_Table):
    """[slack]"""

    alert_channel: Annotated[str, Field(min_length=1), _slack_id("CG")]
    bot_token_env: str = ""
    bot_token_file: str = ""
    app_token_env: str = ""
    app_token_file: str = ""
    api_url: Annotated[str, AfterValidator(_url)] = "https://slack.com/api/"
    on_call: Annotated[str, _slack_id("SUW")] = ""
    lead: Annotated[str, _slack_id("SUW")] = ""


class JudgeTable(_Table):
    """[judge]"""

    prior: Annotated[float, Field(gt=0, lt=1)] = 0.2


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

    @model_validator(mode="after")
    def _complete(self) -> EscalationTable:
        names = [p.name for p in self.policy]
        if len(set(names)) != len(names):
            raise ValueError("two policies have the same name")
        if not any(not p.reasons for p in self.policy):
            raise ValueError("expected one policy without reasons, for everything else")
        return self


class Config(_Table):
    """The whole file."""

    store: StoreTable = StoreTable()
    team: TeamTable = TeamTable()
    mailbox: list[MailboxTable] = []
    network: NetworkTable = NetworkTable()
    slack: SlackTable | None = None
    judge: JudgeTable = JudgeTable()
    models: ModelsTable = ModelsTable()
    patience: PatienceTable = PatienceTable()
    escalation: EscalationTable = EscalationTable()


def validate(raw: dict[str, Any]) -> tuple[Config | None, list[tuple[Path, str, str]]]:
    """The config, or all its problems as (path, kind, sentence)."""
    try:
        config = Config.model_validate(raw)
    except ValidationError as found:
        return None, [(tuple(e["loc"]), e["type"], e["msg"]) for e in found.errors(include_url=False)]
    return config, [(path, "value_error", sentence) for path, sentence in _across(config)]


def _across(config: Config) -> list[tuple[Path, str]]:
    """Rules that need more than one table."""
    problems: list[tuple[Path, str]] = []
    seen: set[str] = set()
    for index, box in enumerate(config.mailbox):
        if box.name in seen:
            problems.append((("mailbox", index, "name"), f'two mailboxes are called "{box.name}"'))
        seen.add(box.name)
        if box.tls == "off" and not _may_be_clear(box.host, config.network.cleartext_hosts):
            problems.append((("mailbox", index, "tls"), _NO_CLEAR.format(host=box.host)))
    return problems


_NO_CLEAR = (
    'expected "implicit" or "starttls": the password would cross the network in clear; if {host} is reached '
    "through a tunnel, list it in [network] cleartext_hosts"
)


def _may_be_clear(host: str, allowed: list[str]) -> bool:
    if host in allowed or host == "localhost":
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
