"""Identifiers as the company's systems send them, brought to the one normal form. Must never be repeated in an answer or a problem."""

import re
from typing import Annotated, Literal

from pydantic import Field

from portal.api.bodies import Body
from portal.api.problems import Problem
from portal.people.addresses import AddressRefused, normal_address
from portal.people.service import EMAIL, Identifier, is_in_normal_form
from portal.web.context import current_company

PLAIN = re.compile(r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")


class IdentifierIn(Body):
    """An identifier of a person: an e-mail address, a phone number (E.164) or the company's own customer number."""

    kind: Literal["email", "phone", "customer_number"] = "email"
    value: Annotated[str, Field(min_length=1, max_length=320)]


class NotUsable(ValueError):
    """The text is no identifier of its kind."""


def normal(kind: str, value: str, *, allow_non_ascii: bool) -> Identifier:
    """The identifier in normal form. Raises `NotUsable`."""
    if kind == EMAIL:
        if len(value) <= 254 and PLAIN.fullmatch(value):
            # What nearly every line is: in normal form as it stands. If it is none after all, nobody is known by it.
            return Identifier(EMAIL, value)
        try:
            return Identifier(EMAIL, normal_address(value, allow_non_ascii=allow_non_ascii))
        except AddressRefused:
            raise NotUsable from None
    text = re.sub(r"[\s().-]", "", value) if kind == "phone" else value.strip()
    if not text or (kind == "phone" and not re.fullmatch(r"\+[1-9]\d{6,14}", text)):
        raise NotUsable
    return Identifier(kind, text)


def of(sent: IdentifierIn, *, pointer: str = "/identifier/value") -> Identifier:
    """The identifier of a body. Raises `Problem("invalid")` that does not repeat it."""
    try:
        return normal(sent.kind, sent.value, allow_non_ascii=current_company().config.allow_non_ascii_addresses)
    except NotUsable:
        raise _unusable(sent, pointer) from None


def to_be_known(sent: IdentifierIn, *, pointer: str = "/identifier/value") -> Identifier:
    """The same where somebody may come to be known by it: what only looks like an address is refused here, too."""
    one = of(sent, pointer=pointer)
    if not is_in_normal_form(one):
        raise _unusable(sent, pointer)
    return one


def _unusable(sent: IdentifierIn, pointer: str) -> Problem:
    wanted = {"email": "An e-mail address.", "phone": "A number in E.164 form, like +4740000000."}.get(sent.kind, "A number.")
    return Problem("invalid", errors=[{"pointer": pointer, "detail": wanted}])
