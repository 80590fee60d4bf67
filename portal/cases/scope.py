"""In whose records a case may read, as it was proven when it was asked for. Kept encrypted with the case.

Must never widen by itself: what was shut when the person asked stays out of the copy.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from portal.cases.meaning import is_within


@dataclass(frozen=True, slots=True)
class Scope:
    """`records` were proven by matched values, as (system, key); `shut` are data categories that the proof did not open."""

    records: frozenset[tuple[str, str]] = field(default_factory=frozenset, repr=False)
    shut: frozenset[str] = frozenset()

    def opens(self, category: str) -> bool:
        """Whether values of this category may go out."""
        return not any(is_within(category, one) for one in self.shut)


def dump_scope(scope: Scope) -> str:
    """The scope as text, always the same for the same scope."""
    return json.dumps({"records": sorted(map(list, scope.records)), "shut": sorted(scope.shut)})


def load_scope(text: str) -> Scope:
    """The scope that `dump_scope` wrote."""
    plain = json.loads(text)
    return Scope(frozenset(_pairs(plain["records"])), frozenset(plain["shut"]))


def _pairs(lists: Iterable[list[str]]) -> Iterable[tuple[str, str]]:
    return ((system, key) for system, key in lists)
