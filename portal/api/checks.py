"""May I write to this person? One as JSON, millions as lines; and for importers, who must not be taken in.

Must never answer with an address, nor say of an erased person that they were erased.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

from flask import Response, request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from portal.accounts.api_keys import is_live
from portal.api import identifiers
from portal.api.bodies import Body, read_body, read_line
from portal.api.guards import current_key
from portal.api.identifiers import IdentifierIn, NotUsable
from portal.api.operations import Part
from portal.api.problems import Problem
from portal.api.streams import NDJSON, Line, answer_lines, batches_of, is_stream
from portal.consent import checking
from portal.consent.checking import Asked, Verdict, choices_to_check, suppressed_among
from portal.people.service import Identifier
from portal.web.context import current_company, database
from portal.web.transactions import db

LineAnswer = Callable[[Session, list[Identifier], list[Asked]], Iterable[bytes]]
"""For a batch of identifiers, the rest of each line of the answer."""

ESCAPED = frozenset('"\\')

part = Part("checks", "May I write to this person?")


class CheckIn(Body):
    """Whom to ask about, and (if not everything) for which purposes and channels."""

    identifier: IdentifierIn
    purposes: Annotated[list[Annotated[str, Field(max_length=41)]], Field(max_length=100)] = []
    channels: Annotated[list[Annotated[str, Field(max_length=41)]], Field(max_length=20)] = []


class VerdictOut(BaseModel):
    """One answer. `row` names the row of the table of legal bases that decided; `topics` are the ones chosen (null: all)."""

    purpose: str
    channel: str
    allowed: bool
    row: str
    since: datetime | None
    topics: list[str] | None


class CheckOut(BaseModel):
    """The answers, in the order of portal.yaml."""

    choices: list[VerdictOut]


class SuppressedOut(BaseModel):
    """Whether an importer must leave this identifier out. Nothing more is said."""

    suppressed: bool


@part.operation(
    "POST", "/consents/check", scope="consents:check", summary="Ask whether a person may be written to", answer=CheckOut, reads=True,
    takes=("application/json", NDJSON), gives=("application/json", NDJSON), body_schema=CheckIn, problems=("unavailable",),
)  # fmt: skip
def check_consents() -> CheckOut | Response:
    """Per purpose and channel: allowed or not, which row of the table of bases decided, since when.

    For many, send lines (`application/x-ndjson`): each a `{"kind": "email", "value": "..."}`, or just the address as a JSON string; with
    `?purpose=` and `?channel=` (each may be repeated) to ask for less. Each line of the answer bears the `line` it belongs to; a line that
    cannot be read gets an `error`, and the rest is answered.
    """
    if is_stream():
        return _many(_asked(request.args.getlist("purpose"), request.args.getlist("channel")), _verdict_lines)
    body = read_body(CheckIn)
    asked = _asked(body.purposes, body.channels)
    (verdicts,) = checking.check(db(), [identifiers.of(body.identifier)], asked)
    return CheckOut(choices=[_shown(one) for one in verdicts])


@part.operation(
    "POST", "/suppressions/check", scope="consents:check", summary="Ask whether an importer must leave someone out",
    answer=SuppressedOut, reads=True, takes=("application/json", NDJSON), gives=("application/json", NDJSON), body_schema=CheckIn,
    problems=("unavailable",),
)  # fmt: skip
def check_suppressions() -> SuppressedOut | Response:
    """True where the identifier was suppressed for what is asked about, or erased, and has said nothing newer itself. Lines as above."""
    if is_stream():
        return _many(_asked(request.args.getlist("purpose"), request.args.getlist("channel")), _suppression_lines)
    body = read_body(CheckIn)
    (suppressed,) = suppressed_among(db(), [identifiers.of(body.identifier)], _asked(body.purposes, body.channels))
    return SuppressedOut(suppressed=suppressed)


def _asked(purposes: Sequence[str], channels: Sequence[str]) -> list[Asked]:
    asked = choices_to_check(current_company().config, purposes, channels)
    known = {purpose for purpose, _ in asked}, {channel for _, channel in asked}
    if set(purposes) - known[0] or set(channels) - known[1]:
        raise Problem("invalid", errors=[{"pointer": "", "detail": "A purpose or channel is named that is not in portal.yaml."}])
    return asked


def _many(asked: list[Asked], answer: LineAnswer) -> Response:
    company_id, key_id, files = current_company().id, current_key().id, database()
    allow = current_company().config.allow_non_ascii_addresses

    def work(path: Path) -> Iterator[bytes]:
        for batch in batches_of(path):
            with files.reading(company_id) as session:
                if not is_live(session, key_id):
                    yield (
                        json.dumps({"error": "The key was revoked while this ran; what follows is not answered."}).encode()
                        + b"\n"
                    )
                    return
                read = [_read(line, allow) for line in batch]
                good = [one for one in read if one is not None]
                said = iter(answer(session, good, asked))
            yield b"".join(
                _error(line) if one is None else b'{"line":%d,%s}\n' % (line.number, next(said))
                for line, one in zip(batch, read, strict=True)
            )

    return answer_lines(work)


def _read(line: Line, allow: bool) -> Identifier | None:
    """The identifier of a line; None where it has none that can be read."""
    if line.too_long:
        return None
    raw = line.raw.strip()
    try:
        if (
            raw[:1] == raw[-1:] == b'"'
            and raw.isascii()
            and (text := raw[1:-1].decode()).isprintable()
            and not ESCAPED & set(text)
        ):
            return identifiers.normal("email", text, allow_non_ascii=allow)
        plain = json.loads(raw)
        if isinstance(plain, str):
            return identifiers.normal("email", plain, allow_non_ascii=allow)
        if isinstance(plain, dict) and plain.keys() <= {"kind", "value"}:
            # Strictly once more where it is not the plain case: no name twice, nothing but text.
            sent = read_line(IdentifierIn, line.raw)
            return identifiers.normal(sent.kind, sent.value, allow_non_ascii=allow)
    except (ValueError, RecursionError, NotUsable, Problem):
        return None
    return None


def _error(line: Line) -> bytes:
    return b'{"line":%d,"error":"This line is no identifier that can be read."}\n' % line.number


def _verdict_lines(session: Session, people: list[Identifier], asked: list[Asked]) -> Iterator[bytes]:
    made: dict[tuple[Verdict, ...], bytes] = {}
    for verdicts in checking.check(session, people, asked):
        key = tuple(verdicts)
        if key not in made:
            made[key] = b'"choices":' + json.dumps([_plain(one) for one in verdicts], separators=(",", ":")).encode()
        yield made[key]


def _suppression_lines(session: Session, people: list[Identifier], asked: list[Asked]) -> Iterator[bytes]:
    for suppressed in suppressed_among(session, people, asked):
        yield b'"suppressed":true' if suppressed else b'"suppressed":false'


def _plain(one: Verdict) -> dict[str, object]:
    """`VerdictOut` as JSON, without the cost of the model."""
    return {
        "purpose": one.purpose,
        "channel": one.channel,
        "allowed": one.allowed,
        "row": one.row,
        "since": one.since.isoformat().replace("+00:00", "Z") if one.since else None,
        "topics": one.topics,
    }


def _shown(one: Verdict) -> VerdictOut:
    return VerdictOut(
        purpose=one.purpose, channel=one.channel, allowed=one.allowed, row=one.row, since=one.since,
        topics=None if one.topics is None else list(one.topics),
    )  # fmt: skip
