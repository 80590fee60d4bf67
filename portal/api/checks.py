"""May I write to this person? One as JSON, millions as lines; and for importers, who must not be taken in.

Must never answer with an address, nor say of an erased person that they were erased.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from portal.accounts.api_keys import is_live
from portal.api import identifiers
from portal.api.bodies import Body, read_body, read_line
from portal.api.guards import current_key
from portal.api.identifiers import IdentifierIn, NotUsable
from portal.api.operations import Part
from portal.api.paging import Query, read_query
from portal.api.problems import Problem
from portal.api.streams import NDJSON, Batch, answer_lines, batches_of, is_stream
from portal.config.model import Company
from portal.consent.checking import Asked, Verdict, choices_to_check
from portal.consent.checking_crowds import answers_of, suppressed_of
from portal.consent.checking_one import answer_at_a_glance
from portal.core.ahead import in_order
from portal.core.glances import Glance
from portal.people.service import EMAIL, Identifier
from portal.web.context import CurrentCompany, current_company, database
from portal.web.transactions import db

Answering = Callable[[Session, str, Sequence[bytes], Sequence[Asked]], list[bytes]]
"""For identifiers of one kind, what each answer says: its names and values, without the braces."""

BATCH = 4000
AT_ONCE = 2
"""Batches of one call in hand: one is put together while the database looks up the other."""

_ADDRESS = rb'"(%s)"' % identifiers.PLAIN.pattern.encode()
PLAIN = re.compile(rb"[ \t\r]*%s[ \t\r]*" % _ADDRESS)
"""What nearly every line is: an address in normal form."""

PLAIN_OBJECT = re.compile(rb'[ \t\r]*\{ *(?:"kind" *: *"email" *, *)?"value" *: *%s *\}[ \t\r]*' % _ADDRESS)
LONGEST_PLAIN = 254
UNREADABLE = b'"error":"This line is no identifier that can be read."'
REVOKED = b'{"error":"The key was revoked while this ran; what follows is not answered."}\n'

part = Part("checks", "May I write to this person?")


class CheckIn(Body):
    """Whom to ask about, and (if not everything) for which purposes and channels."""

    identifier: IdentifierIn
    purposes: Annotated[list[Annotated[str, Field(max_length=41)]], Field(max_length=100)] = []
    channels: Annotated[list[Annotated[str, Field(max_length=41)]], Field(max_length=20)] = []


Named = Annotated[str, Field(min_length=1, max_length=41, pattern="^[a-z][a-z0-9_]*$")]


class CheckQuery(Query):
    """For which purposes and channels (if not everything): of lines the only place to say it. Each name may be repeated.

    All of it has to fit into the line that a web server takes: whoever asks for more purposes at once asks for all.
    """

    repeated: ClassVar[frozenset[str]] = frozenset({"purpose", "channel"})

    purpose: Annotated[list[Named], Field(max_length=40)] = []
    channel: Annotated[list[Named], Field(max_length=20)] = []


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
    takes=("application/json", NDJSON), gives=("application/json", NDJSON), body_schema=CheckIn, query=CheckQuery,
    problems=("unavailable",),
)  # fmt: skip
def check_consents() -> Response:
    """Per purpose and channel: allowed or not, which row of the table of bases decided, since when.

    For many, send lines (`application/x-ndjson`): each a `{"kind": "email", "value": "..."}`, or just the address as a JSON string; with
    `?purpose=` and `?channel=` (each may be repeated) to ask for less. Each line of the answer bears the `line` it belongs to; a line that
    cannot be read gets an `error`, and the rest is answered.
    """
    query = read_query(CheckQuery)
    if is_stream():
        return _many(_asked(query.purpose, query.channel), _verdicts)
    body = read_body(CheckIn)
    asked = _asked([*body.purposes, *query.purpose], [*body.channels, *query.channel])
    one = identifiers.of(body.identifier)
    (said,) = _verdicts(db(), one.kind, [one.value.encode()], asked)
    return Response(b"{%s}" % said, content_type="application/json")


def plain_check(glance: Glance, company: CurrentCompany, secret: bytes, sent: Any) -> bytes | None:
    """The answer to one plain question of the key with that hash; None for what is not plain, or not as `CheckIn` wants it, and where
    the key may not ask: `check_consents` sees to that.
    """
    if not isinstance(sent, dict) or not sent.keys() <= {"identifier", "purposes", "channels"}:
        return None
    who, purposes, channels = sent.get("identifier"), sent.get("purposes", []), sent.get("channels", [])
    if not isinstance(who, dict) or not who.keys() <= {"kind", "value"} or who.get("kind", EMAIL) != EMAIL:
        return None
    value = who.get("value")
    if not isinstance(value, str) or len(value) > LONGEST_PLAIN or identifiers.PLAIN.fullmatch(value) is None:
        return None
    asked = _plainly_asked(company.config, purposes, channels)
    if asked is None:
        return None
    key = company.id, secret, "consents:check"
    said = answer_at_a_glance(glance, key, Identifier(EMAIL, value), asked, form=_form, say=_written)
    return None if said is None else b"{%s}" % said


def _plainly_asked(config: Company, purposes: Any, channels: Any) -> list[Asked] | None:
    for names, most in ((purposes, 100), (channels, 20)):
        if not isinstance(names, list) or len(names) > most or not all(isinstance(name, str) for name in names):
            return None
    asked = choices_to_check(config, purposes, channels)
    return None if _is_unknown(asked, purposes, channels) else asked


@part.operation(
    "POST", "/suppressions/check", scope="consents:check", summary="Ask whether an importer must leave someone out",
    answer=SuppressedOut, reads=True, takes=("application/json", NDJSON), gives=("application/json", NDJSON), body_schema=CheckIn,
    query=CheckQuery, problems=("unavailable",),
)  # fmt: skip
def check_suppressions() -> SuppressedOut | Response:
    """True where the identifier was suppressed for what is asked about, or erased, and has said nothing newer itself. Lines as above."""
    query = read_query(CheckQuery)
    if is_stream():
        return _many(_asked(query.purpose, query.channel), _suppressions)
    body = read_body(CheckIn)
    asked = _asked([*body.purposes, *query.purpose], [*body.channels, *query.channel])
    one = identifiers.of(body.identifier)
    (suppressed,) = suppressed_of(db(), one.kind, [one.value.encode()], asked)
    return SuppressedOut(suppressed=suppressed)


def _asked(purposes: Sequence[str], channels: Sequence[str]) -> list[Asked]:
    asked = choices_to_check(current_company().config, purposes, channels)
    if _is_unknown(asked, purposes, channels):
        raise Problem("invalid", errors=[{"pointer": "", "detail": "A purpose or channel is named that is not in portal.yaml."}])
    return asked


def _is_unknown(asked: list[Asked], purposes: Sequence[str], channels: Sequence[str]) -> bool:
    """Whether a purpose or channel was named that leads to nothing."""
    return bool(set(purposes) - {purpose for purpose, _ in asked} or set(channels) - {channel for _, channel in asked})


def _many(asked: list[Asked], answer: Answering) -> Response:
    company_id, key_id, files = current_company().id, current_key().id, database()
    allow = current_company().config.allow_non_ascii_addresses

    def answered(batch: Batch) -> bytes | None:
        with files.reading(company_id) as session:
            if not is_live(session, key_id):
                return None
            said = _answers(session, batch, asked, answer, allow)
        return b"".join([b'{"line":%d,%s}\n' % one for one in enumerate(said, batch.first) if one[1]])

    def work(path: Path) -> Iterator[bytes]:
        for _, told in in_order(batches_of(path, BATCH), answered, at_once=AT_ONCE):
            if told is None:
                yield REVOKED
                return
            yield told

    return answer_lines(work)


def _answers(session: Session, batch: Batch, asked: list[Asked], answer: Answering, allow: bool) -> list[bytes]:
    """What is said to each line of a batch; nothing to those with nothing in them."""
    said = [UNREADABLE] * len(batch.lines)
    for kind, (places, values) in _by_kind(batch, said, allow).items():
        for place, one in zip(places, answer(session, kind, values, asked) if values else (), strict=True):
            said[place] = one
    return said


def _by_kind(batch: Batch, said: list[bytes], allow: bool) -> dict[str, tuple[list[int], list[bytes]]]:
    """The identifiers of a batch by their kind, with their places. Lines with nothing in them are struck from `said`."""
    places: list[int] = []
    values: list[bytes] = []
    found = {EMAIL: (places, values)}
    for place, raw in enumerate(batch.lines):
        plain = PLAIN.fullmatch(raw) or PLAIN_OBJECT.fullmatch(raw)
        if plain is not None and len(plain[1]) <= LONGEST_PLAIN:
            places.append(place)
            values.append(plain[1])
        elif not raw.strip():
            said[place] = b""
        elif (one := _read(raw, allow)) is not None:
            theirs = found.setdefault(one.kind, ([], []))
            theirs[0].append(place)
            theirs[1].append(one.value.encode())
    return found


def _read(raw: bytes, allow: bool) -> Identifier | None:
    """The identifier of a line; None where it has none that can be read."""
    try:
        plain = json.loads(raw)
        if isinstance(plain, str):
            return identifiers.normal(EMAIL, plain, allow_non_ascii=allow)
        if isinstance(plain, dict) and plain.keys() <= {"kind", "value"}:
            # Strictly once more where it is not the plain case: no name twice, nothing but text.
            sent = read_line(IdentifierIn, raw)
            return identifiers.normal(sent.kind, sent.value, allow_non_ascii=allow)
    except (ValueError, RecursionError, NotUsable, Problem):
        return None
    return None


def _verdicts(session: Session, kind: str, values: Sequence[bytes], asked: Sequence[Asked]) -> list[bytes]:
    answers = answers_of(session, kind, values, asked, form=_form, say=_written)
    said = [answers.nobody] * len(values)
    for place, theirs in answers.others.items():
        said[place] = theirs
    return said


def _suppressions(session: Session, kind: str, values: Sequence[bytes], asked: Sequence[Asked]) -> list[bytes]:
    return [b'"suppressed":true' if one else b'"suppressed":false' for one in suppressed_of(session, kind, values, asked)]


def _form(verdict: Verdict) -> tuple[bytes, bytes]:
    """`VerdictOut` as JSON, without the cost of the model: what stands before its moment, and what stands behind."""
    return _formed(verdict.purpose, verdict.channel, verdict.allowed, verdict.row, verdict.topics)


@lru_cache(maxsize=4096)
def _formed(purpose: str, channel: str, allowed: bool, row: str, topics: tuple[str, ...] | None) -> tuple[bytes, bytes]:
    named = {"purpose": purpose, "channel": channel, "allowed": allowed, "row": row}
    before, behind = (json.dumps(one, separators=(",", ":")).encode() for one in (named, topics))
    return before[:-1] + b',"since":', b',"topics":' + behind + b"}"


def _written(answers: Sequence[tuple[tuple[bytes, bytes], datetime | None]]) -> bytes:
    return b'"choices":[%s]' % b",".join([before + _moment(since) + behind for (before, behind), since in answers])


def _moment(since: datetime | None) -> bytes:
    return b"null" if since is None else b'"%sZ"' % since.isoformat()[:-6].encode()
