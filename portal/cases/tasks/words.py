"""What the owner of a system is asked to do, and what they answered, in plain words."""

from portal.cases.model import CaseKind
from portal.cases.tasks.model import TaskAnswer
from portal.core.i18n import N_, _

_ACTS = {
    CaseKind.ACCESS: N_("Find everything that is there about one customer"),
    CaseKind.PORTABILITY: N_("Find everything that is there about one customer"),
    CaseKind.ERASURE: N_("Delete what is there about one customer"),
    CaseKind.CORRECTION: N_("Correct what is there about one customer"),
    CaseKind.RESTRICTION: N_("Keep what is there about one customer, and use it for nothing else"),
    CaseKind.OBJECTION: N_("Stop using what is there about one customer"),
    CaseKind.OPT_OUT_OF_SALE: N_("Stop selling or sharing what is there about one customer"),
    CaseKind.OPT_OUT_OF_TARGETED_ADS: N_("Stop using what is there about one customer for targeted adverts"),
    CaseKind.OPT_OUT_OF_PROFILING: N_("Stop profiling one customer"),
    CaseKind.LIMIT_SENSITIVE: N_("Use sensitive data about one customer only for what they need"),
}
_ANSWERS = {
    TaskAnswer.DONE: N_("Done"),
    TaskAnswer.NOT_FOUND: N_("Nothing found about this customer"),
    TaskAnswer.EXCEPTION: N_("Something has to be kept"),
    TaskAnswer.CANNOT_SAY: N_("Cannot say"),
}


def act_words(kind: CaseKind) -> str:
    """What is asked for, in the language in force."""
    return _(_ACTS.get(kind, N_("Look at what is there about one customer")))


def answer_words(answer: TaskAnswer | None) -> str:
    """What the owner said, for staff."""
    return _(_ANSWERS[answer]) if answer else ""


def answers(kind: CaseKind) -> list[tuple[str, str]]:
    """What an owner may answer, by key and in words."""
    done = {
        CaseKind.ACCESS: N_("Found: what is there goes along as a file, or the note says where it is"),
        CaseKind.PORTABILITY: N_("Found: what is there goes along as a file, or the note says where it is"),
        CaseKind.ERASURE: N_("Deleted: nothing of it is left there"),
    }.get(kind, N_("Done"))
    return [
        (TaskAnswer.DONE.value, _(done)),
        (TaskAnswer.NOT_FOUND.value, _("Looked, and nothing is there about this person")),
        (TaskAnswer.EXCEPTION.value, _("Something cannot be done, for a reason in law")),
        (TaskAnswer.CANNOT_SAY.value, _("Cannot say: somebody else has to look")),
    ]


def told_to_customer(answer: TaskAnswer, kind: CaseKind) -> str:
    """The sentence that stands on the customer's page: whose word it is, and that nobody has read it back."""
    if answer is TaskAnswer.NOT_FOUND:
        return _(
            "Confirmed by hand: whoever looks after it has looked and found nothing about you. We have not read it back ourselves."
        )
    if kind is CaseKind.ERASURE:
        return _("Confirmed by hand: whoever looks after it says that it is deleted. We have not read it back ourselves.")
    return _("Confirmed by hand: whoever looks after it says that it is done. We have not read it back ourselves.")
