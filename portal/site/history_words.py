"""Acts of the past in the words of a page. Must never tell an act otherwise than the ledger has it, nor name staff or keys."""

from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from portal.config.model import Basis
from portal.consent.choices import HistoryEntry, history_of
from portal.consent.events import Event
from portal.consent.gpc import SHOWN
from portal.consent.told import act_words, actor_of, place_of, plain_act, title_of, topics_of
from portal.consent.words import ANSWERS, Act
from portal.core.i18n import N_, _, format_date, pick
from portal.web.context import current_company

A_PAGE = 50

SIGNS = {
    Act.GIVEN: "given",
    Act.REFUSED: "refused",
    Act.WITHDRAWN: "withdrawn",
    Act.OBJECTED: "withdrawn",
    Act.PAUSED: "paused",
    Act.ASKED: "pending",
}
"""How each act that says something is drawn."""

BACK_TO = {Act.RESUMED: N_("Break ended, back to: %(state)s"), Act.UNDONE: N_("Undone, back to: %(state)s")}
"""Acts that say nothing by themselves: what stood once they were done is told with them."""


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
        "act": _(BACK_TO[event.act], state=_state(entry)) if event.act in BACK_TO else act_words(event),
        "sign": _sign(entry),
        "at": event.happened_at,
        "learnt_at": event.received_at if event.acted_at else None,
        "place": place_of(event.collection_point),
        "actor": actor_of(event.actor),
        "topics": topics_of(current_company().config, event),
        "against_signal": event.act is Act.GIVEN and bool(event.evidence and SHOWN in event.evidence) and _sells(event),
        "notice": entry.notice,
        "receipt_url": url_for("receipts.keep", act=event.sequence),
    }


def _sign(entry: HistoryEntry) -> str:
    """How the act is drawn: like what it says, or else like what stood once it was done."""
    event, after = entry.event, entry.after
    if event.act in SIGNS:
        return SIGNS[event.act]
    if after.pending:
        return SIGNS[Act.ASKED]
    if event.received_at < after.paused_until:
        return "paused"
    return SIGNS.get(after.said, "unset") if after.said else "unset"


def _state(entry: HistoryEntry) -> str:
    """What stood once the act was done, in a few words."""
    event, after = entry.event, entry.after
    if after.pending:
        return plain_act(Act.ASKED)
    if event.received_at < after.paused_until:
        return _("Quiet until %(day)s", day=format_date(after.paused_until))
    return plain_act(after.said) if after.said in ANSWERS or after.said is Act.IMPORTED else _("Not answered")


def _sells(event: Event) -> bool:
    purpose = current_company().config.purposes.get(event.choice.purpose)
    return purpose is not None and purpose.basis is Basis.SALE_OR_SHARING
