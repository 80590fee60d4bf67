"""Parts of texts that are blacked out: which, what stands there instead, and what is said of it.

Must never leave a part standing that somebody decided to black out, nor write down what it was outside of its sealed row.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from portal.adapters.contract import Json, Record, Value
from portal.cases.copy_model import Part
from portal.cases.showing import clean
from portal.core import crypto
from portal.core.i18n import N_, _, ngettext

LONGEST_WORDS = 300
MOST_WORDS = 100


@dataclass(frozen=True, slots=True)
class Decided:
    """What a reviewer said of the marks, by `Phrase.id`, and what they typed to be blacked out as well."""

    black_out: frozenset[str] = frozenset()
    leave: frozenset[str] = frozenset()
    words: tuple[str, ...] = field(default=(), repr=False)


NOTHING = Decided()


INSTEAD = {
    Part.NAME: N_("[redacted: name of another person]"),
    Part.ADDRESS: N_("[redacted: address of another person]"),
    Part.NUMBER: N_("[redacted: number of another person]"),
    Part.MAIL: N_("[redacted: mail address of another person]"),
    Part.OTHER: N_("[redacted: about another person]"),
}

LABELS = {
    Part.NAME: N_("name"),
    Part.ADDRESS: N_("address"),
    Part.NUMBER: N_("number"),
    Part.MAIL: N_("mail address"),
    Part.OTHER: N_("other"),
}

_TOGETHER = "ولبفك"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Some words, letter by letter, wherever they stand in the texts of one case. `id` names them without saying them."""

    part: Part
    said: str = field(repr=False)
    id: str

    @property
    def label(self) -> str:
        """What it looks like, in words."""
        return _(LABELS[self.part])


@dataclass(frozen=True, slots=True)
class Blacked:
    """One phrase that somebody blacked out, and in how many places of what was handed out."""

    phrase: Phrase
    places: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text; `phrase` where it is marked or blacked out."""

    text: str = field(repr=False)
    phrase: Phrase | None = None


def phrase_of(number: str, part: Part, said: str) -> Phrase:
    """The phrase of a case."""
    return Phrase(part, said, crypto.keyed_hash("redaction.phrase", f"{number} {part} {said}").hex()[:16])


def plain(text: str) -> str:
    """A text as a reviewer has it before them, one way of writing each letter."""
    return unicodedata.normalize("NFC", clean(text))


def leaves_of(value: Json) -> Iterator[str]:
    """Every text in a value, as it is compared."""
    if isinstance(value, str):
        yield plain(value)
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from leaves_of(item)


class Blackening:
    """These phrases, blacked out. Each is looked for by itself: where two overlap, both are gone."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self.phrases = tuple({one.id: one for one in phrases}.values())

    def __bool__(self) -> bool:
        """Whether anything is blacked out at all."""
        return bool(self.phrases)

    def pieces(self, text: str) -> Iterator[Piece]:
        """The text in pieces: what stands, and what is one of the phrases."""
        at = 0
        for start, end, phrase in _joined((*span, one) for one in self.phrases for span in _places(text, one)):
            if start > at:
                yield Piece(text[at:start])
            yield Piece(text[start:end], phrase)
            at = end
        if at < len(text):
            yield Piece(text[at:])

    def applied(self, value: Json, counted: Counter[str] | None = None) -> Json:
        """The value without the phrases; what holds none of them is as it was, to the last bit. `counted`: places by `Phrase.id`."""
        if isinstance(value, str):
            return self._text(value, counted)
        if isinstance(value, list):
            return [self.applied(item, counted) for item in value]
        if isinstance(value, dict):
            return {name: self.applied(item, counted) for name, item in value.items()}
        return value

    def over(self, records: Iterable[Record], waits: Callable[[Record, Value], bool]) -> Iterator[Record]:
        """The records, with the phrases blacked out in each value that a person has to look at first."""
        for record in records:
            values = tuple(
                replace(value, value=self.applied(value.value)) if waits(record, value) else value for value in record.values
            )
            yield replace(record, values=values)

    def _text(self, said: str, counted: Counter[str] | None) -> str:
        pieces = list(self.pieces(plain(said)))
        if not any(piece.phrase for piece in pieces):
            return said
        if counted is not None:
            counted.update(piece.phrase.id for piece in pieces if piece.phrase)
        return "".join(_(INSTEAD[piece.phrase.part]) if piece.phrase else piece.text for piece in pieces)


def typed_phrases(number: str, words: Sequence[str]) -> list[Phrase]:
    """What a reviewer typed, one to a line, as phrases."""
    lines = dict.fromkeys(" ".join(plain(line).split())[:LONGEST_WORDS] for line in words)
    return [phrase_of(number, Part.OTHER, line) for line in lines if line][:MOST_WORDS]


def places_by_part(blacked: Iterable[Blacked]) -> Counter[Part]:
    """How many places of each kind are blacked out."""
    counted: Counter[Part] = Counter()
    for one in blacked:
        counted[one.phrase.part] += one.places
    return +counted


def redacted_words(places: Mapping[Part, int]) -> list[str]:
    """How many places of each kind are blacked out, in words for the person."""
    words = {
        Part.NAME: lambda n: ngettext("%(num)s name", "%(num)s names", n),
        Part.ADDRESS: lambda n: ngettext("%(num)s address", "%(num)s addresses", n),
        Part.NUMBER: lambda n: ngettext("%(num)s number", "%(num)s numbers", n),
        Part.MAIL: lambda n: ngettext("%(num)s mail address", "%(num)s mail addresses", n),
        Part.OTHER: lambda n: ngettext("%(num)s other place", "%(num)s other places", n),
    }
    return [words[part](places[part]) for part in Part if places.get(part)]


def _places(text: str, phrase: Phrase) -> Iterator[tuple[int, int]]:
    """Where a phrase stands: names as whole words, what was typed without regard to case or line ends, numbers and addresses anywhere."""
    if phrase.part is Part.OTHER:
        words = r"\s+".join(re.escape(word) for word in phrase.said.split())
        for match in re.finditer(words, text, re.IGNORECASE):
            if _is_whole(text, *match.span()):
                yield match.span()
        return
    at = text.find(phrase.said)
    while at >= 0:
        end = at + len(phrase.said)
        if phrase.part is not Part.NAME or _is_whole(text, at, end):
            yield at, end
        at = text.find(phrase.said, at + 1)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether no letter goes on before or behind; one may be written together with an Arabic word: and, to, with."""
    if text[end - 1].isalpha() and text[end : end + 1].isalpha():
        return False
    if not text[start].isalpha() or start == 0 or not text[start - 1].isalpha():
        return True
    return text[start - 1] in _TOGETHER and (start == 1 or not text[start - 2].isalpha())


def _joined(spans: Iterable[tuple[int, int, Phrase]]) -> list[tuple[int, int, Phrase]]:
    """Spans in order, those that touch one another made one, called by the first of them."""
    joined: list[tuple[int, int, Phrase]] = []
    for start, end, phrase in sorted(spans, key=lambda span: (span[0], -span[1])):
        if joined and start < joined[-1][1]:
            before = joined[-1]
            joined[-1] = (before[0], max(before[1], end), before[2])
        else:
            joined.append((start, end, phrase))
    return joined
