"""One look of `amends doctor` at something, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import AmendsError


@dataclass(frozen=True, slots=True)
class Checked:
    """One look: `id` never changes, so that it can be looked for; `advice` is what to do where it is not fine."""

    id: str
    fine: bool
    said: str
    advice: str = ""


def failed(check_id: str, problem: AmendsError) -> Checked:
    """What could not be looked at."""
    head = f"{problem.where}: {problem.what}" if problem.where else problem.what
    return Checked(check_id, False, head, problem.advice)
