"""`amends mail check` where there is nothing to check."""

from __future__ import annotations

from tests.cli.conftest import Amends


def test_without_a_mailbox_there_is_nothing_to_check(amends: Amends) -> None:
    done = amends("mail", "check")
    assert done.code == 2
    assert "The config names no [[mailbox]]" in done.err
