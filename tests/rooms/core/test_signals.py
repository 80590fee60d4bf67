"""A process that is told to stop stops, whatever it was doing at that moment."""

import subprocess
import sys

import pytest

LOOKS_AT_THE_EVENT = """
import os, signal, sys
from portal.commands.signals import stopped_by_signals
stop = stopped_by_signals()
with stop._cond:
    os.kill(os.getpid(), getattr(signal, sys.argv[1]))
print(stop.wait(10))
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_that_comes_while_the_event_is_looked_at_holds_nothing_up(name):
    done = subprocess.run([sys.executable, "-c", LOOKS_AT_THE_EVENT, name], capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, b"True"), done.stderr
