"""Which proof an act on data of some categories needs beyond the mailbox. Pure: no database, no clock.

Must never ask for anything where the law forbids to ask (opt-outs), nor for a value that no system holds.

For cases:
    proof_for(company, act, categories, law=None) -> Proof       the strongest that any of the categories needs
    split_by_proof(company, act, categories, shown, law=None) -> (open, shut)
    within_reach(proof, askable) -> Proof                        `askable`: how many values the systems hold to be compared
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from portal.config.model import Company, ProofKind, ProofRule

ACTS = frozenset({"view", "access", "erasure", "correction"})
"""The acts that a rule can speak of. Choices, objections and opt-outs need the mailbox and nothing else, ever (11 CCR 7026(d), 7027(e))."""

SENSITIVE = frozenset(
    (
        "user.authorization.biometric",
        "user.biometric",
        "user.childrens",
        "user.content.private",
        "user.criminal_history",
        "user.demographic.political_opinion",
        "user.demographic.race_ethnicity",
        "user.demographic.religious_belief",
        "user.demographic.sexual_orientation",
        "user.financial",
        "user.government_id",
        "user.health_and_medical",
        "user.location.precise",
        # As older Fideslang taxonomies name them.
        "user.genetic",
        "user.political_opinion",
        "user.race",
        "user.religious_belief",
        "user.sexual_orientation",
    )
)
"""Fideslang categories of GDPR Art. 9 and 10 and of "sensitive personal information" (Cal. Civ. Code 1798.140(ae))."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What is needed beyond the mailbox: so many matched values, a signed declaration, or staff who look at it."""

    values: int = 0
    declaration: bool = False
    staff: bool = False

    def is_met_by(self, shown: "Proof") -> bool:
        """Whether what was shown is at least this."""
        return shown.values >= self.values and shown.declaration >= self.declaration and shown.staff >= self.staff

    def together_with(self, other: "Proof") -> "Proof":
        """The least that meets both."""
        return Proof(max(self.values, other.values), self.declaration or other.declaration, self.staff or other.staff)


MAILBOX = Proof()
ONE_VALUE = Proof(values=1)
SPECIFIC_PIECES = Proof(values=3, declaration=True)
"""11 CCR 7062(c): three pieces of information and a signed declaration, for specific pieces and sensitive deletions."""
TWO_VALUES = Proof(values=2)
"""11 CCR 7062(b): two data points, where a reasonable degree of certainty is enough."""


def proof_for(company: Company, act: str, categories: Iterable[str], *, law: str | None = None) -> Proof:
    """The strongest proof that any of these categories needs for this act; with none named, the act's own."""
    needed = MAILBOX
    for category in set(categories) or {""}:
        needed = needed.together_with(_proof_for_one(company, act, category, law))
    return needed


def split_by_proof(
    company: Company, act: str, categories: Iterable[str], shown: Proof, *, law: str | None = None
) -> tuple[frozenset[str], frozenset[str]]:
    """Which categories are open to someone who has shown that much, and which stay shut until they show more."""
    asked = frozenset(categories)
    open_now = frozenset(one for one in asked if _proof_for_one(company, act, one, law).is_met_by(shown))
    return open_now, asked - open_now


def within_reach(proof: Proof, askable: int) -> Proof:
    """The same proof with no more values than the systems hold: where none is held, the mailbox is enough."""
    return Proof(min(proof.values, max(askable, 0)), proof.declaration, proof.staff)


def is_sensitive(category: str) -> bool:
    """Whether a category is one of `SENSITIVE` or lies under one."""
    return is_under_any(category, SENSITIVE)


def is_under_any(category: str, ancestors: Collection[str]) -> bool:
    """Whether `category` is one of `ancestors` or lies under one, by dotted segments: `user.namesake` is not under `user.name`."""
    segments = category.split(".")
    return any(".".join(segments[:count]) in ancestors for count in range(1, len(segments) + 1))


def _proof_for_one(company: Company, act: str, category: str, law: str | None) -> Proof:
    if act not in ACTS:
        return MAILBOX
    for rule in company.proof:
        if act in rule.acts and (not rule.categories or is_under_any(category, rule.categories)):
            return _of_rule(rule)
    return _shipped(act, sensitive=is_sensitive(category), law=law)


def _of_rule(rule: ProofRule) -> Proof:
    match rule.need:
        case ProofKind.MATCHED_VALUES:
            return Proof(values=rule.values)
        case ProofKind.DECLARATION:
            return Proof(declaration=True)
        case ProofKind.STAFF:
            return Proof(staff=True)
        case _:
            return MAILBOX


def _shipped(act: str, *, sensitive: bool, law: str | None) -> Proof:
    """What holds where the company says nothing."""
    if law == "us_ca":
        return SPECIFIC_PIECES if sensitive or act in ("view", "access") else TWO_VALUES
    return ONE_VALUE if sensitive or act == "erasure" else MAILBOX
