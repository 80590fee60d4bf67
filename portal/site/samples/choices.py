"""Examples of the pages of choices: on the site, behind a link of a mail, and without any link. Purposes and words are the company's own."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import cycle
from typing import Any

from portal.choosing.words import short
from portal.config.model import Company, Purpose
from portal.consent.choices import Standing
from portal.consent.told import place_of
from portal.core import i18n
from portal.core.i18n import _, pick
from portal.site import choices_words, preferences_words
from portal.site.done_words import HERE
from portal.site.forms import AddressForm, ReceiptForm
from portal.site.samples.about import MASKED, NOWHERE, TOKEN, at, like, nothing
from portal.web.transactions import db

NOBODY = 0
"""No person's id: what is shown for it are the company's purposes, unanswered."""

_OF_A_BREAK = "in_use loud paused_until breaks first_day last_day wrong_day day".split()

SAID = (Standing.GIVEN, Standing.REFUSED, Standing.UNSET, Standing.WITHDRAWN, Standing.PENDING)


def choices() -> dict[str, Any]:
    """What home says of the choices: one of each standing, in turn."""
    found, standings = choices_words.summary(db(), NOBODY), cycle(SAID)
    counted: Counter[str] = Counter()
    for purpose in found["purposes"]:
        for choice in purpose["choices"]:
            standing = next(standings)
            choice.update(state=standing.value, short=short(standing))
            counted[choices_words.KINDS.get(standing, "unanswered")] += 1
    return {**found, "sold": 0, **{kind: counted[kind] for kind in ("given", "refused", "taken_back", "waiting", "unanswered")}}


def preferences(_company: Company) -> Mapping[str, Any]:
    """Every choice, none of them answered."""
    stand = preferences_words.stand_of(db(), NOBODY)
    return preferences_words.page(db(), stand, form=stand.untouched())


def history(company: Company) -> Mapping[str, Any]:
    """What was done, with the words that were shown."""
    return {
        "entries": [_entry(company, number, act) for number, act in ((2, "withdrawn"), (1, "given"))],
        "count": 2,
        "older_url": "",
        "newest": True,
        "erasures": [],
    }


def receipt(_company: Company) -> Mapping[str, Any]:
    """Where a receipt is pasted."""
    return {"form": ReceiptForm(formdata=None), "wrong": False, "said": None}


def confirm(company: Company) -> Mapping[str, Any]:
    """A yes that waits for the mailbox."""
    key, purpose = next(_asked(company))
    chosen = like(
        title=pick(purpose.title),
        channel=_channels(purpose)[0],
        topics=(),
        frequency="",
        notice=_words(purpose),
        language=i18n.language(),
    )
    return {
        "token": TOKEN, "asked": like(asked_at=at(minutes=-3), expires_at=at(days=14)), "choices": [chosen], "form": AddressForm(formdata=None),
        "typed": False, "key": key,
    }  # fmt: skip


def link_page(company: Company) -> Mapping[str, Any]:
    """The choices of one address, behind the link of a mail: what the site asks, but for what is sensitive."""
    shown = preferences(company)
    hidden = {key for key, purpose in company.purposes.items() if purpose.sensitive}
    purposes = [one for one in shown["purposes"] if one["key"] not in hidden]
    for choice in (choice for one in purposes for choice in one["choices"]):
        choice["words_seen"] = None
    return {
        **_for_whom(), **{name: shown[name] for name in _OF_A_BREAK}, "form": shown["form"], "purposes": purposes, "may_ask": True,
        "some_hidden": bool(hidden), "incomplete": False, "nothing_new": False, "one_choice": False, "about": "", "signal_due": False,
    }  # fmt: skip


def link_done(company: Company) -> Mapping[str, Any]:
    """After a press behind such a link."""
    lines = [f"{pick(purpose.title)} – {_channels(purpose)[0]}" for _key, purpose in _asked(company)][:2]
    return {**_for_whom(), "shows": True, "lines": lines, "pending": [], "stale": [], "undo": TOKEN}


def one_click(company: Company) -> Mapping[str, Any]:
    """The one button of an unsubscribe link, and the answer to it."""
    return {**_for_whom(), "about": next((pick(purpose.title) for _key, purpose in _asked(company)), ""), "one_choice": True}


def unsubscribe(_company: Company) -> Mapping[str, Any]:
    """No link at hand."""
    return {"typed": "", "mistake": ""}


def _for_whom() -> dict[str, Any]:
    return {"hint": MASKED, "token": TOKEN, "signed_in_as": ""}


def _asked(company: Company) -> Iterator[tuple[str, Purpose]]:
    """Purposes that ask something in the open."""
    return ((key, one) for key, one in company.purposes.items() if one.channels and not one.sensitive)


def _named(purpose: Purpose) -> list[tuple[str, Any]]:
    return list(purpose.channels.items())


def _channels(purpose: Purpose) -> list[str]:
    return [pick(title) for _key, title in _named(purpose)]


def _words(purpose: Purpose) -> str:
    return pick(purpose.notice) if purpose.notice else pick(purpose.text)


def _entry(company: Company, number: int, act: str) -> dict[str, Any]:
    _key, purpose = next(_asked(company))
    return {
        "number": number, "title": f"{pick(purpose.title)}: {_channels(purpose)[0]}", "act": _("Yes") if act == "given" else _("Taken back"), "sign": act,
        "at": at(days=-20 // number), "learnt_at": None, "place": place_of(HERE), "actor": "", "topics": "", "against_signal": False,
        "notice": like(text=_words(purpose), language=i18n.language(), version=1), "receipt_url": NOWHERE,
    }  # fmt: skip


PAGES = {
    "site/preferences.html": preferences,
    "site/history.html": history,
    "site/receipt.html": receipt,
    "site/confirm.html": confirm,
    "site/confirm_done.html": lambda _company: {"done": "yes", "stays": False},
    "site/confirm_ended.html": nothing,
    "links/page.html": link_page,
    "links/only_stop.html": lambda company: {**one_click(company), "unsaved": False, "signal_due": False},
    "links/done.html": link_done,
    "links/data.html": lambda _company: {**_for_whom(), "sent": True},
    "links/one_click.html": one_click,
    "links/unsubscribed.html": one_click,
    "links/unsubscribe.html": unsubscribe,
    "links/opted_out.html": nothing,
    "links/undo.html": lambda _company: {"token": TOKEN, "typed": "", "mistake": ""},
    "links/undone.html": lambda _company: {"worked": True, "ended": False, "token": ""},
    "links/unreadable.html": nothing,
}
