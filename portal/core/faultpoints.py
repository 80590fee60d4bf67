"""Named points at which a test may stop or kill this process, to prove that nothing is lost and nothing is done twice.

Must never do anything in production: a process that is told to die there refuses instead.
"""

import os
import signal

from portal.core.errors import PortalError

POINTS = frozenset(
    (
        "web.committing",  # a page's own transaction has written everything, not yet committed
        "web.committed",  # it is committed, the browser has no answer
        "erasure.confirming",  # case, plans, clock, steps and mails of a confirmation are written, not yet committed
        "erasure.confirmed",  # they are committed, the browser has no answer
        "engine.claiming",  # claim and attempt are written, not yet committed
        "engine.claimed",  # the attempt is committed, the call has not begun
        "engine.calling",  # the lease was asked about once more, the system is called next
        "engine.called",  # the system has answered, nothing of it is written
        "engine.settling",  # the result is written, not yet committed
        "engine.settled",  # the result is committed
        "consent.writing",  # a choice was read as it stands, the system is called next
        "consent.written",  # the system has it, nobody has looked yet whether something newer was overtaken
        "consent.settling",  # what a system confirmed of a choice is written next, in the engine's transaction
        "journal.writing",  # the entries are read, nothing of them is on the disk
        "journal.written",  # the entries are on the disk outside the database, not yet marked so
        "access.read",  # a system's records lie sealed on the disk, no row names the file yet
        "access.packing",  # a package is written, the case is looked at once more before it is sealed
        "journal.marking",  # they are marked, not yet committed
        "journal.marked",  # that is committed
        "mail.claiming",  # a mail is taken, not yet committed
        "mail.sending",  # that is committed, the mail system is called next
        "mail.sent",  # the mail system has it, nothing of that is written
        "mail.settling",  # the result is written, not yet committed
        "mail.settled",  # the result is committed
        "erasure.begun",  # agreements have ended and steps are asked for, in the engine's transaction
        "erasure.asking",  # every system has heard of that (or an hour is over), each is asked to erase next
        "erasure.loaded",  # a step of an erasure has read what was confirmed, and asked nobody yet
        "erasure.planned",  # the system was planned once more, nothing is erased
        "erasure.erasing",  # one record is erased next
        "erasure.erased",  # the system has said what it did with one record
        "erasure.probing",  # a system is asked what a lost try did
        "erasure.settling",  # what a system said is written next, in the engine's transaction
        "erasure.told",  # the portal's own rows are gone and the last mail is queued, in the engine's transaction
        "erasure.forgetting",  # the last mail has left, the identity goes next
        "erasure.forgotten",  # the identity is gone, in the engine's transaction
    )
)
"""Every point there is. A new one is added here first."""

VARIABLE = "PORTAL_TEST_FAULT"
SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}

_passed: dict[str, int] = {}


class FaultPointRefused(PortalError):
    """A fault was asked for where none may happen, or one that does not exist."""


def point(name: str) -> None:
    """Do nothing; unless `PORTAL_TEST_FAULT` is `<name>=<kill|stop>[@<nth time>]`: then stop or kill this process here."""
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return
    if os.environ.get("PORTAL_MODE") != "demo":
        raise FaultPointRefused(f"{VARIABLE} is for tests. Unset it; it works with PORTAL_MODE=demo only.")
    where, _, how = wanted.partition("=")
    how, _, nth = how.partition("@")
    if where not in POINTS or how not in SIGNALS or name not in POINTS:
        raise FaultPointRefused(f"{VARIABLE} must be one of the known points, with `=kill` or `=stop`.")
    _passed[name] = _passed.get(name, 0) + 1
    if where == name and _passed[name] == int(nth or 1):
        os.kill(os.getpid(), SIGNALS[how])
