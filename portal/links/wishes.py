"""The form on the page of a link, and what a sent one wants. Must never take more from a reader without a mailbox than they have now."""

from collections.abc import Sequence

from portal.choosing.form import Asked, ChoicesForm, asked_in, choices_form
from portal.config.model import Company
from portal.consent.changes import Answer, Change
from portal.consent.choices import PurposeChoices
from portal.consent.desk import newer_than
from portal.consent.events import Choice
from portal.consent.ledger import Book
from portal.consent.readers import Reader, choices_for
from portal.core.i18n import _
from portal.people.service import EMAIL
from portal.web.context import current_company
from portal.web.transactions import db


def may_ask(reader: Reader) -> bool:
    """Whether there is a mailbox that can be asked for a yes."""
    return reader.identifier.kind == EMAIL


def purposes_of(reader: Reader) -> list[PurposeChoices]:
    """Every choice that may be named, as it stands."""
    return choices_for(db(), current_company().config, reader)


def form_of(reader: Reader, purposes: Sequence[PurposeChoices], *, typed: bool = False) -> ChoicesForm:
    """The form of these choices as they stand, or as it was sent. Nothing that a browser carries along gives a right here: no token."""
    return choices_form(current_company().config, purposes, seen=reader.seen, typed=typed, by_link=True)


def is_whole(form: ChoicesForm, reader: Reader, purposes: Sequence[PurposeChoices], seen: int) -> bool:
    """Whether it can be taken as it is; else its errors say why not."""
    behind = reader.person_id is not None and seen < reader.seen
    newer = newer_than(Book(db(), reader.person_id), seen) if behind and reader.person_id is not None else set[Choice]()
    whole = form.is_whole(purposes, newer=newer)
    if may_ask(reader):
        return whole
    for asked in asked_in(purposes):
        change, say = form.change_of(asked), form.field_of("say", asked)
        if change and say and form.differs(asked) and not _only_lowers(current_company().config, form, asked, change):
            say.errors = [_("For more than now, sign in with your e-mail address.")]
            whole = False
    return whole


def changes_of(form: ChoicesForm, purposes: Sequence[PurposeChoices]) -> list[Change]:
    """What newly differs."""
    return [change for asked in asked_in(purposes) if form.differs(asked) and (change := form.change_of(asked)) is not None]


def _only_lowers(company: Company, form: ChoicesForm, asked: Asked, change: Change) -> bool:
    if change.answer is Answer.NO:
        return True
    if asked.answer != Answer.YES:
        return False
    topics, often = form.field_of("topics", asked), form.field_of("often", asked)
    # The first is the most messages; of a rhythm that the company no longer has, nobody can tell.
    order = list(company.purposes[change.purpose].frequencies)
    fewer = topics is None or set(topics.data or ()) <= set(topics.object_data or ())
    stands = order.index(often.object_data) if often and often.object_data in order else len(order)
    seldom = often is None or not often.data or order.index(often.data) >= stands
    return fewer and seldom


def in_use(reader: Reader, purposes: Sequence[PurposeChoices]) -> list[Asked]:
    """The choices for adverts that a break would make quiet; none where nobody is known whose they are."""
    if reader.person_id is None:
        return []
    return [one for one in asked_in(purposes) if one.purpose.marketing and (one.choice.answer.allowed or one.holds)]
