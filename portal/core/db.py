"""The database: one declarative base, two ways to open a transaction (to read, to write), one company per session.

Must never run a query on company-owned rows without a company, and never let a transaction opened to read write.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, TypeVar

from sqlalchemy import (
    BindParameter,
    Executable,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    bindparam,
    event,
    inspect,
    select,
)
from sqlalchemy.engine import Engine
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

from portal.core.columns import Moment
from portal.core.engines import WAIT_SECONDS, make_engine
from portal.core.errors import PortalError
from portal.core.glances import Glances

ALL_COMPANIES = "all"
"""Said by the worker and the commands that really mean every company."""


class NoCompanySet(PortalError):
    """A query on company-owned rows ran in a session that was opened for no company."""


class AnotherCompanysRow(PortalError):
    """A row of one company was about to be written in a session of another."""


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
    """The row of a table by its key, read anew where it is `held`; None where that has several columns."""
    primary = inspect(entity).primary_key
    if len(primary) != 1:
        return None
    question = select(entity).where(primary[0] == bindparam("key"))
    return prepared((question.with_for_update() if held else question).execution_options(populate_existing=anew or held))


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
