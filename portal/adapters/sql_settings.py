"""`settings` of a system of kind `sql`, and the connections that they name: to read, and to erase.

Must never connect to anything yet, nor repeat what a variable of the environment holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import Field
from sqlalchemy import Engine

from portal.adapters.contract import Place
from portal.adapters.sql_connections import NoDriver, NotAUrl, open_engine, open_writing_engine
from portal.adapters.sql_consent import ConsentSettings
from portal.adapters.sql_sent import SentSettings
from portal.config.parts import Line, Part, Secret


class EraseSettings(Part):
    """Other credentials for erasing and correcting, so that the ones for reading may do nothing else."""

    databases: dict[str, Secret] = Field(default_factory=dict, description="Per dataset; those not named use the one for reading")


class SqlSettings(Part):
    """`settings` of a system of kind `sql`."""

    databases: dict[str, Secret] = Field(min_length=1, description="Per dataset, where the URL of its database stands")
    maps: list[Line] = Field(min_length=1, description="Fideslang files, beside portal.yaml")
    statement_timeout_seconds: float = Field(10, gt=0, le=300)
    consent: ConsentSettings | None = Field(None, description="Where the choices stand that this system acts on")
    sent: SentSettings | None = Field(None, description="Where it stands what was sent to whom")
    erase: EraseSettings = EraseSettings()


@dataclass(frozen=True, slots=True)
class Engines:
    """Per dataset the way to read, and the way to write."""

    reading: dict[str, Engine]
    writing: dict[str, Engine] = field(default_factory=dict)


def open_all(
    place: Place, databases: Mapping[str, Secret], keys: Sequence[str], timeout: float, *, writes: bool
) -> dict[str, Engine]:
    """An engine per dataset; two datasets of one database share one, so that they are read in one snapshot."""
    at = ("companies", place.company, "systems", place.key, "settings")
    engines: dict[str, Engine] = {}
    opened: dict[str, Engine] = {}
    for key in keys:
        if key not in databases:
            raise place.error(
                "settings", "databases", problem=f"The dataset `{key}` has no database.", remedy=f"Add `{key}: {{env: NAME}}`."
            )
        url = place.config.secret(databases[key], *at, "databases", key)
        problem, remedy = "", "Write sqlite:////path/file or postgresql://..."
        try:
            engines[key] = opened.get(url) or (open_writing_engine if writes else open_engine)(url, timeout)
            opened[url] = engines[key]
        except NotAUrl as error:
            problem = f"What {databases[key].env} holds {error}."
            remedy = "Start with EXTRAS=postgres ./run ..., which brings it." if isinstance(error, NoDriver) else remedy
        if problem:
            raise place.error("settings", "databases", key, problem=problem, remedy=remedy)
    return engines
