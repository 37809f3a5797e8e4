"""Reads a config file into Settings, or says all that is wrong with it, each with line, key and what to write."""

from __future__ import annotations

import difflib
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from platformdirs import user_state_path

from bot.domain.escalation import OnCall
from bot.domain.hours import parse_delay
from bot.domain.house import House
from bot.domain.review import ReviewPolicy
from bot.domain.roster import Roster
from bot.domain.silence import Patience
from bot.domain.triage import Policy
from bot.errors import SettingsError
from bot.settings import schema
from bot.settings.escalation import customers, grouping, ladder
from bot.settings.kept import TokenFile
from bot.settings.locate import line_of, lines
from bot.settings.model import HealthSettings, MailboxSettings, OAuthSettings, Secret, Settings, SlackSettings
from bot.settings.oncall import schedules
from bot.settings.oncall_rules import oncall_problems
from bot.settings.schema_health import HealthTable

_LARGEST = 1_000_000
_SAID = {
    "missing": "is missing",
    "model_type": "expected a table of settings",
    "list_type": "expected a list in [ ], or tables that are each headed by [[ ]]",
    "too_short": "expected at least one entry",
    "string_too_short": "expected at least one character",
}
_SECRETS = (
    "password", "token", "bot_token", "app_token", "secret", "signing_secret", "client_secret", "refresh_token",
    "access_token", "heartbeat_url",
)  # fmt: skip


def load(path: Path, now: datetime | None = None) -> Settings:
    """The settings of a file as they hold at `now` (UTC; None: this moment).

    Raises SettingsError with one line for each problem.
    """
    text = _read(path)
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as problem:  # numbers and brackets without end raise what is no TOMLDecodeError
        raise SettingsError(f"This is not TOML: {problem}.", where=str(path)) from None
    config, problems = schema.validate(raw)
    problems += [(at, "value_error", said) for at, said in oncall_problems(raw, now or datetime.now(UTC))]
    if problems or config is None:
        found = lines(text)
        told = [f"{path}:{line_of(at, found)}: {_key(at)}: {_sentence(at, kind, said)}" for at, kind, said in problems]
        raise SettingsError("\n".join(dict.fromkeys(told)))
    return _settings(config, path.resolve(), found=lines(text))


def defaults() -> Settings:
    """What holds without a config file: state where this machine keeps state, no mailbox, alerts on the console."""
    state = user_state_path("amends")
    config = schema.Config(
        store=schema.StoreTable(url=f"sqlite:///{state / 'amends.db'}"),
        models=schema.ModelsTable(dir=str(state / "models")),
    )
    return _settings(config, None, found={(): 1})


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise SettingsError("This is too large for a config file.", where=str(path))
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        advice = "Copy config.example.toml to it, or name another with --config."
        raise SettingsError("There is no such config file.", where=str(path), advice=advice) from None
    except UnicodeDecodeError:
        raise SettingsError("A config file must be UTF-8 text.", where=str(path)) from None
    except OSError as problem:
        raise SettingsError(f"It cannot be read: {problem.strerror}.", where=str(path)) from None


def _key(path: schema.Path) -> str:
    """As people say it: mailbox[2].port, counted from one."""
    words = ""
    for part in path:
        words += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return words.lstrip(".") or "the file"


def _sentence(path: schema.Path, kind: str, said: str) -> str:
    name = str(path[-1]) if path else ""
    if kind == "extra_forbidden":
        return _unknown(path, name)
    return _SAID.get(kind) or said.removeprefix("Value error, ").replace("Input should be", "expected")


def _unknown(path: schema.Path, name: str) -> str:
    around = tuple(p for p in path[:-1] if isinstance(p, str))
    names = [f[len(around)] for f in schema.fields() if f[: len(around)] == around and len(f) > len(around)]
    if name in _SECRETS:
        place = difflib.get_close_matches(f"{name}_env", names, n=1)
        return f"a secret never stands in this file{f'; name its environment variable in {place[0]}' if place else ''}"
    close = difflib.get_close_matches(name, names, n=1)
    return f"is not a setting{f'; did you mean {close[0]}?' if close else ''}"


def _settings(config: schema.Config, source: Path | None, found: dict[schema.Path, int]) -> Settings:
    base = source.parent if source else Path.cwd()
    on_call = OnCall(config.slack.on_call, config.slack.lead) if config.slack else OnCall()
    told = schedules(config.oncall, ZoneInfo(config.team.timezone), base)
    return Settings(
        source=source,
        store_url=_store_url(config.store.url, base),
        team=config.team.name,
        house=_house(config),
        mailboxes=tuple(_mailbox(box, i, source, base, found) for i, box in enumerate(config.mailbox)),
        slack=_slack(config.slack, source, base, found) if config.slack else None,
        on_call=on_call,
        prior=config.judge.prior,
        reviews=ReviewPolicy(config.review.unsure, config.review.quiet),
        models=base / config.models.dir,
        policy=_policy(config, Roster(on_call, tuple(one.schedule() for one in told))),
        schedules=told,
        health=_health(config.health, source, base, found),
    )


def _house(config: schema.Config) -> House:
    return House(
        addresses=frozenset(config.team.addresses),
        authenticators=frozenset(name.lower() for box in config.mailbox for name in box.authenticators),
        forms=frozenset(config.team.forms),
        aliases={also: person.address for person in config.person for also in person.also},
        footers=tuple(config.team.footers),
    )


def _store_url(url: str, base: Path) -> str:
    """A relative SQLite path is meant relative to the config file, wherever amends is started."""
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/") and ":memory:" not in url:
        return f"{prefix}{(base / url.removeprefix(prefix)).as_posix()}"
    return url


def _secret(env: str, file: str, key: str, at: schema.Path, source: Path | None, base: Path,
            found: dict[schema.Path, int]) -> Secret:  # fmt: skip
    path = (*at, f"{key}_file" if file else f"{key}_env")
    where = f"{source}:{line_of(path, found)}" if source else ""
    return Secret(env, base / file if file else None, _key(path), where)


def _mailbox(box: schema.MailboxTable, index: int, source: Path | None, base: Path,
             found: dict[schema.Path, int]) -> MailboxSettings:  # fmt: skip
    at: schema.Path = ("mailbox", index)
    return MailboxSettings(
        name=box.name, host=box.host, port=box.port, tls=box.tls, user=box.user,
        password=_secret(box.password_env, box.password_file, "password", at, source, base, found),
        folders=tuple(box.folders), sent=box.sent, poll_seconds=schema.seconds(box.poll),
        since_days=max(1, round(schema.seconds(box.since) / 86400)),
        ca_file=base / box.ca_file if box.ca_file else None, max_connections=box.max_connections,
        oauth=_oauth(box, (*at, "oauth"), source, base, found) if box.oauth else None,
    )  # fmt: skip


def _oauth(box: schema.MailboxTable, at: schema.Path, source: Path | None, base: Path,
           found: dict[schema.Path, int]) -> OAuthSettings:  # fmt: skip
    table = box.oauth
    assert table is not None
    kept = _secret("", table.token_file, "token", at, source, base, found)
    return OAuthSettings(
        mechanism="XOAUTH2" if box.auth == "xoauth2" else "OAUTHBEARER",
        token_command=_program(table.token_command, base),
        grant=table.grant, token_url=table.token_url, client_id=table.client_id, scope=table.scope,
        client_secret=_secret(
            table.client_secret_env, table.client_secret_file, "client_secret", at, source, base, found
        ),
        refresh_token=_secret(
            table.refresh_token_env, table.refresh_token_file, "refresh_token", at, source, base, found
        ),
        token_file=TokenFile(kept.file, kept.key, kept.where) if kept.file else None,
        ca_file=base / table.ca_file if table.ca_file else None,
    )  # fmt: skip


def _program(told: list[str], base: Path) -> tuple[str, ...]:
    """A program that is named with a folder is meant relative to the config file, as all files are."""
    if told and "/" in told[0]:
        return (str(base / told[0]), *told[1:])
    return tuple(told)


def _slack(table: schema.SlackTable, source: Path | None, base: Path, found: dict[schema.Path, int]) -> SlackSettings:
    bot = _secret(table.bot_token_env, table.bot_token_file, "bot_token", ("slack",), source, base, found)
    app = _secret(table.app_token_env, table.app_token_file, "app_token", ("slack",), source, base, found)
    signing = _secret(
        table.signing_secret_env, table.signing_secret_file, "signing_secret", ("slack",), source, base, found
    )
    host, _colon, port = table.listen.rpartition(":")
    return SlackSettings(
        table.alert_channel, bot, app, table.api_url, table.fallback_channel, tuple(table.work_channels),
        {one.id: one.customer for one in table.customer_channel}, table.actors, table.mode,
        (host.strip("[]"), int(port)), signing,
    )  # fmt: skip


def _health(table: HealthTable, source: Path | None, base: Path,
            found: dict[schema.Path, int]) -> HealthSettings:  # fmt: skip
    host, _colon, port = table.listen.rpartition(":")
    env, file = table.heartbeat_url_env, table.heartbeat_url_file
    return HealthSettings(
        (host.strip("[]"), int(port)) if table.listen else None,
        _secret(env, file, "heartbeat_url", ("health",), source, base, found) if env or file else Secret(),
        parse_delay(table.heartbeat_every).length, table.canary_channel, parse_delay(table.canary_every).length,
    )  # fmt: skip


def _policy(config: schema.Config, roster: Roster) -> Policy:
    told, named = config.patience, frozenset(table.name for table in config.oncall)
    patience = Patience(*map(parse_delay, (told.first_response, told.claim, told.follow_up, told.nag)))
    teams = tuple(table.as_team() for table in (config.team, *config.escalation.team))
    return Policy(
        ladders=tuple(ladder(table, named) for table in config.escalation.policy),
        patience=patience,
        hours=teams[0].hours,
        teams=teams,
        roster=roster,
        grouping=grouping(config.escalation.grouping),
        customers=customers(config.customer),
    )
