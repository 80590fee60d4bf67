"""One purpose and its choices in words, as each stands and as the form has it; and the days of a break.

Must never show a choice other than the ledger has it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.choosing.form import Asked, ChoicesForm, asked_in
from portal.config.model import Basis
from portal.consent.choices import ChannelChoice, PurposeChoices, Standing
from portal.consent.events import Choice
from portal.consent.notices import notice_for
from portal.consent.told import standing_words
from portal.core import clock, i18n
from portal.core.i18n import N_, _, pick
from portal.web.context import current_company

DRAWN = {Standing.OBJECTED: "withdrawn", Standing.SUPPRESSED: "withdrawn"}
"""Standings that are drawn like another one; their words differ."""

BASES = {
    Basis.CONSENT: N_("your agreement"),
    Basis.CONTRACT: N_("our contract with you"),
    Basis.LEGAL_DUTY: N_("a duty by law"),
    Basis.LEGITIMATE_INTEREST: N_("our legitimate interest"),
    Basis.SOFT_OPT_IN: N_("you bought from us and can say no"),
    Basis.SALE_OR_SHARING: N_("allowed until you say no"),
}


@dataclass(frozen=True, slots=True)
class Besides:
    """What is said beside the choices: how far each has got at its systems, and what of it waits."""

    reached: Mapping[Choice, Sequence[Any]]
    waits: Mapping[Choice, Sequence[str]]


NOTHING_BESIDES = Besides({}, {})

LONGEST_BREAK = timedelta(days=365)
BREAKS = (30, 90)
"""Days of the breaks that one press gives."""


def words_of(db: Session, purpose: PurposeChoices, form: ChoicesForm, besides: Besides) -> dict[str, Any]:
    """One purpose with its choices, as the template of a choice shows it."""
    configured = current_company().config.purposes[purpose.key]
    notice = notice_for(db, purpose.key, i18n.language())
    return {
        "key": purpose.key,
        "title": pick(purpose.title),
        "text": pick(purpose.text),
        "basis": _(BASES[purpose.basis]),
        "interest": pick(configured.interest) if configured.interest else "",
        "still_arrives": pick(purpose.still_arrives) if purpose.still_arrives else "",
        "asks": purpose.basis is Basis.CONSENT,
        "sells": purpose.basis is Basis.SALE_OR_SHARING,
        "double_opt_in": configured.double_opt_in,
        "notice": {"text": notice.text, "language": notice.language},
        "choices": [_choice(one, form, notice.text, besides) for one in asked_in([purpose])],
    }


def _choice(asked: Asked, form: ChoicesForm, notice: str, besides: Besides) -> dict[str, Any]:
    name, choice = asked.name, asked.choice
    of = Choice(asked.purpose.key, choice.key)
    topics, often = form.field_of("topics", asked), form.field_of("often", asked)
    return {
        **line(asked.choice),
        "name": name,
        "say": form[f"say-{name}"],
        "topics": topics,
        "often": often,
        # What the systems have is the answer before: beside a yes that waits it would read as if that were confirmed.
        "systems": () if choice.standing is Standing.PENDING else besides.reached.get(of, ()),
        "waits": besides.waits.get(of, ()),
        "open": bool(form[f"say-{name}"].errors or (topics and topics.errors) or (often and often.errors)),
        "only_no": False,
        "pending": choice.standing is Standing.PENDING,
        "words_seen": choice.notice if choice.notice and choice.notice.text != notice else None,
        "apart": [_("%(topic)s: %(state)s", topic=pick(one.title), state=short(one.standing)) for one in choice.apart],
    }


def line(choice: ChannelChoice) -> dict[str, str]:
    """One choice as it stands, in words."""
    return {
        "title": pick(choice.title),
        "state": DRAWN.get(choice.standing, choice.standing.value),
        "short": short(choice.standing),
        "words": standing_words(choice),
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


def days_of_a_break() -> dict[str, Any]:
    """The days that one press gives, and between which one may be typed."""
    today = i18n.in_zone(clock.now()).date()
    return {
        "breaks": [{"value": day.isoformat(), "day": day} for day in (today + timedelta(days=days) for days in BREAKS)],
        "first_day": today + timedelta(days=1),
        "last_day": today + LONGEST_BREAK,
    }


def day_of(text: str) -> datetime | None:
    """The start of a typed day where the company is; None for anything but a day from tomorrow to a year ahead."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    today = i18n.in_zone(clock.now()).date()
    if not today < day <= today + LONGEST_BREAK:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(current_company().config.time_zone))
