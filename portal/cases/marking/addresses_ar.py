"""Postal addresses as they are written in Arabic: streets, quarters, buildings and floors in a row, with at least one number or two such words."""

from collections.abc import Iterator, Sequence

from portal.cases.marking.text import Kind, Mark, Token, plain_words, words_of

_PLACES = plain_words(
    "شارع حي طريق نهج زقاق ساحة ميدان جادة كورنيش مبنى عمارة بناية برج شقة الشقة الطابق الدور فيلا قطعة بلوك مستودع منزل بيت درب حارة مجمع المنطقة ممر"
)
_STREETS = plain_words("شارع حي طريق نهج زقاق ساحة ميدان جادة كورنيش عمارة بناية المنطقة درب حارة مجمع")
_NUMBER = plain_words("رقم")
_LINKS = plain_words("في من على")
_COMMON = words_of("common_ar") - _PLACES
_RANKS = plain_words("الأمير الأميرة الملك الملكة الشيخ الإمام الشهيد الرئيس الدكتور عبد أبو أم بن ابن")
_PARTS = ("،", ",", "\n", "-", "؛")
_MOST = 4


def find_arabic(tokens: Sequence[Token]) -> Iterator[Mark]:
    """Every row of words that looks like an Arabic address."""
    past = 0
    for at in range(len(tokens)):
        if at < past or not _begins(tokens, at):
            continue
        first = at
        if at and at - 1 >= past and tokens[at - 1].is_number and len(tokens[at - 1].plain) <= 4:
            first = at - 1
        last, words, numbers = _through(tokens, at)
        if (numbers or first < at or words > 1) and last > at:
            yield Mark(tokens[first].start, tokens[last].end, Kind.ADDRESS)
            past = last + 1


def _begins(tokens: Sequence[Token], at: int) -> bool:
    token = tokens[at]
    return token.is_arabic and _place(token) in _STREETS


def _place(token: Token) -> str:
    """A word without what is written together with it: `وشارع`, `بشارع`."""
    if token.plain in _PLACES:
        return token.plain
    return token.plain[1:] if token.plain[:1] in ("و", "ب", "ل") and token.plain[1:] in _PLACES else ""


def _through(tokens: Sequence[Token], at: int) -> tuple[int, int, int]:
    """The last token of the row that begins here, and how many words for places and how many numbers it holds."""
    last, words, numbers = at, 0, 0
    here, named, parted = at, 0, False
    while here < min(len(tokens), at + 40):
        token = tokens[here]
        if token.plain in _PARTS:
            named, parted, here = 0, True, here + 1
            continue
        if token.is_number:
            last, numbers, named = _with_letter(tokens, here), numbers + 1, _MOST
            here = last + 1
        elif _place(token):
            last, words, named = here, words + 1, 0
            here += 1
        elif token.plain in _NUMBER:
            here += 1
            continue
        elif (
            token.is_arabic
            and (token.plain not in _COMMON or (named == 0 and not parted and token.plain.startswith("ال")))
            and _may_name(tokens, here, named, parted=parted)
        ):
            last, named = here, named + 1
            here += 1
        else:
            break
        if parted and not (token.is_number or _place(token)) and not _goes_on(tokens, here):
            # A town ends an address: one word, or the number of its post behind it.
            break
        parted = False
    return last, words, numbers


def _may_name(tokens: Sequence[Token], here: int, named: int, *, parted: bool) -> bool:
    """Whether a word still belongs to the name of a street: the first, one with an article, one behind a rank."""
    return named < _MOST and (named == 0 or parted or tokens[here].plain.startswith("ال") or tokens[here - 1].plain in _RANKS)


def _goes_on(tokens: Sequence[Token], here: int) -> bool:
    return here < len(tokens) and (tokens[here].is_number or tokens[here].plain in _PARTS)


def _with_letter(tokens: Sequence[Token], at: int) -> int:
    one = at + 1
    return (
        one
        if one < len(tokens) and tokens[one].is_word and len(tokens[one].plain) == 1 and tokens[one].start == tokens[at].end
        else at
    )
