"""A browser at the served demo, over real connections: a new one for each request, so that any web process may answer."""

import re

import httpx

from tests.pages import fields_of, read
from tests.served import code_in, link_in


class Visitor:
    """Cookies, the page it is on, and every request it made with its Referer."""

    def __init__(self, served, **headers):
        self.served = served
        self.requests: list[httpx.Request] = []
        limits = httpx.Limits(max_keepalive_connections=0)
        self.client = httpx.Client(
            base_url=served.url,
            headers={"Accept-Language": "en", "Connection": "close", **headers},
            trust_env=False,
            timeout=30,
            limits=limits,
            follow_redirects=True,
            event_hooks={"request": [self.requests.append]},
        )
        self.answer: httpx.Response

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.client.close()

    def open(self, path, **headers):
        self.answer = self.client.get(path, headers=headers)
        return self.answer

    def submit(self, button, **typed):
        """Press a button of this page, as its browser would send it."""
        path, values = self.form(button)
        referrer = self.answer.headers["Referrer-Policy"]
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": "null" if referrer == "no-referrer" else self.served.url}
        if referrer != "no-referrer":
            headers["Referer"] = str(self.answer.url)
        self.answer = self.client.post(path, data={**values, **typed}, headers=headers)
        return self.answer

    def form(self, button):
        for form in read(self.answer.text).all("form"):
            for pressed in form.all("button"):
                if pressed.words.startswith(button):
                    values = dict(fields_of(form))
                    if "name" in pressed.attributes:
                        values[pressed.attributes["name"]] = pressed.attributes.get("value", "")
                    return form.attributes.get("action") or str(self.answer.url), values
        raise AssertionError(f"no button {button!r} at {self.answer.url}")

    @property
    def words(self):
        return read(self.answer.text).all("main")[0].words

    @property
    def path(self):
        return self.answer.url.path

    def ask_for_link(self, address):
        """Ask, and wait for the mail."""
        before = len(self.served.mails(address))
        self.open("/sign-in")
        self.submit("Send me the link", email=address)
        return self.served.wait_for_mail(address, more_than=before)

    def sign_in(self, address):
        """The whole way in by link; gives the mail."""
        mail = self.ask_for_link(address)
        self.open(re.sub(r"^https?://[^/]+", "", link_in(mail)))
        self.submit("Sign in")
        assert self.path == "/", self.path
        return mail

    def sign_in_by_code(self, address):
        """The whole way in by code; gives the mail."""
        mail = self.ask_for_link(address)
        self.submit("Continue", code=code_in(mail))
        assert self.path == "/", self.path
        return mail
