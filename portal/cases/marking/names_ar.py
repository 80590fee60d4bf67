"""Names of people as they are written in Arabic, which has no capitals: by lists, and behind titles, relations and words for calling somebody."""

from collections.abc import Iterator, Sequence

from portal.cases.marking.text import Kind, Mark, Token, plain_words, words_of

TITLES = plain_words(
    "السيد السيدة الاستاذ الأستاذة استاذ الدكتور الدكتورة دكتور دكتورة د م المهندس المهندسة مهندس الشيخ الشيخة الحاج الحاجة العم العمة الخال الخالة الانسة آل عائلة بيت سيد سيدة الاخ الاخت المحاسب المحامي المحامية الكابتن عم خالة"
)
RELATIONS = plain_words(
    "زوجي زوجتي ابني ابنتي ابننا ابنتنا أخي أختي اخوي والدي والدتي أبي أمي جدي جدتي جاري جارتي جارنا جارتنا صديقي صديقتي زميلي زميلتي خالي خالتي عمي عمتي طليقي طليقتي محامي محاميتي مديري مديرتي"
    " المدير المديرة السائق المندوب الموظف الموظفة المحاسب سكرتيرتي صاحبي صاحبتي شريكي خطيبي خطيبتي أخوها أخوه أخته أختها ابنه ابنها زوجها زوجته المشرف طبيبي"
)
CALLED = plain_words("اسمه اسمها واسمه واسمها باسم الاسم يدعى تدعى اسم المدعو المدعوة")
_ASKING = plain_words(
    "اسأل اسألوا كلمت كلمني تكلمت تحدثوا تحدثت مع اتصلوا واطلبوا اطلبوا عند الى حصلت أخبرت راسلت من لا عن هو هي ثم"
)
_BINDERS = plain_words("بن ابن بنت أبو ابو أم ام أبي عبد آل فان دير دي")
_KUNYA = plain_words("أبو ابو أم ام")
_THANKS = plain_words("شكرا شكر")
_GIVEN = words_of("given_ar")
_DOUBTFUL = words_of("doubtful_ar")
_SURE = _GIVEN - _DOUBTFUL
_FAMILY = words_of("family_ar")
_NOT = words_of("common_ar")
_ABD = plain_words("عبد")
_MOST = 4


def find_arabic_names(tokens: Sequence[Token]) -> Iterator[Mark]:
    """Every part in Arabic letters that looks like a person's name, without titles."""
    at = 0
    while at < len(tokens):
        span = _span(tokens, at) if tokens[at].is_arabic else None
        if span is None:
            at += 1
            continue
        first, last, skip = span
        yield Mark(tokens[first].start + skip, tokens[last].end, Kind.NAME)
        at = last + 1


def _span(tokens: Sequence[Token], at: int) -> tuple[int, int, int] | None:
    """First and last token of a name that begins here or is announced here, and how many letters are written before it."""
    token = tokens[at]
    if token.plain in TITLES or token.plain in RELATIONS or token.plain in CALLED:
        here = at + 1
        while (
            here < len(tokens)
            and here < at + 4
            and (tokens[here].plain in TITLES or tokens[here].plain in (":", "(", "،", '"', ".", "هو", "هي"))
        ):
            here += 1
        strong = token.plain in TITLES or token.plain in CALLED
        if here < len(tokens) and tokens[here].is_arabic and _announced(tokens, here, strong=strong):
            return here, _last(tokens, here, strange=strong), 0
        return None
    if token.plain in _THANKS and _is_thanked(tokens, at + 1):
        return at + 1, _last(tokens, at + 1), 0
    if (
        len(token.plain) == 1
        and at + 2 < len(tokens)
        and tokens[at + 1].plain == "."
        and tokens[at + 2].is_arabic
        and tokens[at + 2].plain not in _NOT
    ):
        return at, at + 2, 0
    skip = _prefix(token)
    plain = token.plain[skip:]
    if plain in _KUNYA and at + 1 < len(tokens) and tokens[at + 1].is_arabic and tokens[at + 1].plain in _GIVEN:
        return at, _last(tokens, at + 1), skip
    if plain in _ABD and at + 1 < len(tokens) and tokens[at + 1].plain.startswith("ال"):
        return at, _last(tokens, at + 1), skip
    if plain in _SURE and len(plain) > 2:
        return at, _last(tokens, at), skip
    if plain in _GIVEN | _DOUBTFUL and (_is_family(tokens, at + 1) or (at and tokens[at - 1].plain in _ASKING and skip == 0)):
        return at, _last(tokens, at), skip
    return None


def _announced(tokens: Sequence[Token], here: int, *, strong: bool) -> bool:
    """Whether the word behind a title or relation is a name: any word behind a title, a known one behind a relation."""
    plain = tokens[here].plain
    if plain in _GIVEN or plain in _DOUBTFUL or plain in _KUNYA or plain in _ABD:
        return True
    if plain in _NOT or len(plain) < 3:
        return False
    if strong or _is_family(tokens, here + 1) or _is_family(tokens, here):
        return True
    # An unknown word behind a relation: neither a verb, as far as its form says, nor a thing with its article, and then the sentence goes on.
    after = tokens[here + 1] if here + 1 < len(tokens) else None
    verb = plain[0] in "يتن" or plain.endswith(("ت", "وا", "ه", "ها"))
    return (
        len(plain) > 3
        and not verb
        and not plain.startswith(("ال", "لل"))
        and (after is None or not after.is_arabic or after.plain in _NOT)
    )


def _is_thanked(tokens: Sequence[Token], at: int) -> bool:
    """Thanks to somebody: one word that is no ordinary one, and then the sentence ends."""
    if at >= len(tokens) or not tokens[at].is_arabic or tokens[at].plain in _NOT or tokens[at].plain.startswith("ال"):
        return False
    return (
        len(tokens[at].plain) > 3 and tokens[at].plain[0] not in "لعو" and (at + 1 >= len(tokens) or not tokens[at + 1].is_word)
    )


def _last(tokens: Sequence[Token], first: int, *, strange: bool = False) -> int:
    """The last token of a name that begins here. `strange`: a second word counts as well that no list knows, before a sign or an ordinary word."""
    last = first
    if strange and tokens[first].plain not in _GIVEN and _is_strange(tokens, first + 1):
        last = first + 1
    while last + 1 < len(tokens) and last - first < _MOST:
        token = tokens[last + 1]
        if not token.is_arabic:
            break
        if (
            token.plain in _BINDERS
            and last + 2 < len(tokens)
            and tokens[last + 2].is_arabic
            and tokens[last + 2].plain not in _NOT
        ):
            last += 2
        elif token.plain in _SURE or _is_family(tokens, last + 1) or (token.plain in _GIVEN and token.plain not in _NOT):
            last += 1
        else:
            break
    return last


def _is_strange(tokens: Sequence[Token], at: int) -> bool:
    """A word that may well be of a name from abroad."""
    if (
        at >= len(tokens)
        or not tokens[at].is_arabic
        or tokens[at].plain in _NOT
        or tokens[at].plain[0] in "يتنو"
        or len(tokens[at].plain) < 3
    ):
        return False
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    return not tokens[at].plain.startswith("ال") and (
        after is None or not after.is_arabic or after.plain in _NOT or after.plain[0] == "و"
    )


def _is_family(tokens: Sequence[Token], at: int) -> bool:
    """A family name: one of the list, or formed as many are (`المطيري`)."""
    if at >= len(tokens) or not tokens[at].is_arabic:
        return False
    plain = tokens[at].plain
    return (
        plain in _FAMILY
        or plain == "الدين"
        or (plain.startswith("ال") and len(plain) > 5 and plain.endswith("ي") and plain not in _NOT)
    )


def _prefix(token: Token) -> int:
    """Letters that are written together with the word behind them (and, to, with): how many of them stand before a name."""
    plain = token.plain
    if plain in _GIVEN or plain in _DOUBTFUL or plain in _KUNYA or plain in _ABD:
        return 0
    known = plain[1:] in _GIVEN or plain[1:] in _KUNYA or plain[1:] in _ABD
    return 1 if plain[:1] in ("و", "ل", "ب", "ف", "ك") and known else 0
