"""Delete one customer's data with the doors left out: plan, confirmation, engine, adapters, mails, journal, as site and worker do it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage

from benchmarks.common import Spent, spending
from benchmarks.statements import StatementTimes
from portal.accounts import registry
from portal.cases.erasing.confirming import open_erasure_case
from portal.cases.erasing.model import Erasure
from portal.cases.erasing.planning import plan_all
from portal.cases.erasing.plans import digest_of_plans
from portal.cases.erasing.result import ErasureResult, load_result
from portal.cases.model import Case, CaseState
from portal.cases.proof import Opened, prove, read_values
from portal.cases.reading import Reader, open_now, read_held
from portal.cases.scope import scope_of
from portal.commands.demo import FIRST
from portal.core import clock
from portal.engine.running import run_one
from portal.identity.sessions import CurrentSession, begin_session, session_of
from portal.outbox.delivery import deliver_due
from portal.starting import Running
from portal.worker import Worker

AFTER_GRACE = timedelta(hours=73)


class TakesAll:
    """A mail server that takes everything and costs nothing."""

    sends = True
    keeps = False

    def send(self, message: EmailMessage) -> None:
        """Taken."""

    def close(self) -> None:
        """Nothing to close."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """One erasure: what plan, confirmation and work took, for how long databases were at work in that, and what it says it did."""

    spent: Spent
    confirmed: Spent
    in_company: float
    in_portal: float
    statements: int
    result: ErasureResult

    @property
    def rows(self) -> int:
        """Rows that went or were overwritten."""
        return sum(item.count for system in self.result.systems for item in system.items)

    @property
    def share_in_company(self) -> float:
        """The share of the time in which the company's databases were at work."""
        return self.in_company / self.spent.undisturbed


class Forgetting:
    """The first demo company, its customers one by one, and a worker with one thread."""

    def __init__(self, running: Running, times: StatementTimes) -> None:
        self.database, self.times, self.worker = running.database, times, Worker(running)
        self.company = registry.ids()[FIRST]
        self.transport = TakesAll()

    def erase(self, email: str, customer_number: str) -> Forgotten:
        """From the plan to the last row of the identity. Signing in and the page before the plan are not counted."""
        current = self._prove(self._sign_in(email), customer_number)
        self.times.forget()
        with spending() as spent:
            with spending() as confirmed:
                case_id = self._confirm(current)
            with clock.moved(AFTER_GRACE):
                self._work()
        in_company, in_portal, statements = self.times.company, self.times.portal, self.times.statements
        return Forgotten(spent, confirmed, in_company, in_portal, statements, self._result(case_id))

    def certify(self, result: ErasureResult, make: Callable[[ErasureResult], bytes | None]) -> Spent:
        """Set the certificate on paper."""
        with spending() as spent:
            assert make(result), "the PDF could not be made here"
        return spent

    def _sign_in(self, email: str) -> CurrentSession:
        with self.database.writing(self.company) as db:
            return begin_session(db, address=email, browser="firefox.linux", language="en", current=None).session

    def _prove(self, current: CurrentSession, customer_number: str) -> CurrentSession:
        reading = read_held(self.database, self._reader(current))
        while reading.missing():
            # A page waits three seconds for a system; on a busy machine that can be too short.
            reading = read_held(self.database, self._reader(current), again=True)
        kinds = frozenset({"customer_number"})
        held = read_values(self.database, self._reader(current), reading, kinds)
        with self.database.writing(self.company) as db:
            opened = prove(db, current, {"customer_number": customer_number}, held)
            assert isinstance(opened, Opened), "the customer number did not match"
            proven = session_of(db, opened.token)
        assert proven is not None
        read_held(self.database, self._reader(proven))
        return proven

    def _confirm(self, current: CurrentSession) -> int:
        reader = self._reader(current)
        reading = read_held(self.database, reader)
        with self.database.reading(self.company) as db:
            scope = scope_of(db, registry.company(self.company), current.id, reading)
            opened = open_now(db, reader, reading)
        plans = plan_all(self.database, reader, reading, opened=opened, scope=scope, groups=())
        with self.database.writing(self.company) as db:
            case = open_erasure_case(
                db, current, groups=(), scope=scope, seen=digest_of_plans(plans), addresses=(), language="en", source="benchmark"
            )
            return case.id

    def _work(self) -> None:
        """As the worker's loops do side by side: mails leave while steps go on, and the journal follows."""
        while deliver_due(self.database, self.transport) or run_one(self.database, self.worker.handlers, "benchmark"):
            pass
        self.worker.write_journal()

    def _result(self, case_id: int) -> ErasureResult:
        """What it says it did; an erasure that went another way is no measurement."""
        with self.database.reading(self.company) as db:
            assert db.get_one(Case, case_id).state is CaseState.DONE, db.get_one(Case, case_id).state
            result = load_result(db.get_one(Erasure, case_id).result or "")
            assert result.is_complete
            return result

    def _reader(self, current: CurrentSession) -> Reader:
        return Reader(self.company, current.person_id, current.id)
