"""The database: one declarative base, two ways to open a transaction (to read, to write), one company per session.

Must never run a query on company-owned rows without a company, and never let a transaction opened to read write.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, TypeVar

from sqlalchemy import (
    BindParameter,
    DateTime,
    Dialect,
    Executable,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    bindparam,
    create_engine,
    event,
    inspect,
    select,
)
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    UOWTransaction,
    mapped_column,
    with_loader_criteria,
)
from sqlalchemy.orm.util import identity_key
from sqlalchemy.types import TypeDecorator

from portal.core import crypto
from portal.core.errors import PortalError
from portal.core.glances import Glances

ALL_COMPANIES = "all"
"""Said by the worker and the commands that really mean every company."""

POOL_SIZE = 20
REOPENED_SECONDS = 3600
WAIT_SECONDS = 15
"""For the right to write to SQLite."""
REMEMBERED = 400
"""Statements that a connection to SQLite keeps as it has read them: one erasure has some 200 different ones."""

OPENED_TO_WRITE = "portal_opened_to_write"


class NoCompanySet(PortalError):
    """A query on company-owned rows ran in a session that was opened for no company."""


class AnotherCompanysRow(PortalError):
    """A row of one company was about to be written in a session of another."""


NAIVE = "A moment without a time zone cannot be stored."


class Moment(TypeDecorator[datetime]):
    """An aware UTC moment, to the microsecond; SQLite keeps it as naive UTC text, which sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive moments: they mean something else on every machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(NAIVE)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """On SQLite the same text at once: each row has some, and the library's own steps take three times as long."""
        return _text_of if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], Any] | None:
        """And back."""
        return _moment_of if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _text_of(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(NAIVE)
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _moment_of(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


class Encrypted(TypeDecorator[str]):
    """Text that stands in the database only as ciphertext, bound to the place it was written for (`table.column`)."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Encrypt under the newest key."""
        return None if value is None else crypto.encrypt(value.encode(), self.place)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Decrypt; raises `CannotDecrypt` for a value that was moved here from another place."""
        return None if value is None else crypto.decrypt(bytes(value), self.place).decode()


class Base(DeclarativeBase):
    """All tables. Names of constraints are fixed, so that migrations can name them on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Moment(), str: String(200), bytes: LargeBinary()}


class CompanyOwned:
    """A row that belongs to one company: the session's company is filled in when it is added and asked for in every query.

    Tables that each choice writes to say the column anew, without the index, where another one begins with it.
    """

    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)


class Database:
    """One database, and how transactions are opened on it."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self._writer = make_engine(url, at_most=1) if self.is_sqlite else self.engine
        self._writing = self._writer.execution_options(portal_writes=True)
        self.glances = Glances(url, wait_seconds=WAIT_SECONDS)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    def open_to_read(self, company_id: int | str) -> Session:
        """A session whose transaction cannot write; `company_id` is an id or `ALL_COMPANIES`."""
        return _session(self.engine, company_id)

    def open_to_write(self, company_id: int | str) -> Session:
        """A session whose transaction holds the write lock from its first statement (SQLite) and may write."""
        return _session(self._writing, company_id)

    @contextmanager
    def reading(self, company_id: int | str) -> Iterator[Session]:
        """A short transaction to read."""
        with self.open_to_read(company_id) as db:
            yield db

    @contextmanager
    def writing(self, company_id: int | str) -> Iterator[Session]:
        """A short transaction to write: committed where the block ends, rolled back where it raises."""
        with self.open_to_write(company_id) as db, db.begin():
            yield db

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()
        self._writer.dispose()
        self.glances.close()


def make_engine(url: str, *, at_most: int | None = None) -> Engine:
    """An engine with the settings of DESIGN part 4 for SQLite and PostgreSQL; with so many connections at most, where that is said.

    Threads that write to SQLite wait here for its one writer: SQLite itself looks for its lock only every now and then (between
    processes that remains), and a connection forgets what it has read of a file that another one has written to.
    """
    size, more = (POOL_SIZE, 20) if at_most is None else (at_most, 0)
    if url.startswith("sqlite"):
        settings = {"timeout": WAIT_SECONDS, "isolation_level": None, "cached_statements": REMEMBERED}
        # The connection that was used last remembers most of what is asked next.
        # An hour later a new one is opened, which reads what `core.statistics` has counted.
        engine = create_engine(
            url,
            connect_args=settings,
            pool_size=size,
            max_overflow=more,
            pool_timeout=WAIT_SECONDS,
            pool_use_lifo=True,
            pool_recycle=REOPENED_SECONDS,
        )
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(url, pool_size=size, max_overflow=more, pool_pre_ping=True, hide_parameters=True)
        event.listen(engine, "connect", _set_up_postgresql)
        event.listen(engine, "begin", _begin_postgresql)
    engine.hide_parameters = True
    return engine


def _set_up_sqlite(connection: Any, record: Any) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={WAIT_SECONDS * 1000}",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _set_up_postgresql(connection: Any, record: Any) -> None:
    """No statement of ours is long enough to be worth compiling: of a bulk check it took 20 of 50 milliseconds, for each few thousand hashes."""
    was = connection.autocommit
    connection.autocommit = True
    connection.execute("SET jit = off")
    connection.autocommit = was


def _begin_sqlite(connection: Connection) -> None:
    """Open the transaction as it was asked for. One that will write takes the database's lock first: a read that turns into a write
    fails whatever the timeout.
    """
    writes = connection.get_execution_options().get("portal_writes", False)
    if connection.info.get(OPENED_TO_WRITE) is not writes:
        # By the driver itself: it cannot fail.
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
        connection.info[OPENED_TO_WRITE] = writes
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if not connection.get_execution_options().get("portal_writes", False):
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


class _PortalSession(Session):
    """A session that knows its company."""

    def get(self, entity: Any, ident: Any, **how: Any) -> Any:
        """As the library's own, with the question made once for each table: most of what a row by its id took was making it."""
        held, anew = bool(how.get("with_for_update")), bool(how.get("populate_existing"))
        plain = how.get("with_for_update") in (None, True, False) and not any(
            value for name, value in how.items() if name not in ("with_for_update", "populate_existing")
        )
        question = _by_key(entity, held, anew) if plain and not isinstance(ident, tuple | dict) else None
        if question is None:
            return super().get(entity, ident, **how)
        if not held and not anew:
            known = self.identity_map.get(identity_key(entity, ident))
            if known is not None and not inspect(known).expired:
                return known
        return self.scalars(question, {"key": ident}).one_or_none()


@cache
def _by_key(entity: Any, held: bool, anew: bool) -> Any:
    """The row of a table by its key; None where that has several columns."""
    primary = inspect(entity).primary_key
    if len(primary) != 1:
        return None
    question = select(entity).where(primary[0] == bindparam("key"))
    return prepared((question.with_for_update() if held else question).execution_options(populate_existing=anew))


def _session(engine: Engine, company_id: int | str) -> Session:
    return _PortalSession(engine, expire_on_commit=False, info={"company_id": company_id})


@event.listens_for(_PortalSession, "do_orm_execute")
def _ask_for_the_company(state: ORMExecuteState) -> None:
    """Add the company to every query on company-owned rows, whoever wrote it."""
    company_id = state.session.info["company_id"]
    if company_id == ALL_COMPANIES or state.is_column_load:
        return
    if company_id is None:
        raise NoCompanySet("This session was opened for no company.")
    ready = _PREPARED.get(state.statement)
    if ready is None:
        state.statement = state.statement.options(_only(company_id))
        return
    if company_id not in ready:
        ready[company_id] = state.statement.options(_only(company_id))
    state.statement = ready[company_id]


S = TypeVar("S", bound=Executable)
_PREPARED: dict[Executable, dict[int, Executable]] = {}


def prepared(statement: S) -> S:
    """A question that is put again and again, made once, where the module is loaded: all that changes goes in by name.

    The company is put into it once for each of them. Made anew each time, a question takes longer than its answer.
    """
    _PREPARED[statement] = {}
    return statement


class _CompanyParameter(BindParameter[int]):
    """The company as a value that goes with every query, and is the same object wherever the query is looked at.

    As an ordinary parameter it would be copied into each statement, and copy and original be compared at each execution, for which an
    expression is made each time: nearly half of what a query took. Should a version of the library no longer ask these methods, queries
    are slower and say the same.
    """

    inherit_cache = True

    def _annotate(self, values: Any) -> Any:
        return self

    def _with_annotations(self, values: Any) -> Any:
        return self


@lru_cache(maxsize=1024)
def _only(company_id: int) -> Any:
    """The condition of one company, made once: it goes with every query."""
    company = _CompanyParameter("company", company_id, Integer, unique=True)
    return with_loader_criteria(CompanyOwned, lambda row: row.company_id == company, include_aliases=True)


@event.listens_for(_PortalSession, "before_flush")
def _belongs_to_the_company(db: Session, context: UOWTransaction, instances: Any) -> None:
    company_id = db.info["company_id"]
    for row in db.new:
        if not isinstance(row, CompanyOwned) or company_id == ALL_COMPANIES:
            continue
        if row.company_id is None:
            row.company_id = company_id
        elif row.company_id != company_id:
            raise AnotherCompanysRow("A row of another company was added to this session.")


def company_of(db: Session) -> int:
    """The company that this session was opened for. Raises `NoCompanySet` where it is none or all."""
    company_id = db.info["company_id"]
    if not isinstance(company_id, int):
        raise NoCompanySet("This act needs a session of one company.")
    return company_id
