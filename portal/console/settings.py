"""Door 4, what stands in `portal.yaml` and what the portal made of it: read only. Changes are made in the file, and hold from the next start.

Must never show a secret, nor where one comes from: of keys, ids and ages alone.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.accounts import registry
from portal.accounts.api_keys import keys_of
from portal.accounts.companies import record_audit
from portal.adapters.contract import Place
from portal.adapters.map_check import problems_of
from portal.cases.dates import laws_of, reviews_of
from portal.cases.laws.citing import in_words
from portal.cases.laws.model import Law
from portal.cases.proposal_model import Act
from portal.consent.notices import published_notices
from portal.console.proposed import act_words
from portal.core import clock, crypto
from portal.core.i18n import _, format_date, format_length, pick
from portal.engine.figures import system_figures
from portal.web.context import current_company, database
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import asks_systems, db

bp = Blueprint("staff_settings", __name__, url_prefix="/console/settings")
AT_ONCE = 4
LATELY = timedelta(days=30)


@bp.get("")
@staff_may("settings.read")
def show() -> ResponseReturnValue:
    """The whole page, from the configuration and from rows; no system is asked."""
    return _page()


@bp.post("/check")
@staff_may("settings.read")
@asks_systems
def check() -> ResponseReturnValue:
    """Ask every system whether it answers and its map fits, a few at a time; each has its own deadline."""
    company = current_company()
    with database().writing(company.id) as writing:
        record_audit(writing, actor=current_staff().staff.actor, act="systems.checked", target="company")
    places = [Place(registry.config(), company.key, system) for system in company.config.systems]
    with ThreadPoolExecutor(AT_ONCE) as asking:
        found = list(asking.map(problems_of, places))
    return _page({place.key: problems for place, problems in zip(places, found, strict=True)})


def _page(found: dict[str, tuple[str, ...]] | None = None) -> ResponseReturnValue:
    company = current_company().config
    figures = system_figures(db(), since=clock.now() - LATELY)
    return render_template(
        "console/settings.html", current=current_staff(), it=company, about=_about(), checked=found is not None, notices=published_notices(db()),
        purposes=[{"key": key, "purpose": one, "title": pick(one.title), "channels": [pick(name) for name in one.channels.values()]} for key, one in company.purposes.items()],
        systems=[
            {"key": key, "title": pick(one.title), "kind": one.kind, "collections": len(one.collections), "figures": figures.get(key), "problems": (found or {}).get(key, ())}
            for key, one in company.systems.items()
        ],
        laws=[_law(one) for one in laws_of(company)], rings=_rings(), links=crypto.keys().links.get(current_company().key, ()), api_keys=keys_of(db()),
    )  # fmt: skip


def _about() -> list[tuple[str, str]]:
    company = current_company().config
    asked = [act_words(Act(one)) for one in company.two_people]
    return [
        (_("Company"), company.legal_name), (_("Hosts"), ", ".join(company.hosts)), (_("Address of the portal"), str(company.url)),
        (_("Country"), " ".join(one for one in (company.country, company.region) if one)), (_("Time zone"), company.time_zone),
        (_("Languages"), ", ".join(company.languages)), (_("Mails come from"), f"{company.sender.name}, {company.sender.email}"),
        (_("Data protection officer"), company.dpo.email if company.dpo else _("None is named.")),
        (_("Authority"), pick(company.authority.name)), (_("Deletion waits for"), format_length(company.grace_period)),
        (_("Answered within, where no law sets a day"), format_length(company.answers_within)),
        (_("Cases are kept for"), format_length(company.retention.cases)),
        (_("Two people decide as well"), ", ".join(asked) or _("Nothing more than what always needs two.")),
    ]  # fmt: skip


def _law(law: Law) -> dict[str, Any]:
    """A law with its version, and who of the company has compared what the project had not read."""
    review = reviews_of(current_company().config).get(law.id)
    by = _("%(who)s, %(day)s", who=review.by, day=format_date(review.on)) if review else ""
    return {"title": in_words(law, law.title), "id": law.id, "version": law.version, "reviewed_on": law.reviewed_on, "by": by}


def _rings() -> Sequence[tuple[str, Sequence[str]]]:
    """Ids of the portal's own keys by kind, oldest first: the last one makes everything new. The key file names no days."""
    words = {"data": _("Encryption"), "hash": _("Identifiers"), "sign": _("Cookies and grants")}
    return [(words[kind], crypto.keys().ids(kind)) for kind in crypto.KINDS]
