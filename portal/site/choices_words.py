"""What was agreed to, in the words of home and of the choices page. Must never show a choice other than the ledger has it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from portal.choosing.words import BASES, line
from portal.config.model import Basis
from portal.consent.choices import ChannelChoice, PurposeChoices, Standing, choices_of
from portal.core.i18n import _, pick
from portal.web.context import current_company

KINDS = {
    Standing.GIVEN: "given",
    Standing.PAUSED: "given",
    Standing.REFUSED: "refused",
    Standing.WITHDRAWN: "taken_back",
    Standing.OBJECTED: "refused",
    Standing.SUPPRESSED: "refused",
    Standing.PENDING: "waiting",
}
"""How each standing is counted in the one sentence; all others are unanswered."""


def summary(db: Session, person_id: int) -> dict[str, Any]:
    """Every choice with its state in words, and how many there are of each kind."""
    purposes = choices_of(db, current_company().config, person_id)
    shown = [{"title": pick(purpose.title), "choices": [line(channel) for channel in purpose.channels]} for purpose in purposes]
    return {**counts(purposes), "purposes": shown}


def counts(purposes: Iterable[PurposeChoices]) -> dict[str, int]:
    """How many choices there are of each kind; `sold`: how many let the company sell or share now."""
    found = {"sold": 0, "given": 0, "refused": 0, "taken_back": 0, "waiting": 0, "unanswered": 0}
    for purpose in purposes:
        for channel in purpose.channels:
            found["sold"] += purpose.basis is Basis.SALE_OR_SHARING and channel.answer.allowed
            found[_kind_of(channel)] += 1
    return found


def _kind_of(channel: ChannelChoice) -> str:
    """How it is counted. What is quiet for a while was not agreed to by that."""
    answered = channel.standing is not Standing.PAUSED or channel.said is not None
    return KINDS.get(channel.standing, "unanswered") if answered else "unanswered"


def stated(*, agreed: bool) -> list[dict[str, Any]]:
    """Purposes that ask for nothing here, with their ground: those that rest on a yes that was given elsewhere, or all others."""
    return [
        {
            "key": key,
            "title": pick(one.title),
            "why": pick(one.why),
            "basis": _(BASES[one.basis]),
            "object": one.basis is Basis.LEGITIMATE_INTEREST,
        }
        for key, one in current_company().config.purposes.items()
        if not one.channels and (one.basis is Basis.CONSENT) is agreed
    ]


def title_of_stated(key: str) -> str:
    """What a purpose that asks for nothing here is called; nothing for any other word in an address."""
    one = current_company().config.purposes.get(key)
    return pick(one.title) if one and not one.channels else ""


def is_agreed_elsewhere(key: str) -> bool:
    """Whether it rests on an agreement, and that is asked for nowhere here."""
    one = current_company().config.purposes.get(key)
    return one is not None and not one.channels and one.basis is Basis.CONSENT


def taking_back(key: str) -> str:
    """The words that take such an agreement back; none where there is nothing to take back."""
    return _("I take back my agreement to: %(purpose)s.", purpose=title_of_stated(key)) if is_agreed_elsewhere(key) else ""


def objecting(key: str) -> str:
    """The words that object to a use which asks for nothing here; none for any other word in an address."""
    title = title_of_stated(key)
    return _("I object to: %(purpose)s.", purpose=title) if title else ""
