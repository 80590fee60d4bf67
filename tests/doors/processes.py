"""Processes of the served demo, seen from outside: which serve the web, which one works; to be stopped, continued and killed by id."""

import os
import signal
import time
from contextlib import contextmanager
from pathlib import Path


def children(process_id):
    """Ids of the processes that this one has begun."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1]) if folder.name.isdigit() else 0
        except (OSError, IndexError):
            continue
        if parent == process_id:
            found.append(int(folder.name))
    return sorted(found)


def web_processes(served):
    """The processes that accept connections at the demo's port, but for the one that began them."""
    return [one for one in children(served.process.pid) if _listens(one, served.port)]


def worker_process(served):
    """The one process that does due work."""
    workers = [one for one in children(served.process.pid) if not _listens(one, served.port)]
    assert len(workers) == 1, workers
    return workers[0]


def is_alive(process_id):
    """Whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_until(what, seconds=20):
    """Wait for `what()` to be true; gives it back."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
    return found


@contextmanager
def stopped(process_id):
    """The process sleeps within the block, as if its machine had."""
    os.kill(process_id, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process_id, signal.SIGCONT)


def _listens(process_id, port):
    sockets = {
        fields[9]
        for fields in (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
        if fields[1].endswith(f":{port:04X}") and fields[3] == "0A"
    }
    try:
        held = {os.readlink(handle) for handle in Path(f"/proc/{process_id}/fd").iterdir()}
    except OSError:
        return False
    return any(f"socket:[{number}]" in held for number in sockets)
