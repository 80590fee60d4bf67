"""Telephone numbers, accounts, cards, and numbers that stand for a customer or an order; never a date, a time, a price or a year.

Must never take time that grows faster than the text: each form is one run of digits and few signs between them.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from portal.cases.marking.text import Kind, Mark, Token, plain_words

_RUN = re.compile(
    r"(?P<other>(?<!\d)\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})(?![./-]?\d)|(?<!\d)\d{4}[./-]\d{1,2}[./-]\d{1,2}(?!\d)|(?<!\d)\d{1,2}[:.]\d{2}(?::\d{2})?(?![\d./-])"
    r"|(?<!\d)(?:19|20)\d\d ?[-–/] ?(?:19|20)\d\d(?!\d)|(?<![\d.,])\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?(?![\d.,]))"
    r"|(?P<account>(?<![^\W_])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![^\W_]))"
    r"|(?P<coded>(?<![^\W_])[A-Za-z]{1,4}[-/#]?\d{3,}(?:-\d+)*(?![^\W_]))"
    r"|(?P<digits>(?<![^\W_])\+?[(]?\+?\d(?:[ ()/.–-]{0,3}\d)*(?:[ ,]{0,2}(?:ext|Durchwahl|DW|تحويلة)\.? ?\d{1,5})?)"
)
_GROUP = re.compile(r"[ -]?[A-Za-z]+$")
_CUES = plain_words(
    "tel telephone phone mobile cell call ring fax whatsapp number numbers customer client account member membership policy passport order sort iban card reference"
    " telefon handy mobil festnetz fon rufnummer nummer anrufen erreichbar kundennummer kundennr kd konto kontonummer mitgliedsnummer vertragsnummer bestellnummer"
    " ausweisnummer karte kartennummer durchwahl telefonnummer handynummer"
    " هاتف الهاتف جوال الجوال جواله جوالها موبايل تلفون رقم رقمه رقمها رقمهم الرقم العميل عميل طلب الطلب طلبه طلبها حساب الحساب ايبان بطاقه اتصل اتصلوا واتساب"
)
_NOT_THEIRS = plain_words(
    "model modell serial seriennummer receipt beleg einlieferungsbeleg case vorgang tracking sendungsnummer invoice rechnung ticket ticketnummer version error fehler voucher gutschein part ersatzteil size تذكرتي فاتوره الفاتوره قطعه خطا موديل التسلسلي القضيه الايصال التتبع"
)
_UNITS = plain_words(
    "eur euro euros usd gbp chf kg g ml l km cm mm m mah w kwh stuck pieces percent prozent ريال درهم يورو غرام كغ سم"
)
_CLEAR, _CUED, _LONG = 9, 5, 7


def find_numbers(text: str, tokens: Sequence[Token]) -> Iterator[Mark]:
    """Every part that looks like the number of somebody or of their things."""
    starts = [token.start for token in tokens]
    for match in _RUN.finditer(text):
        start, end = match.span()
        at = bisect_left(starts, start)
        kind = match.lastgroup
        if kind == "account":
            end = start + len(_trimmed(match.group()))
            if sum(letter.isdigit() for letter in text[start:end]) >= 10:
                yield Mark(start, end, Kind.NUMBER)
        elif kind == "coded":
            if _is_code(match.group(), tokens, at):
                yield Mark(start, end, Kind.NUMBER)
        elif kind == "digits" and _is_number(text, match.group(), tokens, at, end):
            yield Mark(start, end, Kind.NUMBER)


def _trimmed(said: str) -> str:
    """An account number without the words behind it."""
    while found := _GROUP.search(said):
        said = said[: found.start()]
    return said


def _is_code(said: str, tokens: Sequence[Token], at: int) -> bool:
    """Letters and digits as shops number orders: long, or named as a number of somebody."""
    digits = sum(letter.isdigit() for letter in said)
    return not _said_before(tokens, at, _NOT_THEIRS) and (digits >= _CUED or (digits >= 4 and _said_before(tokens, at, _CUES)))


def _is_number(text: str, said: str, tokens: Sequence[Token], at: int, end: int) -> bool:
    digits = [letter for letter in said if letter.isdigit()]
    if len(digits) < _CUED or text[end : end + 1] in ("%", "€", "$", "£", "٪"):
        return False
    after = next((token for token in tokens[at : at + 24] if token.start >= end), None)
    if after is not None and after.plain in _UNITS:
        return False
    if said[0] != "+" and _said_before(tokens, at, _NOT_THEIRS, near=3):
        return False
    begins = said[0] in "+(" or int(digits[0]) == 0
    if begins and len(digits) >= _LONG:
        return True
    runs = [len(run) for run in re.findall(r"\d+", said)]
    return len(digits) >= _CLEAR or max(runs) >= _LONG or runs in ([3, 4], [3, 3, 4]) or _said_before(tokens, at, _CUES)


def _said_before(tokens: Sequence[Token], at: int, words: frozenset[str], *, near: int = 6) -> bool:
    """Whether one of these words stands shortly before, in the same line."""
    for token in reversed(tokens[max(0, at - near) : at]):
        if token.plain == "\n":
            return False
        if token.plain in words or (token.is_arabic and token.plain[1:] in words):
            return True
    return False
