"""What the company's systems tell of consent, and what they may read of it. Must never let a system raise what a person said."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from portal.api import identifiers
from portal.api.alarms import watch_attestations
from portal.api.bodies import Body, Moment
from portal.api.guards import current_key
from portal.api.identifiers import IdentifierIn
from portal.api.operations import Part
from portal.api.paging import Cursor
from portal.api.problems import Problem
from portal.consent import choices
from portal.consent.basis import Row
from portal.consent.chains import KeyIsDestroyed
from portal.consent.checking import Verdict, check, choices_to_check
from portal.consent.events import Choice
from portal.consent.ledger import ActInTheFuture, NoNoticeShown, PauseOutOfRange, UnknownChoice
from portal.consent.merge import OnlyThePersonMayRaise
from portal.consent.telling import Attested, FormUrlMissing, Outcome, Source, Stored, attest, record_lowering
from portal.consent.words import Act
from portal.people.model import Person
from portal.people.service import Identifier, NotInNormalForm, find_named, find_person
from portal.web.context import current_company
from portal.web.transactions import db

part = Part("events", "Tell what happened to a consent, and read what stands")

Name = Annotated[str, Field(min_length=1, max_length=41, pattern="^[a-z][a-z0-9_]*$")]
REFUSED = (
    UnknownChoice,
    PauseOutOfRange,
    NoNoticeShown,
    ActInTheFuture,
    OnlyThePersonMayRaise,
    KeyIsDestroyed,
    FormUrlMissing,
    NotInNormalForm,
)


class LoweringIn(Body):
    """An act that takes something back. `until` (a moment with its zone) only with `paused`."""

    identifier: IdentifierIn
    purpose: Name
    channel: Name
    act: Literal["refused", "withdrawn", "objected", "expired", "paused"]
    until: Moment | None = None


class AttestationIn(Body):
    """What the person answered in a form of yours: when, in which form, to which text (`notice` is its hash, as /purposes lists it)."""

    identifier: IdentifierIn
    purpose: Name
    channel: Name
    act: Literal["given", "refused", "withdrawn", "objected"]
    acted_at: Moment
    form_url: Annotated[str, Field(max_length=500)]
    notice: Annotated[str | None, Field(pattern="^[0-9a-f]{64}$")] = None
    topics: Annotated[list[Name] | None, Field(max_length=50)] = None
    frequency: Name | None = None


class StoredOut(BaseModel):
    """What was stored: `attested`, `legacy_unverified`, `lowered`, `suppressed` (nobody is known by it), `left_out`; and why not more."""

    stored: str
    why: str


class PersonIn(Body):
    """Whom to read: by an identifier, or by the `person` that an answer or a webhook named."""

    identifier: IdentifierIn | None = None
    person: Annotated[str | None, Field(pattern="^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$")] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "PersonIn":
        if (self.identifier is None) == (self.person is None):
            raise ValueError("Name either an identifier or a person.")
        return self


class IdentifierOut(BaseModel):
    """What a person is known by."""

    kind: str
    value: str


class ChoiceOut(BaseModel):
    """One choice as it stands. `standing`: unset, given, refused, withdrawn, objected, paused, pending or suppressed; `allowed` and `row`
    are what a check says, too.
    """

    purpose: str
    channel: str
    standing: str
    allowed: bool
    row: str
    since: datetime | None
    paused_until: datetime | None
    frequency: str | None
    topics: list[str] | None


class StateOut(BaseModel):
    """All choices of a person; of someone unknown, all of them unset. `person` is the portal's random id, null where nobody is known.

    `identifiers` are those that they may be written to under; not an address that a system added, until it is proven.
    """

    person: str | None
    identifiers: list[IdentifierOut]
    choices: list[ChoiceOut]


class HistoryIn(PersonIn):
    """Whose history, and which page."""

    limit: Annotated[int, Field(ge=1, le=500)] = 100
    cursor: Annotated[str | None, Field(max_length=200)] = None


class EventOut(BaseModel):
    """One act, as the ledger has it. `notice` is the hash of the text that was shown."""

    sequence: int
    purpose: str
    channel: str
    topic: str
    act: str
    actor: str
    collection_point: str
    received_at: datetime
    acted_at: datetime | None
    until: datetime | None
    undoes: int | None
    notice: str | None
    language: str | None
    frequency: str | None
    topics: list[str] | None


class HistoryOut(BaseModel):
    """Acts in order of receipt, the newest first; `next` leads on where there are more."""

    person: str | None
    events: list[EventOut]
    next: str | None


@part.operation(
    "POST", "/consents/lowerings", scope="consents:write", summary="Take a consent back", body=LoweringIn, answer=StoredOut,
    status=201, lowers=True, idempotent=True, problems=("refused",),
)  # fmt: skip
def lower_consent(body: LoweringIn) -> StoredOut:
    """Acts at once and is never refused by a limit. An identifier behind which nobody is known is noted as suppressed."""
    try:
        outcome = record_lowering(
            db(),
            identifiers.of(body.identifier),
            Choice(body.purpose, body.channel),
            Act(body.act),
            source=_source(),
            until=body.until,
        )
    except REFUSED as error:
        raise Problem("refused", detail=str(error)) from None
    return _stored(outcome)


@part.operation(
    "POST", "/consents/attestations", scope="consents:attest", summary="Attest what a person answered in your form",
    body=AttestationIn, answer=StoredOut, status=201, idempotent=True, problems=("refused",),
)  # fmt: skip
def attest_consent(body: AttestationIn) -> StoredOut:
    """Believed where the text is one we published, the form is named, the act is under 7 days old, not in the future, and newer than
    anything the person did for this choice. Otherwise a yes becomes `legacy_unverified`, which is no consent; a no is taken in any case.
    """
    said = Attested(
        Choice(body.purpose, body.channel),
        Act(body.act),
        body.acted_at,
        body.form_url,
        bytes.fromhex(body.notice) if body.notice else None,
        None if body.topics is None else tuple(body.topics),
        body.frequency,
    )
    try:
        outcome = attest(db(), identifiers.to_be_known(body.identifier), said, source=_source())
    except REFUSED as error:
        raise Problem("refused", detail=str(error)) from None
    watch_attestations(db(), current_key(), int(outcome.stored is Stored.ATTESTED), company=current_company().key)
    return _stored(outcome)


@part.operation(
    "POST",
    "/consents/state",
    scope="consents:read",
    summary="Read what stands for a person",
    body=PersonIn,
    answer=StateOut,
    reads=True,
    tells=True,
    problems=("not-found",),
)
def read_state(body: PersonIn) -> StateOut:
    """Every choice with the row of the table that decides, as the person's own page shows it, and never allowed where a check says no.

    `not-found`: nobody is known by that `person` any more.
    """
    company = current_company().config
    person, asked_about, theirs = _whom(body)
    shown = choices.choices_of(db(), company, person.id if person else 0)
    verdicts = zip(*check(db(), asked_about, choices_to_check(company)), strict=True)
    standing = [(purpose.key, one) for purpose in shown for one in purpose.channels]
    return StateOut(
        person=person.public_id if person else None,
        identifiers=[IdentifierOut(kind=one.kind, value=one.value) for one in theirs],
        choices=[_as_checked(purpose, one, said) for (purpose, one), said in zip(standing, verdicts, strict=True)],
    )


@part.operation(
    "POST", "/consents/history", scope="consents:read", summary="Read everything that was done to a person's choices",
    body=HistoryIn, answer=HistoryOut, reads=True, tells=True, problems=("not-found",),
)  # fmt: skip
def read_history(body: HistoryIn) -> HistoryOut:
    """From the ledger, the newest first. `not-found`: nobody is known by that `person` any more."""
    person, _asked_about, _theirs = _whom(body)
    page = Cursor(limit=body.limit, cursor=body.cursor)
    before = page.before()
    events = [entry.event for entry in choices.history_of(db(), person.id)] if person else []
    newest = [event for event in reversed(events) if before is None or event.sequence < before][: page.limit + 1]
    shown, following = page.cut([(event.sequence, event) for event in newest])
    return HistoryOut(
        person=person.public_id if person else None,
        events=[
            EventOut(
                sequence=event.sequence, purpose=event.choice.purpose, channel=event.choice.channel, topic=event.choice.topic,
                act=event.act.value, actor=event.actor.value, collection_point=event.collection_point, received_at=event.received_at,
                acted_at=event.acted_at, until=event.until, undoes=event.undoes,
                notice=event.notice_hash.hex() if event.notice_hash else None, language=event.language, frequency=event.frequency,
                topics=None if event.topics is None else list(event.topics),
            )
            for event in shown
        ],
        next=following,
    )  # fmt: skip


def _whom(body: PersonIn) -> tuple[Person | None, list[Identifier], list[Identifier]]:
    """Who is asked about, under which identifiers, and what they are known by."""
    if body.person is not None:
        found = find_named(db(), body.person)
        if found is None:
            raise Problem("not-found")
        return found[0], found[1], found[1]
    assert body.identifier is not None  # noqa: S101  # one of both is there
    one = identifiers.of(body.identifier)
    person = find_person(db(), one)
    known = find_named(db(), person.public_id) if person and person.public_id else None
    return person, [one], known[1] if known else []


def _as_checked(purpose: str, one: choices.ChannelChoice, said: Sequence[Verdict]) -> ChoiceOut:
    """A choice as the person's page shows it, held against the verdicts for the identifiers: the strictest counts."""
    no = next((verdict for verdict in said if not verdict.allowed), None)
    shut = no is not None and no.row == Row.SUPPRESSED.value and one.answer.allowed
    return ChoiceOut(
        purpose=purpose, channel=one.key, standing=(choices.Standing.SUPPRESSED if shut else one.standing).value,
        allowed=one.answer.allowed and no is None, row=no.row if no else one.answer.row.value,
        since=None if shut else one.since, paused_until=one.until, frequency=one.frequency,
        topics=None if one.topics is None else list(one.topics),
    )  # fmt: skip


def _source() -> Source:
    key = current_key()
    return Source(key.name, key.public_id)


def _stored(outcome: Outcome) -> StoredOut:
    return StoredOut(stored=outcome.stored.value, why=outcome.why)
