"""Mails as no standard has them and every mailbox has, each with what amends must read in it."""

from __future__ import annotations

from tests.text.nasty import letters, oddities, structure, tops
from tests.text.nasty.case import Nasty

CASES: dict[str, Nasty] = letters.CASES | tops.CASES | structure.CASES | oddities.CASES
