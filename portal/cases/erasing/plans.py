"""What an erasure would do in each system: shapes that are planned, sealed, shown, confirmed and compared. Pure.

Must never call two plans alike where the later one does more than the one that a person has seen.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from portal.adapters.contract import ErasePlan, Fate, Match, PlannedItem
from portal.cases.apart import Candidate


class Planned(StrEnum):
    """How a system answered. `nothing`: it holds nothing that is open to the person. `silent`: it is planned when it answers.

    `by_hand`: it cannot erase by itself, so a person does; what stands in `portal.yaml` of it is all that is known.
    """

    READY = "ready"
    NOTHING = "nothing"
    SILENT = "silent"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class PlannedRecord:
    """One of the person's records as it was found: after a crash the system is asked about this very one."""

    match: Match = field(repr=False)
    plan: ErasePlan

    @property
    def key(self) -> str:
        """The record's key in its system."""
        return self.match.key


@dataclass(frozen=True, slots=True)
class SystemPlan:
    """One system. `candidates` are all records found, to tell people apart later; `shut` counts those that are not open."""

    system: str
    answer: Planned
    planned_at: datetime
    records: tuple[PlannedRecord, ...] = ()
    candidates: tuple[Candidate, ...] = field(default=(), repr=False)
    shut: int = 0

    @property
    def items(self) -> tuple[PlannedItem, ...]:
        """What happens to the rows of all its records, each collection and fate once."""
        return merge_items(item for one in self.records for item in one.plan.items)

    @property
    def losses(self) -> tuple[str, ...]:
        """Keys of what the person would lose, each once."""
        return tuple(dict.fromkeys(key for one in self.records for key in one.plan.losses))

    @property
    def shared(self) -> tuple[str, ...]:
        """Collections in which rows stay until a person has looked, since others reach them too."""
        return tuple(dict.fromkeys(key for one in self.records for key in one.plan.shared))


def nothing_goes(plans: Iterable[SystemPlan], groups: Collection[str]) -> bool:
    """Whether nothing is held that could be deleted; of chosen kinds: whether nothing of these is there. With everything the account goes, too."""
    return all(
        plan.answer is Planned.NOTHING or (bool(groups) and plan.answer is Planned.READY and not plan.items and not plan.shared)
        for plan in plans
    )


def merge_items(items: Iterable[PlannedItem]) -> tuple[PlannedItem, ...]:
    """Items of several records or rounds: what is done to the same fields of one collection is one item, counted together."""
    found: dict[tuple[object, ...], PlannedItem] = {}
    for one in items:
        key = (one.collection, one.fate, one.fields, one.ground, one.until)
        count = one.count + (found[key].count if key in found else 0)
        categories = tuple(sorted({*one.categories, *(found[key].categories if key in found else ())}))
        found[key] = PlannedItem(one.collection, one.fate, count, one.fields, categories, one.ground, one.until)
    return tuple(found.values())


def does_more(confirmed: ErasePlan, now: ErasePlan) -> bool:
    """Whether `now` would erase or overwrite anything that `confirmed` did not say. What stays is never more.

    Where there were no rows at all, those that came since go with the rest: the plan said which collections and fields it is about.
    """
    return any(not _covers(confirmed, one) for one in now.items if one.fate is not Fate.KEEP)


def _covers(confirmed: ErasePlan, one: PlannedItem) -> bool:
    there = [item for item in confirmed.items if item.collection == one.collection]
    if not there:
        return any(set(one.fields) <= set(fields) for collection, fields in confirmed.scope if collection == one.collection)
    goes = [item for item in there if item.fate is not Fate.KEEP]
    if any(item.fate is Fate.ERASE and not item.fields for item in goes):
        return True
    alike = [item for item in goes if item.fate is one.fate]
    if not one.fields:
        return any(not item.fields for item in alike)
    return set(one.fields) <= {name for item in alike for name in item.fields}


def digest_of_plans(plans: Collection[SystemPlan]) -> str:
    """What a page has shown: the same for the same plans, so that nothing else can be confirmed by it."""
    said = sorted(
        [one.system, one.answer.value, one.shut, sorted([each.key, each.plan.digest] for each in one.records)] for one in plans
    )
    return hashlib.sha256(json.dumps(["erasure/1", said]).encode()).hexdigest()


def dump_plan(plan: SystemPlan) -> str:
    """The plan as text, to be sealed."""
    return json.dumps(
        {
            "system": plan.system,
            "answer": plan.answer,
            "planned_at": plan.planned_at.isoformat(),
            "shut": plan.shut,
            "candidates": [[one.key, dict(one.tells_apart)] for one in plan.candidates],
            "records": [
                {
                    "match": [one.match.key, one.match.kind, one.match.stored, dict(one.match.tells_apart)],
                    "items": [plain_item(item) for item in one.plan.items],
                    "losses": one.plan.losses,
                    "shared": one.plan.shared,
                    "scope": one.plan.scope,
                }
                for one in plan.records
            ],
        },
        separators=(",", ":"),
    )


def load_plan(text: str) -> SystemPlan:
    """The plan that `dump_plan` wrote."""
    plain = json.loads(text)
    return SystemPlan(
        plain["system"],
        Planned(plain["answer"]),
        datetime.fromisoformat(plain["planned_at"]),
        tuple(
            PlannedRecord(
                Match(*one["match"]),
                _read_plan(one),
            )
            for one in plain["records"]
        ),
        tuple(Candidate(plain["system"], key, apart) for key, apart in plain["candidates"]),
        plain["shut"],
    )


def _read_plan(plain: Mapping[str, Any]) -> ErasePlan:
    scope = tuple((collection, tuple(fields)) for collection, fields in plain["scope"])
    return ErasePlan(tuple(map(read_item, plain["items"])), tuple(plain["losses"]), tuple(plain["shared"]), scope=scope)


def plain_item(item: PlannedItem) -> dict[str, Any]:
    """One item as plain JSON."""
    return {
        "collection": item.collection,
        "fate": item.fate,
        "count": item.count,
        "fields": item.fields,
        "categories": item.categories,
        "ground": item.ground,
        "until": item.until.isoformat() if item.until else None,
    }


def read_item(plain: Mapping[str, Any]) -> PlannedItem:
    """The item that `plain_item` wrote."""
    return PlannedItem(
        plain["collection"],
        Fate(plain["fate"]),
        plain["count"],
        tuple(plain["fields"]),
        tuple(plain["categories"]),
        plain["ground"],
        date.fromisoformat(plain["until"]) if plain["until"] else None,
    )
