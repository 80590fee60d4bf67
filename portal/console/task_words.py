"""What the console says of tasks to owners of systems: state, look and sign. Colour comes after words."""

from collections.abc import Sequence
from typing import Any

from portal.cases.model import CaseKind
from portal.cases.task_answers import settles
from portal.cases.tasks.listing import TaskLine
from portal.cases.tasks.model import TaskState
from portal.cases.tasks.words import answer_words
from portal.console import words
from portal.core.i18n import _


def lines(found: Sequence[TaskLine]) -> list[dict[str, Any]]:
    """Tasks, ready to be shown. `decide`: what was answered waits for staff."""
    return [
        {
            "it": one, "kind": words.kind_of(one.kind), "answer": answer_words(one.answer), "decide": _decide(one),
            **dict(zip(("state", "look", "sign"), _state(one), strict=True)),
        }
        for one in found
    ]  # fmt: skip


def _decide(task: TaskLine) -> bool:
    return task.step_waits and task.answer is not None and not settles(CaseKind(task.kind), task.answer)


def _state(task: TaskLine) -> tuple[str, str, str]:
    if task.state is TaskState.TAKEN_BACK:
        return _("Ended by staff"), "", ""
    if task.state is TaskState.ANSWERED:
        return (_("Answered: needs your decision"), "warn", "warn") if _decide(task) else (_("Answered"), "ok", "")
    if not task.open:
        return _("Over: the link takes no answer any more"), "", ""
    if task.went_elsewhere:
        return _("Mailed to who was named before: it has to be sent again"), "warn", "warn"
    return (_("Seen, not answered yet"), "", "") if task.opened_at else (_("Mailed, not seen yet"), "", "")
