"""What was done by telephone, in the words of the person's own page and of the mail. Must never hold what was said."""

from portal.cases.model import CaseKind
from portal.cases.right_words import OPT_OUTS, title_of_kind
from portal.core.i18n import _


def exactly(what: str) -> str:
    """For the person's own page and for staff."""
    if what not in {kind.value for kind in CaseKind}:
        return _("All advertising was stopped.")
    return _("A request was opened: %(kind)s", kind=title_of_kind(CaseKind(what)))


def in_general(what: str) -> str:
    """For the mail, so that it says little to a bystander."""
    if what not in {kind.value for kind in CaseKind}:
        return _("All advertising was stopped.")
    if CaseKind(what) in OPT_OUTS:
        return _("A request that we use your data for less was opened.")
    return _("A request was opened.")
