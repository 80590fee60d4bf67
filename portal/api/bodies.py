"""Read a JSON body strictly and small, and check it against a closed schema. Must never repeat what was sent in what it says."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from flask import request
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, ValidationError

from portal.api.problems import Problem

LARGEST = 256 * 1024
DEEPEST = 32


class Body(BaseModel):
    """The base of everything that is sent here: closed, and of exactly the types that are named."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("no moment that a calendar has") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment with its zone, as UTC has it. The first hours of the year 1 and the last of 9999 have none there, and are refused."""

Sent = TypeVar("Sent", bound=BaseModel)


def read_body(schema: type[Sent]) -> Sent:
    """The request's body as `schema`. Raises `Problem`: `unsupported-media-type`, `too-large`, `not-json` or `invalid`."""
    if request.mimetype != "application/json":
        raise Problem("unsupported-media-type", detail="Send `Content-Type: application/json`.")
    request.max_content_length = LARGEST
    return check(schema, load(request.get_data(cache=False)))


def load(raw: bytes) -> Any:
    """Bytes as JSON (RFC 8259): UTF-8, no name twice, no NaN or Infinity, not too deep. Raises `Problem("not-json")`."""
    try:
        text = raw.decode("utf-8")
        _refuse_depth(text)
        return _STRICT.decode(text)
    except (ValueError, RecursionError):
        raise Problem("not-json") from None


def read_line(schema: type[Sent], raw: bytes) -> Sent:
    """One line as `schema`, as strictly as a body. Raises `Problem`."""
    load(raw)
    try:
        return schema.model_validate_json(raw)
    except ValidationError as error:
        raise Problem("invalid", errors=errors_of(error)) from None


def check(schema: type[Sent], plain: Any) -> Sent:
    """JSON as `schema`. Raises `Problem("invalid")` that names each place and what is wanted, never what stood there."""
    try:
        # Dates and enumerations arrive as text: JSON mode is strict about everything else.
        return schema.model_validate_json(json.dumps(plain))
    except ValidationError as error:
        raise Problem("invalid", errors=errors_of(error)) from None


def errors_of(error: ValidationError) -> list[dict[str, str]]:
    """Place (JSON Pointer, RFC 6901) and want of each mistake. A name that is not ours is not repeated either."""
    found = []
    for one in error.errors(include_url=False, include_input=False, include_context=False)[:20]:
        unknown = one["type"] == "extra_forbidden"
        place = [str(part) for part in (one["loc"][:-1] if unknown else one["loc"])]
        pointer = "".join(
            "/" + part.replace("~", "~0").replace("/", "~1") for part in place if part.isidentifier() or part.isdigit()
        )
        found.append(
            {
                "pointer": pointer,
                "detail": "There is a name here that is not known." if unknown else _want(one["type"], one["msg"]),
            }
        )
    return found


def _want(kind: str, message: str) -> str:
    """What pydantic wants, without what custom checks or literals might repeat."""
    return message if kind not in ("value_error", "json_invalid") else message.removeprefix("Value error, ")


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice")
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_STRICT = json.JSONDecoder(object_pairs_hook=_no_name_twice, parse_constant=_no_constant)


def _refuse_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth = 0
    quoted = escaped = False
    for letter in text:
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = quoted
        elif letter == '"':
            quoted = not quoted
        elif not quoted and letter in "[{":
            depth += 1
            if depth > DEEPEST:
                raise ValueError("too deep")
        elif not quoted and letter in "]}":
            depth -= 1
