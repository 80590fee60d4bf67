"""Values as a person reads them: dates, yes and no, numbers in their language. Plain text only, never markup.

Must never change what is held into something else: what is not surely a date stays as it stands.
"""

import re
import unicodedata
from datetime import date, datetime

from babel import numbers

from portal.adapters.contract import Json
from portal.core.i18n import _, format_date, format_list, format_moment, locale

LONG = 120
"""Characters from which a text is set as a text and not as a value."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?")
# Marks that turn the direction of all that follows: a name must not be able to turn the sentence around it.
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])


def as_text(value: Json) -> str:
    """The value in the language in force; nothing for what is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int | float):
        # Without separators: a customer number or a year is no amount. With every digit: a place on the map is no price.
        return numbers.format_decimal(value, locale=locale(), group_separator=False, decimal_quantization=False)
    if isinstance(value, str):
        return _moment(value) or clean(value)
    if isinstance(value, list):
        return format_list([text for item in value if (text := as_text(item))])
    return "\n".join(_("%(name)s: %(value)s", name=clean(name), value=as_text(item)) for name, item in value.items())


def clean(text: str) -> str:
    """The text without control characters and without marks that turn its surroundings; line ends stay."""
    if text.isprintable():
        # Nearly every value: no letter in it is one of those that are taken out below.
        return text
    kept = text.replace("\r\n", "\n").translate(_TURNING)
    return "".join(
        letter for letter in kept if letter in "\n\t" or unicodedata.category(letter)[0] != "C" or letter in "\u200c\u200d"
    )


def is_long(text: str) -> bool:
    """Whether this is read as a text."""
    return len(text) > LONG or "\n" in text


def _moment(text: str) -> str:
    """The text as a date or moment, where it is written as one; else nothing."""
    try:
        if _DAY.fullmatch(text):
            return format_date(date.fromisoformat(text))
        if _MOMENT.fullmatch(text):
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is not None:
                return format_moment(moment)
            # A time without a zone is the company's own: shown as it stands there.
            return _("%(day)s, %(time)s", day=format_date(moment.date()), time=f"{moment:%H:%M}")
    except ValueError:
        return ""
    return ""
