"""Examples of the pages of data: what is held, a copy, a correction, numbers, the address. Titles and reasons are the company's own, values made up."""

from collections.abc import Iterator, Mapping
from typing import Any

from portal.cases.meaning import CONTACT, WHO, WROTE, title_of
from portal.config.model import Company
from portal.config.systems import CollectionNote
from portal.core import i18n
from portal.core.i18n import _, pick
from portal.identity.browsers import browser_words
from portal.site.forms import AddressForm, ChangeForm, CodeForm, CopyForm, EditForm, ValueForm, WhereForm
from portal.site.kept_words import KeptWords
from portal.site.samples import cases
from portal.site.samples.about import BROWSER, MASKED, NOWHERE, TOKEN, at, day, like
from portal.site.samples.choices import choices

MOST = 4
"""Fields of a collection that an example shows."""


def held(company: Company) -> Any:
    """What is held, as if a few fields had a value each."""
    notes = (note for note in _notes(company) if note.fields)
    groups = [_group(company, key, note) for key, note in zip((WHO, CONTACT, WROTE), notes, strict=False)]
    return like(
        count=sum(group.count for group in groups), outside_count=0, systems_count=max(len(company.systems), 1), listed=len(groups), read_at=at(), groups=groups, waiting=[], closed=[],
        by_hand=[], several=False, searched=True,
    )  # fmt: skip


def home(company: Company) -> Mapping[str, Any]:
    """The three plain things."""
    return {
        "choices": choices(), "held": held(company), "silent": [], "kept": KeptWords(), "call": None, "erasing": None, "more_url": "",
        "requests_count": 1, **cases.listed(),
    }  # fmt: skip


def nothing_found(company: Company) -> Mapping[str, Any]:
    """No system holds the address."""
    searched = [pick(one.title) for one in company.systems.values()]
    return {
        "address": MASKED, "searched": searched, "waiting": [], "by_hand": [], "read_at": at(), "number_url": NOWHERE, "other_url": NOWHERE,
        "kept": KeptWords(),
    }  # fmt: skip


def open_record(_company: Company) -> Mapping[str, Any]:
    """One detail more, before a record is opened."""
    return {
        "reason": "several", "silent": [], "form": ValueForm([("customer_number", _("Customer number"))], formdata=None), "needs": "",
        "tries_left": 5, "back_url": NOWHERE,
    }  # fmt: skip


def copy(_company: Company) -> Mapping[str, Any]:
    """What goes into the copy."""
    kinds = [(key, title_of(key)) for key in (WHO, CONTACT, WROTE)]
    form = CopyForm(kinds, formdata=None)
    return {"form": form, "counts": {WHO: 4, CONTACT: 3, WROTE: 2}, "review": {WROTE: True}, "shut": {}, "silent": []}


def copy_check(company: Company) -> Mapping[str, Any]:
    """Before the copy is made."""
    return {
        "everything": True, "categories": [], "later": [title_of(WROTE)], "due": day(30), "law": cases.law_words(company), "usual": "", "keep_days": 14, "fields": [],
        "back_url": NOWHERE, "ask_url": NOWHERE, "where_url": "",
    }  # fmt: skip


def wrong(company: Company) -> Mapping[str, Any]:
    """One value that is wrong."""
    title = next((pick(field.title) for note in _notes(company) for field in note.fields.values()), title_of(CONTACT))
    return {"pointed": like(title=title, pairs=[(title, "…")]), "form": EditForm(formdata=None), "days": 14, "edits": True}


def numbers(_company: Company) -> Mapping[str, Any]:
    """Numbers beside the address."""
    one = like(title=_("Customer number"), hint="••001", since=at(days=-40), remove_url=NOWHERE)
    return {
        "form": ValueForm([("customer_number", _("Customer number"))], formdata=None),
        "numbers": [one],
        "tries_left": 5,
        "may_add": True,
    }


def address(_company: Company) -> Mapping[str, Any]:
    """Change of address."""
    return {
        "form": ChangeForm(formdata=None),
        "address": MASKED,
        "waiting": None,
        "undo_until": None,
        "code": CodeForm(formdata=None),
        "alone": True,
    }


def address_link(_company: Company) -> Mapping[str, Any]:
    """Behind the link in a mail of a change of address."""
    return {
        "form": AddressForm(formdata=None), "token": TOKEN, "side": "old", "own": MASKED, "old": MASKED, "to": "n••w@example.org",
        "asked_at": at(minutes=-5), "until": at(minutes=55), "browser": browser_words(BROWSER), "typed": False, "may_confirm": True, "confirmed": False,
    }  # fmt: skip


def where(company: Company) -> Mapping[str, Any]:
    """Where the person lives; only asked of companies with laws of several places."""
    return {"form": WhereForm([(law, pick(title)) for law, title in company.law_places.items()], formdata=None)}


def _notes(company: Company) -> Iterator[CollectionNote]:
    return (note for system in company.systems.values() for note in system.collections.values())


def _group(company: Company, key: str, note: CollectionNote) -> Any:
    facts = [_fact(company, note, pick(one.title)) for one in note.fields.values()][:MOST]
    return like(key=key, title=title_of(key), intro="", count=len(facts), outside=False, open=key == WHO, shut=None, items=facts)


def _fact(company: Company, note: CollectionNote, title: str) -> Any:
    recipients = [company.recipients[one].name for one in note.recipients if one in company.recipients]
    return like(
        kind="fact", key="example", title=title, value="…", long=False, withheld=False, later=False, outside=False, wrong_url=NOWHERE,
        source=pick(company.sources[note.source].title), why=pick(company.purposes[note.purpose].why), who=i18n.format_list(recipients) if recipients else "",
        until=pick(company.retention_rules[note.retention].title),
    )  # fmt: skip


PAGES = {
    "site/home.html": home,
    "site/held.html": lambda company: {"held": held(company), "kept": KeptWords()},
    "site/nothing_found.html": nothing_found,
    "site/open_record.html": open_record,
    "site/get_copy.html": copy,
    "site/get_copy_check.html": copy_check,
    "site/wrong.html": wrong,
    "site/numbers.html": numbers,
    "site/address.html": address,
    "site/address_link.html": address_link,
    "site/address_said.html": lambda _company: {"outcome": "done"},
    "site/where.html": where,
}
