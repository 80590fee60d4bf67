"""What the systems say of the signed-in person, read for a page with no transaction open, and how much of it is open to them."""

from dataclasses import dataclass

from flask import flash, url_for

from portal.cases.found import Reading
from portal.cases.held import Held, Shut, show_held
from portal.cases.reading import Reader, TooManyReads, kept_reading, open_now, read_held
from portal.cases.scope import Scope, kinds_to_ask, scope_of
from portal.core.i18n import _, format_list, pick
from portal.web.context import current_company, database
from portal.web.guards import current_session


@dataclass(frozen=True, slots=True)
class OwnData:
    """One reading, what it opens, and whether several people may use the address and nothing is open yet."""

    reading: Reading
    scope: Scope
    opened: frozenset[tuple[str, str]]

    @property
    def closed(self) -> bool:
        """Something was found and nothing of it may be shown before a value is matched."""
        return not self.reading.found_nothing and not self.opened

    @property
    def silent(self) -> list[str]:
        """The titles of the systems that have not answered."""
        systems = current_company().config.systems
        return [pick(systems[key].title) for key in self.reading.missing()]

    def cannot_compare(self, kind: str) -> bool:
        """Whether a detail of this kind could only be compared in systems that have not answered."""
        systems = current_company().config.systems
        answered = [one.system for one in self.reading.systems if one.records]
        return any(kind in systems[key].proof for key in self.reading.missing()) and not any(
            kind in systems[key].proof for key in answered
        )

    @property
    def unsure(self) -> bool:
        """Nothing may be shown yet because a system is silent that may hold somebody else under this address."""
        return self.closed and bool(self.reading.missing())


def reader() -> Reader:
    """Who reads, for `portal.cases.reading`."""
    current = current_session()
    return Reader(current_company().id, current.person_id, current.id)


def read(*, again: bool = False) -> OwnData:
    """Read now, or take what is kept; where the hour's reads are used up, what is kept is shown and that is said."""
    try:
        reading = read_held(database(), reader(), again=again)
    except TooManyReads:
        with database().reading(current_company().id) as db:
            reading = kept_reading(db, reader())
        flash(_("We have read your data many times this hour, so this is what we read before. Look again later."), "warn")
    with database().reading(current_company().id) as db:
        scope = scope_of(db, current_company().config, current_session().id, reading)
        return OwnData(reading, scope, open_now(db, reader(), reading))


def page(data: OwnData, *, open_group: str = "") -> Held:
    """The reading in the words of a page."""
    company = current_company().config
    return show_held(
        company,
        data.reading,
        opened=data.opened,
        several=data.closed,
        opens=lambda category: data.scope.opens(company, "view", category),
        shut=Shut(kinds_in_words(), url_for("records.show")),
        open_group=open_group,
        wrong_url=lambda key: url_for("wrong.show", item=key),
    )


def kinds() -> list[tuple[str, str]]:
    """The details that can be given, with their titles: the same for everyone."""
    company = current_company().config
    return [(key, pick(company.proof_titles[key])) for key in kinds_to_ask(company)]


def kinds_in_words() -> str:
    """The details that can be given, as one phrase."""
    return format_list([title for _key, title in kinds()])
