"""Handlers for the tests of the engine: real ones, whose system is a list in memory."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.core.db import ALL_COMPANIES
from portal.engine.contract import Claim, Done, Outcome
from portal.engine.model import Attempt, Step, SystemState
from tests.rooms.world import World

Answer = Outcome | Exception | Callable[[Claim], Outcome]


def _give(answer: Answer, claim: Claim) -> Outcome:
    if isinstance(answer, Exception):
        raise answer
    return answer(claim) if callable(answer) else answer


@dataclass
class Work:
    """Answers what it is told to; remembers what it was asked and what it settled."""

    answer: Answer = field(default_factory=Done)
    knows: Answer | None = None
    repeatable: bool = True
    calls_system: bool = True
    refuses_to_settle: int = 0
    loses_the_database: int = 0
    ran: list[Claim] = field(default_factory=list)
    probed: list[Claim] = field(default_factory=list)
    settled: list[Outcome] = field(default_factory=list)

    def run(self, claim: Claim) -> Outcome:
        self.ran.append(claim)
        return _give(self.answer, claim)

    def probe(self, claim: Claim) -> Outcome | None:
        self.probed.append(claim)
        return None if self.knows is None else _give(self.knows, claim)

    def settle(self, db: Session, claim: Claim, outcome: Outcome) -> None:
        if self.refuses_to_settle:
            self.refuses_to_settle -= 1
            raise ValueError("The room's rows do not fit.")
        if self.loses_the_database:
            self.loses_the_database -= 1
            lose(db)
        self.settled.append(outcome)


def lose(db: Session) -> None:
    """The server ends this connection in the middle of its transaction; a file has no server, so a table is gone instead."""
    lost = "SELECT pg_terminate_backend(pg_backend_pid())" if db.get_bind().dialect.name == "postgresql" else "SELECT 1 FROM gone"
    db.execute(text(lost))


def erasing(answer: Answer | None = None, *, knows: Answer | None = None) -> Work:
    """A handler whose act cannot be done twice."""
    return Work(answer or Done(), knows=knows, repeatable=False)


def step(world: World, step_id: int) -> Step:
    """The step as it stands now."""
    with world.database.reading(ALL_COMPANIES) as db:
        return db.get_one(Step, step_id)


def attempts(world: World, step_id: int) -> list[Attempt]:
    """Its tries, oldest first."""
    with world.database.reading(ALL_COMPANIES) as db:
        return list(db.scalars(select(Attempt).filter_by(step_id=step_id).order_by(Attempt.fence)))


def lane(world: World, system: str) -> SystemState:
    """How a system of the first company has been answering."""
    with world.reading() as db:
        return db.scalars(select(SystemState).filter_by(system=system)).one()
