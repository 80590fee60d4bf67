"""What each kind of case is called and what it does, in plain words: the same on pages, in mails and for staff.

Must never name a right so that a mail tells a bystander more than that something was asked.
"""

from portal.cases.laws.kinds import OPT_OUTS as LAWS_OPT_OUTS
from portal.cases.model import Case, CaseKind
from portal.config.model import Company
from portal.core.i18n import N_, _, pick

AT_ONCE = "site:right"
"""The collection point of what an opt-out or an objection stops in the ledger."""

BY_AGENT = "agent:"
"""How the source of a case begins that somebody else asked for; the number of their own request follows."""

OPT_OUTS = frozenset(kind for kind in CaseKind if kind.value in LAWS_OPT_OUTS)
"""Kinds that need no proof and wait for nobody."""

_TITLES = {
    CaseKind.ACCESS: N_("A copy of your data"),
    CaseKind.PORTABILITY: N_("A copy of your data"),
    CaseKind.ERASURE: N_("Deleting your data"),
    CaseKind.CORRECTION: N_("Correct something"),
    CaseKind.RESTRICTION: N_("Keep it, but do not use it"),
    CaseKind.OBJECTION: N_("Object to a use"),
    CaseKind.OPT_OUT: N_("Do not sell or share my data"),
    CaseKind.OPT_OUT_OF_SALE: N_("Do not sell or share my data"),
    CaseKind.OPT_OUT_OF_TARGETED_ADS: N_("No targeted adverts"),
    CaseKind.OPT_OUT_OF_PROFILING: N_("No profiling"),
    CaseKind.LIMIT_SENSITIVE: N_("Limit the use of sensitive data"),
    CaseKind.HUMAN_REVIEW: N_("Have a person look at a decision"),
    CaseKind.COMPLAINT: N_("Complain to us"),
    CaseKind.APPEAL: N_("Have a refusal looked at again"),
    CaseKind.QUESTION: N_("A question"),
    CaseKind.ON_BEHALF: N_("A request for somebody else"),
}

_MEANING = {
    CaseKind.CORRECTION: N_("Something that we hold is wrong or not complete, and you want it put right."),
    CaseKind.RESTRICTION: N_(
        "We keep the data, but use it for nothing else until it is settled. For example while we check what is right."
    ),
    CaseKind.OBJECTION: N_(
        "You have a reason why we should not use your data for something. We stop, unless the law lets us go on, and say why."
    ),
    CaseKind.OPT_OUT_OF_SALE: N_("We stop selling your data and sharing it for adverts. You need not prove anything or say why."),
    CaseKind.OPT_OUT_OF_TARGETED_ADS: N_(
        "We stop choosing adverts for you from what you do on other sites. You need not prove anything or say why."
    ),
    CaseKind.OPT_OUT_OF_PROFILING: N_(
        "No machine sorts you any more for decisions that weigh on your life, like credit, work or a home. You need not prove anything or say why."
    ),
    CaseKind.LIMIT_SENSITIVE: N_("We use sensitive data only for what you asked us for. You need not prove anything or say why."),
    CaseKind.HUMAN_REVIEW: N_("A machine decided something about you. A person looks at it anew and hears your side."),
    CaseKind.COMPLAINT: N_(
        "We did something with your data that was not right, or did not do what you asked. Somebody looks into it."
    ),
}


def title_of_case(company: Company, case: Case) -> str:
    """What this case is called: an agreement that is taken back by name, since it is no mere question."""
    purpose = company.purposes.get(case.takes_back)
    if purpose is not None:
        return _("You took back your agreement: %(purpose)s", purpose=pick(purpose.title))
    return _("You took back your agreement") if case.takes_back else title_of_kind(case.kind)


def title_of_kind(kind: CaseKind) -> str:
    """What a case of this kind is called, in the language in force."""
    return _(_TITLES[kind])


def meaning_of_kind(kind: CaseKind) -> str:
    """What asking for it does, in one or two sentences."""
    return _(_MEANING[kind])
