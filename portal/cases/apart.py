"""Whether the records found under one address may be of different people, and which of them are surely of one. Pure.

Must never treat two records as one person's because nothing speaks against it within one system: shared mailboxes are real.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

# Letters that Unicode does not take apart into a base letter and a mark.
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """One record found: the system, its key there, and what tells two people apart (`name`, `birth_date`), as stored."""

    system: str
    key: str
    tells_apart: Mapping[str, str] = field(default_factory=dict, repr=False)


def may_be_several(candidates: Collection[Candidate]) -> bool:
    """Whether these may be different people: a name or birth date differs, or two records of one system have nothing to compare.

    What one system does not hold at all is no difference to another system.
    """
    ordered = list(candidates)
    return any(
        _differ(one, other) or (one.system == other.system and not _shared(one, other))
        for at, one in enumerate(ordered)
        for other in ordered[at + 1 :]
    )


def of_one_person(opened: Candidate, candidates: Collection[Candidate]) -> list[Candidate]:
    """Those of `candidates` that are provably of the person whose record was opened; `opened` itself is always among them.

    The name has to be there and the same and no birth date may differ; and what could as well be somebody else's, since it fits
    a record that is surely not of this person, stays shut.
    """
    strangers = [other for other in candidates if _differ(opened, other)]
    return [
        other
        for other in candidates
        if other == opened
        or (
            "name" in _shared(opened, other)
            and not _differ(opened, other)
            and all(_differ(other, stranger) for stranger in strangers)
        )
    ]


def open_to(
    proven: Collection[tuple[str, str]], candidates: Collection[Candidate], *, complete: bool = True
) -> frozenset[tuple[str, str]]:
    """Which records, as (system, key), may be shown to someone who proved those of `proven` by matched values.

    All of them where they are surely one person's; else only what was proven, and what is provably of the same person. Where a system
    is silent (not `complete`) nobody is sure: it may hold the other person of a shared address.
    """
    if complete and not may_be_several(candidates):
        return frozenset((one.system, one.key) for one in candidates)
    return frozenset(
        (other.system, other.key)
        for one in candidates
        if (one.system, one.key) in proven
        for other in of_one_person(one, candidates)
    )


def normal_name(text: str) -> tuple[str, ...]:
    """A name as it is compared: case, spaces, marks and order do not count (`VIK,  Máren` is `Maren Vik`)."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return tuple(sorted(re.findall(r"[^\W_]+", bare)))


def normal_date(text: str) -> str:
    """A birth date as it is compared: the day alone where it is written as ISO 8601 says, else the text without spaces."""
    try:
        return date.fromisoformat(text.strip()[:10]).isoformat()
    except ValueError:
        return "".join(text.split())


def _normal(candidate: Candidate) -> dict[str, object]:
    """What there is to compare; empty texts are as good as absent."""
    found: dict[str, object] = {
        "name": normal_name(candidate.tells_apart.get("name", "")),
        "birth_date": normal_date(candidate.tells_apart.get("birth_date", "")),
    }
    return {kind: value for kind, value in found.items() if value}


def _differ(one: Candidate, other: Candidate) -> bool:
    left, right = _normal(one), _normal(other)
    return any(left[kind] != right[kind] for kind in left.keys() & right.keys())


def _shared(one: Candidate, other: Candidate) -> set[str]:
    """The kinds that both records have, with the same value."""
    left, right = _normal(one), _normal(other)
    return {kind for kind in left.keys() & right.keys() if left[kind] == right[kind]}
