"""What a stop could still do, as one sentence. Must never say cancelled of what is gone."""

from portal.cases.erasing.cancelling import Stopped
from portal.cases.events import system_title
from portal.core.i18n import _, format_list
from portal.web.context import current_company


def told_of_stop(stopped: Stopped) -> tuple[str, str]:
    """The sentence, and how it looks."""
    if stopped.in_time and not stopped.over:
        return _("Cancelled. Nothing was deleted, and what you had agreed to holds again."), "ok"
    if stopped.over:
        return _("There was nothing left to stop: it had ended before."), ""
    gone = format_list([system_title(current_company().config, key) for key in stopped.gone])
    if gone:
        return _("Stopped. This had deleted already: %(systems)s. Nothing new begins.", systems=gone), "warn"
    return _("Stopped. It had just begun; what is under way ends first, and nothing new begins."), "warn"
