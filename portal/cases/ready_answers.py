"""Templates of answers from `portal.yaml`, with what belongs to a case put in, in the customer's language.

Must never send anything: what comes of it is a draft that staff read, change and send themselves.
"""

import re

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.dates import due_of
from portal.cases.letters import speaking
from portal.cases.model import Case
from portal.cases.right_words import title_of_case
from portal.config.model import AnswerTemplate, Placeholder
from portal.core.errors import PortalError
from portal.core.i18n import format_date, pick


class NoSuchTemplate(PortalError):
    """The company has no template of that key for this kind of case."""


def templates_for(case: Case) -> list[tuple[str, str]]:
    """Key and title of every template that fits this kind of case, the title in the language in force."""
    return [(key, pick(template.title)) for key, template in _fitting(case).items()]


def draft_of(db: Session, case: Case, key: str, *, typed: str = "") -> str:
    """What the answer begins with once the template is put in, after what was typed already. Raises `NoSuchTemplate`.

    Another template that was put in before and left as it was makes room for this one.
    """
    fitting, values = _fitting(case), _values(db, case)
    if key not in fitting:
        raise NoSuchTemplate("There is no such template for this kind of request.")
    with speaking(case):
        drafts = {name: _filled(pick(template.text), values) for name, template in fitting.items()}
    typed = typed.replace("\r\n", "\n").strip()
    return drafts[key] if not typed or typed in drafts.values() else f"{typed}\n\n{drafts[key]}"


def _fitting(case: Case) -> dict[str, AnswerTemplate]:
    templates = registry.company(case.company_id).answer_templates.items()
    return {key: template for key, template in templates if not template.kinds or case.kind.value in template.kinds}


def _values(db: Session, case: Case) -> dict[str, str]:
    """What stands for each placeholder, in the customer's language."""
    company = registry.company(case.company_id)
    with speaking(case):
        return {
            Placeholder.CASE_NUMBER: case.number,
            Placeholder.ASKED: title_of_case(company, case),
            Placeholder.RECEIVED_DATE: format_date(case.received_at),
            Placeholder.DUE_DATE: format_date(due_of(db, case).day, weekday=True),
            Placeholder.COMPANY: company.name,
            Placeholder.AUTHORITY: pick(company.authority.name),
        }


def _filled(text: str, values: dict[str, str]) -> str:
    """The text with its placeholders replaced once: what is put in is not looked at again."""
    return re.sub(r"\{([a-z_]+)\}", lambda found: values[found[1]], text).strip()
