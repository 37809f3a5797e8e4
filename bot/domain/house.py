"""Who we are and whom we know: what the config says about addresses, for those who read mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class House:
    """The team's own addresses and what else decides who speaks in a mail. All addresses are in lower case.

    `authenticators`: names (authserv-id, RFC 8601 section 2.5) of servers whose Authentication-Results we believe.
    `forms`: addresses that our web forms send from; their mail is the words of the person in Reply-To.
    `aliases`: further addresses of a person, each with the one that the person is known by.
    `footers`: texts that our own systems put below mail, one or several lines each.
    """

    addresses: frozenset[str] = frozenset()
    authenticators: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)
    footers: tuple[str, ...] = ()

    @property
    def domains(self) -> frozenset[str]:
        """The domains of our addresses."""
        return frozenset(address.rpartition("@")[2] for address in self.addresses)

    def person_behind(self, address: str) -> str:
        """The address that whoever writes from `address` is known by."""
        return self.aliases.get(address, address)
