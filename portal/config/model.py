"""What a `portal.yaml` may say, as types. One class per thing that a company writes down; every text per language.

Must never give a default to what the law asks a company to state: a missing statement is an error, not an omission.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from portal.config.parts import Colour, Country, Duration, FrameOrigin, HostName, HttpUrl, Key, Language, Line, Part, Secret, Text
from portal.config.systems import System


class Palette(Part):
    """The brand in one colour scheme; contrast is checked at load."""

    accent: Colour
    accent_ink: Colour
    face: Colour


class Theme(Part):
    """What one company sets of the look."""

    light: Palette
    dark: Palette
    radius: Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)?(rem|px)$")] = "0.625rem"
    serif: bool = False
    logo: str = Field(description="SVG or PNG file beside portal.yaml")


class Contact(Part):
    """Someone to write to."""

    name: Line
    address: Line
    email: Line
    phone: Line | None = None


class Authority(Part):
    """The data protection authority that a person can complain to."""

    name: Text
    address: Line
    url: HttpUrl


class Sender(Part):
    """Who mails come from."""

    name: Line
    email: Line


class Role(StrEnum):
    """What a recipient is in the words of GDPR Art. 4."""

    PROCESSOR = "processor"
    CONTROLLER = "controller"
    AUTHORITY = "authority"


class Recipient(Part):
    """Someone outside the company who gets data, by name (CJEU C-154/21)."""

    name: Line
    country: Country
    role: Role
    purpose: Text
    safeguard: Text | None = Field(None, description="What protects data outside the EEA (Art. 46), and how to get a copy")


class SourceKind(StrEnum):
    """Where a value came from, seen from the person."""

    PERSON = "person"
    OBSERVED = "observed"
    THIRD_PARTY = "third_party"
    DERIVED = "derived"


class Source(Part):
    """Where values come from (Art. 15(1)(g)): reads on after `From`, like `you` or `bought from Exempla Data AS`."""

    title: Text
    kind: SourceKind
    public: bool = False


class RetentionRule(Part):
    """How long something is kept: the words for a person (read on after `Until`), and the rule for the machine.

    With a `ground`, an erasure leaves it until then; without, it goes at once.
    """

    title: Text
    years: int | None = None
    counted_from: Literal["calendar_year_end", "record_date", "event"] | None = None
    ground: Text | None = Field(None, description="The law that makes the company keep it")


class Decision(Part):
    """One automated decision (Art. 15(1)(h), 22): what goes in, how it decides, what it does, who can be asked."""

    title: Text
    input: Text
    logic: Text
    effect: Text
    human_contact: Line


class Basis(StrEnum):
    """The legal basis of a purpose (GDPR Art. 6(1)); the last two are the opt-out ground of US laws and the e-mail exception."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_DUTY = "legal_duty"
    LEGITIMATE_INTEREST = "legitimate_interest"
    SOFT_OPT_IN = "soft_opt_in"
    SALE_OR_SHARING = "sale_or_sharing"


class Topic(Part):
    """What a company writes about within a purpose."""

    title: Text


class Purpose(Part):
    """Why a company uses data. With channels it is a choice that the customer sees; without, it is only stated."""

    title: Text
    text: Text = Field(description="What it is, in plain words")
    why: Text = Field(description="Reads on after `Why`, like `to deliver your coffee`")
    basis: Basis
    interest: Text | None = Field(None, description="The legitimate interest, by name; must stand where that is the basis")
    channels: dict[Key, Text] = Field(default_factory=dict, description="`email: {en: E-mail}`")
    topics: dict[Key, Topic] = Field(default_factory=dict)
    frequencies: dict[Key, Text] = Field(
        default_factory=dict,
        description="How often, from the most messages to the fewest; the first holds until another is chosen",
    )
    notice: Text | None = Field(None, description="The exact text that is agreed to; must stand where there are channels")
    still_arrives: Text | None = None
    marketing: bool = Field(
        False,
        description="Adverts, or choosing them: ends with “stop all marketing”, and an objection acts at once, so it needs channels",
    )
    sensitive: bool = False
    double_opt_in: bool = False
    asks_again: bool = Field(
        False, description="A changed notice ends every yes to the words before it; else it holds for new answers only"
    )
    accept_legacy_until: date | None = None
    recipients: list[Key] = Field(
        default_factory=list,
        description="Who gets data for it, besides those of the collections that are kept for it; receipts name them all",
    )
    stored_in: list[Country] = Field(
        default_factory=list, description='The countries that its data is stored in, for receipts: `["NO", DE]`'
    )


class ProofKind(StrEnum):
    """What a person has to show."""

    MAILBOX = "mailbox"
    MATCHED_VALUES = "matched_values"
    DECLARATION = "declaration"
    STAFF = "staff"


class ProofRule(Part):
    """For these kinds of act, on these data categories (none named: all), this proof. The first rule that fits is used."""

    acts: list[Literal["view", "access", "erasure", "correction"]]
    categories: list[str] = Field(default_factory=list)
    need: ProofKind
    values: int = Field(1, ge=1, le=3)


class LawReview(Part):
    """Who, on the company's side, has compared a law's unread figures with the law, and when: until then they are off."""

    by: Line
    on: date


class HolidayCalendar(Part):
    """The country, or part of it, whose public holidays are days off (package `holidays`)."""

    country: Country
    subdivision: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,6}$")] | None = None


class StaffSignIn(Part):
    """The company's own sign-in service for its staff, by OpenID Connect. Where it stands, it is the only way into the console."""

    title: Line = Field(description="How your staff know it: `Fjordkaffe accounts`")
    issuer: HttpUrl = Field(description="As the service calls itself; `/.well-known/openid-configuration` is read below it")
    client_id: Line
    client_secret: Secret


class Placeholder(StrEnum):
    """What of a case can be put into a template of an answer."""

    CASE_NUMBER = "case_number"
    ASKED = "asked"
    RECEIVED_DATE = "received_date"
    DUE_DATE = "due_date"
    COMPANY = "company"
    AUTHORITY = "authority"


class AnswerTemplate(Part):
    """Words that staff often write: put into the answer on the page of a case, changed there, and sent like any other answer."""

    title: Text = Field(description="What staff choose it by; customers never read it")
    kinds: list[
        Literal[
            "access", "portability", "erasure", "correction", "restriction", "objection", "opt_out", "opt_out_of_sale",
            "opt_out_of_targeted_ads", "opt_out_of_profiling", "limit_sensitive", "human_review", "complaint", "appeal", "question", "on_behalf",
        ]
    ] = Field(default_factory=list, description="For these kinds of request; without it, for all")  # fmt: skip
    text: Text = Field(
        description="May hold `{case_number}`, `{asked}`, `{received_date}`, `{due_date}`, `{company}` and `{authority}`, the same ones in every language"
    )


class OwnRetention(Part):
    """How long the portal keeps its own rows."""

    sign_in_rows: Duration = "1 day"
    sessions: Duration = "30 days"
    mails: Duration = "30 days"
    downloads: Duration = "14 days"
    cases: Duration = "3 years"
    proof_retention: Duration = "3 years"
    unconfirmed: Duration = "7 days"
    journal: Duration = Field("1 year", description="At least as long as your oldest backup of the database is kept")


class Company(Part):
    """One controller, with everything that its customers are told."""

    name: Line
    legal_name: Line
    hosts: list[HostName] = Field(min_length=1)
    url: HttpUrl = Field(description="Where its customers reach the portal; every link in a mail begins with it")
    country: Country
    region: Line | None = None
    time_zone: str
    languages: list[Language] = Field(min_length=1, description="The first is used where nothing better is known")
    theme: Theme
    sender: Sender
    controller: Contact
    dpo: Contact | None = None
    representative: Contact | None = None
    support: Contact
    help: Text = Field(description="How else a person can reach the company; shown where they cannot go on")
    privacy_notice: dict[str, HttpUrl]
    authority: Authority
    laws: list[Key] = Field(min_length=1)
    law_places: dict[Key, Text] = Field(default_factory=dict, description="By law: where its customers live, as they read it")
    law_reviews: dict[Key, LawReview] = Field(default_factory=dict, description="By law: who compared unread figures, and when")
    public_holidays: list[date] = Field(default_factory=list, description="Days off, besides those of `holidays_of`")
    holidays_of: HolidayCalendar | None = Field(None, description="Whose public holidays move a date in law")
    purposes: dict[Key, Purpose]
    sources: dict[Key, Source]
    recipients: dict[Key, Recipient]
    retention_rules: dict[Key, RetentionRule]
    decisions: Literal["none"] | dict[Key, Decision]
    systems: dict[Key, System]
    proof: list[ProofRule] = Field(default_factory=list)
    proof_titles: dict[Key, Text] = Field(default_factory=dict, description="`postcode: {en: Your postcode}`")
    grace_period: Duration = "72 hours"
    answers_within: Duration = Field("14 days", description="By when a question is answered for which no law sets a date")
    agents_need_the_person: bool = Field(
        True, description="An agent's mandate is not enough: the person is asked by mail as well"
    )
    retention: OwnRetention = OwnRetention()
    allow_non_ascii_addresses: bool = False
    embed_origins: list[FrameOrigin] = Field(
        default_factory=list, description="Pages like `https://www.example.com` that may show /embedded/p/TOKEN in a frame"
    )
    discreet: bool = False
    staff_sign_in: StaffSignIn | None = Field(None, description="Without it, staff sign in by mail and passkey")
    unusual_reading: int = Field(
        50,
        ge=1,
        description="More cases than this, opened by one colleague in a day, raise an alarm, unless they use to open a third as many",
    )
    answer_templates: dict[Key, AnswerTemplate] = Field(default_factory=dict, description="Answers that staff keep ready")
    two_people: list[Literal["refuse", "release", "extend", "appeal"]] = Field(
        default_factory=list,
        description="What one proposes and another approves, besides what always needs two (docs/console.md)",
    )


class Portal(Part):
    """The whole file."""

    version: Literal[1]
    companies: Mapping[Key, Company] = Field(min_length=1)
