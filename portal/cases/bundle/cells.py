"""Cells of CSV files that no spreadsheet takes for a formula (ASVS 5.0, 1.2.10). JSON keeps the exact values.

Must never let a cell, a header, or what another separator would make a cell of it, begin with a sign that starts a formula.
"""

import re

from portal.adapters.contract import Json
from portal.cases.bundle.rows import dump_exact

STARTS = "=+\\-@\x00\uff1d\uff0b\uff0d\uff20"
# A spreadsheet of another country splits at `;`, at tabs or at `|`: what follows one of these could become a cell of its own.
_RISKY = re.compile(f"(^|[,;|\t\r\n])([\"']*)(?=[{STARTS}\t\r])")


def cell(value: Json) -> str:
    """The value as text for one cell: as it stands, with an apostrophe before a sign that starts a formula; lists and objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return safe(repr(value))
    return safe(dump_exact(value))


def safe(text: str) -> str:
    """The text, safe in any spreadsheet."""
    # Nearly every value is harmless, and these two tests tell so faster than a replacement that replaces nothing.
    if _FIRST.match(text) or _LATER.search(text):
        return _RISKY.sub(r"\1\2'", text)
    return text


_FIRST = re.compile(f"[\"']*[{STARTS}\t\r]")
_LATER = re.compile(f"[,;|\t\r\n][\"']*[{STARTS}\t\r]")
