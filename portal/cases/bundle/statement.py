"""What GDPR Art. 15(1) and (2) make a company say about itself, built from its configuration, in the language in force.

Must never leave an item out where there is nothing to say: "none" is said in words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from portal.cases.about import collection_title
from portal.cases.laws import Law, Right
from portal.cases.laws.citing import in_words
from portal.config.checks import EEA
from portal.config.model import Basis, Company, Contact, Role
from portal.config.systems import CollectionNote
from portal.core.i18n import N_, _, format_list, language, locale, pick

BASES = {
    Basis.CONSENT: N_("Only if you agree. You can take that back at any time (GDPR Art. 6(1)(a))."),
    Basis.CONTRACT: N_("It is needed for our contract with you (GDPR Art. 6(1)(b))."),
    Basis.LEGAL_DUTY: N_("A law makes us do it (GDPR Art. 6(1)(c))."),
    Basis.LEGITIMATE_INTEREST: N_("We have an interest in it, and you can object (GDPR Art. 6(1)(f))."),
    Basis.SOFT_OPT_IN: N_("You are our customer, and you can object at any time (GDPR Art. 6(1)(f))."),
    Basis.SALE_OR_SHARING: N_("You can say no to it at any time."),
}
ROLES = {
    Role.PROCESSOR: N_("works for us and only as we say"),
    Role.CONTROLLER: N_("is itself responsible for what it does with the data"),
    Role.AUTHORITY: N_("is a public authority"),
}
RIGHTS = {
    Right.ACCESS: N_("See what we hold and get a copy."),
    Right.CORRECTION: N_("Have wrong data corrected."),
    Right.ERASURE: N_("Have data deleted."),
    Right.RESTRICTION: N_("Have us keep data without using it."),
    Right.PORTABILITY: N_("Get your data in a form that other services can read."),
    Right.OBJECTION: N_("Object to a use. Against advertising it works at once."),
    Right.WITHDRAWAL: N_("Take back what you agreed to."),
    Right.HUMAN_REVIEW: N_("Have a person look at a decision that a program made."),
    Right.OPT_OUT_OF_SALE: N_("Say no to the sale and sharing of your data."),
    Right.OPT_OUT_OF_TARGETED_ADS: N_("Say no to advertising that follows you."),
    Right.OPT_OUT_OF_PROFILING: N_("Say no to profiling."),
    Right.LIMIT_SENSITIVE: N_("Limit the use of sensitive data."),
    Right.NAMED_THIRD_PARTIES: N_("Learn the names of those who got your data."),
    Right.NOMINATION: N_("Name someone who acts for you later."),
    Right.COMPLAINT: N_("Complain to us and get an answer."),
}


@dataclass(frozen=True, slots=True)
class StatedPurpose:
    """Why data is used, what allows it, the interest by name where that is the basis, and what the person said, where it is asked."""

    title: str
    text: str
    basis: str
    interest: str
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatedKind:
    """One kind of data: where it comes from, why it is held, who gets it, until when (Art. 15(1)(b), (d), (g))."""

    system: str
    title: str
    source: str
    why: str
    until: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatedRecipient:
    """Someone who gets data, by name (CJEU C-154/21). `safeguard` stands for those outside the EEA (Art. 15(2))."""

    name: str
    country: str
    role: str
    purpose: str
    safeguard: str
    outside: bool


@dataclass(frozen=True, slots=True)
class StatedDecision:
    """One automated decision (Art. 15(1)(h)), in plain words."""

    title: str
    input: str
    logic: str
    effect: str
    human_contact: str


@dataclass(frozen=True, slots=True)
class StatedContact:
    """Someone to write to: what for, name, address lines."""

    what: str
    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatedRight:
    """One right, and where it stands in law."""

    text: str
    article: str


@dataclass(frozen=True, slots=True)
class Statement:
    """The whole block. `rules` are the retention rules with the law behind each; an empty `decisions` means there are none."""

    contacts: tuple[StatedContact, ...]
    purposes: tuple[StatedPurpose, ...]
    kinds: tuple[StatedKind, ...]
    recipients: tuple[StatedRecipient, ...]
    rules: tuple[tuple[str, str], ...]
    decisions: tuple[StatedDecision, ...]
    rights: tuple[StatedRight, ...]
    authority: StatedContact
    authority_url: str
    privacy_notice: str

    @property
    def transfers(self) -> tuple[StatedRecipient, ...]:
        """Those who get data outside the EEA."""
        return tuple(recipient for recipient in self.recipients if recipient.outside)


def build_statement(
    company: Company, laws: tuple[Law, ...], answers: Mapping[str, tuple[str, ...]] = MappingProxyType({})
) -> Statement:
    """The block of one company under these laws, in the language in force; `answers` are what this person said, by purpose."""
    return Statement(
        contacts=_contacts(company),
        purposes=tuple(
            StatedPurpose(
                pick(one.title),
                pick(one.text),
                _(BASES[one.basis]),
                pick(one.interest) if one.interest else "",
                answers.get(key, ()),
            )
            for key, one in company.purposes.items()
        ),
        kinds=_kinds(company),
        recipients=_recipients(company),
        rules=tuple((pick(rule.title), pick(rule.ground) if rule.ground else "") for rule in company.retention_rules.values()),
        decisions=_decisions(company),
        rights=_rights(laws),
        authority=StatedContact(
            _("The authority you can complain to"),
            pick(company.authority.name),
            (company.authority.address, company.authority.url),
        ),
        authority_url=company.authority.url,
        privacy_notice=company.privacy_notice.get(language()) or next(iter(company.privacy_notice.values())),
    )


def country_name(code: str) -> str:
    """The country's name in the language in force."""
    return str(locale().territories.get(code, code))


def _contacts(company: Company) -> tuple[StatedContact, ...]:
    named: list[tuple[str, Contact | None]] = [
        (_("Responsible for your data"), company.controller),
        (_("Data protection officer"), company.dpo),
        (_("Representative in the EU"), company.representative),
    ]
    return tuple(
        StatedContact(what, one.name, tuple(line for line in (one.address, one.email, one.phone) if line))
        for what, one in named
        if one is not None
    )


def _kinds(company: Company) -> tuple[StatedKind, ...]:
    """Every collection, with all that is said of it and of any of its fields: a bought value must not hide in what the person gave."""
    return tuple(
        _kind(company, key, name, note) for key, system in company.systems.items() for name, note in system.collections.items()
    )


def _kind(company: Company, system: str, name: str, note: CollectionNote) -> StatedKind:
    fields = note.fields.values()
    sources = [company.sources[key] for key in _once(note.source, (one.source for one in fields))]
    receivers = dict.fromkeys([*note.recipients, *(key for one in fields for key in one.recipients or ())])
    return StatedKind(
        pick(company.systems[system].title),
        collection_title(company, system, name),
        format_list(
            [_("%(source)s (a public source)", source=pick(one.title)) if one.public else pick(one.title) for one in sources]
        ),
        format_list([pick(company.purposes[key].why) for key in _once(note.purpose, (one.purpose for one in fields))]),
        format_list(
            [pick(company.retention_rules[key].title) for key in _once(note.retention, (one.retention for one in fields))]
        ),
        tuple(company.recipients[key].name for key in receivers),
    )


def _once(first: str, more: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys([first, *(key for key in more if key)]))


def _recipients(company: Company) -> tuple[StatedRecipient, ...]:
    return tuple(
        StatedRecipient(
            one.name, country_name(one.country), _(ROLES[one.role]), pick(one.purpose),
            pick(one.safeguard) if one.safeguard else "", one.country not in EEA,
        )
        for one in company.recipients.values()
    )  # fmt: skip


def _decisions(company: Company) -> tuple[StatedDecision, ...]:
    if company.decisions == "none":
        return ()
    return tuple(
        StatedDecision(pick(one.title), pick(one.input), pick(one.logic), pick(one.effect), one.human_contact)
        for one in company.decisions.values()
    )


def _rights(laws: tuple[Law, ...]) -> tuple[StatedRight, ...]:
    """Every right that one of the laws gives, once, with the places where it stands."""
    articles: dict[Right, list[str]] = {}
    for law in laws:
        for right, entitlement in law.rights.items():
            articles.setdefault(right, []).append(in_words(law, entitlement.article))
    return tuple(StatedRight(_(RIGHTS[right]), ", ".join(where)) for right, where in articles.items())
