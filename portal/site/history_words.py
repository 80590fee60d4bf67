"""Acts of the past in the words of a page. Must never tell an act otherwise than the ledger has it, nor name staff or keys."""

from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from portal.config.model import Basis
from portal.consent.choices import HistoryEntry, history_of
from portal.consent.events import Event
from portal.consent.gpc import SHOWN
from portal.consent.told import act_words, actor_of, place_of, title_of, topics_of
from portal.consent.words import Act
from portal.core.i18n import pick
from portal.web.context import current_company

A_PAGE = 50

SIGNS = {
    Act.GIVEN: "given",
    Act.REFUSED: "refused",
    Act.WITHDRAWN: "withdrawn",
    Act.OBJECTED: "withdrawn",
    Act.PAUSED: "paused",
    Act.RESUMED: "given",
}
"""How each act is drawn; all others like something that is not answered."""


def page(db: Session, person_id: int, *, before: int = 0) -> dict[str, Any]:
    """The newest acts, or those older than the one numbered `before`."""
    entries = list(reversed(history_of(db, person_id)))
    older = [entry for entry in entries if not 0 < before <= entry.event.sequence]
    shown = older[:A_PAGE]
    more = url_for("history.show", before=shown[-1].event.sequence) if len(older) > A_PAGE else ""
    return {"entries": [_line(entry) for entry in shown], "count": len(entries), "older_url": more, "newest": not before}


def channel_of(purpose: str, channel: str) -> str:
    """A channel as it is called today, or by its key where it is gone."""
    configured = current_company().config.purposes.get(purpose)
    return pick(configured.channels[channel]) if configured and channel in configured.channels else channel


def topic_of(purpose: str, topic: str) -> str:
    """A topic as it is called today, or by its key where it is gone."""
    configured = current_company().config.purposes.get(purpose)
    return pick(configured.topics[topic].title) if configured and topic in configured.topics else topic


def _line(entry: HistoryEntry) -> dict[str, Any]:
    event = entry.event
    return {
        "number": event.sequence,
        "title": title_of(current_company().config, event),
        "act": act_words(event),
        "sign": SIGNS.get(event.act, "unset"),
        "at": event.happened_at,
        "learnt_at": event.received_at if event.acted_at else None,
        "place": place_of(event.collection_point),
        "actor": actor_of(event.actor),
        "topics": topics_of(current_company().config, event),
        "against_signal": event.act is Act.GIVEN and bool(event.evidence and SHOWN in event.evidence) and _sells(event),
        "notice": entry.notice,
        "receipt_url": url_for("receipts.keep", act=event.sequence),
    }


def _sells(event: Event) -> bool:
    purpose = current_company().config.purposes.get(event.choice.purpose)
    return purpose is not None and purpose.basis is Basis.SALE_OR_SHARING
