"""Names of people in free text: behind a title, a relation or a word for calling somebody, by lists of given names, by two capitals in a row.

Must never need to know who is meant: a first name that is also a word counts only where something beside it speaks for a person.
"""

from collections.abc import Iterator, Sequence

from portal.cases.marking.names_ar import find_arabic_names
from portal.cases.marking.text import Kind, Mark, Token, plain_words, words_of

TITLES = plain_words(
    "mr mrs ms miss mx dr prof professor sir lady lord dame sister father reverend rev herr herrn frau fr hr frl dipl ing mag ra rain grandma grandpa granny granddad nana"
    " auntie aunt uncle aunty oma opa omi opi tante onkel familie family fam madame monsieur mme senor senora signor signora pater pastor pfarrer"
)
RELATIONS = plain_words(
    "man husband wife son daughter brother sister mother father mum mom dad partner boyfriend girlfriend friend flatmate roommate housemate neighbour neighbor colleague coworker boss"
    " manager landlord landlady solicitor lawyer accountant carer nanny doctor dentist cousin nephew niece ex tenant secretary assistant driver courier grandson granddaughter"
    " mann ehemann sohn tochter bruder schwester mutter vater partnerin lebensgefahrte lebensgefahrtin freund freundin mitbewohner mitbewohnerin nachbar nachbarin nachbarn kollege"
    " kollegin chef chefin vermieter vermieterin anwalt anwaltin steuerberater steuerberaterin pflegerin pfleger cousine neffe nichte enkel enkelin exmann exfrau mieter mieterin"
    " hausverwalter hausmeister sekretarin fahrer fahrerin zusteller zustellerin verkaufer verkauferin schwager schwagerin schwiegermutter schwiegervater mieters arztin arzt"
)
_MINE = plain_words(
    "my our his her their your the a mein meine meinem meinen meiner unser unsere unserem unseren unserer sein seine seinem seinen seiner ihr ihre ihrem ihren ihrer dem den der die das einem einer vom beim zum"
)
CALLED = plain_words("named called namens heisst hiess attn z ansprechpartner ansprechpartnerin empfanger recipient")
_NAME_WORD = plain_words("name names")
_PEOPLE = plain_words(
    "ask tell asked told spoke speak talk talked with to for by from and or not only bei mit von an fur und oder nicht nur fragen fragt gesprochen telefoniert verlangen grussen bekommt sagt says said"
)
PARTICLES = plain_words("von van de der den da di du la le el al bin ben ibn abu ter ten vom zu zur dos das del della o' mac")
_ADDRESSED = plain_words("thank thanks dear hi hello hey danke dank liebe lieber hallo moin grusse")
_ASKED = plain_words("with ask asked tell told called by")
_ARTICLES = plain_words(
    "der die das den dem des ein eine einen einem einer kein keine keinen mein meine meinem meinen dein ihr ihre euer eure unser unsere zum zur im am vom beim ins dieser diese dieses diesen"
)
_GREETINGS = plain_words("regards sincerely cheers thanks wishes grussen grusse gruss mfg lg vg best yours hochachtungsvoll")
_NOT = words_of("common")
_PLAIN_GIVEN = words_of("given") - words_of("doubtful")
_GIVEN = words_of("given", "doubtful")
_FAMILY = words_of("family")
_STREETLIKE = plain_words(
    "street st road rd lane avenue close crescent square place drive strasse platz weg gasse allee team service center centre gmbh ag ltd inc group park hotel cafe blend cup"
)
_NOUNS = (
    "ung",
    "ungen",
    "heit",
    "keit",
    "schaft",
    "tion",
    "nummer",
    "kaffee",
    "tasse",
    "service",
    "straße",
    "strasse",
    "weg",
    "mischung",
    "maschine",
    "rostung",
    "syrup",
    "sirup",
)
_MOST = 5


def find_names(text: str, tokens: Sequence[Token]) -> Iterator[Mark]:
    """Every part that looks like a person's name, without titles."""
    yield from find_arabic_names(tokens)
    german = _is_german(tokens)
    at = 0
    while at < len(tokens):
        token = tokens[at]
        span = None if token.is_arabic or not token.is_word else _span(text, tokens, at, german=german)
        if span is None:
            at += 1
            continue
        first, last = span
        yield _mark(text, tokens, first, last)
        at = last + 1


def _span(text: str, tokens: Sequence[Token], at: int, *, german: bool) -> tuple[int, int] | None:
    """The first and last token of a name that is announced by, or begins with, this token."""
    token = tokens[at]
    if token.plain in TITLES and (found := _after_title(tokens, at)):
        return found
    if token.plain in RELATIONS and (found := _after_relation(tokens, at)):
        return found
    if token.plain in CALLED or (token.plain in _NAME_WORD and _says_name(tokens, at)):
        found = _taken(tokens, _past_small(tokens, at + 1, (":", "-", "'", ".")), lower=token.plain not in ("z",))
        if found:
            return found
    bare = token.plain.removesuffix("'s")
    if (bare in _PLAIN_GIVEN or _is_double(bare)) and (token.is_capital or _stands_for_person(tokens, at)):
        return _taken(tokens, at, lower=True)
    if bare in _GIVEN and token.is_capital and _stands_for_person(tokens, at, doubtful=True):
        return _taken(tokens, at, lower=False)
    if token.is_capital and bare in _FAMILY and bare not in _NOT and not german and _follows(tokens, at, _PEOPLE):
        return _taken(tokens, at, lower=False)
    if token.is_capital and _is_signature(tokens, at):
        return _taken(tokens, at, lower=False)
    if _is_initial(tokens, at) or (token.is_capital and _is_addressed(tokens, at, german=german)):
        return _taken(tokens, at, lower=False)
    if token.is_capital and _two_capitals(text, tokens, at, german=german):
        return _taken(tokens, at, lower=False)
    return None


def _after_title(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """Mr Henderson, Frau Dr. von der Heide, Familie Brandstätter; typed in lower case as well, but then one word or two."""
    here = at + 1
    while here < len(tokens) and here < at + 5 and (tokens[here].plain in TITLES or tokens[here].plain == "."):
        here += 1
    return _taken(tokens, here, lower=True)


def _after_relation(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """My colleague Priya Nair, meine Nachbarin (Fatma Öztürk), my mother, Margaret."""
    if at and tokens[at - 1].plain not in _MINE and not (at > 1 and tokens[at - 2].plain in _MINE):
        return None
    here = _past_small(tokens, at + 1, ("(", ",", ":", "-", "–"))
    if here < len(tokens) and tokens[here].plain in ("is", "ist", "heisst", "called", "named", "namens"):
        here += 1
    while here < len(tokens) and (tokens[here].plain in TITLES or tokens[here].plain == "."):
        here += 1
    if here >= len(tokens) or not tokens[here].is_word:
        return None
    known = tokens[here].plain in _GIVEN or tokens[here].plain in _FAMILY
    if tokens[here].is_capital and tokens[here].plain not in _NOT and not _is_noun(tokens[here]):
        return _taken(tokens, here, lower=False)
    return _taken(tokens, here, lower=True) if known and here == at + 1 else None


def _taken(tokens: Sequence[Token], at: int, *, lower: bool) -> tuple[int, int] | None:
    """A name that begins here, as far as it goes: given names, initials, small words such as `von`, a family name."""
    if at >= len(tokens) or not tokens[at].is_word or tokens[at].is_arabic:
        return None
    first, last, here, words = at, -1, at, 0
    while here < len(tokens) and words < _MOST:
        token = tokens[here]
        if not token.is_word:
            break
        if len(token.plain) == 1 and token.is_capital and here + 1 < len(tokens) and tokens[here + 1].plain == ".":
            last, here, words = here + 1, here + 2, words + 1
        elif token.plain in PARTICLES and _leads_on(tokens, here):
            here += 1
        elif _is_part(
            token, begins=last < 0, lower=lower and not (last >= 0 and tokens[first].is_capital), known=_is_given(tokens[first])
        ):
            last, here, words = here, here + 1, words + 1
            if token.plain.endswith("'s"):
                break
        else:
            break
    return (first, last) if last >= first and tokens[first].plain not in ("i", "z") else None


def _is_part(token: Token, *, begins: bool, lower: bool, known: bool) -> bool:
    plain = token.plain.removesuffix("'s")
    if (plain in _GIVEN and (token.is_capital or plain in _PLAIN_GIVEN)) or _is_double(plain):
        return True
    if plain in _NOT or plain in _STREETLIKE or len(plain) < 2:
        return False
    if token.is_capital:
        return not _is_noun(token) or begins
    return lower and (begins or plain in _FAMILY or (known and len(plain) > 3))


def _is_given(token: Token) -> bool:
    return token.plain.removesuffix("'s") in _GIVEN


def _is_double(plain: str) -> bool:
    """Anne-Marie, Karl-Heinz."""
    return "-" in plain and all(part in _GIVEN for part in plain.split("-"))


def _leads_on(tokens: Sequence[Token], here: int) -> bool:
    """Whether a small word such as `von der` leads on to a name."""
    for token in tokens[here + 1 : here + 3]:
        if token.is_capital:
            return token.plain not in _NOT
        if token.plain not in PARTICLES:
            return False
    return False


def _stands_for_person(tokens: Sequence[Token], at: int, *, doubtful: bool = False) -> bool:
    """Whether what stands beside a given name speaks for a person: a family name, a relation, a word for asking or telling."""
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if (
        after is not None
        and after.is_word
        and (after.plain in _FAMILY or (after.is_capital and after.plain not in _NOT and tokens[at].is_capital))
    ):
        return not _is_noun(after) or after.plain in _FAMILY
    if doubtful:
        return _follows(tokens, at, CALLED | RELATIONS | plain_words("ask tell asked told called spoke fragen mit named"))
    return True


def _follows(tokens: Sequence[Token], at: int, words: frozenset[str]) -> bool:
    return at > 0 and any(token.plain in words for token in tokens[max(0, at - 2) : at])


def _two_capitals(text: str, tokens: Sequence[Token], at: int, *, german: bool) -> bool:
    """Two words with a capital and small letters beside each other that are no ordinary words."""
    if at + 1 >= len(tokens):
        return False
    one, other = tokens[at], tokens[at + 1]
    if not other.is_capital or other.start != one.end + 1 or text[one.end] != " ":
        return False
    for token in (one, other):
        said = text[token.start : token.end]
        if token.plain in _NOT or token.plain in _STREETLIKE or said.isupper() or len(said) < 2 or _is_noun(token):
            return False
    begins = at == 0 or tokens[at - 1].plain in (".", "!", "?", "\n", ":")
    if begins and german:
        return other.plain in _FAMILY
    return not german or (tokens[at - 1].plain not in _ARTICLES and not tokens[at - 1].is_capital)


def _is_initial(tokens: Sequence[Token], at: int) -> bool:
    """K. Ramanathan, J. R. Hartley: a capital and a dot, up to three times, then a word with a capital that is no ordinary one."""
    here = at
    while (
        here < min(at + 6, len(tokens) - 2)
        and len(tokens[here].plain) == 1
        and tokens[here].is_capital
        and tokens[here + 1].plain == "."
    ):
        here += 2
    after = tokens[here]
    return here > at and after.is_capital and len(after.plain) > 1 and after.plain not in _NOT and not _is_noun(after)


def _is_addressed(tokens: Sequence[Token], at: int, *, german: bool) -> bool:
    """Thank you Giacomo, Hallo Svetlana; and in English who was asked or told."""
    token, before = tokens[at], tokens[max(0, at - 2) : at]
    if token.plain in _NOT or token.plain in TITLES or _is_noun(token) or len(token.plain) < 3 or not before:
        return False
    greeted = before[-1].plain in _ADDRESSED or (before[-1].plain in ("you", "an", ",") and before[0].plain in _ADDRESSED)
    ends = at + 1 >= len(tokens) or not tokens[at + 1].is_word or tokens[at + 1].is_capital
    return (greeted and (ends or not german)) or (not german and before[-1].plain in _ASKED)


def _is_signature(tokens: Sequence[Token], at: int) -> bool:
    """Whether this begins a line that stands under a greeting."""
    if not at or tokens[at - 1].plain != "\n" or tokens[at].plain in _NOT:
        return False
    line = [token for token in tokens[max(0, at - 10) : at] if token.plain not in ("\n", ",", "!", ".")]
    return bool(line) and any(token.plain in _GREETINGS for token in line[-2:])


def _says_name(tokens: Sequence[Token], at: int) -> bool:
    """His name is Darren, Name: Mireille: not the name of a street or of a product."""
    after = tokens[at + 1].plain if at + 1 < len(tokens) else ""
    return after in (":", "is", "ist", "was", "war", "lautet")


def _past_small(tokens: Sequence[Token], here: int, signs: tuple[str, ...]) -> int:
    while here < len(tokens) and (
        tokens[here].plain in signs or tokens[here].plain in ("is", "ist", "war", "was", "lautet", "hd")
    ):
        here += 1
    return here


def _is_noun(token: Token) -> bool:
    return len(token.plain) > 6 and token.plain.endswith(_NOUNS)


def _is_german(tokens: Sequence[Token]) -> bool:
    german = plain_words("der die das und ich ist nicht ein eine mit bei von zu bitte mein meine wir hat auf für den dem im")
    english = plain_words("the and is i a my to of it was not please with for we has on in you your")
    words = [token.plain for token in tokens[:4000] if token.is_word]
    return sum(word in german for word in words) > sum(word in english for word in words)


def _mark(text: str, tokens: Sequence[Token], first: int, last: int) -> Mark:
    end = tokens[last].end
    if text[end - 2 : end].lower() in ("'s", "’s"):
        end -= 2
    return Mark(tokens[first].start, end, Kind.NAME)
