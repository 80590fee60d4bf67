"""Lets the database count what its large tables hold, so that it looks a case up by its number and not by its company.

Must never count a small table: with "five rows" in its notes SQLite would read the whole of it, long after it has grown.
"""

from sqlalchemy import text

from portal.core.db import ALL_COMPANIES, Base, Database

LARGE = 5000
SAMPLE = 1000
"""Rows of an index that are looked at, as SQLite advises; with a limit it keeps numbers alone, and no values of the rows."""


def count_large_tables(database: Database) -> int:
    """Count anew each table with at least `LARGE` rows; returns how many. Milliseconds each, however large.

    The worker does it hourly and an import when it has brought many: PostgreSQL counts by itself, but up to a minute later, and until then
    an export sorts all that is left for each batch. SQLite's connections learn of it when they are opened anew, within the hour.
    """
    with database.reading(ALL_COMPANIES) as db:
        large = [
            table
            for table in sorted(Base.metadata.tables)
            if db.scalar(text(f'SELECT 1 FROM "{table}" LIMIT 1 OFFSET :before'), {"before": LARGE - 1})  # noqa: S608  # our own tables
        ]
    for table in large:
        with database.writing(ALL_COMPANIES) as db:
            if database.is_sqlite:
                db.execute(text(f"PRAGMA analysis_limit = {SAMPLE}"))
            db.execute(text(f'ANALYZE "{table}"'))
    return len(large)
