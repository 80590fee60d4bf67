"""What a person has to look at before it goes out: the texts themselves, which of them go, and why the others do not.

Must never let go of a text that nobody had before them as it is now, nor show one without noting who looked.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.companies import record_audit
from portal.adapters.contract import Json, Record
from portal.cases import advancing
from portal.cases.about import collection_title, field_title, release_of
from portal.cases.bundle.groups import arrange
from portal.cases.bundle.rows import spool_rows
from portal.cases.copy_model import BlackedOut, Part, Spool, WithheldText
from portal.cases.events import Code, note, system_title
from portal.cases.material import Material, material_of
from portal.cases.model import Case, CasePart, PartState
from portal.cases.packing import open_records
from portal.cases.proposal_model import Act
from portal.cases.redacting import (
    NOTHING,
    Blacked,
    Blackening,
    Decided,
    Phrase,
    Piece,
    leaves_of,
    phrase_of,
    places_by_part,
    plain,
    typed_phrases,
)
from portal.cases.service import case_by_number
from portal.cases.showing import as_text, clean
from portal.cases.spooling import read_records
from portal.cases.two_people import check_second, needs_two
from portal.config.model import Company
from portal.config.systems import Release
from portal.core import clock, crypto
from portal.core.db import Database
from portal.core.errors import PortalError
from portal.core.i18n import speaking
from portal.core.vault import private_folder
from portal.engine.service import ReasonMissing

LONGEST_REASON = 300


class NothingToRelease(PortalError):
    """Nothing of this case waits for a person's look."""


class NotLookedAt(PortalError):
    """Somebody wants to let go of texts that nobody has had before them as they are now."""


class NoSuchText(PortalError):
    """The case holds back no text of that number."""


class MarksUndecided(PortalError):
    """Something in a text that would go out looks like another person's, and nobody has said whether it is blacked out."""


class WordsNotFound(PortalError):
    """What was typed to be blacked out stands in none of the texts, so nothing would be."""


@dataclass(frozen=True, slots=True)
class HeldText:
    """One text that waits, as staff read it. `number` counts from 1; `withheld` is the reason of somebody who did not let it go before.

    `marks` is what in it looks like other people's, each once; `blacked` what of it is blacked out already.
    """

    number: int
    system: str
    collection: str
    title: str
    text: str = field(repr=False)
    key: str = field(repr=False)
    name: str
    withheld: str = field(default="", repr=False)
    value: Json = field(default=None, repr=False)
    marks: tuple[Phrase, ...] = ()
    blacked: tuple[Phrase, ...] = field(default=(), repr=False)

    @property
    def pieces(self) -> list[Piece]:
        """The text with its marks, to be read."""
        return list(Blackening([*self.blacked, *self.marks]).pieces(plain(self.text)))


@dataclass(frozen=True, slots=True)
class Preview:
    """One text as the customer will read it; `reason` instead where it is not handed out."""

    number: int
    title: str
    text: str = field(repr=False)
    reason: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class _Texts:
    case_id: int
    number: str
    language: str
    zone: str
    spools: Mapping[str, tuple[int, bool]]
    held: tuple[HeldText, ...]
    blacked: tuple[Blacked, ...]


def look_at_texts(database: Database, company_id: int, number: str, *, actor: str) -> tuple[HeldText, ...]:
    """The texts that wait, in an order that stays; that `actor` looked is written down first. Raises `NoSuchCase` or `NothingToRelease`."""
    texts = _texts(database, company_id, number)
    _note_looked(database, company_id, texts, actor)
    return texts.held


def seen_of(held: Sequence[HeldText]) -> str:
    """What these texts are, as a mark to hand back: who decides had the same before them."""
    said = json.dumps([[one.number, one.system, one.key, one.name, one.value, one.withheld] for one in held])
    return crypto.keyed_hash("texts.seen", said).hex()[:24]


def preview_texts(
    database: Database, company_id: int, number: str, *, actor: str, withhold: Mapping[int, str], decided: Decided, seen: str = ""
) -> tuple[Preview, ...]:  # fmt: skip
    """The texts as the customer will read them, in the customer's language; that `actor` looked is written down.

    Raises what `release_texts` raises of what was decided, and `NoSuchCase` or `NothingToRelease`.
    """
    texts = _texts(database, company_id, number)
    blackening = Blackening([*(one.phrase for one in texts.blacked), *_checked(texts, withhold, decided, seen)])
    _note_looked(database, company_id, texts, actor)
    with speaking(texts.language, texts.zone):
        return tuple(
            Preview(
                one.number, one.title, as_text(blackening.applied(one.value)), one.withheld or clean(withhold.get(one.number, ""))
            )
            for one in texts.held
        )


def marks_of(database: Database, company_id: int, number: str) -> frozenset[str]:
    """Every mark in the texts that wait, by `Phrase.id`: nothing of what they are."""
    return frozenset(mark.id for one in _texts(database, company_id, number).held for mark in one.marks)


def check_decided(
    database: Database, company_id: int, number: str, *, withhold: Mapping[int, str], decided: Decided, seen: str = ""
) -> None:
    """Raises what `release_texts` would raise of what was decided, and writes nothing."""
    _checked(_texts(database, company_id, number), withhold, decided, seen)


def release_texts(
    database: Database, company_id: int, number: str, *, actor: str, withhold: Mapping[int, str], decided: Decided = NOTHING, seen: str = "", second: str = "",
    first: Callable[[Session, Case], None] | None = None,
) -> None:  # fmt: skip
    """Let go of the texts but those of `withhold` (number and reason); the copy is made anew with them.

    `decided`: what was said of each mark in them; what is blacked out is so in every text of the case. `seen`: what `seen_of` said of the
    texts that were decided on. `second` approves where two people decide; `first` is done in the same transaction before anything else.
    Raises `NoSuchCase`, `NothingToRelease`, `NotLookedAt`, `NoSuchText`, `ReasonMissing`, `MarksUndecided`, `WordsNotFound` or
    `SecondPersonNeeded`, and then nothing is written.
    """
    texts = _texts(database, company_id, number)
    by_number = {one.number: one for one in texts.held}
    if not all(looked for _step, looked in texts.spools.values()):
        raise NotLookedAt("Nobody has looked at these texts as they are now. `portal case texts` prints them.")
    chosen = _checked(texts, withhold, decided, seen)
    with database.writing(company_id) as db:
        case = advancing.lock_case(db, texts.case_id)
        if first is not None:
            first(db, case)
        part = _waiting_part(db, case)
        if needs_two(db, case, Act.RELEASE):
            check_second(actor, second)
        for spool in _same_spools(db, case, texts):
            spool.reviewed_at = clock.now()
        for wanted, reason in withhold.items():
            one = by_number[wanted]
            if one.withheld:
                continue
            db.add(
                WithheldText(
                    case_id=case.id, system=one.system, step_id=texts.spools[one.system][0], collection=one.collection,
                    place=json.dumps([one.key, one.name]), reason=clean(reason).strip()[:LONGEST_REASON], actor=actor[:40], at=clock.now(),
                )
            )  # fmt: skip
        blacked = _black_out(db, case, texts, chosen, withhold, actor)
        part.state, part.released_by, part.released_at = PartState.MAKING, actor[:40], clock.now()
        record_audit(
            db,
            actor=actor[:40],
            act="case.release",
            target=f"case:{case.number}",
            part=2,
            withheld=len(withhold),
            second=second[:40],
            left=len(decided.leave),
            **{f"redacted_{part.value}": count for part, count in blacked.items()},
        )
        if withhold:
            note(db, case, Code.SOME_WITHHELD, actor="staff", count=len(withhold))
        if blacked:
            note(db, case, Code.SOME_REDACTED, actor="staff", count=blacked.total())
        if not withhold and not blacked:
            note(db, case, Code.RELEASED, actor="staff")
        db.flush()
        advancing.advance(db, case)


def _note_looked(database: Database, company_id: int, texts: _Texts, actor: str) -> None:
    with database.writing(company_id) as db:
        case = advancing.lock_case(db, texts.case_id)
        for spool in _same_spools(db, case, texts):
            spool.looked_at = clock.now()
        record_audit(db, actor=actor[:40], act="case.texts", target=f"case:{case.number}", count=len(texts.held))


def _checked(texts: _Texts, withhold: Mapping[int, str], decided: Decided, seen: str) -> list[Phrase]:
    """What is to be blacked out beside what is already, once all that has to be decided is."""
    if seen and seen != seen_of(texts.held):
        raise NotLookedAt("The texts are not those that were looked at. Look at them once more: `portal case texts`.")
    numbers = {one.number for one in texts.held}
    for wanted, reason in withhold.items():
        if wanted not in numbers:
            raise NoSuchText(f"There is no text {wanted}. `portal case texts` lists them with their numbers.")
        if not clean(reason).strip():
            raise ReasonMissing("What is not handed out needs a reason in one sentence: the customer sees it.")
    going = [one for one in texts.held if not one.withheld and one.number not in withhold]
    marks = {mark.id: mark for one in going for mark in one.marks}
    if not marks.keys() <= decided.black_out | decided.leave:
        raise MarksUndecided("Say of each mark whether it is blacked out or left. `portal case texts` lists them.")
    typed = typed_phrases(texts.number, decided.words)
    leaves = [leaf for one in texts.held for leaf in leaves_of(one.value)]
    for phrase in typed:
        only = Blackening([phrase])
        if not any(piece.phrase for leaf in leaves for piece in only.pieces(leaf)):
            raise WordsNotFound(
                "Something that was typed to be blacked out stands in none of the texts. Type it as it stands there."
            )
    return [*(mark for mark in marks.values() if mark.id in decided.black_out), *typed]


def _black_out(
    db: Session, case: Case, texts: _Texts, chosen: Sequence[Phrase], withhold: Mapping[int, str], actor: str
) -> Counter[Part]:
    """Keep what is blacked out, with in how many places of what goes out; returns the places by kind."""
    before = {one.phrase.id for one in texts.blacked}
    phrases = [*(one.phrase for one in texts.blacked), *(one for one in chosen if one.id not in before)]
    blackening, places = Blackening(phrases), Counter[str]()
    for one in texts.held:
        if not one.withheld and one.number not in withhold:
            blackening.applied(one.value, places)
    rows = {
        phrase_of(case.number, row.part, row.said).id: row for row in db.scalars(select(BlackedOut).filter_by(case_id=case.id))
    }
    for phrase in blackening.phrases:
        if phrase.id in rows:
            rows[phrase.id].places = places[phrase.id]
        else:
            db.add(
                BlackedOut(
                    case_id=case.id, part=phrase.part, said=phrase.said, places=places[phrase.id], actor=actor[:40], at=clock.now()
                )
            )  # fmt: skip
    return places_by_part(Blacked(phrase, places[phrase.id]) for phrase in blackening.phrases)


def _texts(database: Database, company_id: int, number: str) -> _Texts:
    """What waits, from the sealed files; no transaction is open while they are read."""
    with database.reading(company_id) as db:
        case = case_by_number(db, number)
        _waiting_part(db, case)
        material = material_of(db, case)
    if material is None:
        raise _nothing()
    spools = {key: (spool.step_id, spool.looked) for key, spool in material.spools.items()}
    company = registry.company(company_id)
    return _Texts(
        material.case_id, material.number, material.language, company.time_zone, spools, tuple(_held(company, material)), material.blacked
    )  # fmt: skip


def _held(company: Company, material: Material) -> Iterator[HeldText]:
    said = {(one.system, one.key, one.name): one.reason for one in material.refused}
    from portal.cases.marked import marked_in, own_in

    wanted, number = _asked_for(company, material), 0
    own = own_in(company, material, _records(material))
    already = [one.phrase for one in material.blacked]
    for system, record in _records(material):
        if wanted is not None and (system, record.collection) not in wanted:
            continue
        for value in record.values:
            if _has_to_be_seen(company, system, record, value.name, value.category) and (text := as_text(value.value)):
                number += 1
                titles = (
                    system_title(company, system),
                    collection_title(company, system, record.collection),
                    field_title(company, system, record.collection, value.name),
                )
                refused = said.get((system, record.key, value.name), "")
                marks = {mark.id: mark for mark in marked_in(material.number, value.value, own)}
                yield HeldText(
                    number, system, record.collection, " · ".join(titles), text, record.key, value.name, refused, value.value,
                    tuple(mark for mark in marks.values() if mark not in already), tuple(already),
                )  # fmt: skip


def _asked_for(company: Company, material: Material) -> frozenset[tuple[str, str]] | None:
    """The collections of a copy of some groups, sorted as the copy sorts them; None where everything was asked for."""
    if not material.choice:
        return None
    with private_folder(advancing.folder(advancing.SPOOLS)) as spools:
        tables = spool_rows(
            ((system, iter([record])) for system, record in _records(material)),
            spools,
            lambda system, collection, value: (
                release_of(company, system, collection, value.name, value.category) is Release.REVIEW
            ),
        )
        groups = arrange(company, tables, material.choice)
        return frozenset((part.table.system, part.table.collection) for group in groups for part in group.parts if part.home)


def _records(material: Material) -> Iterator[tuple[str, Record]]:
    _candidates, opened = open_records(material)
    for system, spool in material.spools.items():
        keys = {key for name, key in opened if name == system}
        for record in read_records(spool.path, spool.context, keys) if keys else ():
            yield system, record


def _has_to_be_seen(company: Company, system: str, record: Record, name: str, category: str) -> bool:
    return release_of(company, system, record.collection, name, category) is Release.REVIEW


def _waiting_part(db: Session, case: Case) -> CasePart:
    part = db.scalar(select(CasePart).filter_by(case_id=case.id, number=2, state=PartState.REVIEW))
    if part is None:
        raise _nothing()
    return part


def _same_spools(db: Session, case: Case, texts: _Texts) -> list[Spool]:
    """The rows of what was read. Raises `NotLookedAt` where a system was read anew since."""
    rows = list(db.scalars(select(Spool).filter_by(case_id=case.id)))
    if {row.system: row.step_id for row in rows if row.system in texts.spools} != {
        key: step for key, (step, _) in texts.spools.items()
    }:
        raise NotLookedAt("A system was read anew meanwhile. Look at the texts once more: `portal case texts`.")
    return [row for row in rows if row.system in texts.spools]


def _nothing() -> NothingToRelease:
    return NothingToRelease("Nothing of this case waits for a look. `portal case show` says where it stands.")
