"""Door 1, for the operator's watch: whether this process answers and reaches its database. Says nothing else."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from portal.web.guards import public
from portal.web.transactions import db

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public("says only that it answers")
def show() -> ResponseReturnValue:
    """`ok` where this process answers and reaches its database."""
    db().execute(text("SELECT 1"))
    return "ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"}
