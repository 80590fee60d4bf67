"""Where a person lives, in their own word: it picks the law where a company has several, and is asked once and only there.

Must never keep anybody from asking: who does not say is answered under the company's own law.
"""

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.core.db import company_of
from portal.people.model import Person

ELSEWHERE = ""
"""The word of who lives in none of the places, or would rather not say."""


class NoSuchPlace(ValueError):
    """The company asks for no such place."""


def place_of(db: Session, person_id: int | None) -> str | None:
    """What the person said; None where they were not asked, or named a place that the company no longer asks for."""
    person = db.get(Person, person_id) if person_id is not None else None
    said = person.place if person is not None else None
    return said if said == ELSEWHERE or said in registry.company(company_of(db)).law_places else None


def is_to_be_asked(db: Session, person_id: int) -> bool:
    """Whether the company has laws of several places and the person has not said yet."""
    return bool(registry.company(company_of(db)).law_places) and place_of(db, person_id) is None


def say_place(db: Session, person_id: int, place: str) -> None:
    """Keep the person's word for what they ask from now on; what runs keeps its law. Raises `NoSuchPlace`."""
    if place != ELSEWHERE and place not in registry.company(company_of(db)).law_places:
        raise NoSuchPlace(place)
    db.get_one(Person, person_id).place = place
    db.flush()
