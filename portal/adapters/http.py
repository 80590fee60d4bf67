"""Kind `http`: a system behind small JSON endpoints that the company puts in front of it (docs/adapters/http.md).

Must never believe an answer: types are checked strictly, and another person's record is refused, never shown.
"""

import json
import ssl
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, ValidationError

from portal.adapters import never_leaves, taxonomy
from portal.adapters.contract import (
    Adapter,
    AdapterError,
    Can,
    ChoiceToWrite,
    ConsentReceipt,
    EraseKind,
    ErasePlan,
    EraseReceipt,
    Export,
    Health,
    Identifier,
    Match,
    Pending,
    Place,
    Record,
    Subject,
    TryLater,
    Wanted,
)
from portal.adapters.http_consent import HttpChoices, HttpConsentSettings
from portal.adapters.http_erasing import EraseRequest, HttpEraser
from portal.adapters.http_requests import OF_CHOICE, OF_ERASURE, check_request, uses
from portal.adapters.identifiers import normal
from portal.adapters.notes import noted_value, scope_of
from portal.adapters.remote import Limits, Remote
from portal.config.loading import parse_part
from portal.config.parts import HttpUrl, Line, Part, Secret
from portal.config.systems import CollectionNote

JSON, LINES = "application/json", "application/x-ndjson"
ANSWER_BYTES = 1_000_000
LONGEST_LINE = 1_000_000
MOST_MATCHES = 100

Text = Annotated[str, StringConstraints(min_length=1, max_length=300)]
A = TypeVar("A", bound="Answer")


class HttpSettings(Part):
    """`settings` of a system of kind `http`."""

    url: HttpUrl = Field(description="Base address; https, or http on loopback")
    secret: Secret = Field(description="What is sent as `Authorization: Bearer`")
    ca_file: Line | None = Field(
        None, description="PEM file of the authority that signed the system's certificate, where it is your own"
    )
    timeout_seconds: float = Field(10, gt=0, le=120, description="For find, proof and check, by the clock on the wall")
    export_timeout_seconds: float = Field(600, gt=0, le=7200)
    export_bytes: int = Field(2_000_000_000, gt=0)
    erase: EraseRequest | None = Field(None, description="How a record is erased; without it, a person does it")
    consent: HttpConsentSettings | None = Field(None, description="How choices are written and read back")


class Answer(BaseModel):
    """The base of all answers: closed, and no type is bent into another."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class FoundRecord(Answer):
    """One record that `find` names."""

    key: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]{1,300}$")]
    kind: Text
    stored: Text
    tells_apart: dict[str, Text] = Field(default_factory=dict)


class FoundAnswer(Answer):
    """What `find` answers."""

    matches: list[FoundRecord] = Field(max_length=MOST_MATCHES)


class ProofAnswer(Answer):
    """What `proof` answers."""

    key: Text
    stored: Text
    values: dict[str, list[Text]]


class CheckAnswer(Answer):
    """What `check` answers: whether all is well, and which collections there are."""

    ok: bool
    collections: list[Text]
    problems: list[Text] = Field(default_factory=list)


class SentValue(Answer):
    """One value of an exported record."""

    name: Text
    category: Text
    value: JsonValue
    obtained: Text | None = None


class SentRecord(Answer):
    """One line of an export that is a record; `person` names whose it is, as stored."""

    collection: Annotated[str, StringConstraints(pattern=r"^[^.\s]+\.[^.\s]+$")]
    key: Text
    person: Text
    values: list[SentValue]


class LastLine(Answer):
    """The last line of an export: an answer that was cut has none."""

    end: Annotated[bool, Field(strict=True)]
    count: int


class HttpAdapter(Adapter):
    """One system behind our protocol."""

    can = Can(find=True, export=True, sources=True)

    def __init__(self, place: Place, remote: Remote, settings: HttpSettings) -> None:
        self._place = place
        self._remote = remote
        self._short = Limits(settings.timeout_seconds, ANSWER_BYTES)
        self._long = Limits(settings.export_timeout_seconds, settings.export_bytes)
        self._choices = HttpChoices(settings.consent, remote, self._short) if settings.consent else None
        rules = place.config.company(place.company).retention_rules
        self._eraser = (
            HttpEraser(settings.erase, remote, self._short, place.system.collections, rules, self._everything, self._is_named)
            if settings.erase
            else None
        )
        self.can = replace(type(self).can, consent=settings.consent is not None)
        if settings.erase:
            self.can = replace(self.can, erase=EraseKind.REQUEST, asynchronous=True, irreversible=True, probe=True)

    def check(self) -> Health:
        """Ask the system, and compare its collections with the notes."""
        try:
            answer = self._ask("GET", "check", CheckAnswer)
        except (TryLater, AdapterError) as error:
            return Health(False, (str(error),))
        missing = [
            f"The system does not name the collection {key}."
            for key in self._place.system.collections
            if key not in answer.collections
        ]
        problems = (
            *(["The system says that it is not well."] if not answer.ok else []),
            *missing,
            *self._scope(answer).closed.values(),
        )
        return Health(not problems, problems)

    def find(self, subject: Subject) -> list[Match]:
        """The records the system names; one of another kind than asked for is refused."""
        asked = [{"kind": one.kind, "value": one.value} for one in subject.identifiers]
        answer = self._ask("POST", "find", FoundAnswer, {"identifiers": asked})
        kinds = {one.kind for one in subject.identifiers}
        if any(one.kind not in kinds for one in answer.matches) or len({one.key for one in answer.matches}) < len(answer.matches):
            raise AdapterError("The system names records that were not asked for, or names one twice.")
        return [Match(one.key, one.kind, one.stored, one.tells_apart) for one in answer.matches]

    def proof_values(self, match: Match, kinds: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Values of this record; an answer about another one is refused."""
        wanted = sorted(kinds)
        answer = self._ask("POST", "proof", ProofAnswer, {**_named(match), "kinds": wanted})
        if (answer.key, answer.stored) != (match.key, match.stored):
            raise AdapterError("The system answers about another record.")
        return {kind: frozenset(values) for kind, values in answer.values.items() if kind in wanted and values}

    def scope(self) -> Export:
        """The collections that the system names, those without a note closed."""
        return self._scope(self._ask("GET", "check", CheckAnswer))

    def export(self, match: Match) -> Iterator[Record]:
        """The system's lines as records. A line that is none, is another person's, or is missing at the end is an error."""
        notes = self._place.system.collections
        count, ended = 0, False
        for line in _lines(self._remote.stream("POST", "export", self._long, json=_named(match), media=LINES)):
            if ended:
                raise AdapterError("The system goes on after the end of its answer.")
            plain = _parse(line)
            if isinstance(plain, dict) and "end" in plain:
                ended = _read(LastLine, plain).count == count
                if not ended:
                    raise AdapterError("The system counts other records than it sent.")
                continue
            sent = _read(SentRecord, plain)
            if sent.person != match.stored:
                raise AdapterError("The system sends another person's record.")
            count += 1
            if sent.collection in notes:
                yield _record(sent, notes[sent.collection])
        if not ended:
            raise TryLater("The system broke off before the end of its answer.")

    def plan_erase(self, match: Match, wanted: Wanted, *, not_after: datetime | None = None) -> ErasePlan:
        """From its export: the request takes whole collections."""
        if self._eraser is None:
            return super().plan_erase(match, wanted, not_after=not_after)
        return self._eraser.plan(match, wanted, not_after)

    def erase(self, match: Match, plan: ErasePlan, *, idempotency_key: str) -> EraseReceipt | Pending:
        """By the configured request, under one key; then found and read again."""
        if self._eraser is None:
            return super().erase(match, plan, idempotency_key=idempotency_key)
        return self._eraser.erase(match, plan, idempotency_key)

    def probe(self, match: Match, plan: ErasePlan, *, idempotency_key: str) -> EraseReceipt | Pending | None:
        """By the configured request, or by reading."""
        return self._eraser.probe(match, plan, idempotency_key) if self._eraser else None

    def keeps_choice(self, purpose: str, channel: str, topic: str = "") -> bool:
        """The choices that `settings.consent` names."""
        return self._choices is not None and self._choices.keeps(purpose, channel, topic)

    def write_consent(self, subject: Subject, choice: ChoiceToWrite, *, idempotency_key: str) -> ConsentReceipt:
        """For the records that carry the very identifiers of the subject; then read back."""
        if self._choices is None:
            return super().write_consent(subject, choice, idempotency_key=idempotency_key)
        wanted = {(one.kind, normal(one.kind, one.value)) for one in subject.identifiers}
        found = [one for one in self.find(subject) if (one.kind, normal(one.kind, one.stored)) in wanted]
        return self._choices.write(found, choice, idempotency_key)

    def close(self) -> None:
        """Let go of connections."""
        self._remote.close()

    def _is_named(self, match: Match) -> bool:
        found = self.find(Subject((Identifier(match.kind, match.stored),)))
        return any((one.key, one.stored) == (match.key, match.stored) for one in found)

    def _everything(self, match: Match) -> Iterator[Record]:
        """An export for erasing: a collection that is closed could hide what has to stay, so nothing goes before it is mended."""
        for reason in self.scope().closed.values():
            raise AdapterError(f"Nothing can be erased before this is mended. {reason}")
        yield from self.export(match)

    def _scope(self, answer: CheckAnswer) -> Export:
        missing = {
            key: f"{key}: the system no longer names this collection. Mend the system, or remove the note."
            for key in self._place.system.collections
            if key not in answer.collections
        }
        return scope_of(self._place, tuple(answer.collections), missing)

    def _ask(self, method: str, path: str, kind: type[A], question: object = None) -> A:
        return _read(kind, _parse(b"".join(self._remote.stream(method, path, self._short, json=question, media=JSON))))


def open_http(place: Place) -> HttpAdapter:
    """Open a system of kind `http`. Raises `DocumentError`; connects to nothing yet."""
    config = place.config
    at = ("companies", place.company, "systems", place.key, "settings")
    settings = parse_part(HttpSettings, place.system.settings, config.document, at)
    parts = urlsplit(settings.url)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise place.error("settings", "url", problem="Personal data would travel without TLS.", remedy="Write https://...")
    if parts.query or parts.fragment or parts.username:
        raise place.error(
            "settings", "url", problem="This is more than a base address.", remedy="Write scheme, host and path only."
        )
    context = httpx.create_ssl_context(trust_env=False)
    if settings.ca_file:
        try:
            context = ssl.create_default_context(cafile=str(config.folder / settings.ca_file))
        except OSError:
            raise place.error(
                "settings", "ca_file", problem="The file holds no certificate.", remedy="Name a PEM file beside portal.yaml."
            ) from None
    bearer = config.secret(settings.secret, *at, "secret")
    if not bearer.isascii() or not bearer.isprintable():
        raise place.error("settings", "secret", problem="The secret has letters beyond ASCII.", remedy="Set one without them.")
    _check_requests(place, settings)
    return HttpAdapter(place, Remote(settings.url, bearer, context), settings)


def _check_requests(place: Place, settings: HttpSettings) -> None:
    if settings.erase:
        check_request(place, settings.erase, OF_ERASURE, "erase")
        if settings.erase.probe:
            check_request(place, settings.erase.probe, OF_ERASURE, "erase", "probe")
    if settings.consent:
        check_request(place, settings.consent.write, OF_CHOICE, "consent", "write")
        check_request(place, settings.consent.read, OF_CHOICE, "consent", "read")
        if not uses(settings.consent.write, "allowed"):
            raise place.error(
                "settings", "consent", "write", problem="The request does not say what was chosen.", remedy="Write `{allowed}`."
            )


def _record(sent: SentRecord, note: CollectionNote) -> Record:
    for one in sent.values:
        if problem := taxonomy.problem_with(one.category):
            raise AdapterError(f"The system sends a value whose data category is not known. {problem[1]}")
    values = tuple(noted_value(note, one.name, one.category, one.value, _moment(one.obtained)) for one in sent.values)
    return never_leaves.withhold(Record(sent.collection, f"{sent.collection}:{sent.key}", values))


def _named(match: Match) -> dict[str, str]:
    return {"key": match.key, "kind": match.kind, "stored": match.stored}


def _lines(body: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in body:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LONGEST_LINE:
            raise AdapterError(f"The system sends a line above {LONGEST_LINE} bytes.")
        yield from (line for line in lines if line.strip())
    if rest.strip():
        yield rest


def _parse(raw: bytes) -> object:
    plain: object = None
    understood = True
    try:
        plain = json.loads(raw, parse_constant=_refuse_constant, object_pairs_hook=_refuse_twice)
    except (ValueError, RecursionError):
        understood = False
    # Outside of the handler: the error of a parser holds what it read.
    if not understood:
        raise AdapterError("The system answers with something that is not JSON.")
    return plain


def _refuse_constant(name: str) -> None:
    raise ValueError


def _refuse_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _read(kind: type[A], plain: object) -> A:
    where = ""
    try:
        return kind.model_validate(plain)
    except ValidationError as error:
        where = ".".join(
            str(part) for part in error.errors(include_input=False, include_url=False)[0]["loc"] if part in kind.model_fields
        )
    raise AdapterError(f"The system answers with other fields or types than agreed{f' (at {where})' if where else ''}.")


def _moment(text: str | None) -> date | datetime | None:
    if text is None:
        return None
    moment: date | datetime | None = None
    try:
        moment = date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None:
        raise AdapterError("The system sends a date that is none.")
    return moment
