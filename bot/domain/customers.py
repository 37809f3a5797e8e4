"""What customers are worth to us, as the config says: it decides how soon whom is told, and never whether."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CustomerValue:
    """A customer by addresses and whole domains ("@example.com"), lower case, and what a year with them is worth."""

    name: str
    match: tuple[str, ...]
    value: float

    def is_at(self, address: str) -> bool:
        """Whether an address is theirs. From is no proof, but a liar gains nothing by being answered sooner."""
        lower = address.lower()
        return any(lower.endswith(one) if one.startswith("@") else lower == one for one in self.match)


def value_of(address: str, customers: Sequence[CustomerValue]) -> float:
    """The highest value of those whose address it is; 0.0 for anybody else."""
    return max((one.value for one in customers if one.is_at(address)), default=0.0)
