"""Lists of people as JSON, one object a line: what stands for the identifier, and the very text of the object, to which fields are added.

Must never write a value anew: a number that is read and written again may be another one.
"""

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from portal.people.heads import has_already
from portal.people.lines import BadLine, Run, Share, bytes_of, lines_of

Ends = tuple[bytes, bytes]
"""What stands before the fields that are added, and what stands after them."""

BLANK = " \t\r\n"
"""What may stand around an object (RFC 8259); not all that Python would strip."""


def read_objects(share: Share, column: str, added: Iterable[str]) -> Run[Ends]:
    """Objects with one text in the field `column`, and none of those that are to be added."""
    run = Run[Ends]()
    for number, line in enumerate(lines_of(share.content), share.number):
        text = line.strip(BLANK)
        if not text:
            continue
        try:
            identifier = _identifier_of(_fields_of(text), column, added)
        except BadLine as reason:
            run.refuse(number, reason)
        else:
            opened, closed, after = line.rpartition("}")
            end = "" if after.endswith(("\n", "\r")) else "\n"
            run.add(number, (bytes_of(opened), bytes_of(closed + after + end)), identifier.encode("utf-8", "surrogatepass"))
    return run


def _refuse(_constant: str) -> NoReturn:
    """NaN and the infinities, which Python reads and JSON does not have."""
    raise ValueError


_READER = json.JSONDecoder(object_pairs_hook=tuple, parse_constant=_refuse, parse_float=len, parse_int=len)
"""Gives an object as all its fields, also of the same name: as a tuple, which nothing else is given as. What a number is matters to nobody: it
may be of any length.
"""


def _fields_of(text: str) -> tuple[tuple[str, Any], ...]:
    try:
        fields = _READER.decode(text)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, tuple):
        raise BadLine("This is not a JSON object.")
    return fields


def _identifier_of(fields: tuple[tuple[str, Any], ...], column: str, added: Iterable[str]) -> str:
    found = [value for name, value in fields if name == column]
    names = dict(fields)
    if len(found) > 1:
        raise BadLine(f"It has more than one `{column}`.")
    for name in added:
        if name in names:
            raise BadLine(has_already(name, "field"))
    if not found or not isinstance(found[0], str):
        raise BadLine(f"It has no text `{column}`.")
    return found[0]
