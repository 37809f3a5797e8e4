"""`python -m tests.watchdog.working KIND OWN DATABASE [FILE]`: a process that ticks under a watchdog, as amends does.

KIND is what becomes of its tick after the first few; OWN and DATABASE are the watchdog's limits in seconds.
"""

from __future__ import annotations

import itertools
import logging
import sys
import threading
import time
from collections.abc import Callable

from bot.edges.ticker import Ticker
from bot.errors import Retriable
from bot.opening import SystemClock
from bot.store.store import SqlStore
from bot.watchdog import Limits, Watchdog

log = logging.getLogger(__name__)
TICKS = 3


def hang() -> None:
    threading.Event().wait()


def be_locked_out() -> None:
    raise Retriable("The database is locked by another process.")


def fail() -> None:
    raise ValueError("secret words of a customer")


def go_on() -> None:
    """All is well."""


def hang_in_a_transaction(store: SqlStore) -> None:
    store.transact(lambda _tx: hang())


KINDS: dict[str, Callable[[], None]] = {"hangs": hang, "is_locked_out": be_locked_out, "fails": fail, "ticks": go_on}


def main(kind: str, own: float, database: float, file: str = "") -> None:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s")
    store = SqlStore(f"sqlite:///{file}", SystemClock()) if file else None
    watchdog = Watchdog(lambda: store.waiting_since if store else None, Limits(own, database, own / 20, own / 2))
    counted = itertools.count(1)

    def tick() -> None:
        with watchdog.ticking():
            if store:
                store.transact(lambda tx: tx.pulse("tick"))
            number = next(counted)
            if number > TICKS and kind == "hangs_in_a_transaction":
                assert store
                hang_in_a_transaction(store)
            elif number > TICKS:
                KINDS.get(kind, go_on)()
        log.info("ticked %s", number)

    threads = [threading.Thread(target=hang if kind != "loses_a_thread" else go_on, name="mail", daemon=True)]
    ticker = Ticker()
    ticker.every(own / 20, tick, "tick")
    for thread in threads:
        thread.start()
    ticker.start()
    watchdog.start(threads, threading.Event())
    told = False
    while True:
        since = store.waiting_since if store else None
        if since is not None and time.monotonic() - since > 2 * own and not told:
            told = True
            log.info("has waited for twice as long")
        threading.Event().wait(own / 20)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), *sys.argv[4:])
