"""What a proposal says, as a colleague reads it before they decide: the act, and every word that a customer would read."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from portal.accounts.staff import Staff
from portal.cases.events import system_title
from portal.cases.laws.model import Ground
from portal.cases.letters import longer_words
from portal.cases.model import LongerBecause
from portal.cases.proposal_model import Act
from portal.cases.proposing import Waiting
from portal.cases.refusal_words import ground_words
from portal.console import words
from portal.core.i18n import N_, _, format_date, format_number, ngettext
from portal.web.context import current_company

ACTS = {
    Act.REFUSE: N_("Refuse the case"),
    Act.RELEASE: N_("Hand out texts"),
    Act.HOLD: N_("Hold what was kept beyond its day"),
    Act.EXTEND: N_("Move the date"),
    Act.APPEAL: N_("Decide the appeal"),
}


def lines(waiting: Sequence[Waiting], names: dict[str, str], staff: Staff) -> list[dict[str, Any]]:
    """Proposals, ready to be shown."""
    return [line(one, names, staff) for one in waiting]


def line(one: Waiting, names: dict[str, str], staff: Staff) -> dict[str, Any]:
    """One of them. `own`: this colleague proposed it."""
    return {
        "token": one.token, "number": one.number, "kind": words.kind_of(one.kind), "act": act_words(one.act), "by": words.owner_of(one.by, names, staff),
        "at": one.at, "stale": one.stale, "own": one.by == staff.actor, "said": said_of(one), "release": one.act is Act.RELEASE,
    }  # fmt: skip


def act_words(act: Act) -> str:
    """What would be done, in words."""
    return _(ACTS[act])


def said_of(one: Waiting) -> list[tuple[str, str]]:
    """Names and values of what was proposed."""
    told = one.params
    match one.act:
        case Act.REFUSE:
            return [(_("Ground in law"), ground_words(Ground(told["ground"]))), (_("What the customer reads"), told["words"])]
        case Act.RELEASE:
            blacked = len(told.get("black_out", ())) + len(told.get("words", ()))
            held = [
                _("Text %(number)s: %(reason)s", number=key, reason=told["withhold"][key])
                for key in sorted(told["withhold"], key=int)
            ]
            return [
                (_("Texts that wait"), format_number(told["texts"])),
                (_("Not handed out, and why"), " ".join(held) or _("All of them are handed out.")),
                (
                    _("Blacked out"),
                    ngettext("%(num)s part; see the texts", "%(num)s parts; see the texts", blacked) if blacked else _("Nothing"),
                ),
            ]
        case Act.HOLD:
            system = system_title(current_company().config, told["system"]) if told["system"] else _("Every system")
            return [
                (_("System"), system), (_("Law"), told["law"]), (_("Until"), _day(told["until"])),
                (_("What the customer reads"), told["reason"]),
            ]  # fmt: skip
        case Act.EXTEND:
            return [
                (_("Reason"), longer_words(LongerBecause(told["because"]))), (_("Until"), _day(told["then"])),
                (_("What the customer reads"), told["words"]),
            ]  # fmt: skip
        case Act.APPEAL:
            became = _("The refusal was wrong: the request is open again") if told["granted"] else _("The refusal stands")
            return [(_("What becomes of it"), became), (_("What the customer reads"), told["words"])]


def _day(said: str) -> str:
    return format_date(date.fromisoformat(said)) if said else ""
