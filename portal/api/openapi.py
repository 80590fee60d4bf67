"""The description of this door: OpenAPI 3.1 made from the same declarations that the router uses. Must never be written by hand."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from portal.accounts.api_keys import SCOPES
from portal.api.operations import PREFIX, Operation, Part
from portal.api.problems import KINDS

VERSION = "1.0.0"
ALWAYS = ("unauthorized", "forbidden", "invalid", "too-many-requests")


def describe(parts: Sequence[Part], url: str) -> dict[str, Any]:
    """The whole document for one company, whose portal is reached at `url`."""
    models = {
        model for part in parts for one in part.operations for model in (one.shape, one.answer, one.query, one.line) if model
    }
    modes = [(model, "validation") for model in sorted(models, key=lambda model: model.__name__)]
    refs, definitions = models_json_schema(modes, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]  # a list of pairs is what it takes
    schemas = {**definitions.get("$defs", {}), "Problem": _problem_schema()}
    paths: dict[str, Any] = {}
    for part in parts:
        for one in part.operations:
            paths.setdefault(_template(one.path), {})[one.method.lower()] = _operation(part, one, schemas, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Privacy portal",
            "version": VERSION,
            "description": "What a company's own systems ask and tell the portal.",
        },
        "servers": [{"url": f"{url.rstrip('/')}{PREFIX}"}],
        "security": [{"key": []}],
        "tags": [{"name": part.name, "description": part.title} for part in parts],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": _scopes()}},
            "schemas": schemas,
        },
    }


def _operation(part: Part, one: Operation, schemas: dict[str, Any], refs: Any) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": one.name,
        "tags": [part.name],
        "summary": one.summary,
        "description": f"{one.description}\n\nScope: `{one.scope}`.".strip(),
        "responses": _responses(one, refs),
    }
    parameters = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "maxLength": 64, "pattern": "^[A-Za-z0-9-]+$"},
        }
        for name in re.findall(r"<(?:\w+:)?(\w+)>", one.path)
    ]
    if one.query is not None:
        schema = schemas[one.query.__name__]
        parameters += [
            {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": shape}
            for name, shape in schema["properties"].items()
        ]
    if one.idempotent:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "The same key with the same body is done once; the answer is given again for a day.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[\\x20-\\x7e]+$"},
            }
        )
    if parameters:
        said["parameters"] = parameters
    if one.shape is not None or one.line is not None:
        shape = refs[one.shape, "validation"] if one.shape else {}
        said["requestBody"] = {"required": True, "content": _content(one.takes, shape)}
    return said


def _responses(one: Operation, refs: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if one.answer is not None:
        found[str(one.status)] = {"description": "Done.", "content": _content(one.gives, refs[one.answer, "validation"])}
    elif one.gives != ("application/json",):
        found[str(one.status)] = {
            "description": "Streamed.",
            "content": {kind: {"schema": {"type": "string"}} for kind in one.gives},
        }
    else:
        found["204"] = {"description": "Done; there is nothing to say."}
    kinds = {*ALWAYS, *one.problems}
    if one.shape is not None:
        kinds |= {"not-json", "too-large", "unsupported-media-type"}
    if one.idempotent:
        kinds.add("idempotency-conflict")
    if "<" in one.path:
        kinds.add("not-found")
    for kind in sorted(kinds, key=lambda kind: (KINDS[kind][0], kind)):
        status = str(KINDS[kind][0])
        words = found[status]["description"] + " Or: " if status in found else ""
        found[status] = {
            "description": f"{words}{KINDS[kind][1]} (`{kind}`).",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return found


def _content(kinds: Sequence[str], schema: Any) -> dict[str, Any]:
    return {kind: {"schema": schema if kind == "application/json" else {"type": "string"}} for kind in kinds}


def _template(path: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)


def _scopes() -> str:
    return "A key of `portal api-key add`. Scopes: " + "; ".join(f"`{name}`: {words}" for name, words in SCOPES.items()) + "."


def _problem_schema() -> dict[str, Any]:
    class ProblemError(BaseModel):
        """One mistake in a body."""

        pointer: str
        detail: str

    return {
        "type": "object",
        "description": "RFC 9457 problem details. No value that was sent is repeated.",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "scope": {"type": "string"},
            "instance": {"type": "string"},
            "errors": {"type": "array", "items": ProblemError.model_json_schema()},
        },
    }
