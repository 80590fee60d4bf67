"""How a process that works until it is stopped hears of it. Must never wait for anything in the signal itself."""

import signal
import threading


def stopped_by_signals() -> threading.Event:
    """Set by SIGTERM and SIGINT; to be asked for in the main thread.

    By a thread of its own: the signal comes in the middle of whatever the main thread does, and where that is looking at this very event, it
    holds the lock that setting it wants.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=stop.set, daemon=True).start())
    return stop
