"""What must never be sent to anyone, whatever a map says: passwords and their hashes, tokens, security answers, full card and
account numbers, government id numbers, biometrics. Instead of the value, that it is held is said.

Must never let a value through because one of its two guards, category and form, did not look: both always do.
Source: 11 CCR 7024(d) for the list, GDPR Art. 12(6), 32 for why; `reference` of the pattern stands in `detectors`.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from portal.adapters.contract import Json, Record, Value, Withheld
from portal.adapters.detectors import ACCOUNT, CARD, CREDENTIALS, NATIONAL_ID, PASSWORD, find_forbidden, is_worth_a_look
from portal.adapters.taxonomy import is_within

MARKER = "[•••]"
"""Stands where a forbidden part of a longer text was."""

CATEGORIES = (
    "system.authentication",
    "user.authorization",
    "user.biometric",
    "user.financial.bank_account",
    "user.financial.credit_card",
    "user.government_id",
    "user.health_and_medical.insurance_beneficiary_id",
    "user.health_and_medical.record_id",
)

SEGMENTS = frozenset(
    "account_number api_key bank_account biometric card_number credentials credit_card fingerprint government_id iban "
    "national_identification_number passphrase passport_number password passwords pin retinal secret security_answer "
    "security_question social_security_number ssn tax_id token tokens".split()
)
"""A category of the company's own with one of these as a segment is as forbidden as the published one."""

# By name alone only what cannot be anything else; `token_count` or `pin_board` are not. Read without case and separators.
NAMES = {
    PASSWORD: "password passwd passwort pwd passphrase passwordhash passwordsalt passwordresettoken hashedpassword pwhash pinhash "
    "securityanswer securityanswers secretanswer",
    CREDENTIALS: "token accesstoken refreshtoken authtoken sessiontoken resettoken idtoken apikey apitoken apisecret clientsecret "
    "secret secretkey privatekey sessionid otpsecret totpsecret mfasecret recoverycodes authorization",
    CARD: "cardnumber creditcard creditcardnumber ccnumber ccn pan cvv cvc cvv2 cardverificationcode",
    ACCOUNT: "iban bankaccount bankaccountnumber accountnumber",
    NATIONAL_ID: "ssn socialsecuritynumber nationalid nationalidnumber passportnumber driverslicensenumber drivinglicencenumber "
    "personnummer fodselsnummer taxid",
}
CATEGORY_OF_NAME = {name: category for category, names in NAMES.items() for name in names.split()}


@lru_cache(maxsize=4096)
def is_forbidden(category: str) -> bool:
    """Whether values of this category never leave. Compared by dotted segments: `user.authorizations` is not `user.authorization`."""
    return any(is_within(category, other) for other in CATEGORIES) or not SEGMENTS.isdisjoint(category.split("."))


@lru_cache(maxsize=4096)
def forbidden_by_name(name: str) -> str | None:
    """The forbidden category that a field's own name gives away (`passwordHash`, `api_key`), else None."""
    return CATEGORY_OF_NAME.get(re.sub(r"[^a-z0-9]", "", name.lower()))


def reason_to_withhold(name: str, categories: Iterable[str]) -> str | None:
    """The forbidden category of a field, by its categories or by the last part of its name; None where it may be read."""
    forbidden = next((category for category in categories if is_forbidden(category)), None)
    return forbidden or forbidden_by_name(name.rpartition(".")[2])


def withhold(record: Record) -> Record:
    """The record without anything forbidden: whole values by category and name, parts of values by form, however deep they stand."""
    values: list[Value] = []
    withheld = dict.fromkeys(record.withheld)
    changed = len(withheld) != len(record.withheld)
    for value in record.values:
        reason = _reason(value.name, value.category)
        if reason is not None:
            changed = True
            if value.value is not None:
                withheld[Withheld(value.name, reason)] = None
            continue
        cleaned, found = clean(value.value)
        if found:
            changed = True
            withheld.update((Withheld(value.name, category), None) for category in found)
            value = replace(value, value=cleaned)
        values.append(value)
    return replace(record, values=tuple(values), withheld=tuple(withheld)) if changed else record


@lru_cache(maxsize=4096)
def _reason(name: str, category: str) -> str | None:
    return reason_to_withhold(name, (category,))


def clean(value: Json) -> tuple[Json, tuple[str, ...]]:
    """The value with `MARKER` in place of what is forbidden, and the categories of what was there."""
    if value is None or isinstance(value, bool | float):
        return value, ()
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, int):
        # A number that reads like a card is one, whatever column it stands in.
        text, found = _clean_text(str(value)) if value > 10**9 else ("", ())
        return (text if found else value), found
    found_in: dict[str, None] = {}
    if isinstance(value, list):
        items = [clean(item) for item in value]
        found_in.update((category, None) for _, found in items for category in found)
        return ([item for item, _ in items] if found_in else value), tuple(found_in)
    pairs: dict[str, Json] = {}
    for key, item in value.items():
        named = forbidden_by_name(key) if item not in (None, "") else None
        cleaned, found = (MARKER, (named,)) if named else clean(item)
        # A key is data too where a company stores things by number.
        plain_key, found_in_key = _clean_text(key)
        pairs[plain_key] = cleaned
        found_in.update((category, None) for category in (*found, *found_in_key))
    return (pairs if found_in else value), tuple(found_in)


def _clean_text(text: str) -> tuple[str, tuple[str, ...]]:
    if not is_worth_a_look(text):
        return text, ()
    parts: list[str] = []
    found: dict[str, None] = {}
    end = 0
    for one in find_forbidden(text):
        parts += [text[end : one.start], MARKER]
        found[one.category] = None
        end = one.end
    return ("".join((*parts, text[end:])) if found else text), tuple(found)
