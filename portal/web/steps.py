"""Where a person was going before the sign-in: one of a fixed list of pages, with a case number, a right or kinds of data, signed. Never a URL.

Must never lead past a "check your answers", and never off this site.
"""

import re
from collections.abc import Iterable
from typing import Any

from flask import request, url_for
from itsdangerous import BadSignature

from portal.core import crypto
from portal.core.i18n import N_, _

HOME, PLAN = "home.show", "erase.plan"
STEPS = {
    HOME: N_("Your privacy"),
    "preferences.show": N_("What you agreed to"),
    "history.show": N_("The history of your choices"),
    "held.show": N_("Your data"),
    "records.show": N_("Your data"),
    "requests.index": N_("Your requests"),
    "requests.show": N_("Your request"),
    "rights.index": N_("Ask for something else"),
    "rights.show": N_("Ask for something else"),
    "where.show": N_("Where do you live?"),
    "numbers.show": N_("Your numbers"),
    "phone.show": N_("On the telephone with us"),
    "copies.show": N_("Get a copy of your data"),
    "erase.show": N_("Delete your data"),
    "erase.some": N_("Delete some of your data"),
    PLAN: N_("What deleting would do"),
    "questions.show": N_("Ask us"),
    "acting.ask": N_("Ask for somebody else"),
    "for_you.show": N_("What somebody asks for you"),
    "address.show": N_("Your address"),
    "sessions.show": N_("Where you are signed in"),
}
"""Endpoints that may be gone on to, and what they are called on the page."""

STARTS = {
    "preferences.save": "preferences.show",
    "preferences.stop": "preferences.show",
    "preferences.pause": "preferences.show",
    "preferences.resume": "preferences.show",
    "preferences.take_back": "preferences.show",
    "effects.show": "preferences.show",
    "pending.send_again": "preferences.show",
    "pending.stop_waiting": "preferences.show",
    "held.look_again": "held.show",
    "wrong.show": "held.show",
    "wrong.send": "held.show",
    "address.ask": "address.show",
    "address.enter_code": "address.show",
    "address.stop": "address.show",
    "numbers.add": "numbers.show",
    "numbers.remove": "numbers.show",
    "copies.check": "copies.show",
    "copies.ask": "copies.show",
    "downloads.fetch": "requests.show",
    "requests.stop": "requests.show",
    "requests.write": "requests.show",
    "appeals.show": "requests.show",
    "appeals.send": "requests.show",
    "rights.send": "rights.show",
    "where.send": "where.show",
    "phone.agree": "phone.show",
    "phone.end": "phone.show",
    "erase.only_marketing": "erase.show",
    "erase.choose": "erase.some",
    "erase.confirm": PLAN,
    "questions.send": "questions.show",
    "certificates.of_request": "requests.show",
    "records.give": "records.show",
    "acting.send": "acting.ask",
    "for_you.agree": "for_you.show",
    "for_you.object_": "for_you.show",
}
"""The page of a form, or where an act begins, for what is sent without a sign-in or without a fresh one."""

NUMBER = re.compile(r"^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$")
WHICH = {
    "requests.show": ("number", NUMBER),
    "for_you.show": ("number", NUMBER),
    "rights.show": ("kind", re.compile(r"^[a-z_]{1,40}$")),
}
"""Pages of which there are many: what tells them apart in their address, and what that looks like."""
KINDS = re.compile(r"^[a-z]+(,[a-z]+)*$")
ABOUT = {"questions.show": "about"}
"""Pages that may be about one purpose, named in their address."""
ABOUT_WHAT = re.compile(r"^[a-z0-9_-]{1,60}$")
_NAMES = {**{endpoint: name for endpoint, (name, _shape) in WHICH.items()}, **ABOUT}
LONGEST = 60 * 60
LONGEST_KINDS = 68
"""So much fits beside the page's name into the row of a sign-in."""


def here() -> str:
    """The step that this request is, or where its act starts; home where it is neither."""
    endpoint = STARTS.get(request.endpoint or "", request.endpoint or "")
    if endpoint not in STEPS:
        return HOME
    about = request.args.get("about", "")
    if endpoint in ABOUT and ABOUT_WHAT.match(about):
        return f"{endpoint}:{about}"
    if endpoint in WHICH:
        name, shape = WHICH[endpoint]
        which = str((request.view_args or {}).get(name, ""))
        return f"{endpoint}:{which}" if shape.match(which) else HOME
    if endpoint == PLAN:
        return plan_of(dict.fromkeys(request.values.getlist("group")))
    return endpoint


def plan_of(groups: Iterable[str]) -> str:
    """The plan of deleting these kinds of data; of everything where none is named. What was chosen must not grow on the way."""
    kinds = ",".join(groups)
    if not kinds:
        return PLAN
    return f"{PLAN}:{kinds}" if KINDS.match(kinds) and len(kinds) <= LONGEST_KINDS else "erase.some"


def sign(step: str) -> str:
    """The step as it may stand in a link of our own page."""
    return str(crypto.signer("next-step").dumps(step))


def read(signed: str | None) -> str | None:
    """The step of a `next` parameter; None for anything that we did not sign, or that is too old."""
    if not signed:
        return None
    try:
        step = crypto.signer("next-step").loads(signed, max_age=LONGEST)
    except BadSignature:
        return None
    return step if isinstance(step, str) and step.partition(":")[0] in STEPS else None


def url_of(step: str | None) -> str:
    """The page of a step; home where there is none."""
    endpoint, _ignored, which = (step or HOME).partition(":")
    if endpoint not in STEPS:
        return url_for(HOME)
    if endpoint == PLAN and which:
        return url_for(endpoint, group=which.split(","))
    values: dict[str, Any] = {_NAMES[endpoint]: which} if which and endpoint in _NAMES else {}
    return url_for(endpoint, **values)


def words_of(step: str | None) -> str:
    """What the page of a step is called."""
    return _(STEPS.get((step or HOME).partition(":")[0], STEPS[HOME]))
