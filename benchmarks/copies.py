"""Ask for a copy and let it be made, with the doors left out: case service, engine, adapters, spools, package, as the worker does it."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from benchmarks.common import Spent, spending
from benchmarks.statements import StatementTimes
from portal.accounts import registry
from portal.cases.copy_model import Package
from portal.cases.handlers import case_handlers
from portal.cases.model import Case
from portal.cases.scope import Scope
from portal.cases.service import cancel_case, open_access_case
from portal.cases.workflow import BUILD
from portal.commands.demo import FIRST
from portal.core import clock
from portal.core.db import Database
from portal.engine.delivery import PollingDelivery
from portal.engine.model import Step
from portal.people.service import EMAIL, Identifier, person_for

PROVEN = Scope(values=1, askable=1)
"""As of someone who typed a value that matched: sensitive categories are open too."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One finished request: what it took, for how long databases were at work in that, and what was made."""

    spent: Spent
    in_company: float
    in_portal: float
    statements: int
    size: int
    rows: int

    @property
    def outside_company(self) -> float:
        """The share of the time that was not the company's databases'."""
        return 1 - self.in_company / self.spent.undisturbed


class Customer:
    """One customer of the first demo company, and a worker with one thread."""

    def __init__(self, database: Database, email: str, times: StatementTimes) -> None:
        self.database, self.times = database, times
        self.company = registry.ids()[FIRST]
        self.asked = 0
        with database.writing(self.company) as db:
            self.person = person_for(db, Identifier(EMAIL, email), proven=True, language="en").id

    def ask(self, *, with_pdf: bool) -> Copy:
        """From the press of the button to the package that can be fetched. Each time a day later: more than a few a day are refused."""
        self.asked += 1
        with clock.moved(timedelta(hours=25) * self.asked):
            worker = PollingDelivery(self.database, case_handlers(self.database, with_pdf=with_pdf), threads=1, owner="benchmark")
            self.times.forget()
            with spending() as spent:
                with self.database.writing(self.company) as db:
                    number = open_access_case(
                        db, self.person, categories=(), proven=PROVEN, language="en", source="benchmark"
                    ).number
                worker.run_due()
            in_company, in_portal, statements = self.times.company, self.times.portal, self.times.statements
            size, rows = self._made(number, with_pdf)
            with self.database.writing(self.company) as db:
                cancel_case(db, self.person, number)
        return Copy(spent, in_company, in_portal, statements, size, rows)

    def _made(self, number: str, with_pdf: bool) -> tuple[int, int]:
        """Bytes of the package and rows in it; a request that went another way is no measurement."""
        with self.database.reading(self.company) as db:
            case = db.scalars(select(Case).filter_by(number=number)).one()
            package = db.scalars(select(Package).filter_by(case_id=case.id)).one()
            assert package.with_pdf == with_pdf, "the PDF could not be made here"
            built = db.scalars(select(Step).filter_by(act=BUILD, subject_id=case.id)).one()
            assert built.receipt is not None
            return package.size, int(built.receipt["records"])
