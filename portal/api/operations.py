"""How an operation of this door is declared: once, for the router, the guard, the check of its body and the reference.

Must never run a view before key, scope, limit and body are checked, in this order.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import Blueprint, Response
from pydantic import BaseModel

from portal.api.bodies import read_body
from portal.api.guards import api_key_required, limit_headers
from portal.api.idempotency import once
from portal.api.paging import Query, read_query
from portal.web.transactions import opens_to_read

PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address, as the reference needs it. `streams` names media types in and out that are no single JSON text."""

    method: str
    path: str
    name: str
    summary: str
    description: str
    scope: str
    status: int
    body: type[BaseModel] | None
    answer: type[BaseModel] | None
    idempotent: bool
    query: type[BaseModel] | None = None
    takes: tuple[str, ...] = ("application/json",)
    gives: tuple[str, ...] = ("application/json",)
    problems: tuple[str, ...] = ()
    line: type[BaseModel] | None = None
    body_schema: type[BaseModel] | None = None

    @property
    def shape(self) -> type[BaseModel] | None:
        """What its JSON body looks like, whoever reads it."""
        return self.body or self.body_schema


@dataclass
class Part:
    """A group of operations: its blueprint, and what the reference says of it."""

    name: str
    title: str
    bp: Blueprint = field(init=False)
    operations: list[Operation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bp = Blueprint(f"api_{self.name}", __name__, url_prefix=PREFIX)

    def operation(
        self,
        method: str,
        path: str,
        *,
        scope: str,
        summary: str,
        body: type[BaseModel] | None = None,
        body_schema: type[BaseModel] | None = None,
        answer: type[BaseModel] | None = None,
        query: type[BaseModel] | None = None,
        status: int = 200,
        reads: bool = False,
        lowers: bool = False,
        tells: bool = False,
        idempotent: bool = False,
        takes: tuple[str, ...] = ("application/json",),
        gives: tuple[str, ...] = ("application/json",),
        problems: tuple[str, ...] = (),
        line: type[BaseModel] | None = None,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a view. With `body` it gets the checked body as its first argument; it returns an `answer` or a `Response`.

        `body_schema`: the view reads the body itself, since it may be a stream; `line` is the schema of each line of one. `reads`: its
        POST only reads. `lowers`: it can only take consent back, so the limit never refuses it. `tells`: its answer shows
        whether somebody is known, so it has a budget a day. `idempotent`: an `Idempotency-Key` is honoured.
        """

        def declared(view: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(view)
            def checked(*args: Any, **kwargs: Any) -> Response:
                if query is None:
                    read_query(Query)
                sent = (read_body(body), *args) if body is not None else args

                def run() -> Response:
                    return _answer(view(*sent, **kwargs), status)

                return once(view.__name__, sent[0] if body else None, run) if idempotent else run()

            if reads:
                checked = opens_to_read(checked)
            guarded = api_key_required(scope, lowers=lowers, tells=tells)(checked)
            self.bp.add_url_rule(path, view.__name__, guarded, methods=[method])
            words = (view.__doc__ or "").strip()
            self.operations.append(
                Operation(
                    method,
                    path,
                    view.__name__,
                    summary,
                    words,
                    scope,
                    status,
                    body,
                    answer,
                    idempotent,
                    query,
                    takes,
                    gives,
                    problems,
                    line,
                    body_schema,
                )
            )
            return guarded

        return declared


def _answer(said: Any, status: int) -> Response:
    if isinstance(said, Response):
        return said
    text = said.model_dump_json(by_alias=True) if isinstance(said, BaseModel) else ""
    return Response(text, status if text else 204, content_type="application/json" if text else None)


def finish(response: Response) -> Response:
    """What every answer of this door bears."""
    response.headers.update(limit_headers())
    return response
