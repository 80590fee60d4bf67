"""Door 2, the browser's own word: Global Privacy Control, shown on the page of a link and kept by one press.

Must never keep it by a look, nor let the page say how a sensitive choice stands.
"""

from flask import request
from sqlalchemy.orm import Session

from portal.consent.gpc import apply_signal, due_choices, is_signal, sold_choices
from portal.consent.readers import Reader
from portal.consent.saving import Saved
from portal.consent.unproven import Stopped, stop
from portal.core import i18n
from portal.people.suppressions import suppressed_choices
from portal.web.context import current_company

HERE = "link:signal"


def is_due(db: Session, reader: Reader) -> bool:
    """Does the signal of this request ask for something that does not stand yet? Without a session no yes outlives it."""
    if not is_signal(request.headers.getlist("Sec-GPC")):
        return False
    sold = sold_choices(current_company().config)
    if any(current_company().config.purposes[one.purpose].sensitive for one in sold):
        # How such a choice stands is for nobody who only has the mail.
        return True
    if reader.person_id is not None:
        return bool(due_choices(db, reader.person_id, session_id=None))
    off = suppressed_choices(db, [reader.identifier])
    return any((one.purpose, one.channel) not in off for one in sold)


def keep(db: Session, reader: Reader, *, trusted: bool) -> Stopped:
    """What the button does. Of a browser that no longer sends the signal it is the press itself that counts: a no is never refused.

    Not `trusted`: the key got into other hands, so it is a stop like any other, which the person can be told of and take back.
    """
    sold = sold_choices(current_company().config)
    if not sold:
        return Stopped(reader.person_id, Saved())
    if trusted and reader.person_id is not None and is_signal(request.headers.getlist("Sec-GPC")):
        apply_signal(db, reader.person_id, language=i18n.language(), session_id=None, collection_point=HERE)
        return Stopped(reader.person_id, Saved())
    return stop(db, reader.identifier, sold, language=i18n.language(), collection_point=HERE)
