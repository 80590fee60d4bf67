"""Processes that are there in milliseconds: one that has imported the portal forks a child for each order.

The nursery must never hold a thread, a connection or a setting of its own: a child would be born with half of them.
Each child is a process like any other: it can be stopped, continued and killed, and takes nobody along.

    with start("tests.faults.worker", [orders], environment) as child:
        assert child.wait() == -signal.SIGKILL
    assert run_portal("config", "check").returncode == 0
"""

import ast
import atexit
import functools
import importlib
import importlib.util
import json
import os
import random
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[1]
PATIENCE = 60.0


class Child:
    """One process of the nursery, as `subprocess.Popen` has them. What it prints is there once it has ended."""

    def __init__(self, pid: int, folder: Path) -> None:
        self.pid, self._folder = pid, folder
        self.returncode: int | None = None
        self.stdout = self.stderr = ""

    def wait(self, timeout: float = PATIENCE) -> int:
        """Wait for its end; gives its exit code, or less than 0 for the signal that killed it."""
        if self.returncode is None:
            status = _ask({"await": self.pid, "seconds": timeout, "stopped": False})
            assert status is not None, "It did not end."
            self.returncode = os.waitstatus_to_exitcode(status)
            self.stdout, self.stderr = ((self._folder / name).read_text(errors="surrogateescape") for name in ("1", "2"))
            sys.stderr.write(self.stderr)
            shutil.rmtree(self._folder)
        return self.returncode

    def wait_until_stopped(self) -> None:
        """Wait until it has stopped itself. It must be continued or killed by whoever started it."""
        status = _ask({"await": self.pid, "seconds": PATIENCE, "stopped": True})
        assert status is not None, "It did neither stop nor end."
        assert os.WIFSTOPPED(status), "It ended without stopping."

    def send_signal(self, number: int) -> None:
        """Nothing where it has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """As `kill -9`."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            self.kill()
        self.wait()


def start(module: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None, *, given: bytes = b"") -> Child:
    """`python -m module arguments` at the checkout's root, in that environment (none: this one), with `given` as its input."""
    folder = Path(tempfile.mkdtemp(prefix="child-"))
    for name, text in (("0", given), ("1", b""), ("2", b"")):
        (folder / name).write_bytes(text)
    environment = dict(os.environ if environment is None else environment)
    order = {"module": module, "arguments": list(arguments), "environment": environment, "folder": str(folder)}
    pid = _ask(order)
    assert pid is not None
    return Child(pid, folder)


def run_portal(
    *words: str, environment: Mapping[str, str] | None = None, given: bytes = b""
) -> "subprocess.CompletedProcess[str]":
    """One command, `portal words`, as an operator types it, to its end."""
    with start("portal", words, environment, given=given) as child:
        child.wait()
    assert child.returncode is not None
    return subprocess.CompletedProcess(words, child.returncode, child.stdout, child.stderr)


@functools.cache
def _nursery() -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.nursery"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(_end, process)
    return process


def _end(process: "subprocess.Popen[str]") -> None:
    """Its children end with the tests that started them; the nursery ends with the last test."""
    process.kill()
    process.communicate()


def _ask(order: Mapping[str, Any]) -> int | None:
    process = _nursery()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    answer: int | None = json.loads(process.stdout.readline())
    return answer


def _serve() -> None:
    """Answer each order, one line of JSON with one of JSON, until whoever gave them is gone."""
    for line in sys.stdin:
        order = json.loads(line)
        answer = _await(order) if "await" in order else _fork(order)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _await(order: Mapping[str, Any]) -> int | None:
    until = time.monotonic() + order["seconds"]
    while time.monotonic() < until:
        pid, status = os.waitpid(order["await"], os.WNOHANG | (os.WUNTRACED if order["stopped"] else 0))
        if pid:
            return status
        time.sleep(0.005)
    return None


@functools.cache
def _import_what_it_imports(module: str) -> None:
    """The module itself runs in the child; what stands at its top is the same for all of them."""
    spec = importlib.util.find_spec(module)
    if spec is not None and spec.submodule_search_locations:
        spec = importlib.util.find_spec(f"{module}.__main__")
    assert spec is not None
    assert spec.origin is not None
    for statement in ast.parse(Path(spec.origin).read_text()).body:
        if isinstance(statement, ast.ImportFrom) and statement.module:
            importlib.import_module(statement.module)
    for name in ("portal.tables", "portal.application", "portal.worker"):
        importlib.import_module(name)


def _fork(order: Mapping[str, Any]) -> int:
    _import_what_it_imports(order["module"])
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        for stream, flags in enumerate((os.O_RDONLY, os.O_WRONLY | os.O_APPEND, os.O_WRONLY | os.O_APPEND)):
            os.dup2(os.open(os.path.join(order["folder"], str(stream)), flags), stream)
        sys.stdin = os.fdopen(0)  # what was read ahead was meant for the nursery
        os.environ.clear()
        os.environ.update(order["environment"])
        # Each child draws its own lots and finds its own folder, as processes that were started one by one do.
        random.seed()
        tempfile.tempdir = None
        sys.argv = [order["module"], *order["arguments"]]
        runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except Exception:  # noqa: BLE001  # whatever it was, it is told and the child ends
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
