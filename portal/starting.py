"""From settings to a process that may work: keys, companies, database. The same for web, worker and commands.

Must never start on a database that is not migrated, on keys that are missing, or on a configuration with a mistake.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect, select, text

import portal.tables  # noqa: F401  # key checks and rotation have to see the tables of every room
from portal.accounts import registry
from portal.accounts.companies import upsert_companies
from portal.adapters.contract import Place
from portal.adapters.registry import known_kinds
from portal.cases.advancing import keys_of_files
from portal.cases.dates import days_off_of, laws_of
from portal.cases.laws.days_off import NoHolidays
from portal.cases.laws.loading import shipped
from portal.cases.laws.model import LawNeedsReview
from portal.config import Config, load_config
from portal.config.model import Company
from portal.consent.notices import publish_notices
from portal.core import crypto, i18n, logs
from portal.core.db import ALL_COMPANIES, Database
from portal.core.epoch import DatabaseWasRestored, begin_epoch
from portal.core.errors import PortalError
from portal.core.journal_files import keys_of_journal
from portal.people.keys import used_key_ids
from portal.people.model import Person
from portal.settings import Settings, settings, use_settings

VERSIONS = Path(__file__).parent / "migrations" / "versions"


class NotMigrated(PortalError):
    """The database is older or newer than this code."""


@dataclass(frozen=True, slots=True)
class Running:
    """What a started process works with. `restored`: only `portal restore` may do anything yet."""

    settings: Settings
    config: Config
    database: Database
    restored: bool = False


def start(
    chosen: Settings,
    *,
    urls: dict[str, str] | None = None,
    hosts: dict[str, list[str]] | None = None,
    even_restored: bool = False,
) -> Running:
    """Check everything and make it known to the process. Raises a `PortalError` that says what to do.

    `even_restored`: the caller knows what to do with a database that came from a backup; else that is an error.
    """
    use_settings(chosen)
    logs.set_up(level=chosen.log_level)
    file = os.environ.get("PORTAL_KEYS_FILE")
    crypto.use_keys(crypto.parse_key_ring(chosen.keys), Path(file) if file and Path(file).is_file() else None)
    config = load_config(chosen.config, urls=urls, hosts=hosts)
    check_names(config)
    database = Database(chosen.database_url)
    refuse_unmigrated(database)
    with database.writing(ALL_COMPANIES) as db:
        ids = upsert_companies(db, config.portal)
    registry.use_companies(config, ids)
    for key, company_id in ids.items():
        with database.writing(company_id) as db:
            publish_notices(db, config.company(key))
    refuse_missing_keys(database)
    with database.reading(ALL_COMPANIES) as db:
        has_people = db.scalar(select(Person.id).limit(1)) is not None
    epoch = begin_epoch(database, chosen.journal_folder, has_people=has_people)
    if epoch.restored and not even_restored:
        raise DatabaseWasRestored
    return Running(chosen, config, database, epoch.restored)


def refuse_missing_keys(database: Database) -> None:
    """Raise `KeysAreBroken` where a row or a file needs a key that the ring no longer has. Looks into every table of every room."""
    with database.reading(ALL_COMPANIES) as db:
        used = used_key_ids(db)
    used["data"] |= keys_of_files() | keys_of_journal(settings().journal_folder)
    for kind, key_ids in used.items():
        for key_id in key_ids:
            crypto.keys().by_id(kind, key_id)


def check_names(config: Config) -> None:
    """Kinds of systems and names of laws are real: `config` does not know the rooms, so it is asked here."""
    for company_key, company in config.portal.companies.items():
        for language in company.languages:
            if not i18n.has_catalogue(language):
                raise config.error(
                    "companies", company_key, "languages", problem=f"The portal does not speak `{language}` yet.",
                    remedy="Take it out, or add its catalogue as docs/languages.md says.",
                )  # fmt: skip
        for law in company.laws:
            if law not in shipped():
                raise config.error(
                    "companies", company_key, "laws", problem=f"`{law}` is not a law that is known.",
                    remedy=f"Known are: {', '.join(sorted(shipped()))}.",
                )  # fmt: skip
        check_laws(config, company_key, company)
        for key, system in company.systems.items():
            if system.kind not in known_kinds():
                raise Place(config, company_key, key).error(
                    "kind",
                    problem=f"`{system.kind}` is not a kind of system.",
                    remedy=f"Known are: {', '.join(sorted(known_kinds()))}.",
                )


def check_laws(config: Config, company_key: str, company: Company) -> None:
    """Every law of the company can be used, and nobody has reviewed one that is not its own."""
    for law in company.law_reviews:
        if law not in company.laws:
            raise config.error(
                "companies", company_key, "law_reviews", problem=f"`{law}` is not one of the company's laws.",
                remedy="Add it to `laws`, or take the review out.",
            )  # fmt: skip
    for law in company.law_places:
        if law not in company.laws:
            raise config.error(
                "companies", company_key, "law_places", problem=f"`{law}` is not one of the company's laws.",
                remedy="Add it to `laws`, or take the place out.",
            )  # fmt: skip
    try:
        laws_of(company)
    except LawNeedsReview as missing:
        raise config.error(
            "companies", company_key, "laws", problem=str(missing),
            remedy="Name who compared it and when under `law_reviews`, as docs/laws.md says.",
        ) from None  # fmt: skip
    try:
        days_off_of(company)
    except NoHolidays as missing:
        raise config.error(
            "companies", company_key, "holidays_of", problem=str(missing),
            remedy="Mend it, or write the days under `public_holidays`.",
        ) from None  # fmt: skip


def newest_revision() -> str:
    """The revision that this code expects, read from the file names: the last in order."""
    revisions = [re.match(r"(\d+)_", path.name) for path in sorted(VERSIONS.glob("*.py"))]
    return max(match[1] for match in revisions if match)


def current_revision(database: Database) -> str | None:
    """The revision that the database is at, or None where it is empty."""
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return found


def refuse_unmigrated(database: Database) -> None:
    """Raise `NotMigrated` where code and database do not belong together."""
    found, expected = current_revision(database), newest_revision()
    if found != expected:
        raise NotMigrated(
            f"The database is at revision {found or 'none'}, this version needs {expected}. Run `./run portal migrate`."
        )
