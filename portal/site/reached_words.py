"""How far a choice has got at each system, in words. Must never say that a system has what it did not confirm."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.consent.delivery import Reached, SystemStanding, standing_of
from portal.consent.events import Choice
from portal.core import clock, i18n
from portal.core.i18n import _, pick
from portal.web.context import current_company


@dataclass(frozen=True, slots=True)
class ReachedLine:
    """One system: what it is called, how it stands in words, and how that is drawn (`ok`, `warn`, or nothing)."""

    title: str
    words: str
    kind: str
    sign: str


def lines_by_choice(db: Session, person_id: int) -> Mapping[Choice, Sequence[ReachedLine]]:
    """The systems that each choice was brought to, in the order of `portal.yaml`; all there are where nothing was changed yet: none."""
    found: dict[Choice, list[ReachedLine]] = defaultdict(list)
    systems = current_company().config.systems
    for standing in standing_of(db, person_id):
        if standing.system in systems:
            found[standing.choice].append(_line(pick(systems[standing.system].title), standing))
    return found


def _line(title: str, standing: SystemStanding) -> ReachedLine:
    if standing.reached is Reached.CONFIRMED and standing.at:
        return ReachedLine(title, _("confirmed %(moment)s", moment=_when(standing.at)), "ok", "done")
    if standing.reached is Reached.NOBODY:
        return ReachedLine(title, _("has nothing of you to change"), "", "done")
    if standing.reached is Reached.PARKED:
        return ReachedLine(title, _("did not take it; a person is looking into it"), "warn", "clock")
    if standing.next_try:
        return ReachedLine(
            title, _("did not work; we try again at %(time)s", time=i18n.format_time(standing.next_try)), "warn", "clock"
        )
    return ReachedLine(title, _("on its way"), "", "now")


def _when(at: datetime) -> str:
    """The time alone on the day itself, else with the day."""
    today = i18n.in_zone(at).date() == i18n.in_zone(clock.now()).date()
    return i18n.format_time(at) if today else i18n.format_moment(at)
