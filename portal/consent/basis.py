"""May a choice be used? The table of legal bases as data, read from the top: the first row that fits decides and is named.

Must never answer without naming its row, and never yes where no row says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum

from portal.config.model import Basis
from portal.consent.merge import Level, State
from portal.consent.words import Act


class Row(StrEnum):
    """The rows of the table, by name."""

    ALWAYS = "always"
    SUPPRESSED = "suppressed"
    LEGACY = "legacy"
    CONSENT = "consent"
    UNLESS_OBJECTED = "unless_objected"
    UNLESS_OPTED_OUT = "unless_opted_out"


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether it is allowed, and the row that decided."""

    allowed: bool
    row: Row


@dataclass(frozen=True, slots=True)
class Question:
    """What the rows look at. `day` is that of `at` where the company is."""

    state: State
    at: datetime
    day: date
    suppressed: bool
    accept_legacy_until: date | None

    def legacy_is_accepted(self) -> bool:
        """Does the company still use its old list, and is nothing paused?"""
        accepted = self.accept_legacy_until is not None and self.day <= self.accept_legacy_until
        return accepted and self.state.level(self.at) >= Level.IMPORTED

    def is_open(self) -> bool:
        """Has nobody said no, and is nothing paused?"""
        return self.state.level(self.at) >= Level.OPEN


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: for which bases, when it fits, and what it says."""

    row: Row
    bases: frozenset[Basis]
    fits: Callable[[Question], bool]
    allows: Callable[[Question], bool]


def _always(question: Question) -> bool:
    return True


def _never(question: Question) -> bool:
    return False


NO_CHOICE = frozenset({Basis.CONTRACT, Basis.LEGAL_DUTY})
"""Bases that ask nobody: no switch is shown (GDPR Art. 6(1)(b) and (c))."""

TABLE = (
    Rule(Row.ALWAYS, NO_CHOICE, _always, _always),
    Rule(Row.SUPPRESSED, frozenset(Basis) - NO_CHOICE, lambda question: question.suppressed, _never),
    # A line of an old list claims a consent; where none is needed it claims nothing, and the rows below decide.
    Rule(
        Row.LEGACY, frozenset({Basis.CONSENT}), lambda question: question.state.said is Act.IMPORTED, Question.legacy_is_accepted
    ),
    Rule(Row.CONSENT, frozenset({Basis.CONSENT}), _always, lambda question: question.state.allows(question.at)),
    Rule(Row.UNLESS_OBJECTED, frozenset({Basis.SOFT_OPT_IN, Basis.LEGITIMATE_INTEREST}), _always, Question.is_open),
    Rule(Row.UNLESS_OPTED_OUT, frozenset({Basis.SALE_OR_SHARING}), _always, Question.is_open),
)


def may_use(
    basis: Basis,
    state: State,
    at: datetime,
    *,
    suppressed: bool = False,
    accept_legacy_until: date | None = None,
    time_zone: tzinfo = UTC,
) -> Answer:
    """May the company use a choice on that basis at `at` (aware)? `accept_legacy_until` is the last day, in `time_zone`.

    `suppressed`: the identifier must not be contacted, or was erased, and no act of its own came since.
    """
    question = Question(state, at, at.astimezone(time_zone).date(), suppressed, accept_legacy_until)
    rule = next(rule for rule in TABLE if basis in rule.bases and rule.fits(question))
    return Answer(rule.allows(question), rule.row)
