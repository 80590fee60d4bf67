"""Acts of the past in the words of a page. Must never tell an act otherwise than the ledger has it, nor name staff or keys."""

from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from portal.config.model import Basis
from portal.consent.choices import HistoryEntry, history_of
from portal.consent.events import Event
from portal.consent.gpc import SHOWN
from portal.consent.words import Act, Actor
from portal.core.i18n import N_, _, format_date, format_list, pick
from portal.web.context import current_company

A_PAGE = 50

ACTS = {
    Act.ASKED: N_("Yes, waiting for you to confirm it"),
    Act.GIVEN: N_("Yes"),
    Act.REFUSED: N_("No"),
    Act.WITHDRAWN: N_("Taken back"),
    Act.OBJECTED: N_("Objected"),
    Act.RESUMED: N_("Break ended"),
    Act.EXPIRED: N_("Ended by itself"),
    Act.IMPORTED: N_("Yes on an old list, without proof"),
    Act.UNDONE: N_("Undone: as it was before"),
}
"""Each act in a few words; a pause names its day."""

SIGNS = {
    Act.GIVEN: "given",
    Act.REFUSED: "refused",
    Act.WITHDRAWN: "withdrawn",
    Act.OBJECTED: "withdrawn",
    Act.PAUSED: "paused",
    Act.RESUMED: "given",
}
"""How each act is drawn; all others like something that is not answered."""

PLACES = {
    "site": N_("on these pages"),
    "link": N_("through a link in a message"),
    "import": N_("before these pages, from our own records"),
    "public": N_("on our page for stopping messages"),
    "api": N_("through another system of ours"),
    "agent": N_("through someone you asked to act for you"),
    "console": N_("with our staff"),
    "mail": N_("with a button behind a link in a mail"),
    "erasure": N_("when your data was deleted"),
    "site:erase": N_("on the pages for deleting your data"),
}
"""Where an act came in, by its collection point or the first part of it."""

ACTORS = {
    Actor.AGENT: N_("someone who acts for you"),
    Actor.STAFF: N_("our staff"),
    Actor.COMPANY_SYSTEM: N_("one of our systems"),
    Actor.SIGNAL: N_("your browser’s privacy signal"),
}
"""Who acted, where it was not the person."""


def page(db: Session, person_id: int, *, before: int = 0) -> dict[str, Any]:
    """The newest acts, or those older than the one numbered `before`."""
    entries = list(reversed(history_of(db, person_id)))
    older = [entry for entry in entries if not 0 < before <= entry.event.sequence]
    shown = older[:A_PAGE]
    more = url_for("history.show", before=shown[-1].event.sequence) if len(older) > A_PAGE else ""
    return {"entries": [_line(entry) for entry in shown], "count": len(entries), "older_url": more, "newest": not before}


def act_words(event: Event) -> str:
    """What was done, in a few words."""
    if event.act is Act.PAUSED:
        return _("Quiet until %(day)s", day=format_date(event.until)) if event.until else _("Paused")
    if event.act is Act.EXPIRED and event.actor is Actor.PERSON:
        return _("No longer wanted")
    return _(ACTS[event.act])


def plain_act(act: Act) -> str:
    """The same where the day of a break is not known."""
    return _("Paused") if act is Act.PAUSED else _(ACTS[act])


def place_of(collection_point: str) -> str:
    """From where an act came, without what tells one place of ours from another."""
    return _(PLACES.get(collection_point) or PLACES.get(collection_point.partition(":")[0], PLACES["api"]))


def actor_of(actor: str) -> str:
    """Who acted, where it was not the person; what kind of someone, never who."""
    return _(ACTORS[Actor(actor)]) if actor in ACTORS else ""


def channel_of(purpose: str, channel: str) -> str:
    """A channel as it is called today, or by its key where it is gone."""
    configured = current_company().config.purposes.get(purpose)
    return pick(configured.channels[channel]) if configured and channel in configured.channels else channel


def topic_of(purpose: str, topic: str) -> str:
    """A topic as it is called today, or by its key where it is gone."""
    configured = current_company().config.purposes.get(purpose)
    return pick(configured.topics[topic].title) if configured and topic in configured.topics else topic


def title_of(event: Event) -> str:
    """The purpose and the channel, as they are called today; a purpose that is no longer asked for says so."""
    purpose = current_company().config.purposes.get(event.choice.purpose)
    if purpose is None or event.choice.channel not in purpose.channels:
        return _("Something we no longer ask for")
    return _("%(purpose)s, %(channel)s", purpose=pick(purpose.title), channel=pick(purpose.channels[event.choice.channel]))


def _line(entry: HistoryEntry) -> dict[str, Any]:
    event = entry.event
    return {
        "number": event.sequence,
        "title": title_of(event),
        "act": act_words(event),
        "sign": SIGNS.get(event.act, "unset"),
        "at": event.happened_at,
        "learnt_at": event.received_at if event.acted_at else None,
        "place": place_of(event.collection_point),
        "actor": actor_of(event.actor),
        "topics": _topics(event),
        "against_signal": event.act is Act.GIVEN and bool(event.evidence and SHOWN in event.evidence) and _sells(event),
        "notice": entry.notice,
        "receipt_url": url_for("receipts.keep", act=event.sequence),
    }


def _sells(event: Event) -> bool:
    purpose = current_company().config.purposes.get(event.choice.purpose)
    return purpose is not None and purpose.basis is Basis.SALE_OR_SHARING


def _topics(event: Event) -> str:
    """The topics that the act named, where it did not mean all of them."""
    purpose = current_company().config.purposes.get(event.choice.purpose)
    named = (event.choice.topic,) if event.choice.topic else event.topics or ()
    return format_list([pick(purpose.topics[key].title) for key in named if key in purpose.topics]) if purpose and named else ""
