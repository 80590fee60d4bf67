"""Examples of the pages of a deletion: from the first question to the result. Nothing of it was deleted, and nothing can be."""

from collections.abc import Mapping
from typing import Any

from portal.cases.meaning import CONTACT, WHO, title_of
from portal.config.model import Company
from portal.core import i18n
from portal.core.i18n import pick
from portal.site.forms import AddressForm, EraseForm, ResultForm, SomeForm
from portal.site.samples.about import NOWHERE, NUMBER, TOKEN, at, day, like, nothing


def _losses(company: Company) -> list[str]:
    return [pick(one.text) for system in company.systems.values() for one in system.losses.values()]


def _first_of(company: Company) -> tuple[str, list[str]]:
    """A system and the titles of what it holds."""
    for system in company.systems.values():
        if system.collections:
            return pick(system.title), [pick(note.title) for note in system.collections.values()]
    return "", [title_of(WHO)]


def _kept(company: Company) -> list[dict[str, Any]]:
    """What a law makes the company keep, of the first such records."""
    for system in company.systems.values():
        for note in system.collections.values():
            ground = company.retention_rules[note.retention].ground
            if ground:
                item = like(title=pick(note.title), fields=(), count=2, ground=pick(ground), until=day(900))
                return [{"system": pick(system.title), "item": item}]
    return []


def erase(company: Company) -> Mapping[str, Any]:
    """What can be done, the mildest first."""
    return {"open_url": "", "has_marketing": True, "losses": _losses(company)}


def some(company: Company) -> Mapping[str, Any]:
    """Which kinds."""
    form = SomeForm([(key, title_of(key)) for key in (WHO, CONTACT)], formdata=None)
    return {"form": form, "counts": {WHO: 4, CONTACT: 3}, "losses": _losses(company)}


def plan(company: Company) -> Mapping[str, Any]:
    """The plan, and the only red button."""
    system, titles = _first_of(company)
    goes = {"system": system, "item": like(title=titles[0], fields=(), count=3, ground="", until=None)}
    return {
        "form": EraseForm(formdata=None), "groups": [], "seen": "", "everything": True, "kinds": "", "losses": _losses(company), "goes": [goes],
        "nameless": [], "stays": _kept(company), "silent": [], "by_hand": [], "shut": False, "shared": False, "nothing": False, "proof": "",
        "starts": i18n.format_moment(at(days=3)), "due": day(30), "where_url": "",
    }  # fmt: skip


def stop(_company: Company) -> Mapping[str, Any]:
    """Behind the link of a mail that stops it."""
    return {
        "token": TOKEN, "own": True, "over": False, "begun": False, "starts_at": at(days=3), "stop_url": NOWHERE, "form": AddressForm(formdata=None),
        "typed": False,
    }  # fmt: skip


def stopped(_company: Company) -> Mapping[str, Any]:
    """After its button."""
    return {"stopped": like(over=False, in_time=True), "own": True, "gone": "", "running": ""}


def result_door(_company: Company) -> Mapping[str, Any]:
    """Behind the link of the last mail, before its button."""
    return {"token": TOKEN, "own": True, "show_url": NOWHERE}


def result(company: Company) -> Mapping[str, Any]:
    """What went and what stayed."""
    system, titles = _first_of(company)
    item = like(fate="erase", title=titles[0], fields=(), count=3, ground="", until=None)
    section = {"title": system, "left": 0, "items": [item], "note": ""}
    over = like(is_complete=True, number=NUMBER, confirmed_at=at(days=-4), ended_at=at())
    return {"result": over, "erased": [section], "token": TOKEN, "certificate_url": NOWHERE, "proof": ""}


def over(_company: Company) -> Mapping[str, Any]:
    """The same where others may read that mailbox."""
    return {
        "number": NUMBER, "complete": True, "ended_at": at(), "form": ResultForm(formdata=None), "token": TOKEN, "show_url": NOWHERE,
    }  # fmt: skip


PAGES = {
    "site/erase.html": erase,
    "site/erase_some.html": some,
    "site/erase_plan.html": plan,
    "site/erase_stop.html": stop,
    "site/erase_stopped.html": stopped,
    "site/erase_result_door.html": result_door,
    "site/erase_result.html": result,
    "site/erase_over.html": over,
    "site/erase_link_ended.html": nothing,
    "site/certificate_not_set.html": lambda _company: {"again_url": NOWHERE, "token": TOKEN},
}
