"""How identifiers are compared within one system, before the core compares them by its own, stricter form.

Must never be the last word on whether a record is someone's: that is the core's (abuse row D1).
"""

TO_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def normal(kind: str, value: object) -> str:
    """An identifier without case and outer spaces; a telephone number (`phone`) as its digits, without a leading 00."""
    text = str(value).strip().translate(TO_LOWER)
    if kind == "phone":
        return "".join(character for character in text if character in "0123456789").removeprefix("00")
    return text
