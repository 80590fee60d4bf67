"""A text as words, numbers and signs, and words as they are compared: without case, accents and the many ways to write one Arabic letter."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Kind(StrEnum):
    """What a mark takes something for."""

    NAME = "name"
    ADDRESS = "address"
    NUMBER = "number"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of a text, `text[start:end]`, and what it looks like."""

    start: int
    end: int
    kind: Kind


class Token(NamedTuple):
    """A word, a number or a single sign; `plain` is how it is compared."""

    start: int
    end: int
    plain: str
    is_word: bool = False
    is_number: bool = False
    is_capital: bool = False
    is_arabic: bool = False


# Letters with the marks that are written over and under them; a hyphen or an apostrophe inside a word is part of it.
_LETTER = r"(?:[^\W\d_]|[\u0300-\u036f\u064b-\u0655\u0670])"
_TOKEN = re.compile(rf"(?P<word>{_LETTER}+(?:['’‐-]{_LETTER}+)*)|(?P<number>\d+)|\n|[^\w\s]|_")
_LATIN = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "’": "'", "‐": "-"}
)
_ARABIC = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي", "ـ": None})
_WORDS = Path(__file__).parent / "words"


def split(text: str) -> list[Token]:
    """The tokens of a text, in order; spaces are none, line ends are."""
    return [_token(match) for match in _TOKEN.finditer(text)]


def fold(word: str) -> str:
    """A word as it is compared."""
    if word.isascii():
        return word.lower()
    if word in ("على", "إلى", "الى"):
        # The commonest words of all, a letter away from a name.
        return word
    taken_apart = unicodedata.normalize("NFKD", word.lower().translate(_LATIN).translate(_ARABIC))
    return "".join(letter for letter in taken_apart if unicodedata.category(letter) != "Mn").translate(_ARABIC)


@cache
def words_of(*names: str) -> frozenset[str]:
    """The word lists of these names, as words are compared."""
    lines = [line for name in names for line in (_WORDS / f"{name}.txt").read_text(encoding="utf-8").splitlines()]
    return frozenset(fold(word) for line in lines if not line.startswith("#") for word in line.split())


def plain_words(words: str) -> frozenset[str]:
    """A short list that stands in the code, as words are compared."""
    return frozenset(fold(word) for word in words.split())


def _token(match: re.Match[str]) -> Token:
    said, (start, end) = match.group(), match.span()
    if match.lastgroup == "word":
        arabic = "\u0600" <= said[0] <= "\u06ff"
        return Token(start, end, fold(said), True, False, said[0].isupper(), arabic)
    return Token(start, end, said, False, match.lastgroup == "number")
