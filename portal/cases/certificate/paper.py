"""The certificate on paper: PDF/UA-1 in the language of the case, set in a child that can neither fetch nor write.

Must never say more than the signed one, and never the name of the person: it is shown to others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from portal.accounts import registry
from portal.adapters.contract import Fate
from portal.cases import meaning
from portal.cases.bundle import pages
from portal.cases.bundle.summary import SECONDS, set_pdf
from portal.cases.certificate.signed import digest_of
from portal.cases.erasing.result import ErasureResult, ResultItem, SystemResult, Went
from portal.cases.packing import logo_of
from portal.config.model import Company
from portal.core.i18n import N_, _, direction, format_date, format_list, format_number, language, speaking

STATES = {
    Went.NOTHING: N_("Nothing was held here."),
    Went.BY_HAND: N_("A person of ours has done this by hand."),
    Went.WAITS: N_("This is not over yet."),
    Went.FAILED: N_("Not everything is gone here. A person of ours looks at it."),
    Went.STOPPED: N_("This was stopped before it began."),
}
KEYS = "/.well-known/jwks.json"


@dataclass(frozen=True, slots=True)
class Shown:
    """One system on paper: a sentence where there is one to say, and its rows."""

    title: str
    words: str
    left: str
    rows: Sequence[tuple[str, str, str]]


def certificate_pdf(result: ErasureResult, *, seconds: float = SECONDS) -> bytes | None:
    """The PDF, or None where it cannot be set here (Pango is missing) or not in time."""
    company = registry.config().company(result.company)
    with speaking(result.language, company.time_zone):
        return set_pdf(certificate_page(company, result), logo_of(company), seconds=seconds)


def certificate_page(company: Company, result: ErasureResult) -> str:
    """The page that is set, in the language in force."""
    return _environment().get_template("certificate.html").render(
        company=company,
        result=result,
        language=language(),
        direction=direction(),
        style=f"html {{ --accent: {company.theme.light.accent}; }}\n" + (pages.FOLDER / "paper.css").read_text(encoding="utf-8"),
        has_logo=True,
        asked=format_list([meaning.title_of(group) for group in result.groups]) if result.groups else _("Everything"),
        systems=[_shown(one) for one in result.systems],
        proof_until=result.proof_until,
        digest=digest_of(result),
        keys=company.url + KEYS,
    )  # fmt: skip


def _shown(system: SystemResult) -> Shown:
    left = _("Still there when we read again: %(count)s.", count=format_number(system.left)) if system.left else ""
    words = _(STATES[system.state]) if system.state in STATES else ""
    return Shown(system.title, words, left, [_row(item) for item in system.items])


def _row(item: ResultItem) -> tuple[str, str, str]:
    title = f"{item.title}: {format_list(list(item.fields))}" if item.fields else item.title
    return title, _fate(item), format_number(item.count)


def _fate(item: ResultItem) -> str:
    if item.fate is Fate.ERASE:
        return _("Deleted")
    if item.fate is Fate.OVERWRITE:
        return _("Made unreadable")
    if item.until is None:
        return _("Kept: %(ground)s", ground=item.ground)
    return _("Kept until %(day)s: %(ground)s", day=format_date(item.until), ground=item.ground)


@cache
def _environment() -> Environment:
    own = Path(__file__).parent / "templates"
    return pages.environment().overlay(loader=FileSystemLoader([own, pages.FOLDER]))
