"""Telephone and customer numbers beside the mailbox: how they are compared, and how they are hinted at.

Must never ask the network, and never take two numbers for one that a telephone could tell apart.
"""

import unicodedata

import phonenumbers

PHONE, CUSTOMER_NUMBER = "phone", "customer_number"
KINDS = (PHONE, CUSTOMER_NUMBER)
LONGEST = 100
"""Characters that are compared of what was typed."""


def comparable(kind: str, text: str, *, country: str) -> str:
    """What two spellings of one number have in common; empty where it is no such number.

    A telephone number in E.164 (`400 00 001` in Norway is `+4740000001`); any other as its letters and digits, without case.
    """
    folded = unicodedata.normalize("NFKC", text[:LONGEST]).strip()
    if kind == PHONE:
        return _e164(folded, country)
    return "".join(letter for letter in folded.casefold() if letter.isalnum())


def hint(number: str) -> str:
    """Enough for its owner to know it: `•••01`."""
    return f"•••{number[-2:]}" if len(number) > 4 else "•••"


def _e164(text: str, country: str) -> str:
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return ""
    possible = phonenumbers.is_possible_number(parsed) and not parsed.extension
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if possible else ""
