"""Browsers are named from a fixed vocabulary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core import i18n
from portal.identity.browsers import browser_of, browser_words

AGENTS = {
    "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0": "Firefox on Android",
    "Mozilla/5.0 (Linux; Android 14; SM-S901B) AppleWebKit/537.36 SamsungBrowser/25.0 Chrome/121.0 Mobile Safari/537.36": "Samsung Internet on Android",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0": "Edge on Windows",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 OPR/120.0": "Opera on Windows",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1": "Safari on iPhone",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 CriOS/140.0 Mobile/15E148 Safari/604.1": "Chrome on iPhone",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15": "Safari on macOS",
    "Mozilla/5.0 (X11; CrOS x86_64 16181) AppleWebKit/537.36 Chrome/140.0 Safari/537.36": "Chrome on ChromeOS",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox on Linux",
    "curl/8.5 (Linux)": "a browser on Linux",
    "Firefox/140.0": "Firefox",
    "": "a browser that we do not know",
}  # fmt: skip


@pytest.mark.parametrize(("agent", "words"), AGENTS.items(), ids=AGENTS.values())
def test_common_browsers_are_named(agent: str, words: str) -> None:
    assert browser_words(browser_of(agent)) == words


def test_a_browser_that_says_nothing_is_one_that_we_do_not_know() -> None:
    assert browser_words(browser_of(None)) == "a browser that we do not know"


@given(st.text(max_size=600), st.text(max_size=60))
def test_S7_nothing_that_a_browser_sent_is_ever_said(agent: str, stored: str) -> None:
    vocabulary = set(" ".join([*AGENTS.values(), "Edge Opera iPad"]).split())
    for words in (browser_words(browser_of(agent)), browser_words(stored)):
        assert set(words.split()) <= vocabulary
    assert len(browser_of(agent)) <= 30


def test_the_words_follow_the_language_in_force() -> None:
    with i18n.speaking("de"):
        assert browser_words("firefox.android").startswith("Firefox")
