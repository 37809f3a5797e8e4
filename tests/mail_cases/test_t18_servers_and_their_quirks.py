"""T18: servers that lack what others have, or break off in the midst; each works, or is connected to anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.edges.imap import connection
from bot.edges.imap.folder import AUTO
from bot.service.watch import Rotation
from bot.store import tables as t
from tests.fakes.boxes import Box, account_of, add_box, answer, mail, scripted_account
from tests.fakes.dovecot import Dovecot
from tests.fakes.mailroom import WatchedMail, rows, soon
from tests.fakes.scripted_imap import ScriptedImap, literal
from tests.fakes.world import World

from .conftest import COMPLAINT, AnyBox
from .test_t01_to_t03_nothing_is_passed_over import IN_QUARANTINE

Serve = Callable[..., Box]
OK = "{tag} OK done\r\n"
IDLES = f"* CAPABILITY IMAP4rev1 IDLE\r\n{OK}"
EMPTY = f"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] good\r\n* OK [UIDNEXT 1] next\r\n{OK}"
BEYOND_ASCII = {"dovecot": "Gelöschte & Objekte", "cyrus": "Входящие", "courier": "INBOX.受信箱"}


def texts(world: World) -> list[str]:
    return [text for (text,) in rows(world, t.message.c.new_text)]


def fetched(uid: int, raw: bytes | None = None) -> bytes:
    body = literal(raw or mail(f"Number {uid}", f"c{uid}@customer.example", Subject=f"Order {uid}"))
    head = b'* %d FETCH (UID %d RFC822.SIZE 9 INTERNALDATE "02-Mar-2026 09:00:00 +0000" BODY[]<0> ' % (uid, uid)
    return head + body + b")\r\n"


def found(*uids: int) -> str:
    return f"* SEARCH {' '.join(map(str, uids))}\r\n{OK}"


# real servers


def test_t18_on_each_server_mail_is_read_waited_for_and_answered(
    anybox: AnyBox, world: World, watched: WatchedMail
) -> None:
    first = mail(COMPLAINT)
    anybox.receives(first)
    anybox.receives(answer(first), folder=anybox.sent)
    watched.add(anybox.account, sent=anybox.sent)
    with watched.running():
        soon(lambda: not watched.watches[0].desk.gate.waits_for, "all are read")
        assert world.channel.posts == [], "it was answered"
        anybox.receives(mail(COMPLAINT, "jo@customer.example", Subject="Order 18"))
        soon(lambda: world.channel.posts, "the server tells of it by itself")
    world.hears("mistake to channel")


def test_t18_the_folder_for_sent_mail_is_found_on_each_server(
    anybox: AnyBox, world: World, watched: WatchedMail
) -> None:
    first = mail(COMPLAINT)
    anybox.receives(first)
    anybox.receives(answer(first), folder=anybox.sent)
    _inbox, sent = watched.add(anybox.account, sent=AUTO)
    watched.look(times=2, apart=1.0)
    assert (sent.source.name, sent.source.folder) == ("support/Sent", anybox.sent)
    assert watched.watches[0].desk.gate.is_open(world.clock.now()), "the folder is waited for under another name"
    for _ in range(5):
        watched.look(apart=30.0)
        watched.check()
    world.hears()
    assert {folder for (folder,) in rows(world, t.place.c.folder)} == {"INBOX", anybox.sent}


@pytest.mark.parametrize("kind", [pytest.param(k, marks=getattr(pytest.mark, k)) for k in BEYOND_ASCII])
def test_t18_a_folder_may_be_named_in_any_letters(
    kind: str, request: pytest.FixtureRequest, world: World, watched: WatchedMail
) -> None:
    name = BEYOND_ASCII[kind]
    if kind == "dovecot":
        box = add_box(request.getfixturevalue("dovecot"), name)
        box.deliver(COMPLAINT, folder=name)
        watched.add(box.account(), name)
    else:
        made = request.getfixturevalue(kind).box(name)
        made.append(mail(COMPLAINT), name)
        watched.add(account_of(made), name, sent=made.sent)
    watched.look()
    world.hears("mistake to channel")
    assert rows(world, t.place.c.folder) == [(name,)]


@pytest.mark.dovecot
@pytest.mark.parametrize("capability", ["IMAP4rev1", "IMAP4rev1 IDLE", "IMAP4rev1 UIDPLUS ESEARCH"])
def test_t18_a_server_may_be_able_to_do_next_to_nothing(
    own_box: Serve, world: World, watched: WatchedMail, capability: str
) -> None:
    box = own_box(capability=capability)
    watched.add(box.account(), sent=AUTO)
    watched.poll = 0.05
    for watch in watched.watches:
        watch.poll_seconds = 0.05
    with watched.running():
        soon(lambda: not watched.watches[0].desk.gate.waits_for, "all are read")
        box.deliver(COMPLAINT)
        soon(lambda: world.channel.posts, "it is found")
    world.hears("mistake to channel")


@pytest.mark.dovecot
def test_t18_with_one_connection_all_folders_are_read_in_turn(
    dovecot: Dovecot, world: World, watched: WatchedMail
) -> None:
    box = add_box(dovecot, "Orders", "Returns")
    watched.add(box.account(), "INBOX", "Orders", "Returns", shared=True)
    rotation = Rotation(watched.watches, 0.02)
    with watched.running(rotation):
        for number, folder in enumerate(("INBOX", "Returns", "Orders", "Returns", "INBOX"), 1):
            box.deliver(f"Number {number}", folder=folder)
            soon(lambda number=number: len(texts(world)) == number, "it is read")  # type: ignore[misc]
        assert len(dovecot.doveadm("who", box.user).splitlines()) == 2, "a heading and one connection"
    world.hears()


# what no real server does on demand


def live(server: ScriptedImap, watched: WatchedMail, world: World, looks: int = 4) -> None:
    """A server whose folder is empty at first; then looks, half a minute apart."""
    watched.add(scripted_account(server), sent="")
    watched.look()
    for _ in range(looks):
        watched.look(apart=300.0)


ONE = fetched(1) + OK.encode()
DRIPS = tuple(ONE[n : n + 1] for n in range(60))
BREAKS: dict[str, dict[str, Any]] = {
    "BYE in the midst of a literal": {
        "FETCH": [b"* 1 FETCH (UID 1 BODY[]<0> {5000}\r\nSubject: I was\r\n* BYE", fetched(1) + OK.encode()],
    },
    "an empty answer to FETCH": {"FETCH": [OK, OK, fetched(1) + OK.encode()]},
    "EXPUNGE in the midst of FETCH": {
        "SEARCH": [found(1, 2), found()],
        "FETCH": [b"* 2 EXPUNGE\r\n" + fetched(1) + OK.encode(), OK],
    },
    "BAD to CHARSET": {},
    "a line of nonsense": {"FETCH": ["* 1 FETCH (UID 1 BODY[]<0> {oops\r\n" + OK, fetched(1) + OK.encode()]},
    "an answer in packets of a byte": {"FETCH": (*DRIPS, ONE[60:])},
    "a SEARCH that is refused once": {"SEARCH": ["{tag} NO [UNAVAILABLE] busy\r\n", found(1)]},
    "a SEARCH that is answered with nothing": {"SEARCH": ["* SEARCH\r\n" + OK, found(1), found(1)]},
    "a BYE as greeting": {"GREETING": ["* OK hi\r\n", "* BYE busy\r\n", "* OK hi\r\n"], "NOOP": ["* BYE", OK]},
}  # fmt: skip


@pytest.mark.parametrize("how", BREAKS)
def test_t18_what_breaks_off_is_made_up_for(how: str, world: World, watched: WatchedMail) -> None:
    raw = fetched(1)
    told: dict[str, Any] = {"EXAMINE": [EMPTY, EMPTY.replace("NEXT 1", "NEXT 2")], "SEARCH": found(1)}
    told |= {"FETCH": raw + OK.encode()} | BREAKS[how]
    told["SEARCH"] = [found(), *(told["SEARCH"] if isinstance(told["SEARCH"], list) else [told["SEARCH"]])]
    with ScriptedImap(**told) as server:
        live(server, watched, world)
        watched.close()
        assert b"CHARSET" not in server.heard
    if texts(world) != ["Number 1"]:
        assert how == "an empty answer to FETCH"
        assert rows(world, t.quarantine.c.uid) == [(1,)]
        world.hears(IN_QUARANTINE)


IDLING: dict[str, Callable[[ScriptedImap], None]] = {
    "hangs up": lambda server: server.hang_up(),
    "closes IDLE after a while": lambda server: server.push("* BYE autologout; idle for too long\r\n"),
    "tells of it in two packets": lambda server: server.push("* "),
    "tells of it at once": lambda server: server.push("* 1 EXISTS\r\n"),
}


@pytest.mark.parametrize("how", IDLING)
def test_t18_whatever_ends_an_idle_new_mail_is_read(
    how: str, world: World, watched: WatchedMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.service.watch._FIRST", 0.01)
    done = {"tells of it in two packets": "1 EXISTS\r\n" + OK, "closes IDLE after a while": ""}.get(how, OK)
    told: dict[str, Any] = {
        "CAPABILITY": IDLES, "EXAMINE": [EMPTY, EMPTY.replace("NEXT 1", "NEXT 2")],
        "SEARCH": [found(), found(1), found()],
        "FETCH": fetched(1, mail(COMPLAINT)) + OK.encode(), "DONE": [done, OK],
    }  # fmt: skip
    with ScriptedImap(**told) as server:
        watched.add(scripted_account(server), sent="")
        with watched.running():
            soon(lambda: server.commands[-1:] == [b"IDLE"], "it idles")
            IDLING[how](server)
            soon(lambda: watched.a_second_passes() or world.channel.posts, "the mail is read")
    world.hears("mistake to channel")


def test_t18_silence_during_idle_is_found_out_when_it_is_renewed(
    world: World, watched: WatchedMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line is dead and says nothing: only the end of the IDLE, which nobody answers, shows it."""
    monkeypatch.setattr(connection, "_READ", 1.0)
    monkeypatch.setattr("bot.service.watch._FIRST", 0.01)
    told: dict[str, Any] = {
        "CAPABILITY": IDLES, "EXAMINE": [EMPTY, EMPTY.replace("NEXT 1", "NEXT 2")],
        "SEARCH": [found(), found(1), found()],
        "FETCH": fetched(1, mail(COMPLAINT)) + OK.encode(), "DONE": [None, OK],
    }  # fmt: skip
    with ScriptedImap(**told) as server:
        (inbox,) = watched.add(scripted_account(server), sent="")
        inbox.poll_seconds = 0.05
        with watched.running():
            soon(lambda: watched.a_second_passes() or world.channel.posts, "the mail is read")
        assert server.connections >= 2
    world.hears("mistake to channel")
