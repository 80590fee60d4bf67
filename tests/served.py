"""The demo as a newcomer starts it: `portal demo --json` in a process of its own, with its mailbox."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.doors.site import made_demo

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Served:
    """The demo as it runs: its address, its mailbox, and everything it wrote to standard error."""

    url: str
    mailbox: str
    customer: str
    folder: Path
    log: Path
    process: "subprocess.Popen[str]"
    api_key: str = ""

    @property
    def port(self) -> int:
        """The port it answers at."""
        return urlsplit(self.url).port or 80

    def mails(self, to: str) -> list[dict[str, str]]:
        """Mails to one recipient, newest first."""
        answer = httpx.get(f"{self.mailbox}.json", trust_env=False, timeout=10)
        return [mail for mail in answer.json() if mail["to"] == to]

    def wait_for_mail(self, to: str, *, more_than: int = 0) -> dict[str, str]:
        """The newest mail to someone, once there are more than so many."""
        for _ in range(150):
            mails = self.mails(to)
            if len(mails) > more_than:
                return mails[0]
            threading.Event().wait(0.1)
        raise AssertionError("no mail came")


@contextmanager
def serve_demo(folder: Path, *, port: int | None = None, **environment: str) -> Iterator[Served]:
    """Start it, give it once it answers, stop it as Ctrl-C does. An empty folder begins with the demo as this process has made it."""
    if not folder.exists() or not any(folder.iterdir()):
        shutil.copytree(made_demo(), folder, dirs_exist_ok=True)
    log = folder / "log"
    wanted = str(port or 20_000 + os.getpid() % 20_000)
    command = [sys.executable, "-m", "portal", "demo", "--json", "--port", wanted, "--folder", str(folder)]
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
            env={**{name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}, **environment},
        )
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, log.read_text()
            facts = json.loads(line)
            yield Served(facts["url"], facts["mailbox"], facts["customer"], folder, log, process, facts["api_key"])
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)
            process.stdout.close()


def link_in(mail: dict[str, str]) -> str:
    """The link of a sign-in mail."""
    found = re.search(r"https?://\S+/in/[\w-]+", mail["text"])
    assert found
    return found[0]


def code_in(mail: dict[str, str]) -> str:
    """The code of a sign-in mail."""
    found = re.search(r"^(\d{4} \d{4})$", mail["text"], re.MULTILINE)
    assert found
    return found[1]
