"""What cannot stand in a ledger, each with its name. Pure: what is known comes in, nothing is looked up that was not asked for.

Must never let a yes in without the text that was shown, nor an act about something that was never asked.
"""

from collections.abc import Callable
from datetime import timedelta

from portal.config.model import Purpose
from portal.consent.events import Event
from portal.consent.words import Act, Actor
from portal.core.errors import PortalError

LONGEST_PAUSE = timedelta(days=366)


class UnknownChoice(PortalError):
    """The company asks for no such purpose, channel or topic."""


class NoNoticeShown(PortalError):
    """A yes came without the text that was agreed to, or with one that was never published for it."""


class PauseOutOfRange(PortalError):
    """A pause has to end, after now and within `LONGEST_PAUSE`."""


class ActInTheFuture(PortalError):
    """The act is said to have happened later than now."""


def refuse_what_cannot_be(
    event: Event, purpose: Purpose | None, *, is_known: bool, published_for: Callable[[bytes], str | None]
) -> None:
    """Raise what is wrong with `event`. `is_known`: its choice was answered before; `published_for` tells what a text (by hash) is for."""
    choice = event.choice
    topics = set(event.topics or ()) | ({choice.topic} if choice.topic else set())
    offered = purpose is not None and choice.channel in purpose.channels and topics <= purpose.topics.keys()
    # What a company no longer asks for can still be taken back by those who agreed to it.
    if not offered and (not is_known or event.act is Act.GIVEN):
        raise UnknownChoice("The company does not ask for this purpose, channel or topic.")
    if event.act is Act.PAUSED and not (event.until and event.received_at < event.until <= event.received_at + LONGEST_PAUSE):
        raise PauseOutOfRange("A pause ends after now, and within a year.")
    if event.acted_at is not None and event.acted_at > event.received_at:
        raise ActInTheFuture("An act cannot have happened later than now.")
    if event.notice_hash is None:
        if event.act is Act.GIVEN and event.actor is Actor.PERSON:
            raise NoNoticeShown("A yes needs the text that was agreed to.")
    elif published_for(event.notice_hash) != choice.purpose:
        raise NoNoticeShown("This text was never published for this purpose.")
