"""What goes into the package of a case, from its spools: the same snapshot, however often it is packed.

Must never say of a record that may be somebody else's that it is there.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial

from portal.accounts import registry
from portal.adapters.contract import Record, Value
from portal.cases.about import collection_title, release_of
from portal.cases.apart import Candidate, open_to
from portal.cases.bundle.content import BundleContent, Judge, LeftOut, Logo, Searched, SystemPart, Verdict
from portal.cases.copy_model import Part
from portal.cases.dates import laws_of
from portal.cases.material import Material
from portal.cases.model import CaseKind
from portal.cases.own_record import SYSTEM, records_of, with_own_record
from portal.cases.redacting import Blackening, places_by_part, redacted_words
from portal.cases.spooling import read_head, read_records
from portal.config.model import Company
from portal.config.systems import Release
from portal.core import clock
from portal.core.i18n import _, format_list, ngettext, speaking
from portal.people.addresses import masked
from portal.people.service import EMAIL

PICTURES = {".svg": "image/svg+xml", ".png": "image/png"}


def open_records(material: Material) -> tuple[list[Candidate], frozenset[tuple[str, str]]]:
    """The records that were read, and which of them, as (system, key), are surely the person's."""
    candidates = [
        candidate
        for key, spool in material.spools.items()
        if spool.found
        for candidate in read_head(spool.path, spool.context, key).candidates
    ]
    # A system that is left out may hold the other person of a shared address.
    return candidates, open_to(material.scope.records, candidates, complete=not material.missing or material.alone)


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
        own = with_own_record(company) if material.own else company
        systems += _own_part(company, material)
        texts_left_out = withheld_texts(company, [(one.system, one.collection, one.reason) for one in material.refused])
    return BundleContent(
        company=own,
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
        left_out=(*left_out, *texts_left_out, *(redacted_texts(places_by_part(material.blacked)) if material.reviewed else ())),
        logo=logo_of(company),
        judge=_judge(material),
        answers=material.answers,
    )


def _own_part(company: Company, material: Material) -> tuple[SystemPart, ...]:
    """What the portal itself holds: every choice the person made."""
    if not material.own:
        return ()
    return (
        SystemPart(SYSTEM, Searched.DELIVERED, clock.now(), records=lambda: records_of(company, material.own)),
    )  # fmt: skip


def withheld_texts(company: Company, refused: Sequence[tuple[str, str, str]]) -> list[LeftOut]:
    """What staff did not hand out, as (system, collection, reason): each list of texts and each reason once, with how many there are."""
    counts = Counter(refused)
    return [
        LeftOut(
            ngettext("%(num)s text of “%(collection)s”", "%(num)s texts of “%(collection)s”", count, collection=title),
            reason,
        )
        for (system, collection, reason), count in counts.items()
        if (title := collection_title(company, system, collection))
    ]


def redacted_texts(places: Mapping[Part, int]) -> list[LeftOut]:
    """That something was blacked out in the texts, how much of which kind, and why."""
    if not places:
        return []
    return [
        LeftOut(
            _("Blacked out in what you or others wrote: %(what)s", what=format_list(redacted_words(places))),
            _("It tells of other people, who have rights of their own. The rest of these texts is in your copy."),
        )
    ]


def _judge(material: Material) -> Judge:
    """What staff said of each text: nothing of a system whose texts they have not had before them as they are now."""
    refused = {(one.system, one.key, one.name) for one in material.refused}

    def judge(system: str, record: Record, value: Value) -> Verdict:
        if not material.spools[system].reviewed:
            return Verdict.WAITS
        return Verdict.WITHHELD if (system, record.key, value.name) in refused else Verdict.RELEASED

    return judge


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
    return SystemPart(system, Searched.DELIVERED, spool.read_at, closed=closed, records=partial(_records, material, system, keys))


def _records(material: Material, system: str, keys: Collection[str]) -> Iterator[Record]:
    """The records of a system, without what was blacked out in texts that a person had to look at."""
    spool = material.spools[system]
    records = read_records(spool.path, spool.context, keys)
    blackening = Blackening(one.phrase for one in material.blacked)
    if not blackening:
        return records
    company = registry.company(material.company_id)

    def waits(record: Record, value: Value) -> bool:
        return release_of(company, system, record.collection, value.name, value.category) is Release.REVIEW

    return blackening.over(records, waits)


def logo_of(company: Company) -> Logo:
    """The company's logo, from beside its `portal.yaml`."""
    path = registry.config().folder / company.theme.logo
    return Logo(PICTURES[path.suffix], path.read_bytes())
