"""Standard streams that whoever ran the command had closed. Must never let a file that is opened next take the number of one of them."""

import os
import sys

from portal.core.errors import PortalError

_closed: set[str] = set()


class NowhereToWrite(PortalError):
    """What a command makes was to go to standard output, and that is closed."""


def stand_in() -> None:
    """What is closed reads as empty and takes what nobody sees: complaints would go into the file that gets its number."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_RDWR)
            if nothing != number:
                os.dup2(nothing, number)
                os.close(nothing)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115  # as long as the process
            _closed.add(name)


def refuse_closed_output() -> None:
    """Raise `NowhereToWrite`."""
    if "stdout" in _closed:
        raise NowhereToWrite("Standard output is closed, so there is nowhere to write. Name a file with --out.")
