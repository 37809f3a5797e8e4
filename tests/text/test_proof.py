"""Only a server that we trust can say that a mail is ours, and only in the field that it put on top."""

from __future__ import annotations

import pytest

from bot.domain.house import House
from bot.domain.message import Direction
from bot.text.mime import read_mail
from tests.text.conftest import MONDAY

HOUSE = House(frozenset({"help@example.org"}), authenticators=frozenset({"mx.example.org"}))
OURS = b"From: Help <help@example.org>\n"


def direction(headers: bytes, house: House = HOUSE, sender: bytes = OURS) -> Direction:
    raw = sender + headers.strip(b"\n") + b"\nTo: gwen@example.com\nSubject: Your order\n\nWe are sorry."
    return read_mail(raw, MONDAY, house).direction


@pytest.mark.parametrize(
    "value",
    [
        b"mx.example.org; dmarc=pass header.from=example.org",
        b"MX.Example.ORG; DMARC=Pass header.From=Example.ORG",
        b"mx.example.org 1; dmarc=pass header.from=example.org",
        b'"mx.example.org"; dmarc=pass header.from="example.org"',
        b"mx.example.org; dkim=pass header.d=example.org",
        b"mx.example.org; dkim=pass header.i=@example.org",
        b"mx.example.org; dkim=pass header.i=help@example.org header.d=example.org",
        b"mx.example.org;\n\tspf=fail smtp.mailfrom=x.example;\n dmarc=pass (p=none dis=none) header.from=example.org",
        b"mx.example.org (ours (really)) 1 ; dmarc / 1 = pass reason=\"good; dmarc=fail\" header . from = example.org",
        b"mx.example.org; dkim=fail header.d=example.net; dkim=pass header.d=example.org",
    ],
)  # fmt: skip
def test_a_trusted_server_vouches_for_our_address(value: bytes) -> None:
    assert direction(b"Authentication-Results: " + value) is Direction.FROM_US


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b";",
        b"mx.example.org",
        b"mx.example.org; none",
        b"mx.example.net; dmarc=pass header.from=example.org",
        b"; dmarc=pass header.from=example.org",
        b"mx.example.org x; dmarc=pass header.from=example.org",
        b"mx.example.org; dmarc=fail header.from=example.org",
        b"mx.example.org; dmarc=passed header.from=example.org",
        b"mx.example.org; dmarc=pass",
        b"mx.example.org; dmarc=pass header.from=example.net",
        b"mx.example.org; dmarc=pass header.from=sub.example.org",
        b"mx.example.org; dmarc=pass header.from=example.org header.from=example.net",
        b"mx.example.org; dmarc=pass smtp.from=example.org",
        b"mx.example.org; spf=pass smtp.mailfrom=help@example.org",
        b"mx.example.org; spf=pass header.from=example.org",
        b"mx.example.org; dkim=pass header.d=example.net",
        b"mx.example.org; dkim=pass header.d=example.net header.i=@example.org",
        b"mx.example.org; dkim=pass header.b=example.org",
        b"mx.example.org; spf=fail (dmarc=pass header.from=example.org)",
        b"mx.example.org; spf=fail (; dmarc=pass header.from=example.org; )",
        b"mx.example.org; spf=fail (\\); dmarc=pass header.from=example.org)",
        b'mx.example.org; spf=fail reason="; dmarc=pass header.from=example.org"',
        b'mx.example.org; spf=fail reason="\\"; dmarc=pass header.from=example.org"',
        b"mx.example.org; spf=fail reason=dmarc=pass header.from=example.org",
        b"mx.example.org; spf=fail smtp.mailfrom=x dmarc=pass header.from=example.org",
        b"mx.example.org; x-dmarc=pass header.from=example.org",
        b"(mx.example.org); dmarc=pass header.from=example.org",
        b"evil.example (mx.example.org); dmarc=pass header.from=example.org",
    ],
)  # fmt: skip
def test_anything_less_leaves_a_spoofed_mail_a_customers(value: bytes) -> None:
    assert direction(b"Authentication-Results: " + value) is Direction.FROM_CUSTOMER


def test_only_the_topmost_field_of_a_trusted_server_is_believed() -> None:
    bad = b"Authentication-Results: mx.example.org; dmarc=fail header.from=example.org\n"
    good = b"Authentication-Results: mx.example.org; dmarc=pass header.from=example.org\n"
    other = b"Authentication-Results: elsewhere.example; dmarc=fail header.from=example.org\n"
    assert direction(bad + good) is Direction.FROM_CUSTOMER
    assert direction(other + good + bad) is Direction.FROM_US


@pytest.mark.parametrize("name", [b"ARC-Authentication-Results: i=1;", b"X-Authentication-Results:", b"Received:"])
def test_other_fields_prove_nothing(name: bytes) -> None:
    assert direction(name + b" mx.example.org; dmarc=pass header.from=example.org") is Direction.FROM_CUSTOMER


PASS = b"Authentication-Results: mx.example.org; dmarc=pass header.from=example.org\n"


@pytest.mark.parametrize(
    "sender",
    [
        b"From: help@example.org, eve@example.net",
        b"From: help@example.org\nFrom: eve@example.net",
        b"From: somebody@example.org",
        b"From: nobody",
    ],
)
def test_a_from_line_that_is_not_ours_alone_is_a_customers(sender: bytes) -> None:
    assert direction(PASS, sender=sender + b"\n") is Direction.FROM_CUSTOMER


def test_no_trusted_server_is_no_proof() -> None:
    assert direction(PASS, House(HOUSE.addresses)) is Direction.FROM_CUSTOMER
    assert direction(PASS, House(authenticators=HOUSE.authenticators)) is Direction.FROM_CUSTOMER


@pytest.mark.parametrize("mark", [b"X-Amends-Notice: 7", b"Auto-Submitted: auto-generated"])
def test_our_own_notices_stay_automatic_however_well_proven(mark: bytes) -> None:
    assert direction(PASS + mark) is Direction.AUTOMATIC
