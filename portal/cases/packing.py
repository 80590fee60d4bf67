"""What goes into the package of a case, from its spools: the same snapshot, however often it is packed.

Must never say of a record that may be somebody else's that it is there.
"""

from collections.abc import Collection
from functools import partial

from portal.accounts import registry
from portal.cases.bundle.content import BundleContent, LeftOut, Logo, Searched, SystemPart
from portal.cases.dates import laws_of
from portal.cases.material import Material
from portal.cases.model import CaseKind
from portal.cases.spooling import read_head, read_records
from portal.config.model import Company
from portal.core import clock
from portal.core.i18n import _, speaking
from portal.people.addresses import masked
from portal.people.service import EMAIL

PICTURES = {".svg": "image/svg+xml", ".png": "image/png"}


def content_of(company_id: int, material: Material, opened: Collection[tuple[str, str]]) -> BundleContent:
    """The package's content, with the records that are open to the person as (system, key)."""
    company = registry.company(company_id)
    with speaking(material.language, company.time_zone):
        systems = tuple(_part(key, material, {name for system, name in opened if system == key}) for key in company.systems)
        left_out = (
            (
                LeftOut(
                    _("Sensitive data"),
                    _("It needs one more detail from you. Give it on the page “What we hold”, then ask again."),
                ),
            )
            if any(spool.shut for spool in material.spools.values())
            else ()
        )
    return BundleContent(
        company=company,
        laws=tuple(law for law in laws_of(company) if law.gives(CaseKind.ACCESS)),
        language=material.language,
        case_number=material.number,
        made_at=clock.now(),
        received_at=material.received_at,
        due=material.due,
        identifiers=tuple(
            masked(one.value) if one.kind == EMAIL else "•••" + one.value[-2:] for one in material.subject.identifiers
        ),
        systems=systems,
        part=2 if material.reviewed else 1,
        choice=material.choice,
        reviewed=material.reviewed,
        left_out=left_out,
        logo=logo_of(company),
    )


def _part(system: str, material: Material, keys: set[str]) -> SystemPart:
    if system not in material.spools:
        return SystemPart(
            system, Searched.NOT_SEARCHED, reason=material.missing.get(system) or _("It was not part of this request.")
        )
    spool = material.spools[system]
    if not keys:
        return SystemPart(system, Searched.NOTHING_FOUND, spool.read_at)
    words = _("We could not read it. A person is mending that.")
    closed = dict.fromkeys(read_head(spool.path, spool.context, system).closed, words)
    return SystemPart(
        system, Searched.DELIVERED, spool.read_at, closed=closed, records=partial(read_records, spool.path, spool.context, keys)
    )


def logo_of(company: Company) -> Logo:
    """The company's logo, from beside its `portal.yaml`."""
    path = registry.config().folder / company.theme.logo
    return Logo(PICTURES[path.suffix], path.read_bytes())
