"""What the pages behind a link say. Must never name a sensitive purpose, nor the whole address."""

from typing import Any

from portal.consent.readers import Reader
from portal.links import signal
from portal.links.reader import by_purpose, choice_of, items_of, signed_in_as, title_of
from portal.people.service import EMAIL
from portal.web.context import current_company
from portal.web.guards import current_link, live_link
from portal.web.transactions import db


def words(reader: Reader, token: str) -> dict[str, Any]:
    """What every page of the link says: for whom it is, and what it is about."""
    return {
        "token": token,
        "hint": reader.hint,
        "about": title_of(current_company().config, choice_of(current_link().link)),
        "one_choice": bool(current_link().link.choice),
        "signed_in_as": signed_in_as(db(), reader),
        "signal_due": not live_link().may_show or signal.is_due(db(), reader),
    }


def choices(reader: Reader, token: str) -> dict[str, Any]:
    """The same with the choices as they stand."""
    hidden = any(one.sensitive and one.channels for one in current_company().config.purposes.values())
    return {
        **words(reader, token),
        "purposes": by_purpose(items_of(db(), reader)),
        "may_ask": reader.identifier.kind == EMAIL,
        "seen": reader.seen,
        "some_hidden": hidden,
    }
