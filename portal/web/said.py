"""What became of a press, told by GET: the answer to a form leads on to an address that says so, and that can be loaded again in any language.

Must never hold more in the address than one word of ours, nor take a word that was not said there.
"""

from datetime import timedelta
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from portal.core import clock, crypto
from portal.web.context import current_company

BYTES = 16


def say_at(endpoint: str, word: str, **values: Any) -> Response:
    """On to `endpoint`, whose view asks `said_at` first."""
    return redirect(address_saying(endpoint, word, **values), 303)


def address_saying(endpoint: str, word: str, **values: Any) -> str:
    """The address that tells of the word."""
    return url_for(endpoint, **values, said=f"{word}.{_mark(word, endpoint, values, days_ago=0).hex()}")


def said_at(endpoint: str, **values: str) -> str:
    """The word that the address of this request carries; nothing where it was not said here, or before yesterday."""
    word, _dot, mark = request.args.get("said", "").partition(".")
    try:
        shown = bytes.fromhex(mark)
    except ValueError:
        return ""
    return word if any(crypto.same(shown, _mark(word, endpoint, values, days_ago=days)) for days in (0, 1)) else ""


def _mark(word: str, endpoint: str, values: dict[str, str], *, days_ago: int) -> bytes:
    """Shows that the word is ours. It holds a day: whoever was answered at the same time gets the same address."""
    day = (clock.now() - timedelta(days=days_ago)).date()
    said = "\x1f".join([current_company().key, endpoint, *values.values(), word, day.isoformat()])
    return crypto.keyed_hash("said", said)[:BYTES]
