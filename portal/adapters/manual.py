"""Kind `manual`: a cabinet of paper, a computer on its own: nobody can ask it, so what has to be done there is done by a person.

Must never say that nothing is held, nor that anything was done: only whoever looked by hand can say so.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from portal.adapters import taxonomy
from portal.adapters.contract import (
    Adapter,
    AdapterError,
    Can,
    EraseKind,
    ErasePlan,
    Export,
    Fate,
    Health,
    Match,
    Pending,
    Place,
    PlannedItem,
    Record,
    Subject,
    Wanted,
)
from portal.adapters.notes import refuse_unknown_category, scope_of
from portal.config.loading import parse_part
from portal.config.parts import CollectionRef, Language, Line, Part
from portal.config.systems import System

RECORD = "by_hand:person"
BY_HAND = "Only a person can look here."
KIND = "manual"
_LOCAL, _DOMAIN = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}", r"[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
Mailbox = Annotated[str, StringConstraints(pattern=f"^{_LOCAL}@{_DOMAIN}$")]


class Owner(Part):
    """Who looks after a system and does there what has to be done: a colleague or a processor. Their tasks come by mail, each with a link."""

    email: Mailbox = Field(description="The one mailbox that gets the links: whoever reads it may answer")
    name: Line = Field(description="How staff know them: `Records office`. No customer reads it")
    language: Language = Field(description="Of their mails and pages: one of the company's languages")


class ManualSettings(Part):
    """`settings` of a system of kind `manual`."""

    holds: dict[CollectionRef, list[str]] = Field(
        min_length=1, description="What may be held there: data categories a collection"
    )
    task: Line = Field("", description="Where to look and what to do: shown by `portal case show`, and to the owner")
    owner: Owner | None = Field(None, description="Who gets a task by mail; without one, staff see to it")


class ManualAdapter(Adapter):
    """What `portal.yaml` says is there. `find` names the person who asked, not a record: that it exists is not said by it."""

    can = Can(find=False, export=False, erase=EraseKind.REQUEST)

    def __init__(self, place: Place, settings: ManualSettings) -> None:
        self._place = place
        self._holds = settings.holds

    def check(self) -> Health:
        """Whether every collection has its note."""
        problems = tuple(self.scope().closed.values())
        return Health(not problems, problems)

    def find(self, subject: Subject) -> list[Match]:
        """The person under the first identifier: whoever looks by hand needs one."""
        return [Match(RECORD, one.kind, one.value) for one in subject.identifiers[:1]]

    def proof_values(self, match: Match, kinds: Collection[str]) -> Mapping[str, frozenset[str]]:
        """None: nothing can be compared with what nobody has read."""
        return {}

    def scope(self) -> Export:
        """Collections with a note."""
        return scope_of(self._place, tuple(self._holds))

    def export(self, match: Match) -> Iterator[Record]:
        """Never by machine."""
        raise AdapterError(BY_HAND)

    def plan_erase(self, match: Match, wanted: Wanted, *, not_after: datetime | None = None) -> ErasePlan:
        """What is looked for by hand, without counts; what a law keeps stays. No backup of ours brings paper back: then nothing."""
        if match.key != RECORD:
            raise AdapterError(BY_HAND)
        found = {key: tuple(one for one in categories if wanted(key, "", one)) for key, categories in self._holds.items()}
        aimed = {key: categories for key, categories in found.items() if categories} if not_after is None else {}
        return ErasePlan(tuple(self._item(key, categories) for key, categories in aimed.items()))

    def erase(self, match: Match, plan: ErasePlan, *, idempotency_key: str) -> Pending:
        """A task for a person."""
        if match.key != RECORD:
            raise AdapterError(BY_HAND)
        return Pending(idempotency_key)

    def _item(self, key: str, categories: tuple[str, ...]) -> PlannedItem:
        note = self._place.system.collections.get(key)
        rule = self._place.config.company(self._place.company).retention_rules.get(note.retention) if note else None
        kept = note is not None and rule is not None and rule.ground is not None
        return PlannedItem(
            key, Fate.KEEP if kept else Fate.ERASE, 0, (), categories, note.retention if note is not None and kept else ""
        )


def open_manual(place: Place) -> ManualAdapter:
    """Open a system of kind `manual`. Raises `DocumentError`."""
    at = ("companies", place.company, "systems", place.key, "settings")
    settings = parse_part(ManualSettings, place.system.settings, place.config.document, at)
    spoken = place.config.company(place.company).languages
    if settings.owner is not None and settings.owner.language not in spoken:
        raise place.error(
            "settings", "owner", "language",
            problem=f"`{settings.owner.language}` is none of the company's languages.",
            remedy=f"Name one of {', '.join(spoken)}.",
        )  # fmt: skip
    for key, categories in settings.holds.items():
        here = ("settings", "holds", key)
        for category in categories:
            refuse_unknown_category(place, category, *here)
        if not any(map(taxonomy.is_personal, categories)):
            raise place.error(*here, problem=f"`{key}` holds nothing about a person.", remedy="Name a category below `user`.")
        if key not in place.system.collections:
            raise place.error(
                *here, problem=f"`{key}` has no note.", remedy=f"Add `{key}:` under `collections` with title, source and purpose."
            )
    return ManualAdapter(place, settings)


def settings_of(system: System) -> ManualSettings | None:
    """What `portal.yaml` says of a system of this kind, which was checked at the start; None for any other kind."""
    return ManualSettings.model_validate(system.settings) if system.kind == KIND else None
