"""People and what they are known by, as the company's systems know them. Must never let a machine spread a yes, or lose a no."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from pydantic import BaseModel, Field

from portal.api import identifiers
from portal.api.bodies import Body
from portal.api.guards import current_key
from portal.api.identifiers import IdentifierIn
from portal.api.operations import Part
from portal.api.problems import Problem
from portal.cases.joining import NobodyKnown, merge_people, split_person, upsert_person
from portal.consent.chains import KeyIsDestroyed
from portal.consent.joining import CannotBeJoined
from portal.consent.telling import Source
from portal.people.model import Person
from portal.people.service import NotInNormalForm
from portal.web.context import current_company
from portal.web.transactions import db

part = Part("people", "People and what they are known by")


class PersonUpsert(Body):
    """What one person is known by. What is not named stays as it is."""

    identifiers: Annotated[list[IdentifierIn], Field(min_length=1, max_length=10)]
    language: Annotated[str | None, Field(max_length=20)] = None


class MergeIn(Body):
    """Two identifiers of two people who are one: `keep` names the one whose choices stand."""

    keep: IdentifierIn
    gone: IdentifierIn


class SplitIn(Body):
    """An identifier that belongs to somebody else than the person who has it."""

    identifier: IdentifierIn


class PersonOut(BaseModel):
    """The portal's random id of the person; webhooks name people by it."""

    person: str


@part.operation(
    "POST", "/people", scope="people:write", summary="Add a person, or what a person is known by", body=PersonUpsert, answer=PersonOut,
    idempotent=True, tells=True, problems=("conflict",),
)  # fmt: skip
def add_person(body: PersonUpsert) -> PersonOut:
    """Nothing is ever taken away. An address that is added to somebody who is known has their no at once; a yes that they said before is
    for the new address only once it is proven. Of several addresses of somebody new the first is theirs, and each other one is as if added
    later. Identifiers of several people are a `conflict`: merge first.
    """
    languages = current_company().config.languages
    named = [identifiers.to_be_known(one, pointer=f"/identifiers/{number}/value") for number, one in enumerate(body.identifiers)]
    with _refusing():
        return _shown(
            upsert_person(db(), named, source=_source(), language=body.language if body.language in languages else None)
        )


@part.operation(
    "POST", "/people/merge", scope="people:write", summary="Two people are one", body=MergeIn, answer=PersonOut, tells=True,
    problems=("conflict", "not-found"),
)  # fmt: skip
def merge(body: MergeIn) -> PersonOut:
    """Both chains of the ledger stay whole. A no, a pause and a left-out topic of either holds for both; a yes of `gone` is not carried
    over, and one of `keep` reaches the addresses of `gone` only once they are proven. Both are signed out.
    """
    keep, gone = identifiers.of(body.keep, pointer="/keep/value"), identifiers.of(body.gone, pointer="/gone/value")
    with _refusing():
        return _shown(merge_people(db(), keep, gone, source=_source()))


@part.operation(
    "POST", "/people/split", scope="people:write", summary="One person is two", body=SplitIn, answer=PersonOut, tells=True,
    problems=("conflict", "not-found"),
)  # fmt: skip
def split(body: SplitIn) -> PersonOut:
    """The identifier goes to a new person, who has every no of the old one and no yes. A yes that was said while it was on file could be
    either's: it ends, until one of them says it again. What was written stays where it is.
    """
    with _refusing():
        return _shown(split_person(db(), identifiers.of(body.identifier), source=_source()))


@contextmanager
def _refusing() -> Iterator[None]:
    """What the room refuses, as a problem."""
    try:
        yield
    except NobodyKnown:
        raise Problem("not-found") from None
    except (CannotBeJoined, KeyIsDestroyed, NotInNormalForm) as error:
        raise Problem("conflict", detail=str(error)) from None


def _source() -> Source:
    return Source(current_key().name, current_key().public_id)


def _shown(person: Person) -> PersonOut:
    return PersonOut(person=person.public_id)
