"""Queries and pages. A cursor is signed and opaque: it names a row of ours, and nobody else's."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, TypeVar

from flask import g, request
from itsdangerous import BadData
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from portal.api.bodies import errors_of
from portal.api.problems import Problem
from portal.core import crypto

One = TypeVar("One")


class Query(BaseModel):
    """The base of queries: closed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    repeated: ClassVar[frozenset[str]] = frozenset()
    """Names that may stand there more than once."""


class Cursor(Query):
    """Which page."""

    limit: Annotated[int, Field(ge=1, le=500, description="How many at most")] = 100
    cursor: Annotated[str | None, Field(max_length=200, description="`next` of the page before")] = None

    def before(self) -> int | None:
        """The row that the page before ended with. Raises `Problem`."""
        if self.cursor is None:
            return None
        try:
            place, row = crypto.signer("api-cursor").loads(self.cursor, max_age=7 * 86_400)
            if place != _place():
                raise BadData("another list")
            return int(row)
        except (BadData, ValueError, TypeError):
            raise Problem("invalid", errors=[{"pointer": "/cursor", "detail": "Give `next` of the page before."}]) from None

    def cut(self, found: Sequence[tuple[int, One]]) -> tuple[list[One], str | None]:
        """What the page shows of one row more than it may hold, and the cursor of the next page."""
        shown = found[: self.limit]
        more = len(found) > self.limit
        following = crypto.signer("api-cursor").dumps([_place(), shown[-1][0]]) if more else None
        return [one for _row, one in shown], str(following) if following else None


Asked = TypeVar("Asked", bound=Query)


def read_query(schema: type[Asked]) -> Asked:
    """The query of this request. Raises `Problem("invalid")` for unknown, doubled or wrong names."""
    values = {name: sent if name in schema.repeated or len(sent) > 1 else sent[0] for name, sent in request.args.lists()}
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        raise Problem("invalid", errors=errors_of(error)) from None


def _place() -> str:
    return f"{g.company.key}{request.path}"
