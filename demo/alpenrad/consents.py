"""What Alpenrad's customers agreed to, refused and took back."""

from collections.abc import Iterator
from datetime import date
from random import Random

from demo import stars
from demo.alpenrad.crm import contacts, days_since_created
from demo.consents import ConsentAct, oldest_first
from demo.database import moment


def consents(today: date) -> Iterator[ConsentAct]:
    """All acts, oldest first."""
    return oldest_first(_acts(today))


def _acts(today: date) -> Iterator[ConsentAct]:
    random, seen = Random("alpenrad: consents"), set[str]()
    for person, days in zip(contacts(), days_since_created(), strict=True):
        if person.email in seen or (person is not stars.ANNA and random.random() < 0.45):
            continue
        seen.add(person.email)
        at, email, language = moment(today, days, random.uniform(8, 19)), person.email, person.language
        if person is stars.ANNA or random.random() < 0.7:
            yield ConsentAct(email, "newsletter", "email", "given", at, language)
            if person is not stars.ANNA and random.random() < 0.2:
                yield ConsentAct(email, "newsletter", "email", "withdrawn", moment(today, random.uniform(1, days)), language)
        else:
            yield ConsentAct(email, "newsletter", "email", "refused", at, language)
        if person is stars.ANNA or random.random() < 0.3:
            yield ConsentAct(email, "inspection_reminder", "phone", "refused", at, language)
