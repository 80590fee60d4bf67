"""Answers that were given as a session ended, kept in the cookie of the browser that gave them: sealed for that person, for an hour.

Must never open for anybody else, hold a word of free text, nor be more than what a form shows once more, to be pressed again.
"""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from datetime import timedelta

from flask import session

from portal.core import clock, crypto
from portal.web.context import current_company

Answers = Mapping[str, Sequence[str]]

NAME = "kept"
"""What they are called in the cookie."""

LONGEST = timedelta(hours=1)
MOST = 2000
"""Signs in the cookie, of which browsers take 4096 with everything else that stands in it."""


def keep(person_id: int, answers: Answers) -> bool:
    """Keep them for that person, in place of any before. False where they are too many for a cookie."""
    session.pop(NAME, None)
    plain = zlib.compress(json.dumps([int(clock.now().timestamp()), dict(answers)]).encode(), 9)
    sealed = base64.urlsafe_b64encode(crypto.encrypt(plain, _place(person_id))).decode()
    if len(sealed) > MOST:
        return False
    session[NAME] = sealed
    return True


def take(person_id: int) -> Answers | None:
    """Take them out: what was kept for that person within the hour. What was kept for somebody else is gone with it."""
    sealed = session.pop(NAME, None)
    if not isinstance(sealed, str):
        return None
    try:
        plain = crypto.decrypt(base64.urlsafe_b64decode(sealed), _place(person_id))
    except (crypto.CannotDecrypt, crypto.KeysAreBroken, ValueError):
        return None
    at, answers = json.loads(zlib.decompress(plain))
    return answers if clock.now().timestamp() - at < LONGEST.total_seconds() else None


def _place(person_id: int) -> str:
    """Under another person's number it cannot be decrypted."""
    return f"kept_answers:{current_company().id}:{person_id}"
