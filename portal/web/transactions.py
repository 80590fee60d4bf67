"""One transaction a request: opened to write for unsafe methods and to read for the others, committed when the view returns.

Must never stay open while a system is asked: such views are marked and open short ones themselves.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, g, make_response, request
from sqlalchemy.orm import Session

from portal.core import faultpoints
from portal.web.context import current_company, database

View = TypeVar("View", bound=Callable[..., Any])

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def db() -> Session:
    """The session of this request's transaction, opened at its first use."""
    if "db" not in g:
        opened = database().open_to_write if writes() else database().open_to_read
        g.db = opened(current_company().id)
    return cast(Session, g.db)


def writes() -> bool:
    """Whether this request's transaction may write."""
    return request.method in UNSAFE and not getattr(g, "opens_to_read", False)


def opens_to_read(view: View) -> View:
    """Mark a view whose POST only reads (a check, a search): its transaction is opened to read."""
    cast(Any, view).opens_to_read = True
    return view


def asks_systems(view: View) -> View:
    """Mark a view that asks systems: it runs with no transaction open and opens short ones with `database()` itself."""
    cast(Any, view).asks_systems = True
    return view


def in_transaction(view: Callable[..., Any]) -> Callable[..., Response]:
    """Run the view in this request's transaction: commit when it returns, whatever the status; roll back when it raises."""

    @wraps(view)
    def run(*args: Any, **kwargs: Any) -> Response:
        try:
            answer = make_response(view(*args, **kwargs))
            if "db" in g and writes():
                faultpoints.point("web.committing")
                g.db.commit()
                faultpoints.point("web.committed")
            return answer
        finally:
            end()

    return run


def end() -> None:
    """Close the transaction if one is open; what was not committed is rolled back."""
    open_session: Session | None = g.pop("db", None)
    if open_session is not None:
        open_session.close()
