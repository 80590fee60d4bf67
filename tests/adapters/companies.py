"""A company with one system, made for a test: the least that a `portal.yaml` must say, and the system that the test is about."""

from pathlib import Path
from typing import Any

from portal.adapters.contract import Adapter, Identifier, Match, Place, Record, Subject
from portal.adapters.registry import open_adapter
from portal.config import load_config
from tests import quick_yaml

SMALLEST = Path(__file__).parents[1] / "companies" / "portal.yaml"

RULES: dict[str, Any] = {
    "books": {
        "title": {"en": "5 years after each year ends", "de": "5 Jahre nach Jahresende"},
        "years": 5,
        "counted_from": "calendar_year_end",
        "ground": {"en": "Bookkeeping Act", "de": "Buchführungsgesetz"},
    },
    "guarantee": {
        "title": {"en": "2 years", "de": "2 Jahre"},
        "years": 2,
        "counted_from": "record_date",
        "ground": {"en": "Sales Act", "de": "Kaufrecht"},
    },
    "removed": {"title": {"en": "you remove it", "de": "Sie es entfernen"}},
}


def note(**more: Any) -> dict[str, Any]:
    """A collection note with everything that must stand."""
    return {
        "title": {"en": "T", "de": "T"},
        "source": "you",
        "purpose": "orders",
        "retention": "three_years",
        "recipients": [],
        **more,
    }


def write_company(folder: Path, system: dict[str, Any]) -> Place:
    """A `portal.yaml` in `folder` with this system under the key `backend`, read back."""
    whole = quick_yaml.safe_load(SMALLEST.read_text())
    company = whole["companies"]["first"]
    titles = {kind: {"en": kind, "de": kind} for kind in system.get("proof", {})}
    company["proof_titles"] |= titles
    company["retention_rules"] |= RULES
    company["systems"] = {"backend": {"title": {"en": "B", "de": "B"}, "collections": {}, **system}}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "logo.svg").write_text((SMALLEST.parent / "logo.svg").read_text())
    (folder / "portal.yaml").write_text(quick_yaml.safe_dump({"version": 1, "companies": {"first": company}}, sort_keys=False))
    return Place(load_config(folder / "portal.yaml"), "first", "backend")


def open_company(folder: Path, system: dict[str, Any]) -> Adapter:
    """The adapter of that system."""
    return open_adapter(write_company(folder, system))


def email(address: str) -> Subject:
    """Somebody who proved a mailbox."""
    return Subject((Identifier("email", address),))


def export(adapter: Adapter, match: Match) -> dict[str, list[Record]]:
    """A whole export, by collection."""
    found: dict[str, list[Record]] = {}
    for record in adapter.export(match):
        found.setdefault(record.collection, []).append(record)
    return found


def values(record: Record) -> dict[str, Any]:
    """The values of a record by name."""
    return {value.name: value.value for value in record.values}
