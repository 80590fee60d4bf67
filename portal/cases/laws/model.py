"""What the file of a law may say, as types: every figure with its article, and whether the text itself was read.

Must never give a default to a figure: what a law does not say is left out, and then it does not exist.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from portal.core.errors import PortalError

Words = Annotated[str, StringConstraints(min_length=1, max_length=600)]
Article = Annotated[str, StringConstraints(min_length=3, max_length=200)]


class Part(BaseModel):
    """The base of all parts: closed (an unknown key is an error) and never changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Right(StrEnum):
    """What a person may ask for; the values are the kinds of case."""

    ACCESS = "access"
    CORRECTION = "correction"
    ERASURE = "erasure"
    PORTABILITY = "portability"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    WITHDRAWAL = "withdrawal"
    OPT_OUT_OF_SALE = "opt_out_of_sale"
    OPT_OUT_OF_TARGETED_ADS = "opt_out_of_targeted_ads"
    OPT_OUT_OF_PROFILING = "opt_out_of_profiling"
    LIMIT_SENSITIVE = "limit_sensitive"
    NAMED_THIRD_PARTIES = "named_third_parties"
    HUMAN_REVIEW = "human_review"
    NOMINATION = "nomination"
    COMPLAINT = "complaint"


class Unit(StrEnum):
    """What a period is counted in."""

    DAY = "day"
    BUSINESS_DAY = "business_day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """So many days, business days or calendar months."""

    count: int
    unit: Unit


_PERIOD = re.compile(r"([1-9]\d{0,3}) (day|business day|month)s?")


def parse_period(text: object) -> Period:
    """`1 month`, `45 days`, `10 business days`."""
    if isinstance(text, Period):
        return text
    found = _PERIOD.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("a period is written like `1 month`, `45 days` or `10 business days`")
    return Period(int(found[1]), Unit(found[2].replace(" ", "_")))


Span = Annotated[Period, BeforeValidator(parse_period)]


class Figure(Part):
    """The base of what has a source. `seen: false` means known but not read: off until the company has named a reviewer."""

    article: Article
    seen: bool
    note: Words | None = None


class Entitlement(Figure):
    """One right that the law gives."""


class Deadline(Figure):
    """A period to do something in; where the law only says `without delay`, `target` is what the portal aims at."""

    period: Span | None = None
    without_delay: bool = False
    target: Span | None = Field(None, description="What the portal works towards, inside the period")

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if self.period is None and not (self.without_delay and self.target):
            raise ValueError("write `period:`, or `without_delay: true` with a `target:`")
        return self


class Extension(Figure):
    """How the period to answer can be made longer, once: by a period, or to a date that the company names to the person."""

    by: Span | None = None
    to_a_named_date: bool = False
    reasons: Words = Field(description="What the law accepts as a reason")

    @model_validator(mode="after")
    def _says_how(self) -> Self:
        if (self.by is None) is not self.to_a_named_date:
            raise ValueError("write either `by:` or `to_a_named_date: true`")
        return self


class StopReason(StrEnum):
    """Why the clock can stand still."""

    IDENTITY = "identity"
    SCOPE = "scope"
    FEE = "fee"


class Stop(Figure):
    """The clock stands still while this is open. `both_days`: the day of asking and the day of the answer do not count either."""

    both_days: bool = False


class Clock(Figure):
    """When the period begins. `relevant_time` is the latest of receipt and the event `verified` (UK GDPR Art. 12A)."""

    start: Literal["receipt", "relevant_time"]
    stops: dict[StopReason, Stop] = Field(default_factory=dict)


class Roll(Figure):
    """What happens when the last day is a day off.

    `regulation_1182_71`: Saturday, Sunday or public holiday runs to the end of the next working day (Art. 3(4)), and a period of two days
    or more holds two working days (Art. 3(5)). `sunday_or_holiday`: Saturdays count as working days. `none`: the day stands.
    """

    rule: Literal["none", "regulation_1182_71", "sunday_or_holiday"]


class Appeal(Figure):
    """A second look that the law gives the person."""

    window: Span | None = Field(None, description="How long after the answer it can be asked for")
    decide: Span
    extend: Span | None = None


class Complaint(Figure):
    """A complaint to the company as a case of its own: when receipt is confirmed, and what the portal aims at for the answer."""

    acknowledge: Span | None = None
    target: Span


class Free(Figure):
    """How often answers cost nothing."""

    per_12_months: int | Literal["unlimited"]


class Agent(Figure):
    """Whether someone else may act for the person, and what they have to show."""

    allowed: Literal["yes", "for_opt_outs", "no"]
    need: Words | None = None


class Ground(StrEnum):
    """Why a law lets a company say no; `cases.refusal_words` has the words. Whatever is not in a law's list is no reason."""

    CANNOT_IDENTIFY = "cannot_identify"
    UNFOUNDED = "unfounded"
    EXCESSIVE = "excessive"
    NOT_OWED = "not_owed"
    EXPRESSION = "expression"
    LEGAL_DUTY = "legal_duty"
    PUBLIC_HEALTH = "public_health"
    RESEARCH = "research"
    LEGAL_CLAIMS = "legal_claims"
    COMPELLING_GROUNDS = "compelling_grounds"
    OTHERS_RIGHTS = "others_rights"
    IS_RIGHT = "is_right"
    IMPOSSIBLE = "impossible"
    NEEDED_FOR_CONTRACT = "needed_for_contract"
    SECURITY = "security"
    INTERNAL_USE = "internal_use"
    CONFLICTS_WITH_LAW = "conflicts_with_law"
    FRAUD = "fraud"


class Refusal(Figure):
    """One ground on which the law lets a company refuse these kinds of case (none named: all that are its rights, but opt-outs)."""

    ground: Ground
    kinds: list[Right] = Field(default_factory=list)
    two_people: bool = Field(False, description="The burden of proof is the company's: two people decide")


class Law(Part):
    """One law. Every part that is left out does not exist under it."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}_[a-z0-9_]{1,20}$")]
    version: int = Field(
        ge=1, description="Raised with every change of a figure; the file as it was stays beside it as `<id>.v<version>.yaml`"
    )
    title: Words
    cite: Words
    reviewed_on: date = Field(description="When the project last compared this file with its sources")
    rights: dict[Right, Entitlement] = Field(min_length=1)
    clock: Clock
    roll: Roll
    acknowledge: Deadline | None = None
    respond: Deadline
    refuse: Deadline | None = Field(None, description="Where a refusal has a date of its own")
    extend: Extension | None = None
    appeal: Appeal | None = None
    opt_out: Deadline | None = None
    complaint: Complaint | None = None
    revoke: Deadline | None = Field(None, description="How fast use stops once consent is taken back")
    free: Free | None = None
    agent: Agent | None = None
    signal: Figure | None = Field(None, description="Stands where a browser's opt-out signal (GPC) has to be honoured")
    refusals: list[Refusal] = Field(default_factory=list, description="The only grounds on which a case may be refused")
    notes: list[Words] = Field(default_factory=list)
    translated: dict[str, dict[str, Words]] = Field(
        default_factory=dict, description="Per language, what stands for words of title and citations: `de: {GDPR: DSGVO}`"
    )

    def gives(self, kind: str) -> bool:
        """Whether a case of this kind is a right under this law."""
        return kind in self.rights


@dataclass(frozen=True, slots=True)
class Review:
    """Who, on the company's side, has compared a law's unread figures with the law, and when."""

    by: str
    on: date


def unread_figures(law: Law) -> list[str]:
    """Names of the figures that nobody has read in their source."""
    rights = [f"rights.{right.value}" for right, figure in law.rights.items() if not figure.seen]
    stops = [f"clock.stops.{reason.value}" for reason, stop in law.clock.stops.items() if not stop.seen]
    parts = ((name, getattr(law, name)) for name in type(law).model_fields)
    refusals = [f"refusals.{one.ground.value} ({one.article})" for one in law.refusals if not one.seen]
    return [*rights, *stops, *refusals, *(name for name, part in parts if isinstance(part, Figure) and not part.seen)]


class LawNeedsReview(PortalError):
    """The law cannot be used as shipped: a figure it cannot do without was not read in its source."""


def in_force(law: Law, reviews: Mapping[str, Review]) -> Law:
    """The law without the figures that nobody has read. Raises `LawNeedsReview` where it cannot do without one of them."""
    if law.id in reviews:
        return law
    for name in ("clock", "roll", "respond"):
        if not getattr(law, name).seen:
            raise LawNeedsReview(
                f"{law.id}: `{name}` was not read in its source. Have someone compare it and name them and the date."
            )
    optional = ("acknowledge", "refuse", "extend", "appeal", "opt_out", "complaint", "revoke", "free", "agent", "signal")
    unread = {name: None for name in optional if (figure := getattr(law, name)) is not None and not figure.seen}
    clock = law.clock.model_copy(update={"stops": {reason: stop for reason, stop in law.clock.stops.items() if stop.seen}})
    rights = {right: entitlement for right, entitlement in law.rights.items() if entitlement.seen}
    refusals = [one for one in law.refusals if one.seen]
    return law.model_copy(update={**unread, "clock": clock, "rights": rights, "refusals": refusals})
