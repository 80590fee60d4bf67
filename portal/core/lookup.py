"""Many keyed hashes looked up in one statement whose text stays the same however many they are, so that it is made and planned once.

Must never be given a value of a person: only hashes, all of one length.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, FromClause, Integer, LargeBinary, bindparam, column, func, literal, select

HASH_BYTES = 32


@cache
def wanted_rows(dialect: str) -> FromClause:
    """The hashes that a statement is asked about, as rows to join with: `place`, from 0, and `hash`. `wanted` says which they are."""
    if dialect != "sqlite":
        hashes = func.unnest(bindparam("wanted", type_=ARRAY(LargeBinary)))
        numbered = hashes.table_valued(column("hash", LargeBinary), with_ordinality="number", name="sent").render_derived()
        return select((numbered.c.number - 1).label("place"), numbered.c.hash).subquery("wanted")
    # SQLite has no arrays: the hashes come as one text of bytes, and are cut out of it here.
    places = select(literal(0, Integer).label("place")).cte("places", recursive=True)
    places = places.union_all(select(places.c.place + 1).where(places.c.place + 1 < bindparam("how_many", type_=Integer)))
    cut = func.substr(bindparam("wanted", type_=LargeBinary), places.c.place * HASH_BYTES + 1, HASH_BYTES, type_=LargeBinary)
    return select(places.c.place, cut.label("hash")).subquery("wanted")


def wanted(dialect: str, hashes: Sequence[bytes]) -> dict[str, Any]:
    """The values of a statement on `wanted_rows`, at least one."""
    return {"wanted": list(hashes)} if dialect != "sqlite" else {"wanted": b"".join(hashes), "how_many": len(hashes)}
