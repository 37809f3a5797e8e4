"""`python -m tests.app.dying POINT run …` is `amends run …` that is killed at a named point, as by kill -9.

It judges by a rule: to load the classifier takes longer than such a process lives.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import types
from collections.abc import Callable
from typing import Any, NoReturn

import bot.app
from bot.cli import run_command
from bot.domain.message import Message
from bot.domain.verdict import Verdict
from bot.edges.imap import folder, troubles
from bot.edges.slack.channel import SlackChannel
from bot.service.intake import Intake
from bot.store.store import SqlStore, SqlTransaction
from tests.fakes.build import IGNORED, NOTHING


def die(*_: object, **__: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def before_storing() -> None:
    """Mail was fetched and not yet stored."""
    Intake.take = Intake.keep = die  # type: ignore[method-assign]


def between_batches() -> None:
    """The first two mails are stored, the others are about to be fetched."""
    folder.CHUNK = 2
    fetch, calls = folder.Folder._fetch, itertools.count(1)
    folder.Folder._fetch = lambda *given: fetch(*given) if next(calls) == 1 else die()  # type: ignore[method-assign]


def commit(method: str, *, after: bool) -> Callable[[], None]:
    """Around the commit of the first transaction in which this method of a transaction was called."""

    def arm() -> None:
        called, real = [], getattr(SqlTransaction, method)

        def noted(tx: SqlTransaction, *given: Any, **named: Any) -> Any:
            called.append(method)
            return real(tx, *given, **named)

        setattr(SqlTransaction, method, noted)
        transact = SqlStore.transact

        def dying(store: SqlStore, work: Callable[[SqlTransaction], Any]) -> Any:
            in_this_one = []

            def watched(tx: SqlTransaction) -> Any:
                called.clear()  # one thread does all transactions, one after the other
                result = work(tx)
                if called and not after:
                    die()
                in_this_one.extend(called)
                return result

            result = transact(store, watched)
            return die() if in_this_one else result

        SqlStore.transact = dying  # type: ignore[method-assign, assignment]

    return arm


def before_call(method: str) -> Callable[[], None]:
    """Of the channel."""
    return lambda: setattr(SlackChannel, method, die)


def after_call(method: str) -> Callable[[], None]:
    """Slack has done it, and nobody has read its answer."""
    real = getattr(SlackChannel, method)
    return lambda: setattr(SlackChannel, method, lambda *given, **named: die(real(*given, **named)))


def impatient() -> None:
    """Does not die, and does not wait for a minute after a refused login."""
    troubles.LOGIN_WAIT = 0.5


POINTS: dict[str, Callable[[], None]] = {
    "never": lambda: None,
    "impatient": impatient,
    "before_storing": before_storing,
    "between_batches": between_batches,
    "after_commit_of_beginning": commit("begin_folder", after=True),
    "before_commit_of_keeping": commit("keep", after=False),
    "after_commit_of_keeping": commit("keep", after=True),
    "before_commit_of_deciding": commit("decided_on", after=False),
    "after_commit_of_deciding": commit("decided_on", after=True),
    "before_commit_of_taking": commit("remember", after=False),
    "after_commit_of_taking": commit("remember", after=True),
    "before_commit_of_case": commit("open_case", after=False),
    "after_commit_of_case": commit("open_case", after=True),
    "before_commit_of_claim": commit("_lease", after=False),
    "before_post": before_call("post"),
    "after_post": after_call("post"),
    "before_commit_of_settling": commit("settle", after=False),
    "after_commit_of_settling": commit("settle", after=True),
    "before_look_up": before_call("find"),
    "after_look_up": after_call("find"),
    "before_commit_of_rung": commit("change_cases", after=False),
    "after_commit_of_rung": commit("change_cases", after=True),
    "before_commit_of_hearing": commit("receive", after=False),
    "after_commit_of_hearing": commit("receive", after=True),
    "before_commit_of_working_off": commit("worked_off", after=False),
    "after_commit_of_working_off": commit("worked_off", after=True),
    "before_redraw": before_call("redraw"),
    "after_redraw": after_call("redraw"),
}


def judge_by_rule() -> None:
    """Instead of bot.learn.judge, which loads scikit-learn."""

    class Rule:
        model = types.SimpleNamespace(id="rule")

        def __init__(self, *_: object) -> None:
            """There is nothing to load."""

        def judge(self, messages: list[Message], earlier: object = ()) -> list[Verdict]:
            return [IGNORED if "charged twice" in message.new_text else NOTHING for message in messages]

    module = types.ModuleType("bot.learn.judge")
    module.__dict__["ModelJudge"] = module.__dict__["HistoryJudge"] = Rule
    sys.modules[module.__name__] = module
    bot.app.load_model = lambda *_, **__: None  # type: ignore[assignment,attr-defined]


if __name__ == "__main__":
    judge_by_rule()
    POINTS[sys.argv.pop(1)]()
    sys.exit(run_command())
