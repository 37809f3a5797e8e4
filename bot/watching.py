"""The mailboxes of the config as things that run: connections, watches, rotations, and one lease an account."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from bot.domain.house import House
from bot.edges.imap.account import Account
from bot.edges.imap.connection import Connection
from bot.edges.imap.folder import Folder
from bot.edges.imap.reading import Reader
from bot.edges.processes import is_gone, own_name
from bot.edges.sign_in import Bearer, Password, SignIn, Tokens
from bot.edges.token_command import Command, CommandTokens
from bot.edges.token_endpoint import Grant
from bot.edges.tokens import GrantedTokens
from bot.opening import SystemClock
from bot.service.gate import Gate
from bot.service.health import check_watches
from bot.service.intake import Intake
from bot.service.lease import RENEWED_EVERY, Lease
from bot.service.ports import Clock, Judge, Store, Transaction
from bot.service.settle import Settling
from bot.service.watch import Desk, Rotation, Watch, share_out
from bot.settings import MailboxSettings, OAuthSettings, Settings

# A folder that is looked at in turn may have to wait for so many seconds for each of the others.
A_TURN = 3.0


def sign_in(box: MailboxSettings) -> SignIn:
    """How amends proves who it is to the server of a mailbox."""
    if box.oauth is None:
        return Password(box.password.reveal)
    return Bearer(box.oauth.mechanism, _tokens(box.name, box.oauth))


def _tokens(mailbox: str, oauth: OAuthSettings) -> Tokens:
    if oauth.token_command:
        return CommandTokens(Command(mailbox, oauth.token_command))
    first, kept = oauth.refresh_token, oauth.token_file
    grant = Grant(
        mailbox, oauth.grant, oauth.token_url, oauth.client_id, oauth.scope,
        client_secret=oauth.client_secret.reveal if oauth.client_secret.named else None,
        refresh_token=first.reveal if first.named else None, kept=kept,
        place=first.key if first.named else kept.key if kept else "", ca_file=oauth.ca_file,
    )  # fmt: skip
    return GrantedTokens(grant, SystemClock())


def account(box: MailboxSettings) -> Account:
    """A mailbox of the config as the IMAP edge wants it."""
    return Account(box.name, box.host, box.port, box.tls, box.user, sign_in(box), box.ca_file, box.since_days)


def folders(box: MailboxSettings, connect: Callable[[], Connection], house: House, clock: Clock) -> Iterator[Folder]:
    """The folders of a mailbox, each over the connection that it is given; what comes first is the most urgent."""
    theirs, ours = Reader(house, proven_ours=False), Reader(house, proven_ours=True)
    first, *others = box.folders
    yield Folder(connect(), first, clock, theirs)
    if box.sent:
        yield Folder(connect(), box.sent, clock, ours)
    for name in others:
        yield Folder(connect(), name, clock, theirs)


def folder_names(box: MailboxSettings) -> list[str]:
    """What people call the folders of a mailbox, as its watches do."""
    reach = account(box)
    return [folder.name for folder in folders(box, lambda: Connection(reach), House(), SystemClock())]


class Mailroom:
    """Everything that watches mailboxes in this process."""

    RENEWED_EVERY = RENEWED_EVERY

    def __init__(
        self, settings: Settings, store: Store, judge: Judge, clock: Clock, *, wake: Callable[[], None],
        historian: Judge | None = None,
    ) -> None:  # fmt: skip
        """Nothing is connected yet. `historian` judges histories, if somebody else should."""
        self._settings, self._store, self._clock = settings, store, clock
        self._intake = Intake(store, judge, settings.policy, wake=wake)
        self._settling = Settling(store, judge, settings.policy, wake, historian)
        self._leases: dict[str, Lease] = {}
        self._runners: list[Watch | Rotation] = []
        self._intervals: dict[tuple[str, str], timedelta] = {}
        for boxes in _by_server(settings.mailboxes).values():
            self._prepare(boxes)

    def _prepare(self, boxes: Sequence[MailboxSettings]) -> None:
        """The mailboxes of one server, which takes only so many connections."""
        watches = sorted(
            ((rank, watch) for box in boxes for rank, watch in enumerate(self._watches(box))), key=lambda one: one[0]
        )
        alone, shared = share_out([watch for _, watch in watches], min(box.max_connections for box in boxes))
        self._runners += alone
        if shared:
            in_turn = sorted(shared, key=lambda watch: watch.source.account)
            _share_connections(in_turn)
            interval = max(min(watch.poll_seconds for watch in shared), A_TURN * len(shared))
            self._runners.append(Rotation(in_turn, interval))
        for watch in (*alone, *shared):
            seconds = max(watch.poll_seconds, A_TURN * len(shared) if watch in shared else 0.0)
            self._intervals[watch.source.account, watch.source.name] = timedelta(seconds=seconds)

    def _watches(self, box: MailboxSettings) -> Iterator[Watch]:
        reach = account(box)
        sources = list(folders(box, lambda: Connection(reach), self._settings.house, self._clock))
        lease = Lease(self._store, self._clock, f"mailbox {box.name}", own_name(), is_gone)
        self._leases[box.name] = lease
        gate = Gate(source.name for source in sources)
        desk = Desk(self._intake, self._settling, self._store, self._clock, gate, lease)
        for source in sources:
            yield Watch(source, desk, box.poll_seconds)

    def threads(self, stop: threading.Event) -> list[threading.Thread]:
        """One for each connection, not started yet."""
        self.keep()
        for forgotten in self._store.transact(lambda tx: tx.held_accounts()):
            if forgotten not in self._leases:  # it is no longer in the config: nobody would ever catch up there
                self._settling.settle(forgotten)
        return [
            threading.Thread(target=runner.run, args=(stop,), name=f"watch-{number}", daemon=True)
            for number, runner in enumerate(self._runners, 1)
        ]

    def keep(self) -> None:
        """Every few seconds: go on holding the leases, and see that every folder is really read."""
        held = {name for name, lease in self._leases.items() if self._kept(name, lease)}
        check_watches(self._store, {key: value for key, value in self._intervals.items() if key[0] in held})

    def _kept(self, name: str, lease: Lease) -> bool:
        """Whether it is ours. While it was not, nobody here looked: that is no fault of today's watch."""
        was_held = lease.held
        if not lease.keep():
            return False
        if not was_held:
            begun = [folder for account, folder in self._intervals if account == name]
            self._store.transact(lambda tx: _begin(tx, name, begun))
        return True

    @property
    def is_settling(self) -> bool:
        """Whether a mailbox that has caught up is being decided, and alerts should wait until that is done."""
        return self._settling.is_long

    def interrupt(self) -> None:
        """End what waits for a server."""
        for runner in self._runners:
            runner.interrupt()

    def leave(self) -> None:
        """Let another amends have the mailboxes at once."""
        for lease in self._leases.values():
            lease.drop()


def _share_connections(in_turn: Sequence[Watch]) -> None:
    """One connection an account for folders that are looked at in turn."""
    connections: dict[str, Connection] = {}
    for watch in in_turn:
        if isinstance(watch.source, Folder):
            watch.source.use(connections.setdefault(watch.source.account, watch.source.connection))


def _by_server(boxes: Sequence[MailboxSettings]) -> dict[tuple[str, int], list[MailboxSettings]]:
    found: dict[tuple[str, int], list[MailboxSettings]] = defaultdict(list)
    for box in boxes:
        found[box.host.lower(), box.port].append(box)
    return found


def _begin(tx: Transaction, account: str, folders: Sequence[str]) -> None:
    for folder in folders:
        tx.begin_watch(account, folder)
