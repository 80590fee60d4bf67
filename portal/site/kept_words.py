"""What earlier erasures had to leave, in the words of a page: which system, how many, by what law, until which day.

Must never show more than `kept_for` tells: nothing where an address may be of several people.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from portal.adapters.contract import Fate, PlannedItem
from portal.cases.erasing.reporting import item_in_words
from portal.cases.erasing.result import ResultItem
from portal.cases.events import system_title
from portal.cases.kept import HeldView, kept_for
from portal.identity.address_change import held_back
from portal.identity.sessions import CurrentSession
from portal.web.context import current_company


@dataclass(frozen=True, slots=True)
class KeptWords:
    """All that stays. `count` entries; the last goes on `until` (None: one is held, and nobody knows for how long).

    `lines` are (system, item, hold or None), what goes first coming first.
    """

    lines: tuple[tuple[str, ResultItem, HeldView | None], ...] = ()
    count: int = 0
    until: date | None = None


def kept_words(db: Session, current: CurrentSession) -> KeptWords:
    """What stays of this person, or of whoever was erased under their address."""
    shut = held_back(db, current.person_id, current.identifier_id)
    company, views = current_company().config, kept_for(db, current.person_id, but=shut)
    lines = tuple(
        (
            system_title(company, view.system),
            item_in_words(
                company,
                view.system,
                PlannedItem(view.collection, Fate.KEEP, view.count, ground=view.ground, until=view.until),
            ),
            view.held,
        )
        for view in views
    )
    known = [view.goes for view in views if view.goes is not None]
    return KeptWords(lines, sum(view.count for view in views), max(known) if known and len(known) == len(views) else None)
