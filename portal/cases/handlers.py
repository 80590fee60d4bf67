"""The acts that cases ask of the engine, by name. Given to the worker in `worker.py`, never registered by an import."""

from collections.abc import Mapping

from portal.cases.building import AccessBuild
from portal.cases.erasing.own_steps import Begin, Identity, Own, Withdrawn
from portal.cases.erasing.system_step import SystemCheck, SystemErase
from portal.cases.exporting import AccessExport
from portal.cases.kept_erasing import KeptErase
from portal.cases.kept_holds import KEPT_ERASE
from portal.cases.restoring.coming_back import RESTORE_ERASE
from portal.cases.restoring.erasing_again import EraseAgain
from portal.cases.system_right import SystemRight
from portal.cases.workflow import BEGIN, BUILD, CHECK, ERASE, EXPORT, IDENTITY, OWN, RIGHT, WITHDRAWN
from portal.core.db import Database
from portal.engine.contract import Handler


def case_handlers(database: Database, *, with_pdf: bool = True) -> Mapping[str, Handler]:
    """One handler an act. Without the PDF packages are made faster and say that it is not in them."""
    return {
        EXPORT: AccessExport(database),
        BUILD: AccessBuild(database, with_pdf=with_pdf),
        RIGHT: SystemRight(database),
        BEGIN: Begin(),
        WITHDRAWN: Withdrawn(database),
        ERASE: SystemErase(database),
        CHECK: SystemCheck(database),
        OWN: Own(),
        IDENTITY: Identity(database),
        KEPT_ERASE: KeptErase(database),
        RESTORE_ERASE: EraseAgain(database),
    }
