"""Recognise in any text what must never leave: card and account numbers, hashes of passwords, tokens, government id numbers.

Must never take an ordinary number for one of these without a check digit or an unmistakable form: a blanked order number is
data that its owner does not get.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

PASSWORD = "user.authorization.password"  # noqa: S105  # the name of a data category
CREDENTIALS = "user.authorization.credentials"
CARD = "user.financial.credit_card"
ACCOUNT = "user.financial.bank_account"
NATIONAL_ID = "user.government_id.national_identification_number"


@dataclass(frozen=True, slots=True)
class Found:
    """A part of a text, `text[start:end]`, and the data category of what stands there."""

    start: int
    end: int
    category: str


@dataclass(frozen=True, slots=True)
class Detector:
    """A form, and what proves that a text of this form is meant."""

    pattern: re.Pattern[str]
    category: str
    proves: Callable[[str], bool]


def is_worth_a_look(text: str) -> bool:
    """Whether a text could hold anything forbidden at all; nearly none could."""
    return WORTH_A_LOOK.search(text) is not None and not MOMENT.fullmatch(text)


def find_forbidden(text: str) -> Iterator[Found]:
    """The forbidden parts of a text, in order, not overlapping."""
    if not is_worth_a_look(text):
        return
    end = 0
    every = (
        Found(*match.span(), detector.category)
        for detector in DETECTORS
        for match in detector.pattern.finditer(text)
        if detector.proves(match.group())
    )
    for found in sorted(every, key=lambda one: (one.start, -one.end)):
        if found.start >= end:
            end = found.end
            yield found


def is_luhn(digits: str) -> bool:
    """The check digit of cards and of some id numbers (ISO/IEC 7812-1 annex B)."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if position % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def _digits(text: str) -> str:
    return "".join(character for character in text if character in "0123456789")


# Issuer ranges and lengths: Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay, Maestro (ISO/IEC 7812).
CARD_FORM = re.compile(
    r"4\d{12}(\d{3}){0,2}|(5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|3(0[0-5]|[68]\d)\d{11}"
    r"|6(011|5\d\d|4[4-9]\d)\d{12,15}|35(2[89]|[3-8]\d)\d{12}|62\d{14,17}|(50|5[6-9])\d{14}"
)


def _is_card(text: str) -> bool:
    digits = _digits(text)
    return bool(CARD_FORM.fullmatch(digits)) and is_luhn(digits) and len(set(digits)) > 1


def _is_iban(text: str) -> bool:
    """ISO 13616: country, check digits, up to 30 characters; the number formed of all of it leaves 1 modulo 97."""
    plain = re.sub(r"[ -]", "", text).upper()
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _is_norwegian(text: str) -> bool:
    """Fødselsnummer and D-number: a day of birth (plus 40 for D) and two check digits modulo 11."""
    digits = [int(character) for character in _digits(text)]
    one = -sum(a * b for a, b in zip((3, 7, 6, 1, 8, 9, 4, 5, 2), digits, strict=False)) % 11
    two = -sum(a * b for a, b in zip((5, 4, 3, 2, 7, 6, 5, 4, 3, 2), digits, strict=False)) % 11
    day = digits[0] * 10 + digits[1]
    return [one, two] == digits[9:] and _is_day(2000, digits[2] * 10 + digits[3], day - 40 if day > 40 else day)


def _is_swedish(text: str) -> bool:
    digits = _digits(text)[-10:]
    day = int(digits[4:6])
    return is_luhn(digits) and _is_day(2000, int(digits[2:4]), day - 60 if day > 60 else day)


def _is_polish(text: str) -> bool:
    """PESEL: a day of birth, the century in the month, a weighted check digit."""
    digits = [int(character) for character in text]
    total = sum(a * b for a, b in zip((1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), digits, strict=True))
    return total % 10 == 0 and _is_day(2000, (digits[2] * 10 + digits[3]) % 20, digits[4] * 10 + digits[5])


def _is_spanish(text: str) -> bool:
    number = text.upper().translate(str.maketrans("XYZ", "012", "-"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number[:8]) % 23] == text[-1].upper()


def _is_french(text: str) -> bool:
    digits = _digits(text)
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


def _is_finnish(text: str) -> bool:
    number = int(text[:6] + text[7:10])
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[number % 31] == text[10].upper()


def _always(text: str) -> bool:
    return True


def _long_secret(text: str) -> bool:
    return any(character.isdigit() for character in text)


ALONE, END = r"(?<![\w.,-])", r"(?![\w-]|[.,]\d)"
DETECTORS = tuple(
    Detector(re.compile(pattern), category, proves)
    for pattern, category, proves in (
        (r"(?<![\w])(?:\d[ -]?){12,18}\d(?!\w)", CARD, _is_card),
        (r"(?<!\w)[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?!\w)", ACCOUNT, _is_iban),
        (r"(?<!\w)\$(?:2[abxy]?|5|6|y|7)\$[./A-Za-z0-9$=]{20,}", PASSWORD, _always),
        (r"\$?(?:argon2(?:id|i|d)|scrypt|pbkdf2(?:[-_]sha\d+)?)[$:][^\s\"';]{16,}", PASSWORD, _always),
        (r"\{(?:SSHA|SHA|SMD5|MD5|CRYPT)(?:256|512)?\}[A-Za-z0-9+/=$.]{16,}", PASSWORD, _always),
        (r"(?<!\w)(?:sha1|sha256|bcrypt_sha256|md5)\$[^\s\"',;]{16,}", PASSWORD, _always),
        (r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*){1,3}", CREDENTIALS, _always),
        (r"(?i:\bbearer|\bbasic)\s+[\w.~+/=-]{16,}", CREDENTIALS, _long_secret),
        (
            r"(?<!\w)(?:[spr]k[-_](?:live[-_]|test[-_])?|gh[opsru]_|glpat-|xox[abprs]-|AKIA)[A-Za-z0-9_-]{16,}",
            CREDENTIALS,
            _long_secret,
        ),
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", CREDENTIALS, _always),
        (ALONE + r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}" + END, NATIONAL_ID, _always),
        (ALONE + r"\d{6} ?\d{5}" + END, NATIONAL_ID, _is_norwegian),
        (ALONE + r"(?:19|20)?\d{6}[-+]\d{4}" + END, NATIONAL_ID, _is_swedish),
        (ALONE + r"\d{11}" + END, NATIONAL_ID, _is_polish),
        (ALONE + r"\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]" + END, NATIONAL_ID, _is_finnish),
        (ALONE + r"(?:\d{8}|[XYZ]\d{7})-?[TRWAGMYFPDXBNJZSQVHLCKE]" + END, NATIONAL_ID, _is_spanish),
        (ALONE + r"[12] ?\d{2} ?\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{2}" + END, NATIONAL_ID, _is_french),
        (ALONE + r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]" + END, NATIONAL_ID, _always),
        (ALONE + r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]" + END, NATIONAL_ID, _always),
    )
)

MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?")
"""A day or a moment as ISO 8601 writes it: by far the commonest text with many digits, and never one of the above."""

# One look tells most texts apart from all of the above: few hold six digits near one another, a `$`, `{S` or such a word.
WORTH_A_LOOK = re.compile(
    r"(?:\d[ -]?){6}|\$|\{[SMC]|argon2|scrypt|pbkdf2|eyJ|[Bb]earer|BEARER|[Bb]asic|BASIC|[A-Z]{6}\d|\d{3}-\d|[spr]k[-_]|gh[opsru]_|glpat|xox|AKIA|BEGIN"
)
