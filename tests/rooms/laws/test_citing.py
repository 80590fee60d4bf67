"""A law is cited in the language of the page, and always the same article."""

import re

import pytest

from portal.cases.laws import load_law
from portal.cases.laws.citing import in_words
from portal.core.i18n import speaking


@pytest.mark.parametrize(
    ("language", "cited"),
    [
        ("en", "GDPR Art. 12(3)"),
        ("de", "DSGVO Art. 12(3)"),
        ("de-AT", "DSGVO Art. 12(3)"),
        ("ar", "اللائحة العامة لحماية البيانات (GDPR)، المادة 12(3)"),
    ],
)
def test_a_citation_is_in_the_language_of_the_page(language: str, cited: str) -> None:
    law = load_law("eu_gdpr")
    with speaking(language):
        assert in_words(law, law.respond.article) == cited


@pytest.mark.parametrize("language", ["de", "ar"])
def test_every_number_of_an_article_is_the_same_in_every_language(language: str) -> None:
    law = load_law("eu_gdpr")
    cited = [law.title, law.cite, law.roll.article, law.respond.article, *(one.article for one in law.rights.values())]
    with speaking(language):
        for text in cited:
            assert re.findall(r"\d[\d()/a-z-]*", in_words(law, text)) == re.findall(r"\d[\d()/a-z-]*", text)
            assert in_words(law, text) != text


def test_a_word_is_never_replaced_inside_another_one() -> None:
    law = load_law("eu_gdpr")
    with speaking("de"):
        assert in_words(law, "NotGDPR GDPRish Regulations") == "NotGDPR GDPRish Regulations"
