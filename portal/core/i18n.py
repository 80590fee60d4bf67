"""Words in the person's language, outside and inside a request. Catalogues are read from `translations/*.po`, no build step.

Must never choose a language from anything but the list that a company offers.
"""

import gettext
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, dates, lists, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from portal.core import marks

FOLDER = Path(__file__).resolve().parents[2] / "translations"
SOURCE_LANGUAGE = "en"
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})

N_ = marks.N_

_language: ContextVar[str] = ContextVar("language", default=SOURCE_LANGUAGE)
_zone: ContextVar[str] = ContextVar("zone", default="UTC")


@contextmanager
def speaking(language: str, zone: str = "UTC") -> Iterator[None]:
    """Within the block every text is in `language` and every time in `zone`."""
    tokens = _language.set(language), _zone.set(zone)
    try:
        yield
    finally:
        _language.reset(tokens[0])
        _zone.reset(tokens[1])


def language() -> str:
    """The language in force."""
    return _language.get()


@cache
def name_of(code: str) -> str:
    """What a language calls itself."""
    return (Locale.parse(code, sep="-").get_display_name(code) or code).capitalize()


def direction(of: str | None = None) -> str:
    """`rtl` or `ltr`."""
    return "rtl" if (of or language()).split("-")[0] in RIGHT_TO_LEFT else "ltr"


def pick(text: dict[str, str]) -> str:
    """A configured text in the language in force, else in the first one it has."""
    return text.get(language()) or next(iter(text.values()))


def best_of(offered: Sequence[str], wanted: Sequence[str]) -> str:
    """The first wanted language that is offered (`de-AT` is served by `de`), else the first offered."""
    for want in wanted:
        for candidate in (want, want.split("-")[0]):
            for have in offered:
                if have.lower() == candidate.lower():
                    return have
    return offered[0]


def has_catalogue(of: str) -> bool:
    """Whether pages and mails can speak this language."""
    return of.split("-")[0] == SOURCE_LANGUAGE or (FOLDER / f"{of.split('-')[0]}.po").is_file()


@cache
def catalogue(of: str) -> gettext.NullTranslations:
    """The texts of a language; English is the source and needs none."""
    file = FOLDER / f"{of.split('-')[0]}.po"
    if of == SOURCE_LANGUAGE or not file.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with file.open("rb") as stream:
        write_mo(compiled, read_po(stream, locale=of.split("-")[0]))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _(message: str, /, **values: object) -> str:
    """`message` in the language in force; `%(name)s` takes the values, once."""
    text = catalogue(language()).gettext(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, num: int, /, **values: object) -> str:
    """The form that fits `num`, which is a value too."""
    text = catalogue(language()).ngettext(singular, plural, num)
    return text % {"num": format_number(num), **values}


def locale() -> Locale:
    """Babel's locale of the language in force."""
    return _locale_of(language())


@cache
def _locale_of(code: str) -> Locale:
    return Locale.parse(code, sep="-")


def in_zone(moment: datetime) -> datetime:
    """The moment as clocks show it where the company is."""
    return moment.astimezone(ZoneInfo(_zone.get()))


def format_date(day: date | datetime, *, weekday: bool = False) -> str:
    """`2 March 2026`, or `Monday 2 March 2026`."""
    if isinstance(day, datetime):
        day = in_zone(day).date()
    skeleton = {"en": "EEEE d MMMM y" if weekday else "d MMMM y"}.get(language())
    if skeleton:
        return dates.format_date(day, skeleton, locale=locale())
    return dates.format_date(day, "full" if weekday else "long", locale=locale())


def format_time(moment: datetime) -> str:
    """`14:02`, in the company's zone."""
    return dates.format_time(in_zone(moment).time(), "HH:mm", locale=locale())


def format_moment(moment: datetime) -> str:
    """Date and time, in the company's zone."""
    return _("%(day)s, %(time)s", day=format_date(moment), time=format_time(moment))


def format_number(number: int | float) -> str:
    """A number with the separators and digits of the language."""
    return numbers.format_decimal(number, locale=locale())


def format_size(count: int) -> str:
    """`1.4 MB`, of a count of bytes."""
    for unit, size in (("GB", 1_000_000_000), ("MB", 1_000_000)):
        if count >= size:
            return f"{numbers.format_decimal(count / size, '0.#', locale=locale())} {unit}"
    return f"{numbers.format_decimal(max(round(count / 1000), 1), locale=locale())} kB"


def format_length(duration: str) -> str:
    """`3 years`, as `portal.yaml` writes lengths of time. In our own words: Babel lacks some plurals."""
    number, unit = duration.split()
    num, shown = int(number), format_number(int(number))
    match unit.removesuffix("s"):
        case "hour":
            return ngettext("%(num)s hour", "%(num)s hours", num, num=shown)
        case "day":
            return ngettext("%(num)s day", "%(num)s days", num, num=shown)
        case "week":
            return ngettext("%(num)s week", "%(num)s weeks", num, num=shown)
        case "month":
            return ngettext("%(num)s month", "%(num)s months", num, num=shown)
        case _:
            return ngettext("%(num)s year", "%(num)s years", num, num=shown)


def format_list(items: Sequence[str]) -> str:
    """`a, b and c`."""
    return lists.format_list(list(items), locale=locale())


def format_names(names: Iterable[str]) -> str:
    """`Posten and Mailworks Inc.`, each once; in a script from right to left each keeps its own direction, and the list its order."""
    once = dict.fromkeys(names)
    return format_list([isolated(name) if direction() == "rtl" else name for name in once])


def isolated(text: str) -> str:
    """The text so that it cannot turn the direction of a sentence it stands in (Unicode FSI, PDI)."""
    return f"\u2068{text}\u2069"


def utc(moment: datetime) -> str:
    """ISO 8601 in UTC, for machines."""
    return moment.astimezone(UTC).isoformat()
