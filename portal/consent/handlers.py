"""The acts that consent asks of the engine, by name. Given to the worker in `worker.py`, never registered by an import."""

from collections.abc import Mapping

from portal.consent.delivery import WRITE
from portal.consent.writing import ConsentWrite
from portal.core.db import Database
from portal.engine.contract import Handler


def consent_handlers(database: Database) -> Mapping[str, Handler]:
    """One handler an act."""
    return {WRITE: ConsentWrite(database)}
