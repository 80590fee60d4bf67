"""Which data category means what to a person: the groups that the page and the download are made of.

Must never group by table or system: where a value lies is the company's business, what it says is the person's.
"""

import re
from collections import Counter
from collections.abc import Iterable

from portal.adapters.contract import Json
from portal.config.model import SourceKind
from portal.core.i18n import N_, _

WHO = "who"
CONTACT = "contact"
BOUGHT = "bought"
PAID = "paid"
WROTE = "wrote"
USED = "used"
OTHERS = "others"
DERIVED = "derived"
CHOICES = "choices"
OTHER = "other"

GROUPS = (WHO, CONTACT, BOUGHT, PAID, WROTE, USED, OTHERS, DERIVED, CHOICES, OTHER)
"""In the order in which they are shown."""

TITLES = {
    WHO: N_("Who you are"),
    CONTACT: N_("How to reach you"),
    BOUGHT: N_("What you bought"),
    PAID: N_("What you paid"),
    WROTE: N_("What you wrote"),
    USED: N_("How you use our services"),
    OTHERS: N_("What others told us"),
    DERIVED: N_("What we worked out"),
    CHOICES: N_("What you agreed to"),
    OTHER: N_("What else we hold"),
}

LEADS = {
    OTHERS: N_("You did not give us these."),
    CHOICES: N_("Every answer that you gave us and every change to it, with the text that was shown."),
    DERIVED: N_("Made by a program from other facts about you."),
}

NUMBER = re.compile(r"\S*\d\S*")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

# By the category names of Fideslang; the longest one that fits decides, so a company's own sub-categories need no entry.
_BY_CATEGORY = {
    "user": WHO,
    "user.contact": CONTACT,
    "user.account": WHO,
    "user.account.settings": USED,
    "user.authorization": WHO,
    "user.behavior": USED,
    "user.behavior.purchase_history": BOUGHT,
    "user.content": WROTE,
    "user.device": USED,
    "user.financial": PAID,
    "user.location": USED,
    "user.payment": PAID,
    "user.privacy_preferences": USED,
    "user.privacy_preferences.choices": CHOICES,
    "user.sensor": USED,
    "user.social": WROTE,
    "user.telemetry": USED,
    "user.unique_id": WHO,
    "user.user_sensor": USED,
}


def is_within(category: str, ancestor: str) -> bool:
    """Whether `category` is `ancestor` or lies below it, by dotted segments: `user.names` is not within `user.name`."""
    return category == ancestor or category.startswith(ancestor + ".")


def only_ties(category: str, value: Json) -> bool:
    """Whether the value is a number that only ties rows together; a state or a date of a system says something by itself."""
    if isinstance(value, str):
        return is_within(category, "system") and NUMBER.fullmatch(value) is not None and DAY.match(value) is None
    return is_within(category, "system") and isinstance(value, int) and not isinstance(value, bool)


def group_of(category: str, kind: SourceKind) -> str:
    """The group of one value. What someone else told or a program worked out is told apart, whatever it is about."""
    if kind is SourceKind.THIRD_PARTY:
        return OTHERS
    if kind is SourceKind.DERIVED:
        return DERIVED
    segments = category.split(".")
    for length in range(len(segments), 0, -1):
        if group := _BY_CATEGORY.get(".".join(segments[:length])):
            return group
    return OTHER


def group_of_rows(values: Iterable[tuple[str, SourceKind]]) -> str:
    """The one group of a list of rows: the one that most of its (category, kind of source) fall in; the earlier one of equals.

    A value that means nothing by itself (`system.*`: a status, a row number) never decides.
    """
    counts = Counter(group for category, kind in values if (group := group_of(category, kind)) != OTHER)
    return min(counts, key=lambda group: (-counts[group], GROUPS.index(group)), default=OTHER)


def title_of(group: str) -> str:
    """The group's title in the language in force."""
    return _(TITLES[group])


def lead_of(group: str) -> str:
    """One sentence under the title, or nothing."""
    return _(LEADS[group]) if group in LEADS else ""
