"""What was agreed to, in the words of home and of the choices page. Must never show a choice other than the ledger has it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from portal.config.model import Basis
from portal.consent.choices import ChannelChoice, PurposeChoices, Standing, choices_of
from portal.consent.words import Act, Actor
from portal.core.i18n import N_, _, format_date, pick
from portal.web.context import current_company

KINDS = {
    Standing.GIVEN: "given",
    Standing.PAUSED: "given",
    Standing.REFUSED: "refused",
    Standing.WITHDRAWN: "taken_back",
    Standing.OBJECTED: "refused",
    Standing.SUPPRESSED: "refused",
}
"""How each standing is counted in the one sentence; all others are unanswered."""

DRAWN = {Standing.PENDING: "unset", Standing.OBJECTED: "withdrawn", Standing.SUPPRESSED: "withdrawn"}
"""Standings that are drawn like another one; their words differ."""

BASES = {
    Basis.CONSENT: N_("your agreement"),
    Basis.CONTRACT: N_("our contract with you"),
    Basis.LEGAL_DUTY: N_("a duty by law"),
    Basis.LEGITIMATE_INTEREST: N_("our legitimate interest"),
    Basis.SOFT_OPT_IN: N_("you bought from us and can say no"),
    Basis.SALE_OR_SHARING: N_("allowed until you say no"),
}


def summary(db: Session, person_id: int) -> dict[str, Any]:
    """Every choice with its state in words, and how many there are of each kind."""
    purposes = choices_of(db, current_company().config, person_id)
    shown = [{"title": pick(purpose.title), "choices": [line(channel) for channel in purpose.channels]} for purpose in purposes]
    return {**counts(purposes), "purposes": shown}


def counts(purposes: Iterable[PurposeChoices]) -> dict[str, int]:
    """How many choices there are of each kind; `sold`: how many let the company sell or share now."""
    found = {"sold": 0, "given": 0, "refused": 0, "taken_back": 0, "unanswered": 0}
    for purpose in purposes:
        for channel in purpose.channels:
            found["sold"] += purpose.basis is Basis.SALE_OR_SHARING and channel.answer.allowed
            found[KINDS.get(channel.standing, "unanswered")] += 1
    return found


def stated() -> list[dict[str, Any]]:
    """Purposes that ask for nothing, with the ground that the law gives them."""
    purposes = current_company().config.purposes.values()
    return [
        {
            "title": pick(one.title),
            "why": pick(one.why),
            "basis": _(BASES[one.basis]),
            "object": one.basis is Basis.LEGITIMATE_INTEREST,
        }
        for one in purposes
        if not one.channels
    ]


def line(choice: ChannelChoice) -> dict[str, str]:
    """One choice as it stands, in words."""
    return {
        "title": pick(choice.title),
        "state": DRAWN.get(choice.standing, choice.standing.value),
        "short": short(choice.standing),
        "words": _words(choice),
    }


def short(standing: Standing) -> str:
    """A standing in one word."""
    return {
        Standing.GIVEN: _("Yes"),
        Standing.PAUSED: _("Paused"),
        Standing.REFUSED: _("No"),
        Standing.WITHDRAWN: _("Taken back"),
        Standing.OBJECTED: _("Objected"),
        Standing.PENDING: _("Not confirmed"),
        Standing.SUPPRESSED: _("Stopped"),
    }.get(standing, _("Not answered"))


def _words(choice: ChannelChoice) -> str:
    day = format_date(choice.since) if choice.since else ""
    if choice.standing is Standing.GIVEN:
        return _("Yes, since %(day)s", day=day)
    if choice.standing is Standing.PAUSED and choice.said is None:
        return _("Quiet until %(day)s", day=format_date(choice.until) if choice.until else "")
    if choice.standing is Standing.PAUSED:
        return _("Yes, but quiet until %(day)s", day=format_date(choice.until) if choice.until else "")
    if choice.actor is Actor.SIGNAL and choice.standing in (Standing.OBJECTED, Standing.REFUSED, Standing.WITHDRAWN):
        return _("No, from your browser’s privacy signal, %(day)s", day=day)
    if choice.standing is Standing.REFUSED:
        return _("No, since %(day)s", day=day)
    if choice.standing is Standing.WITHDRAWN:
        return _("Taken back on %(day)s", day=day)
    if choice.standing is Standing.OBJECTED:
        return _("Objected on %(day)s, so it counts as no", day=day)
    if choice.standing is Standing.SUPPRESSED:
        return _("Stopped on %(day)s for this address, so it counts as no", day=day)
    if choice.standing is Standing.PENDING:
        return _("Waits for you to confirm it, so it counts as no")
    if choice.said is Act.IMPORTED and choice.answer.allowed:
        return _("An old list says yes, and for now that counts")
    if choice.said is Act.IMPORTED:
        return _("An old list says yes. That proves nothing, so it counts as no")
    return _("Not answered. It is allowed until you say no") if choice.answer.allowed else _("Not answered, so it counts as no")
