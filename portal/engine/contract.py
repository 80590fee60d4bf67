"""What a room that wants work done gives to the engine: one handler per act. The engine knows steps; only the handler knows why.

A handler must never open a transaction while it calls a system, and never write what the engine writes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Claim:
    """A step in the hands of one worker until `lease_until`. `idempotency_key` is the same for every try of the step."""

    step_id: int
    company_id: int
    act: str
    subject_id: int
    person_id: int | None
    system: str
    part: int
    fence: int
    tries: int
    idempotency_key: str
    lease_until: datetime
    not_after: datetime | None


@dataclass(frozen=True, slots=True)
class Done:
    """The step is finished. `receipt` holds counts, ids and digests: it is kept and shown, and never holds a value of a person."""

    receipt: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Later:
    """Try again, not before `after` seconds from now (the engine adds backoff and caps it by the step's date)."""

    reason: str
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Park:
    """A human has to look: the reason is a code that pages and console turn into words."""

    reason: str


Outcome = Done | Later | Park


class Handler(Protocol):
    """How one act is done. `repeatable` says that doing it twice does no harm (a read): after a crash it is simply done again.

    A handler with `after_commit(claim)` is told once its outcome is written for good.

    A repeatable act that calls systems is taken for a reading: it is kept apart from erasures of the same person. One that only
    tells a system something, and takes nothing from it, says `reads = False`.
    """

    repeatable: bool
    calls_system: bool

    def run(self, claim: Claim) -> Outcome:
        """Do it, with no transaction open while a system is called. What it raises counts as a failed try.

        Of an act that is not repeatable, `Later` means that nothing was done; whatever it raises leaves that open, and the next
        try begins with `probe`. `TryLater` and passing `AdapterError`s count against the system; anything else is taken for a fault
        of this one step.
        """

    def probe(self, claim: Claim) -> Outcome | None:
        """After a try of unknown end, of an act that is not repeatable: what the system knows of it.

        `Done`: it was done. `Later`: it was surely not, and may be done again. None: the system cannot tell, so a human must.
        """

    def settle(self, db: Session, claim: Claim, outcome: Outcome) -> None:
        """Write the room's own rows for this outcome, in the engine's transaction that also writes receipt and next step.

        The step's own row says already what it has become. Besides what `run` returned, `outcome` may be `Park` with
        `in_doubt`, `system_does_not_answer`, `system_refuses`, `waits_for_another_step`, `keeps_failing` or `keeps_crashing`.
        """
