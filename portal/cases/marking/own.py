"""What is the person's own: their names, addresses, numbers and mail addresses are nobody else's, wherever they stand in a text."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from portal.cases.marking.text import Kind, Mark, fold, split

_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Own:
    """Words of the person's own names and addresses, and their numbers and mail addresses, as they are compared."""

    names: frozenset[str] = field(default=frozenset(), repr=False)
    places: frozenset[str] = field(default=frozenset(), repr=False)
    numbers: frozenset[str] = field(default=frozenset(), repr=False)
    mails: frozenset[str] = field(default=frozenset(), repr=False)


NOBODY = Own()


def own_of(*, names: Iterable[str] = (), places: Iterable[str] = (), others: Iterable[str] = ()) -> Own:
    """`others` are values of any kind: numbers, mail addresses."""
    rest = list(others)
    return Own(
        _words(names), _words(places), frozenset(_number(one) for one in rest if len(_number(one)) >= _SHORTEST),
        frozenset(one.strip().lower() for one in rest if "@" in one),
    )  # fmt: skip


def is_own(text: str, mark: Mark, own: Own) -> bool:
    """Whether this is the person's own. A name is theirs if each of its words is; who shares their first name alone is not told apart."""
    said = text[mark.start : mark.end]
    if mark.kind is Kind.MAIL:
        return said.lower() in own.mails
    if mark.kind is Kind.NUMBER:
        number = _number(said)
        # Written with or without the country: then the end of it is the same.
        return number in own.numbers or (len(number) >= 9 and any(one[-9:] == number[-9:] for one in own.numbers))
    words = _words([said])
    return bool(words) and words <= (own.names if mark.kind is Kind.NAME else own.places)


def _words(said: Iterable[str]) -> frozenset[str]:
    return frozenset(token.plain.removesuffix("'s") for one in said for token in split(one) if token.is_word or token.is_number)


def _number(said: str) -> str:
    digits = "".join(str(int(letter)) if letter.isdecimal() else fold(letter) for letter in said if letter.isalnum())
    return digits.lstrip("0")
