"""The step `access.build`: make the package of what was read, once it is sure that it is still this person's and still all there.

Must never seal what was read for somebody else, nor call a half-read copy whole.
"""

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.adapters.contract import AdapterError, TryLater
from portal.cases.advancing import PACKAGES, folder, lock_case
from portal.cases.bundle.writing import write_bundle
from portal.cases.delivering import deliver, note_parked
from portal.cases.matching import true_matches
from portal.cases.material import Material, load_material, still_waits
from portal.cases.packing import content_of, open_records
from portal.cases.spooling import digest_of
from portal.cases.systems import open_system, place_of
from portal.cases.workflow import ROUNDS
from portal.core import faultpoints
from portal.core.db import Database
from portal.core.vault import SealedWriter, new_private_path
from portal.engine.contract import Claim, Done, Later, Outcome, Park


class AccessBuild:
    """The package of one case. It asks systems once more for matches only, so it counts as a reading of the person."""

    repeatable = True
    calls_system = True

    def __init__(self, database: Database, *, with_pdf: bool) -> None:
        self.database, self.with_pdf = database, with_pdf

    def run(self, claim: Claim) -> Outcome:
        """Look once more, pack, seal."""
        material = load_material(self.database, claim)
        if material is None:
            return Done({"stopped": True})
        changed = self._changed(claim, material)
        if isinstance(changed, Later):
            return changed
        if changed:
            return (
                Park("keeps_changing") if any(material.rounds[key] >= ROUNDS for key in changed) else Done({"changed": changed})
            )
        candidates, opened = open_records(material)
        included = {key: spool.step_id for key, spool in material.spools.items()}
        if not candidates and (material.missing or not material.own):
            return Done({"nothing": True, "included": included})
        if candidates and not opened:
            return Park("person_unclear")
        return self._pack(claim, material, opened, included)

    def probe(self, claim: Claim) -> Outcome | None:
        """A package is simply made again."""
        return None

    def settle(self, db: Session, claim: Claim, outcome: Outcome) -> None:
        """Deliver, read again, or say that a person has to look."""
        case = lock_case(db, claim.subject_id)
        if isinstance(outcome, Done):
            deliver(db, case, dict(outcome.receipt))
        elif isinstance(outcome, Park):
            note_parked(db, case, outcome.reason)

    def _changed(self, claim: Claim, material: Material) -> list[str] | Later:
        """The systems in which other records are found now than were read (F6, C10)."""
        company_key = registry.key_of(claim.company_id)
        changed = []
        for key, spool in material.spools.items():
            try:
                adapter = open_system(place_of(claim.company_id, key))
                found = true_matches(material.subject, adapter.find(material.subject), company=company_key, system=key)
            except (TryLater, AdapterError) as error:
                # Not raised: the silence of one system must not be taken for one of the portal's own work.
                return Later("system_does_not_answer", getattr(error, "after", 0.0))
            if digest_of(found) != spool.matches:
                changed.append(key)
        return changed

    def _pack(self, claim: Claim, material: Material, opened: frozenset[tuple[str, str]], included: dict[str, int]) -> Outcome:
        path = new_private_path(folder(PACKAGES))
        context = f"download:{material.number}:{path.name}"
        content = content_of(claim.company_id, material, opened)
        with SealedWriter(path, context) as sink:
            manifest = write_bundle(content, sink, folder=folder(PACKAGES), with_pdf=self.with_pdf)
            faultpoints.point("access.packing")
            if not still_waits(self.database, claim, material):
                return Later("changed_meanwhile")
            sink.finish()
        receipt = {
            "file": path.name,
            "context": context,
            "digest": manifest.sha256,
            "size": manifest.size,
            "with_pdf": manifest.with_pdf,
        }
        return Done(
            {**receipt, "records": manifest.records, "waiting": manifest.waiting, "part": content.part, "included": included}
        )
