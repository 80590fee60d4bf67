"""The worked example of docs/own-page.md: a company's own page, in its own process, drawn and posted through the API, in Chromium."""

import os
import re
import socket
import subprocess
import sys
import time

import httpx
import pytest

from tests.served import ROOT

pytestmark = pytest.mark.browser

WHO = "own.page@example.org"


@pytest.fixture
def shop(served):
    """The example as a company would run it; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "docs" / "own-page" / "page.py"), str(port)],
        env={"PORTAL": served.url, "KEY": served.api_key, "PATH": os.environ["PATH"], "no_proxy": "*"},
    )
    try:
        for _ in range(100):
            with socket.socket() as there:
                if there.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def call(served, path, body):
    answer = httpx.post(
        f"{served.url}/api/v1{path}",
        json=body,
        headers={"Authorization": f"Bearer {served.api_key}"},
        trust_env=False,
        timeout=20,
    )
    assert answer.is_success, answer.text
    return answer.json()


def allowed(served):
    body = {"identifier": {"value": WHO}, "purposes": ["newsletter"], "channels": ["email"]}
    return call(served, "/consents/check", body)["choices"][0]["allowed"]


def test_a_page_of_the_companys_own_asks_shows_and_keeps_what_the_person_says(served, shop, walker):
    token = call(served, "/links", {"identifier": {"value": WHO}})["token"]
    person = walker(java_script_enabled=False)
    person.page.goto(f"{shop}/choices/{token}")
    assert person.page.locator("input:checked").count() == 0
    assert WHO not in person.page.content()
    news = person.page.locator("fieldset").filter(has_text="News and offers: E-mail")
    news.get_by_label("Yes").check()
    person.press("Save choices")
    assert "Press the button in that mail" in person.page.content()
    assert allowed(served) is False
    mail = served.wait_for_mail(WHO)
    found = re.search(r"https?://\S+/confirm/[\w-]+", mail["text"])
    assert found
    person.page.goto(found[0])
    person.page.get_by_label("Your e-mail address").fill(WHO)
    person.page.get_by_role("button").first.click()
    assert allowed(served) is True
    person.page.goto(f"{shop}/choices/{token}")
    assert news.get_by_label("Yes").is_checked()
    news.get_by_label("No").check()
    person.press("Save choices")
    assert "Stopped" in person.page.content()
    assert allowed(served) is False
    person.page.goto(f"{shop}/choices/{token[:-3]}")
    assert "This link does not work" in person.page.content()
    assert [one for one in person.complaints if "404" not in one] == []
