"""The result of an erasure from what its steps and receipts say: the only source of the words "deleted" and "complete".

Must never take a human's or a plan's word for a receipt: what was done by hand says so, what was only planned is not in it.
"""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.adapters.contract import PlannedItem
from portal.cases.about import collection_title, field_title
from portal.cases.erasing.model import Erasure, ErasurePlanRow
from portal.cases.erasing.receipts import Round, in_total, load_rounds
from portal.cases.erasing.result import ErasureResult, ResultItem, SystemResult, Went
from portal.cases.events import system_title
from portal.cases.letters import speaking
from portal.cases.model import Case
from portal.cases.workflow import CHECK, ERASE
from portal.config.model import Company
from portal.core.db import prepared
from portal.core.i18n import _, ngettext, pick
from portal.engine.model import Step, StepState
from portal.engine.service import steps_of

_PLANS = prepared(select(ErasurePlanRow).where(ErasurePlanRow.case_id == bindparam("case")).order_by(ErasurePlanRow.id))


def result_of(db: Session, case: Case, erasure: Erasure) -> ErasureResult:
    """What the erasure has done by now, in the words of the case's language."""
    company = registry.company(case.company_id)
    rows = list(db.scalars(_PLANS, {"case": case.id}))
    last: dict[str, Step] = {step.system: step for step in steps_of(db, (ERASE, CHECK), case.id)}
    with speaking(case):
        systems = tuple(
            _system(
                company, row.system, last.get(row.system), in_total(load_rounds(row.receipts)), ended=erasure.ended_at is not None
            )
            for row in rows
        )
    return ErasureResult(
        case.number, registry.key_of(case.company_id), case.law, case.language, tuple(case.choice), erasure.confirmed_at,
        erasure.ended_at, systems,
    )  # fmt: skip


def item_in_words(company: Company, system: str, item: PlannedItem) -> ResultItem:
    """What is done to the rows of one collection, with titles and the ground in law, in the language in force."""
    known = system in company.systems and item.collection in company.systems[system].collections
    title = collection_title(company, system, item.collection) if known else item.collection.rpartition(".")[2]
    fields = tuple(field_title(company, system, item.collection, name) if known else name for name in item.fields)
    return ResultItem(
        item.collection, title, item.fate, item.count, tuple(dict.fromkeys(fields)), ground_in_words(company, item.ground), item.until
    )  # fmt: skip


def ground_in_words(company: Company, ground: str) -> str:
    """The law that makes the company keep something, as `portal.yaml` says it."""
    rule = company.retention_rules.get(ground)
    if rule is None:
        return ground
    return pick(rule.ground) if rule.ground else pick(rule.title)


def _system(company: Company, system: str, step: Step | None, told: Round, *, ended: bool) -> SystemResult:
    items = tuple(item_in_words(company, system, item) for item in told.items)
    state, note = _went(step, told, ended=ended)
    title = system_title(company, system)
    return SystemResult(system, title, state, items, told.left_count, note, step.ended_at if step else None)


def _went(step: Step | None, told: Round, *, ended: bool) -> tuple[Went, str]:
    if step is None:
        return (Went.STOPPED, _("It was stopped before it began.")) if ended else (Went.WAITS, "")
    if step.state == StepState.DONE:
        receipt = step.receipt or {}
        if "by_hand" in receipt:
            return Went.BY_HAND, step.hand_reason or ""
        if receipt.get("stopped"):
            return Went.STOPPED, _("It was stopped before it began.")
        return _read_back(told)
    if step.state == StepState.CANCELLED:
        return Went.STOPPED, _("It was stopped before it began.")
    if step.state == StepState.FAILED:
        return Went.FAILED, step.hand_reason or ""
    return (Went.FAILED if told.left else Went.WAITS), ""


def _read_back(told: Round) -> tuple[Went, str]:
    if told.left:
        return Went.FAILED, ngettext("%(num)s value is still there.", "%(num)s values are still there.", told.left_count)
    notes = []
    if told.appeared:
        notes.append(
            ngettext(
                "%(num)s entry came after you confirmed and went with the others.",
                "%(num)s entries came after you confirmed and went with the others.",
                told.appeared,
            )
        )
    if told.unknown:
        notes.append(
            ngettext(
                "%(num)s record came after you confirmed. It was not touched; ask again if it is yours.",
                "%(num)s records came after you confirmed. They were not touched; ask again if they are yours.",
                told.unknown,
            )
        )
    return (Went.ERASED if told.items else Went.NOTHING), " ".join(notes)
