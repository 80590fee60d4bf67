"""Examples of the pages before and around a sign-in."""

from collections.abc import Mapping
from typing import Any

from portal.cases.acting.asking import wishes_of
from portal.config.model import Company
from portal.core import i18n
from portal.core.i18n import _
from portal.identity.browsers import browser_words
from portal.site import acting_words
from portal.site.forms import ActingForm, AddressForm, CodeForm
from portal.site.samples.about import BROWSER, MASKED, NOWHERE, TOKEN, at, like, nothing
from portal.web.errors import words_for


def sign_in(_company: Company) -> Mapping[str, Any]:
    """Asks for the address."""
    return {"form": AddressForm(formdata=None)}


def check_mail(company: Company) -> Mapping[str, Any]:
    """The tab that waits."""
    return {
        "form": CodeForm(formdata=None), "address": MASKED, "valid_until": at(minutes=10), "sender": company.sender.email,
        "wait_url": NOWHERE, "codes_off": False, "code_spent": False,
    }  # fmt: skip


def link(_company: Company) -> Mapping[str, Any]:
    """Behind the link, in the browser that asked."""
    return {
        "address": MASKED, "asked_at": at(minutes=-2), "valid_until": at(minutes=8), "browser": browser_words(BROWSER),
        "destination": _("Your data"), "use_url": NOWHERE, "not_me_url": NOWHERE, "token": TOKEN, "other_session": None,
    }  # fmt: skip


def link_elsewhere(company: Company) -> Mapping[str, Any]:
    """Behind the link, in any other browser."""
    return {**link(company), "form": AddressForm(formdata=None), "hint": MASKED}


def link_ended(_company: Company) -> Mapping[str, Any]:
    """A link that was used, or is late."""
    return {
        "hint": MASKED,
        "destination": _("Your data"),
        "fresh_url": NOWHERE,
        "token": TOKEN,
        "stopped": False,
        "signed_in": False,
    }


def not_me_check(_company: Company) -> Mapping[str, Any]:
    """ "This was not me", in a browser that did not ask."""
    return {"form": AddressForm(formdata=None), "hint": MASKED, "token": TOKEN, "not_me_url": NOWHERE}


def reauthenticate(_company: Company) -> Mapping[str, Any]:
    """A fresh sign-in before an act of weight."""
    return {"address": MASKED, "destination": _("Delete your data"), "fresh_url": NOWHERE, "back_url": NOWHERE}


def sessions(_company: Company) -> Mapping[str, Any]:
    """Where the person is signed in."""
    here = like(id=1, browser=browser_words(BROWSER), since=at(days=-1), last_seen=at(), this=True, end_url=NOWHERE)
    other = like(
        id=2, browser=browser_words("chrome.windows"), since=at(days=-3), last_seen=at(days=-2), this=False, end_url=NOWHERE
    )
    idle = _("Each ends by itself at %(time)s at the latest.", time=i18n.format_time(at(minutes=30)))
    return {"sessions": [here, other], "end_all_url": NOWHERE, "address": MASKED, "idle_words": idle}


def error(_company: Company) -> Mapping[str, Any]:
    """Something went wrong on our side."""
    title, sentence = words_for(500)
    return {"status": 500, "title": title, "sentence": sentence, "error_id": "12345678", "signed_in": False}


def acting_ask(company: Company) -> Mapping[str, Any]:
    """The form of whoever asks for somebody else."""
    return {"form": ActingForm(acting_words.roles(), acting_words.wishes(wishes_of(company)), formdata=None)}


PAGES = {
    "site/sign_in.html": sign_in,
    "site/check_mail.html": check_mail,
    "site/link.html": link,
    "site/link_elsewhere.html": link_elsewhere,
    "site/link_ended.html": link_ended,
    "site/not_me_check.html": not_me_check,
    "site/not_me.html": nothing,
    "site/asked_too_often.html": nothing,
    "site/reauthenticate.html": reauthenticate,
    "site/sessions.html": sessions,
    "site/help.html": lambda _company: {"signed_in": False},
    "site/error.html": error,
    "site/acting.html": nothing,
    "site/acting_ask.html": acting_ask,
}
