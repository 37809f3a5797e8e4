"""The error tree. Each class says whose move it is; its docstring is the sentence shown when nothing better is known.

AmendsError            exit code
├── UsageError         2   the person at the terminal must ask differently
│   └── BadLines       2   some lines of the input are not what they should be; the others were done
├── SettingsError      3   whoever runs amends must change the config
├── Retriable          4   the world must recover; amends tries again by itself
│   └── DiskFull       4   the database cannot grow: somebody must make room; nothing is lost, and it is tried again
├── Refused            5   the world said no for good; somebody must act
│   ├── NoLookUp       5   the channel cannot be searched; what may have been said is said again
│   ├── Gone           5   what was to be answered or changed there is no more
│   └── Unshowable     5   the channel is fine, but does not take this message as it is
├── ModelUnfit         6   the model must be replaced or retrained
│   └── ModelOutdated  6   another scikit-learn built it; amends retrains by itself unless told not to
├── StoreUnfit         7   the database must be repaired, upgraded or pointed elsewhere
│   └── CannotHold     7   the database is fine, but cannot hold this one value
├── IllegalStep        8   the case is not where this step starts
└── LostRace           9   somebody else was faster; look again
"""

from __future__ import annotations


class AmendsError(Exception):
    """Something went wrong in amends."""

    exit_code = 1

    def __init__(self, what: str = "", *, where: str = "", advice: str = "") -> None:
        """`what` went wrong (one sentence), `where` (file, host, line), `advice`: what to do."""
        self.what = what or (type(self).__doc__ or "").splitlines()[0]
        self.where = where
        self.advice = advice
        super().__init__(self.what)

    def __str__(self) -> str:
        """One line: where, what, what to do."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head} {self.advice}".rstrip()


class UsageError(AmendsError):
    """The command was given something that it cannot use."""

    exit_code = 2


class BadLines(UsageError):
    """Some lines of the input could not be used; the others were done."""


class SettingsError(AmendsError):
    """The config file has problems."""

    exit_code = 3


class Retriable(AmendsError):
    """A server did not do its part this time; amends tries again by itself."""

    exit_code = 4

    def __init__(
        self,
        what: str = "",
        *,
        where: str = "",
        advice: str = "",
        retry_after: float | None = None,
        outcome_unknown: bool = False,
    ) -> None:
        """`retry_after`: seconds that the server asked for. `outcome_unknown`: it may have been done."""
        super().__init__(what, where=where, advice=advice)
        self.retry_after = retry_after
        self.outcome_unknown = outcome_unknown


class DiskFull(Retriable):
    """The disk of the database is full; what cannot be written down is tried again when there is room."""


class Refused(AmendsError):
    """A server said no, and will say no again until somebody changes something."""

    exit_code = 5

    def __init__(self, what: str = "", *, where: str = "", advice: str = "", code: str = "") -> None:
        """`code`: what the server calls it, where it has a name for it."""
        super().__init__(what, where=where, advice=advice)
        self.code = code


class NoLookUp(Refused):
    """The channel does not let us look up what we have said there."""


class Gone(Refused):
    """The message that this belongs to was deleted."""


class Unshowable(Refused):
    """The channel does not take this message as it is."""


class ModelUnfit(AmendsError):
    """The classifier's model cannot be trusted or used."""

    exit_code = 6


class ModelOutdated(ModelUnfit):
    """The model was built with another version of scikit-learn."""


class StoreUnfit(AmendsError):
    """The database cannot be used as it is."""

    exit_code = 7


class CannotHold(StoreUnfit):
    """The database cannot hold what it was given."""


class IllegalStep(AmendsError):
    """The case is not in a state from which this step can be taken."""

    exit_code = 8


class LostRace(AmendsError):
    """Somebody else changed this at the same moment; look at it again."""

    exit_code = 9
