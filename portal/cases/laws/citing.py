"""A law's title and citations in the language of the page, where they are words. Numbers of articles are the same in all.

Must never change which article is named.
"""

import re

from portal.cases.laws.model import Law
from portal.core import i18n


def in_words(law: Law, text: str) -> str:
    """A title or citation of this law in the language in force; what its file does not translate stays as it is."""
    words = law.translated.get(i18n.language()) or law.translated.get(i18n.language().partition("-")[0]) or {}
    for word in sorted(words, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", lambda _found, local=words[word]: local, text)  # type: ignore[misc]  # mypy sees no type for a default
    return text
