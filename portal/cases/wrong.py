"""Which value somebody says is wrong, in the words of the page it stands on. Must never put a value into an address."""

from dataclasses import dataclass, field

from portal.cases.held import Held
from portal.cases.items import Fact
from portal.cases.system_right import may_be_corrected
from portal.cases.tables import Table
from portal.config.model import Company
from portal.core.i18n import _

LONGEST_SAID = 600
"""Characters of a value that are repeated in a question."""


@dataclass(frozen=True, slots=True)
class Pointed:
    """One value, or one row of a list: its title and the pairs of name and value."""

    title: str
    pairs: tuple[tuple[str, str], ...] = field(repr=False)

    @property
    def words(self) -> str:
        """All of it as plain text, for whoever reads the question."""
        lines = (_("%(name)s: %(value)s", name=name, value=value) for name, value in self.pairs)
        return "\n".join((_("This is wrong: %(what)s", what=self.title), *lines))[:LONGEST_SAID]


def pointed_at(held: Held, key: str, row: int) -> Pointed | None:
    """The value of the fact `key`, or the row (from 1) of the list `key`, as the page lists it; None where there is none."""
    for item in (item for group in held.groups for item in group.items if item.key == key):
        if isinstance(item, Fact):
            return Pointed(item.title, ((item.title, item.value or _("We hold this and do not show it here.")),))
        return _row_of(item, row)
    return None


def editable_at(company: Company, held: Held, key: str) -> tuple[str, str, str] | None:
    """System, collection and field of the fact `key`, where it may be changed as it stands; None where only a person can."""
    fact = next((item for group in held.groups for item in group.items if item.key == key and isinstance(item, Fact)), None)
    if fact is None or not fact.value or fact.long or fact.ties:
        return None
    for name, system in company.systems.items():
        for collection, notes in system.collections.items():
            for one in notes.correctable:
                if key == f"{name}.{collection}.{one}" and may_be_corrected(system, collection, one):
                    return name, collection, one
    return None


def _row_of(table: Table, row: int) -> Pointed | None:
    if row == 0:
        return Pointed(table.title, ())
    if not 1 <= row <= len(table.rows):
        return None
    pairs = zip(table.columns, table.rows[row - 1], strict=True)
    return Pointed(table.title, tuple((name, value) for name, value in pairs if value))
