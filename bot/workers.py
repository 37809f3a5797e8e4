"""Processes that share work end with the one that started them, however that ends: SIGKILL lets nobody say goodbye."""

from __future__ import annotations

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """To be called in a worker when it begins: once its parent is gone, it goes as well.

    A pool's workers wait for work on a pipe of which each holds both ends, so they never learn of it by themselves.
    """
    threading.Thread(target=_end_after_parent, name="parent", daemon=True).start()


def _end_after_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
