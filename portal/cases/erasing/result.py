"""What an erasure did, item by item, in the words of its case: shown, sealed with the case, and made into the certificate.

Must never hold a value of the person, nor say done of what was not: whoever reads it later has nothing else to go by.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from portal.adapters.contract import Fate

SHAPE = 1


class Went(StrEnum):
    """How it went in one system. `nothing`: it held nothing of the person. `waits`: it is not over there yet.

    `failed`: something that was to go is still there, or a human gave it up. `stopped`: it was taken back before it began.
    """

    ERASED = "erased"
    NOTHING = "nothing"
    BY_HAND = "by_hand"
    WAITS = "waits"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ResultItem:
    """What became of the person's rows of one collection. `fields` are titles (none: whole rows); `ground` is the law in words."""

    collection: str
    title: str
    fate: Fate
    count: int
    fields: tuple[str, ...] = ()
    ground: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class SystemResult:
    """One system. `left` counts what was to go and was still there when it was read again; `note` is a sentence for the person."""

    key: str
    title: str
    state: Went
    items: tuple[ResultItem, ...] = ()
    left: int = 0
    note: str = ""
    ended_at: datetime | None = None

    @property
    def kept(self) -> tuple[ResultItem, ...]:
        """What had to stay, with its ground in law."""
        return tuple(one for one in self.items if one.fate is Fate.KEEP)


@dataclass(frozen=True, slots=True)
class ErasureResult:
    """The whole erasure. `company` and `law` are keys of the configuration, `groups` what was chosen (none: everything).

    `ended_at` is None while something is still to be done. `proof_until`: the day on which the key of the sealed proof of consent is
    destroyed; None where none was kept by this erasure.
    """

    number: str
    company: str
    law: str
    language: str
    groups: tuple[str, ...]
    confirmed_at: datetime
    ended_at: datetime | None
    systems: tuple[SystemResult, ...]
    proof_until: date | None = None

    @property
    def is_complete(self) -> bool:
        """Whether everything that was confirmed is gone or stays for a reason in law: read back, nothing left, nothing given up."""
        good = (Went.ERASED, Went.NOTHING, Went.BY_HAND)
        return self.ended_at is not None and all(one.state in good and not one.left for one in self.systems)


def plain_result(result: ErasureResult) -> dict[str, Any]:
    """The result as plain JSON: what is sealed with the case, and what the certificate signs."""
    return {
        "shape": SHAPE,
        "case": result.number,
        "company": result.company,
        "law": result.law,
        "language": result.language,
        "groups": list(result.groups),
        "confirmed_at": result.confirmed_at.isoformat(),
        "ended_at": _text(result.ended_at),
        "complete": result.is_complete,
        "systems": [
            {
                "key": one.key,
                "title": one.title,
                "state": one.state.value,
                "left": one.left,
                "note": one.note,
                "ended_at": _text(one.ended_at),
                "items": [
                    {
                        "collection": item.collection,
                        "title": item.title,
                        "fate": item.fate.value,
                        "count": item.count,
                        "fields": list(item.fields),
                        "ground": item.ground,
                        "until": _text(item.until),
                    }
                    for item in one.items
                ],
            }
            for one in result.systems
        ],
        # Left out where there is none: certificates that were signed before it was told stay valid.
        **({"proof_until": _text(result.proof_until)} if result.proof_until else {}),
    }


def read_result(plain: Mapping[str, Any]) -> ErasureResult:
    """The result that `plain_result` made. Raises `KeyError` or `ValueError` for anything else."""
    if plain["shape"] != SHAPE:
        raise ValueError("A result of another shape.")
    return ErasureResult(
        plain["case"],
        plain["company"],
        plain["law"],
        plain["language"],
        tuple(plain["groups"]),
        datetime.fromisoformat(plain["confirmed_at"]),
        _moment(plain["ended_at"]),
        tuple(_system(one) for one in plain["systems"]),
        date.fromisoformat(plain["proof_until"]) if plain.get("proof_until") else None,
    )


def dump_result(result: ErasureResult) -> str:
    """The result as text, always the same for the same result."""
    return json.dumps(plain_result(result), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def load_result(text: str) -> ErasureResult:
    """The result that `dump_result` wrote."""
    return read_result(json.loads(text))


def _system(plain: Mapping[str, Any]) -> SystemResult:
    items = tuple(
        ResultItem(
            one["collection"], one["title"], Fate(one["fate"]), one["count"], tuple(one["fields"]), one["ground"],
            date.fromisoformat(one["until"]) if one["until"] else None,
        )
        for one in plain["items"]
    )  # fmt: skip
    return SystemResult(
        plain["key"], plain["title"], Went(plain["state"]), items, plain["left"], plain["note"], _moment(plain["ended_at"])
    )


def _text(when: date | None) -> str | None:
    return None if when is None else when.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
