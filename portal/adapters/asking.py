"""Ask several systems at once and wait for none of them longer than a page may take.

Must never be called with a transaction open, and never let one slow system use up the threads of the others.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")

SECONDS = 3.0
"""How long a page waits for a system."""

THREADS = 32
AT_ONCE = 6
"""Calls to one system at the same time; who comes after that is told to look again."""

_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="asking")
_lock = threading.Lock()
_running: dict[str, int] = {}


class SystemIsBusy(Exception):
    """So many pages wait for this system already that one more would only make it slower."""


def ask_all(questions: Mapping[str, Callable[[], T]], *, seconds: float | None = None) -> dict[str, "Future[T]"]:
    """Begin every question (by a key that names company and system) and wait up to `seconds` (SECONDS, if none are named) for all of them.

    The futures come back whether they are done or not: one that is not done is late and goes on by itself.
    """
    asked = {key: _begin(key, question) for key, question in questions.items()}
    wait(asked.values(), timeout=SECONDS if seconds is None else seconds)
    return asked


def _begin(key: str, question: Callable[[], T]) -> "Future[T]":
    with _lock:
        if _running.get(key, 0) >= AT_ONCE:
            busy: Future[T] = Future()
            busy.set_exception(SystemIsBusy(key))
            return busy
        _running[key] = _running.get(key, 0) + 1
    asked = _pool.submit(question)
    asked.add_done_callback(lambda _: _end(key))
    return asked


def _end(key: str) -> None:
    with _lock:
        _running[key] -= 1
        if not _running[key]:
            del _running[key]
