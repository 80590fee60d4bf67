"""Why something that was typed to a human was not stored, in words of the page."""

from portal.cases.messages import MessageEmpty, MessageTooLong, TooManyMessages
from portal.core.errors import PortalError
from portal.core.i18n import _


def refused(refusal: PortalError, words: str = "") -> str:
    """What to say beside the field; every refusal that is not named here is of the day's limit for requests."""
    if isinstance(refusal, MessageEmpty):
        return words or _("Give a number, or write what it is about.")
    if isinstance(refusal, MessageTooLong):
        return _("This is too long. Send it in two messages.")
    if isinstance(refusal, TooManyMessages):
        return _("You have written many messages today. Nothing is lost; write the next one tomorrow.")
    return too_many_cases()


def too_many_cases() -> str:
    """The day's limit for requests is reached."""
    return _("You have opened many requests today. They all go on; you can open the next one tomorrow.")
