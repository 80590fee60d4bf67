"""The words of the product: whole in every language, none that blames, begs, threatens or shames, and one thing has one name."""

import functools
import gettext
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from babel.messages.catalog import Catalog, Message

import demo
from portal.config import load_config
from portal.core import i18n
from portal.outbox.rendering import render_letter
from scripts.words import LANGUAGES, bring_in_line, collect, load
from tests import quick_yaml

ROOT = Path(__file__).resolve().parents[2]
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
SENTENCE = re.compile(r"(?<=[.?!:;])\s+")
MARKS = "“”„‟«»‘’"

NEVER = {
    "en": [
        # blame, doubt
        r"you failed", r"you forgot", r"your (fault|mistake|error)", r"you claim", r"allegedly", r"invalid", r"illegal",
        # begging, regret, thanks
        r"please note", r"kindly", r"unfortunately", r"regrett?\w*", r"we apologi[sz]e", r"inconvenience", r"sorry to see you go",
        r"sorry", r"miss you", r"before you go", r"don.t go", r"stay with us", r"reconsider", r"valued", r"dear customer", r"thank you",
        # threat, loss, hurry
        r"final (warning|notice)", r"last chance", r"you (will|would|may) lose", r"miss(ing)? out", r"act now", r"hurry", r"or else",
        # shame
        r"are you (really )?sure", r"really want", r"no longer care", r"no thanks", r"i prefer to", r"i don.t (want|care)",
        # office words
        r"in order to", r"as per", r"hereby", r"pursuant", r"high volume", r"oops",
    ],
    "de": [
        r"versäumt", r"sie haben .{0,30}vergessen", r"ihr(e schuld| fehler| versehen)", r"sie behaupten", r"angeblich\w*", r"ungültig\w*",
        r"bitte beachten", r"beachten sie", r"leider", r"bedauer\w*", r"tut uns leid", r"entschuldig\w*", r"unannehmlichkeit\w*", r"schade",
        r"vermissen", r"bevor sie gehen", r"bleiben sie", r"überlegen sie", r"geschätzte\w*", r"wertvolle\w* kund\w*", r"sehr geehrte\w*",
        r"vielen dank", r"danke",
        r"letzte (warnung|mahnung|chance)", r"verlieren", r"verpassen", r"jetzt handeln", r"beeilen", r"andernfalls", r"widrigenfalls",
        r"sind sie (wirklich )?sicher", r"wirklich", r"nein danke",
        r"hiermit", r"zwecks", r"seitens", r"gemäß", r"hoppla",
        # the reader is "Sie"
        r"du", r"dir", r"dich", r"dein\w*", r"euch", r"euer",
    ],
    "ar": [
        r"خطؤك", r"خطأك", r"فشلت", r"نسيت", r"أهملت", r"تدّعي", r"تزعم", r"غير صالح",
        r"يرجى ملاحظة", r"يُرجى ملاحظة", r"للأسف", r"مع الأسف", r"نأسف", r"نعتذر", r"آسفون", r"عزيزي", r"العزيز", r"سنفتقدك", r"نفتقدك", r"شكرًا",
        r"تحذير أخير", r"إنذار", r"الفرصة الأخيرة", r"آخر فرصة", r"ستخسر", r"ستفقد", r"وإلا", r"سارع", r"بادر",
        r"متأكد", r"متأكدة", r"هل تريد حقًا", r"لا يهمني",
        # an imperative has to know whether the reader is a man or a woman
        r"اضغط", r"انقر", r"اكتب", r"اختر", r"احصل", r"احذف", r"افتح", r"ارجع", r"انتظر", r"تحقق", r"أرسل", r"جرّب مرة", r"قم ب\w*",
        r"انظروا?", r"اقرأ", r"اقرؤوا\w*", r"أضفه?", r"انسخ", r"اسأل(نا)?", r"اذكر", r"ابدأ", r"تابع", r"حاول", r"احفظ", r"راسلنا", r"قرروا",
        r"اكتبوه", r"اختصره", r"ألصق", r"تحقّق", r"احتفظ", r"دوّنه", r"أرسلها", r"كرّر",
    ],
}  # fmt: skip

CAUGHT = {
    "en": [
        "Are you sure?",
        "Unfortunately we cannot.",
        "Valued customer",
        "Sorry to see you go",
        "You failed to answer.",
        "Please note",
    ],
    "de": [
        "Sind Sie sicher?",
        "Leider nicht.",
        "Bitte beachten Sie das.",
        "Ihre Adresse ist ungültig",
        "Du bist dran",
        "Letzte Mahnung",
    ],
    "ar": ["هل أنت متأكد؟", "للأسف لا يمكن.", "اضغط هنا", "سنفتقدك كثيرًا", "العنوان غير صالح."],
}

THINGS = {
    "complaint": {"en": r"\bcomplain", "de": r"beschwer", "ar": r"شكو"},
    "appeal": {"en": r"\bappeal", "de": r"erneute\w* prüfung", "ar": r"تظلّ?م"},
    "objection": {"en": r"\bobject(s|ed|ion)?\b", "de": r"widerspr", "ar": r"اعتراض|اعترض"},
    "taking back": {"en": r"\b(take|took|taken)\b.{0,12}\bback\b", "de": r"widerruf|widerrief", "ar": r"سحب|سُحب|تُسحب"},
}
"""What has to be told apart, by the words that stand for it."""


@functools.cache
def wanted() -> Catalog:
    """Every text of the product, gathered once and only where one of these tests runs: each worker reads this file."""
    return collect()


class Text(NamedTuple):
    """One text a customer or staff may read."""

    language: str
    key: str
    words: str


def ids(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, tuple | list) else (str(message.id),)


def strings(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, tuple | list) else (str(message.string),)


def messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def configured(part: object, place: str = "demo") -> Iterator[Text]:
    """Every text of the demo's configuration."""
    if isinstance(part, dict):
        if part and set(part) <= set(NEVER) and all(isinstance(value, str) for value in part.values()):
            yield from (Text(language, place, words) for language, words in part.items())
        else:
            for key, value in part.items():
                yield from configured(value, f"{place}.{key}")


def own_texts() -> list[Text]:
    """Every text of the product, source and catalogues."""
    texts = [Text("en", words, words) for message in messages(wanted()) for words in ids(message)]
    for language in LANGUAGES:
        texts += [Text(language, ids(message)[0], words) for message in messages(load(language)) for words in strings(message)]
    return texts


def all_texts() -> list[Text]:
    """The product's, and the demo's own."""
    return own_texts() + list(configured(quick_yaml.safe_load(demo.CONFIG.read_text(encoding="utf-8"))))


def found(language: str, words: str) -> list[str]:
    plain = PLACEHOLDER.sub(" ", words)
    return [one for one in NEVER[language] if re.search(rf"(?<!\w)(?:{one})(?!\w)", plain, re.IGNORECASE)]


def glossary() -> list[tuple[str, str, str]]:
    table = (ROOT / "docs" / "languages.md").read_text(encoding="utf-8").partition("## Glossary")[2]
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table.splitlines() if line.startswith("|")]
    return [(row[0], row[1], row[2]) for row in rows[2:]]


def test_every_language_has_rules_for_its_words():
    assert set(NEVER) == {"en", *LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language):
    content, missing = bring_in_line(language, wanted())
    assert missing == []
    assert content == (ROOT / "translations" / f"{language}.po").read_bytes()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_has_all_forms_of_its_language(language):
    catalog = load(language)
    plurals = [message for message in messages(catalog) if len(ids(message)) > 1]
    assert plurals
    assert [message.id for message in plurals if len(strings(message)) != catalog.num_plurals or not all(strings(message))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_those_of_the_source(language):
    """A form that stands for one number alone may say it in words (`يومان`); one that stands for many has to show it."""
    catalog = load(language)
    form_of = gettext.c2py(catalog.plural_expr)
    many = {form for form, count in Counter(form_of(number) for number in range(200)).items() if count > 1}
    wrong = []
    for message in messages(catalog):
        source = Counter(PLACEHOLDER.findall(ids(message)[-1]))
        for form, words in enumerate(strings(message)):
            have = Counter(PLACEHOLDER.findall(words))
            if len(ids(message)) > 1 and form not in many:
                have["num"] = source["num"]
            if +have != +source or "%" in PLACEHOLDER.sub("", words).replace("%%", ""):
                wrong.append((ids(message)[0], words))
    assert wrong == []


def test_no_translation_says_its_text_twice():
    twice = re.compile(r"(?s)(.{20,}?)\s*\1")
    assert [text.words for text in own_texts() if twice.fullmatch(text.words)] == []


def test_what_is_counted_from_eleven_to_ninety_nine_stands_in_the_accusative_in_arabic():
    catalog = load("ar")
    form_of, accusative = gettext.c2py(catalog.plural_expr), re.compile("(?:ًا|اً|اءً)")
    teens, hundred = form_of(11), form_of(100)
    plurals = [strings(message) for message in messages(catalog) if len(ids(message)) > 1]
    swapped = [forms for forms in plurals if len(accusative.findall(forms[teens])) < len(accusative.findall(forms[hundred]))]
    assert plurals and swapped == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_begins_and_ends_like_its_source(language):
    pairs = [(ids(message)[-1], words) for message in messages(load(language)) for words in strings(message) if words]
    assert [(source, words) for source, words in pairs if _edges(source) != _edges(words)] == []


def _edges(text: str) -> tuple[str, str, str]:
    """Space before, space after, and whether it ends as a sentence, as a colon or open."""
    last = text.strip().rstrip(MARKS)[-1]
    return (
        text[: len(text) - len(text.lstrip())],
        text[len(text.rstrip()) :],
        "." if last in ".?!؟" else ":" if last == ":" else "",
    )


def test_quotes_are_those_of_the_language():
    foreign = {"en": "\"'„«»", "de": "\"'”«»", "ar": "\"'„“”‘’"}
    texts = own_texts()
    assert [text for text in texts if set(text.words) & set(foreign[text.language])] == []
    pairs = {"en": ("“", "”"), "de": ("„", "“"), "ar": ("«", "»")}
    assert [text for text in texts if len({text.words.count(mark) for mark in pairs[text.language]}) > 1] == []


def test_no_text_blames_begs_threatens_or_shames():
    assert [(text.language, text.words, ban) for text in all_texts() if (ban := found(text.language, text.words))] == []


@pytest.mark.parametrize(("language", "words"), [(language, words) for language, some in CAUGHT.items() for words in some])
def test_such_a_text_would_be_found(language, words):
    assert found(language, words)


def test_no_two_things_share_a_word():
    for column, rows in enumerate(zip(*glossary(), strict=True)):
        assert len(rows) > 40
        assert [word for word, count in Counter(rows).items() if count > 1] == [], ["English", "German", "Arabic"][column]


@pytest.mark.parametrize("language", LANGUAGES)
def test_objection_appeal_complaint_and_taking_back_stay_apart(language):
    pairs = [
        (" ".join(ids(message)), " ".join(strings(message))) for message in messages(load(language)) if all(strings(message))
    ]
    assert [pair for pair in pairs if _things("en", pair[0]) != _things(language, pair[1])] == []


def _things(language: str, text: str) -> set[str]:
    whole = text.replace("\u00ad", "")  # a soft hyphen, where a word may part on a small phone
    return {thing for thing, words in THINGS.items() if re.search(words[language], whole, re.IGNORECASE)}


def test_sentences_are_short():
    german = []
    for text in own_texts():
        for sentence in SENTENCE.split(text.words):
            assert len(sentence.split()) <= 25, text
            if text.language == "de":
                german.append(len(sentence.split()))
    assert sum(german) / len(german) <= 15


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [
        ("en", 1, "1 entry"), ("en", 1200, "1,200 entries"),
        ("de", 1, "1 Eintrag"), ("de", 0, "0 Einträge"), ("de", 1200, "1.200 Einträge"), ("de-AT", 2, "2 Einträge"),
        ("ar", 0, "لا سجلات"), ("ar", 1, "سجل واحد"), ("ar", 2, "سجلان"), ("ar", 7, "7 سجلات"), ("ar", 11, "11 سجلًا"), ("ar", 100, "100 سجل"), ("ar", 103, "103 سجلات"),
    ],
)  # fmt: skip
def test_numbers_are_said_as_the_language_says_them(language, number, words):
    with i18n.speaking(language):
        assert i18n.ngettext("%(num)s entry", "%(num)s entries", number) == words


@pytest.mark.parametrize(
    ("language", "direction", "answer", "date"),
    [
        ("de", "ltr", "Sie bekommen die Antwort bis spätestens Montag, 2. März 2026.", "a, b und c"),
        ("ar", "rtl", "يصلك الجواب في موعد أقصاه الاثنين، 2 مارس 2026.", "a وb وc"),
    ],
)
def test_a_walk_through_a_language(language, direction, answer, date):
    from datetime import date as day

    with i18n.speaking(language, "Europe/Oslo"):
        said = i18n.format_date(day(2026, 3, 2), weekday=True)
        assert i18n._("You get the answer by %(day)s at the latest.", day=said) == answer
        assert i18n.format_list(["a", "b", "c"]) == date
        assert i18n.direction() == direction
        assert i18n._("A text that no catalogue has") == "A text that no catalogue has"


@pytest.mark.parametrize(
    ("language", "subject", "not_me"), [("de", "Ihr Link zu", "Das war ich nicht"), ("ar", "رابطك إلى", "لم أطلب ذلك")]
)
def test_a_mail_is_whole_in_its_language(language, subject, not_me):
    company = load_config(demo.CONFIG).portal.companies["fjordkaffe"]
    words = {"asked_at": "1", "valid_until": "2", "browser_words": "3", "link": "https://x.example/", "code": "4829 1305"}
    letter = render_letter(company, "sign_in", language, words)
    assert letter.subject == f"{subject} {company.name}"
    assert not_me in letter.text and not_me in letter.html
    assert f'lang="{language}" dir="{i18n.direction(language)}"' in letter.html
    for message in messages(wanted()):
        for source in ids(message):
            if source.endswith(".") and "%" not in source:
                assert source not in letter.text + letter.html


def test_names_of_another_script_keep_their_order_in_a_list_from_right_to_left():
    with i18n.speaking("ar"):
        said = i18n.format_names(["Exempla Cloud Inc.", "Exempla Bud AS", "Exempla Cloud Inc."])
        assert said.count("\u2068Exempla Cloud Inc.\u2069") == 1
        assert said.index("Cloud") < said.index("\u2068Exempla Bud AS\u2069")
    with i18n.speaking("en"):
        assert i18n.format_names(["Exempla Cloud Inc.", "Exempla Bud AS"]) == "Exempla Cloud Inc. and Exempla Bud AS"
