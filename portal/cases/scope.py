"""What a person has shown so far, and what that opens: for a page in a session, and kept encrypted with a case.

Must never widen by itself: a case delivers what was opened when it was asked for, however it is read later.
"""

import json
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from portal.cases.apart import may_be_several, open_to
from portal.cases.found import Reading
from portal.cases.model import Case
from portal.config.model import Company
from portal.identity.proof_rules import Proof, proof_for, within_reach
from portal.identity.proofs import proven_values


@dataclass(frozen=True, slots=True)
class Scope:
    """`records` were proven by matched values, as (system, key); `values` is how many were matched, `askable` how many could be."""

    records: frozenset[tuple[str, str]] = field(default_factory=frozenset, repr=False)
    values: int = 0
    askable: int = 0

    def opens(self, company: Company, act: str, category: str) -> bool:
        """Whether values of this category may be seen (`view`) or taken home (`access`)."""
        law = company.laws[0] if len(company.laws) == 1 else None
        needed = within_reach(proof_for(company, act, [category], law=law), self.askable)
        return needed.is_met_by(Proof(values=self.values))


def scope_of(db: Session, company: Company, session_id: int, reading: Reading) -> Scope:
    """What the person of this session has shown, against what the systems hold."""
    candidates = reading.candidates
    proven = {(one.system, one.key): count for one in candidates if (count := proven_values(db, session_id, one.system, one.key))}
    opened = open_to(proven, candidates)
    # Who proved records of two people has shown of each only what was shown of it.
    values = (min if may_be_several(candidates) else max)(proven.values(), default=0)
    if reading.missing():
        # What a silent system holds is not known: it may hold values that could be asked for.
        askable = len({kind for system in company.systems.values() for kind in system.proof})
    else:
        held = [record.provable for one in reading.systems for record in one.records if (one.system, record.key) in opened]
        askable = len(frozenset[str]().union(*held))
    return Scope(frozenset(proven), values, askable)


def may_see(db: Session, session_id: int, case: Case) -> bool:
    """Whether this session has proven at least what the case was asked under: one address may be two people's."""
    asked = load_scope(case.proven)
    return all(proven_values(db, session_id, system, key) >= asked.values for system, key in asked.records)


def kinds_to_ask(company: Company) -> tuple[str, ...]:
    """The kinds of values that can be typed, in the order of the configuration: the same for everyone, so that they tell nothing."""
    return tuple(dict.fromkeys(kind for system in company.systems.values() for kind in system.proof))


def dump_scope(scope: Scope) -> str:
    """The scope as text, always the same for the same scope."""
    return json.dumps({"records": sorted(map(list, scope.records)), "values": scope.values, "askable": scope.askable})


def load_scope(text: str) -> Scope:
    """The scope that `dump_scope` wrote."""
    plain = json.loads(text)
    return Scope(frozenset((system, key) for system, key in plain["records"]), plain["values"], plain["askable"])
