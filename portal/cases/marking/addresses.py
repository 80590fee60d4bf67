"""Postal addresses in free text: a street with its number, and what stands beside it (house, floor, postcode, town).

Must never look further than a few words from where it stands, so that no text makes it slow.
"""

import re
from collections.abc import Iterator, Sequence

from portal.cases.marking.addresses_ar import find_arabic
from portal.cases.marking.text import Kind, Mark, Token, plain_words, words_of

STREETS = plain_words(
    "street st road rd lane ln avenue ave drive dr close court ct crescent way terrace gardens grove place pl square sq hill row mews walk rise view park parade green"
    " quay wharf boulevard blvd highway hwy parkway pkwy yard heath mount trail loop circle circus gate bridge crossing vale end"
)
_LOWER = plain_words("street road lane avenue close crescent terrace square grove court drive")
_ENDINGS = (
    "strasse", "str", "weg", "platz", "gasse", "allee", "ring", "ufer", "damm", "chaussee", "stieg", "steig", "pfad", "grund", "hof", "markt", "promenade", "graben",
    "kamp", "winkel", "park", "feld", "berg", "brucke", "wall", "wiese", "wiesen", "vagen", "gatan", "gata", "gate", "gaten", "veien", "vei", "vej", "gade", "straat", "laan",
    "kade", "plein", "katu", "tie", "acker", "garten", "siedlung", "zeile",
)  # fmt: skip
_GERMAN = plain_words(
    "strasse str weg platz gasse allee ring ufer damm chaussee promenade gewerbepark industriestrasse dorfplatz hauptstr markt"
)
_FOREIGN = plain_words(
    "rue avenue boulevard bd quai chemin place impasse via viale piazza corso calle avenida plaza paseo rua praca travessa ul ulica aleja al osiedle"
)
_LEADS = plain_words("am im an auf zum zur in unter hinter vor")
_ARTICLES = plain_words("der den dem")
_HOUSES = plain_words(
    "flat apt apartment unit suite floor room po wohnung stock stiege top hinterhaus vorderhaus og eg hh c o halle haus block building level etage whg"
)
_NAMED = plain_words(
    "cottage house farm lodge hall villa manor barn mill rectory vicarage court building forge chapel school stables granary grange bungalow croft hotel schmiede muhle forsthaus pfarrhaus gutshof schloss landhaus"
)
_NOT_TOWNS = words_of("common")
_UK_POSTCODE = re.compile(r"(?<![^\W_])[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}(?![^\W_])")
_POSTCODE = re.compile(r"(?<![^\W_])(?:[A-Z]{1,2}-)?(?:\d{4} [A-Z]{2}|\d{4,6}(?:-\d{3,4})?|\d{3} \d{2})(?!\w)")
_REGION = re.compile(r"[A-Z]{2}\s\d{5}(?:-\d{4})?(?!\w)")
_PO_BOX = re.compile(r"(?i)(?<![^\W_])(?:p\.? ?o\.? ?box|postfach|apartado|boite postale|ص\.? ?ب\.?)[ .:]{0,3}\d[\d ]{0,9}")
_MOST_PARTS = 6


def find_addresses(text: str, tokens: Sequence[Token]) -> Iterator[Mark]:
    """Every part that looks like the place where somebody lives or gets post."""
    for match in _PO_BOX.finditer(text):
        yield Mark(match.start(), match.start() + len(match.group().rstrip()), Kind.ADDRESS)
    yield from find_arabic(tokens)
    past = 0
    for at, token in enumerate(tokens):
        if at < past or not (token.is_word or token.is_number) or token.is_arabic:
            continue
        found = _core(text, tokens, at)
        if found is None:
            continue
        first, last = found
        last = _further(text, tokens, last)
        first = _earlier(tokens, first, past)
        yield Mark(tokens[first].start, tokens[last].end, Kind.ADDRESS)
        past = last + 1


def _core(text: str, tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """The first and last token of a street with its number, or of a house before a postcode."""
    token = tokens[at]
    if token.is_number:
        return _number_first(tokens, at) or _post_and_town(text, tokens, at)
    return _street_first(tokens, at) or _before_town(text, tokens, at) or _before_postcode(text, tokens, at)


def _number_first(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """14 Elm Street, 5a The Green, 12 rue de la Paix."""
    if len(_said(tokens, at)) > 5 or (
        at and tokens[at - 1].plain in (".", ":", "/", "-") and tokens[at - 1].end == tokens[at].start
    ):
        return None
    start, at = at, at + 1
    if _is_letter(tokens, at) and tokens[at].start == tokens[at - 1].end:
        at += 1
    if _plain(tokens, at) == ",":
        at += 1
    if _plain(tokens, at) in _FOREIGN and _is_name(tokens, at + 1, at + 4):
        return start, _last_capital(tokens, at + 1)
    for last in range(at, min(at + 5, len(tokens))):
        one = tokens[last]
        if not one.is_word and not (one.plain in ("'", ".") and last > at):
            return None
        between = tokens[at:last]
        if one.plain in STREETS and between:
            capitals = one.is_capital and all(word.is_capital or not word.is_word for word in between)
            lower = one.plain in _LOWER and len(between) <= 2 and not any(word.plain in _NOT_TOWNS for word in between)
            return (start, _with_dot(tokens, last)) if capitals or lower else None
        if (
            one.is_capital
            and not between
            and len(one.plain) > 6
            and one.plain.endswith(("way", "gate", "side", "street", "road"))
        ):
            return start, last
    return None


def _street_first(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """Lindenstraße 14, Am Mühlbach 3a, Rue de Hollerich 44, Sveavägen 44."""
    token = tokens[at]
    number = None
    if (token.plain in _GERMAN or (len(token.plain) > 5 and token.plain.endswith(_ENDINGS))) and not token.is_number:
        number = _with_dot(tokens, at) + 1
        if number < len(tokens) and tokens[number].is_word and tokens[number].is_capital and token.is_capital:
            number += 1
    elif token.plain in _FOREIGN and _is_name(tokens, at + 1, at + 4):
        number = _last_capital(tokens, at + 1) + 1
    elif token.plain in _LEADS:
        word = at + 1 + (_plain(tokens, at + 1) in _ARTICLES)
        if word < len(tokens) and tokens[word].is_capital and tokens[word].plain not in _NOT_TOWNS:
            last = _house_number(tokens, word + 1)
            ends = last is not None and (last + 1 >= len(tokens) or tokens[last + 1].plain in (",", ";", ".", ")", "\n", "-"))
            return (at, last) if ends and last is not None else None
    if number is None:
        return None
    last = _house_number(tokens, number)
    if last is None:
        return None
    before = tokens[at - 1] if at else None
    # Two words that make one street: Lange Straße 5, Alte Dorfstraße 3.
    two = before is not None and before.is_capital and token.plain in _GERMAN and before.plain not in _NOT_TOWNS
    return (at - 1 if two else at), last


def _house_number(tokens: Sequence[Token], at: int) -> int | None:
    """The last token of a house number that begins here: 14, 3a, 12-14."""
    if at >= len(tokens) or not tokens[at].is_number or len(_said(tokens, at)) > 3:
        return None
    if _is_letter(tokens, at + 1) and tokens[at + 1].start <= tokens[at].end + 1 and not _starts_word(tokens, at + 1):
        return at + 1
    if (
        _plain(tokens, at + 1) in ("-", "–", "/")
        and at + 2 < len(tokens)
        and tokens[at + 2].is_number
        and len(_said(tokens, at + 2)) <= 3
    ):
        return at + 2
    return at


def _post_and_town(text: str, tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """50674 Köln by itself, where a line or a part of a sentence begins with it."""
    before = tokens[at - 1].plain if at else "\n"
    if len(_said(tokens, at)) not in (4, 5) or before not in (",", "\n") or not _POSTCODE.match(text, tokens[at].start):
        return None
    if not _is_name(tokens, at + 1, at + 2) or (at + 2 < len(tokens) and tokens[at + 2].is_number):
        return None
    return at, at + 1


def _before_town(text: str, tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """Prinsengracht 263, 1016 GV Amsterdam: any name with a number, if a postcode and a town stand behind it."""
    end = at
    while end < min(at + 4, len(tokens)) and tokens[end].is_capital:
        end += 1
    last = _house_number(tokens, end) if end > at else None
    if last is None or last + 2 >= len(tokens) or tokens[last + 1].plain not in (",", "\n"):
        return None
    match = _POSTCODE.match(text, tokens[last + 2].start)
    town = next((one for one in tokens[last + 2 : last + 6] if match and one.start >= match.end()), None)
    return (at, last) if town is not None and town.is_capital else None


def _before_postcode(text: str, tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """Rose Cottage, Mill Lane, Bakewell DE45 1BB: what leads up to a British postcode."""
    if not tokens[at].is_capital:
        return None
    match = _UK_POSTCODE.match(text, tokens[at].start)
    if match is None:
        return None
    first = last = at
    while last + 1 < len(tokens) and tokens[last + 1].start < match.end():
        last += 1
    back, parts = at - 1, 0
    while back >= max(0, at - 16) and parts <= _MOST_PARTS:
        one = tokens[back]
        parts += one.plain in (",", "\n")
        if not (one.is_capital or one.is_number or one.plain in (",", "\n", "-", "'") or _is_letter(tokens, back)):
            break
        if one.is_number or one.plain in STREETS or one.plain in _HOUSES:
            first = back
        elif one.plain in _NAMED:
            first = back - 1 if back and tokens[back - 1].is_capital else back
            first -= first > 0 and tokens[first - 1].plain == "the"
        elif one.is_capital and tokens[back + 1].plain in STREETS:
            first = back
        back -= 1
    return (first, last) if first < at else (at, last)


def _further(text: str, tokens: Sequence[Token], last: int) -> int:
    """What goes on after a street: floor, flat, postcode, town."""
    for _part in range(_MOST_PARTS):
        at = last + 1
        parted = False
        while at < len(tokens) and tokens[at].plain in (",", "\n", "-", "·", "/") and at <= last + 2:
            at, parted = at + 1, True
        end = _part_from(text, tokens, at, parted=parted)
        if end is None:
            return last
        last = end
    return last


def _part_from(text: str, tokens: Sequence[Token], at: int, *, parted: bool) -> int | None:
    if at >= len(tokens):
        return None
    for form in (_UK_POSTCODE, _REGION, _POSTCODE):
        if match := form.match(text, tokens[at].start):
            while at + 1 < len(tokens) and tokens[at + 1].start < match.end():
                at += 1
            town = at + 1
            while town < min(at + 4, len(tokens)) and (
                _is_town(tokens, town) or (tokens[town].plain in ("/", "-", "am") and _is_town(tokens, town + 1))
            ):
                town += 1
            return town - 1
    if not parted:
        return None
    if any(token.plain in _HOUSES for token in tokens[at : at + 3]):
        end = at
        while end < len(tokens) and end < at + 5 and tokens[end].plain not in (",", "\n", "(", ")", ";"):
            end += 1
        return end - 1 if end > at and end < at + 5 else at
    if _is_town(tokens, at):
        end = at
        while (
            end + 1 < min(at + 4, len(tokens))
            and _is_town(tokens, end + 1)
            and not _UK_POSTCODE.match(text, tokens[end + 1].start)
        ):
            end += 1
        return end
    return None


def _earlier(tokens: Sequence[Token], first: int, past: int) -> int:
    """A flat or a named house before the street."""
    for back in range(first - 1, max(past, first - 7) - 1, -1):
        one = tokens[back]
        if one.plain in _HOUSES and one.is_capital and one.plain != "o":
            return back
        if one.plain in _NAMED and back and tokens[back - 1].is_capital and back - 1 >= past:
            return back - 1
        if not (one.is_capital or one.is_number or one.plain in (",", "\n") or _is_letter(tokens, back)):
            break
    return first


def _is_town(tokens: Sequence[Token], at: int) -> bool:
    if at >= len(tokens) or not tokens[at].is_capital:
        return False
    return tokens[at].plain not in _NOT_TOWNS or (
        at + 1 < len(tokens) and tokens[at + 1].is_capital and tokens[at + 1].plain not in _NOT_TOWNS
    )


def _is_name(tokens: Sequence[Token], at: int, until: int) -> bool:
    """Whether a capital stands here or soon, after small words such as `de la`."""
    return any(token.is_capital and token.plain not in _NOT_TOWNS for token in tokens[at:until])


def _last_capital(tokens: Sequence[Token], at: int) -> int:
    """The last word of a street's name that begins here."""
    last = at
    for here in range(at, min(at + 5, len(tokens))):
        if not tokens[here].is_word and tokens[here].plain != "'":
            break
        if tokens[here].is_capital:
            last = here
    return last


def _with_dot(tokens: Sequence[Token], at: int) -> int:
    return (
        at + 1
        if _plain(tokens, at + 1) == "." and tokens[at].plain.endswith(("str", "st", "rd", "ave", "dr", "ln", "sq"))
        else at
    )


def _is_letter(tokens: Sequence[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].is_word and len(tokens[at].plain) == 1


def _starts_word(tokens: Sequence[Token], at: int) -> bool:
    """Whether a single letter is a word of the sentence rather than part of a house number: 5 a week."""
    return (
        tokens[at].start > tokens[at - 1].end
        and at + 1 < len(tokens)
        and tokens[at + 1].is_word
        and not tokens[at + 1].is_capital
    )


def _plain(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].plain if at < len(tokens) else ""


def _said(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].plain
