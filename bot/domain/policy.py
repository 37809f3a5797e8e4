"""What the team decided, as one value that every decision is given."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.domain.case import Case
from bot.domain.customers import CustomerValue
from bot.domain.escalation import Ladder
from bot.domain.grouping import Grouping
from bot.domain.hours import Hours, Team
from bot.domain.roster import Roster
from bot.domain.silence import Patience


@dataclass(frozen=True, slots=True)
class Policy:
    """Ladders (a general one among them), how long waiting is fair, when the team works, who is on call.

    `hours` are those of `teams[0]` where there are teams; a ladder may name another team.
    """

    ladders: tuple[Ladder, ...]
    patience: Patience
    hours: Hours
    teams: tuple[Team, ...] = ()
    roster: Roster = field(default_factory=Roster)
    grouping: Grouping = field(default_factory=Grouping)
    customers: tuple[CustomerValue, ...] = ()

    def team_of(self, ladder: Ladder) -> Team:
        """Whose hours count for a ladder; the main team's where it names none, or one that is gone."""
        named = next((team for team in self.teams if ladder.team and team.name == ladder.team), None)
        return named or (self.teams[0] if self.teams else Team("", self.hours))

    def hours_of(self, case: Case) -> Hours:
        """When those work whose case it is."""
        return self.team_of(case.ladder).hours if case.ladder.team else self.hours
