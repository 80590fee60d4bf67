"""The words of the ledger: what was done and who did it. They are stored for good: a word is added, never renamed."""

from enum import StrEnum


class Act(StrEnum):
    """One act on one choice.

    `asked`: a yes that waits for its confirmation. `imported`: a yes of an old list, without proof. `undone`: back to the
    state before a named event.
    """

    ASKED = "asked"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    PAUSED = "paused"
    RESUMED = "resumed"
    OBJECTED = "objected"
    EXPIRED = "expired"
    IMPORTED = "imported"
    UNDONE = "undone"


class Actor(StrEnum):
    """Who acted. Only `person` may raise; `signal` is a browser's (GPC)."""

    PERSON = "person"
    AGENT = "agent"
    STAFF = "staff"
    COMPANY_SYSTEM = "company_system"
    SIGNAL = "signal"


STOPS = frozenset({Act.REFUSED, Act.WITHDRAWN, Act.OBJECTED})
"""Acts that say no."""

ANSWERS = STOPS | {Act.GIVEN}
"""Acts that say yes or no; all others hide an answer, ask for one, or take one back."""
