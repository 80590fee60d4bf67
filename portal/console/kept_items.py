"""What a deletion had to keep, as staff read it: by item, with its ground in law, its day, and what holds it beyond that."""

from collections.abc import Sequence
from typing import Any

from portal.cases.about import collection_title
from portal.cases.events import system_title
from portal.cases.kept import KeptView
from portal.core.i18n import pick
from portal.web.context import current_company


def items_kept(kept: Sequence[KeptView]) -> list[dict[str, Any]]:
    """The items, ready to be shown."""
    company = current_company().config
    return [
        {
            "system": system_title(company, one.system), "title": _title(one),
            "count": one.count, "ground": _ground(one.ground), "until": one.until, "held": one.held,
        }
        for one in kept
    ]  # fmt: skip


def _title(one: KeptView) -> str:
    """A collection that is no longer configured is called by its name: what was kept of it is still there."""
    company = current_company().config
    known = one.system in company.systems and one.collection in company.systems[one.system].collections
    return collection_title(company, one.system, one.collection) if known else one.collection


def _ground(key: str) -> str:
    rule = current_company().config.retention_rules.get(key)
    return pick(rule.ground or rule.title) if rule else key
