"""The description of this door, for machines and for people: the same for everyone, since it holds nothing of anyone."""

from collections.abc import Sequence

from flask import Blueprint, Response, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue

from portal.accounts.api_keys import SCOPES
from portal.api.openapi import describe
from portal.api.operations import PREFIX, Part
from portal.api.problems import KINDS
from portal.web.context import current_company
from portal.web.guards import public

bp = Blueprint("api_reference", __name__, url_prefix=PREFIX)


def describe_door(parts: Sequence[Part], url: str) -> dict[str, object]:
    """The OpenAPI document of these parts for a company."""
    return describe(parts, url)


@bp.get("/openapi.json")
@public("describes the door; holds nothing of anyone")
def openapi() -> Response:
    """OpenAPI 3.1."""
    return jsonify(describe_door(current_app.extensions["portal_api_parts"], current_company().config.url))


@bp.get("/docs")
@public("describes the door; holds nothing of anyone")
def read() -> ResponseReturnValue:
    """The same for people, under our own content security policy."""
    document = describe_door(current_app.extensions["portal_api_parts"], current_company().config.url)
    return render_template("api/reference.html", document=document, scopes=SCOPES, problems=KINDS, prefix=PREFIX)


@bp.get("/problems")
@public("explains what errors mean; holds nothing of anyone")
def problems() -> ResponseReturnValue:
    """What each kind of problem means; the `type` of a problem leads here."""
    return render_template("api/problems.html", problems=KINDS)
