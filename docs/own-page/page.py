"""A preference page of a company's own, drawn from the portal's API. Needs Python 3.11 and nothing else.

    PORTAL=https://privacy.example.com KEY=ppk_... python page.py 8090

Put `https://www.example.com/choices/<token>` into your mails, with the token of `POST /api/v1/links`. The key stays on your server: scopes
`consents:check` and `consents:write`. What stands here in plain HTML you draw in your own look.
"""

import html
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.parse import parse_qs
from urllib.request import Request, urlopen

PORTAL, KEY = os.environ["PORTAL"].rstrip("/"), os.environ["KEY"]
LANGUAGE = os.environ.get("PAGE_LANGUAGE", "en")
LARGEST = 64 * 1024
PAGE = """<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>{title}</title><body><main><h1>{title}</h1>{body}</main></body></html>"""
SAFE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def ask(method, path, body=None):
    """One call of the API. The answer's status and what it says."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    try:
        with urlopen(Request(f"{PORTAL}/api/v1{path}", data, headers, method=method), timeout=10) as answer:  # noqa: S310  # the address is yours
            return answer.status, json.load(answer)
    except HTTPError as refused:
        return refused.code, json.load(refused)


def words(texts):
    """A text in the page's language, safe in HTML."""
    return html.escape(texts.get(LANGUAGE) or next(iter(texts.values())))


def draw(token, note=""):
    """The choices as they stand: nothing is ticked that the person did not say."""
    status, state = ask("POST", "/centre/state", {"token": token})
    if status != 200:
        return 404, "This link does not work", "<p>It may be cut off. Take it from the mail once more.</p>"
    said = {(one["purpose"], one["channel"]): one for one in state["choices"]}
    parts = [note, f'<p>For {html.escape(state["hint"])}</p><form method="post">']
    parts.append(f'<input type="hidden" name="seen" value="{state["seen"]}">')
    for purpose in ask("GET", "/centre")[1]["purposes"]:
        notice = next((one for one in purpose["notices"] if one["language"] == LANGUAGE), None)
        for channel in purpose["channels"]:
            one = said.get((purpose["key"], channel["key"]))
            if one is None:
                continue
            name = f"{purpose['key']}.{channel['key']}"
            parts.append(
                f"<fieldset><legend>{words(purpose['title'])}: {words(channel['title'])}</legend><p>{words(purpose['text'])}</p>"
            )
            if notice:
                parts.append(
                    f'<p>{html.escape(notice["text"])}</p><input type="hidden" name="notice.{name}" value="{notice["hash"]}">'
                )
            for answer, label in (("yes", "Yes"), ("no", "No")):
                if answer == "no" or state["may_say_yes"]:
                    ticked = " checked" if one["said"] == answer else ""
                    parts.append(f'<label><input type="radio" name="say.{name}" value="{answer}"{ticked}> {label}</label> ')
            parts.append(f'<input type="hidden" name="was.{name}" value="{one["said"]}"></fieldset>')
    return 200, "Your choices", "".join([*parts, "<p><button>Save choices</button></p></form>"])


def save(token, form):
    """Post what newly differs, then say what became of it."""
    acts = []
    for name, value in form.items():
        kind, _, choice = name.partition(".")
        if kind == "say" and value != form.get(f"was.{choice}"):
            purpose, _, channel = choice.partition(".")
            notice = {"notice": form.get(f"notice.{choice}")} if value == "yes" else {}
            acts.append({"purpose": purpose, "channel": channel, "answer": value, **notice})
    if not acts:
        return draw(token, "<p>Nothing was changed.</p>")
    sent = {"token": token, "language": LANGUAGE, "seen": int(form.get("seen") or 0), "acts": acts}
    status, said = ask("POST", "/centre/acts", sent)
    if status != 200:
        return draw(token, f"<p>Not saved. {html.escape(said['detail'])}</p>")
    notes = []
    if said["stopped"]:
        notes.append("<p>Stopped. This holds from now on.</p>")
    if said["waiting"]:
        notes.append("<p>We have written to you. Press the button in that mail, and your yes counts.</p>")
    if said["stale"]:
        notes.append("<p>Something was changed elsewhere meanwhile. Look once more.</p>")
    return draw(token, "".join(notes))


class Page(BaseHTTPRequestHandler):
    """`/choices/<token>`: a look changes nothing, the button does."""

    def do_GET(self):
        self.answer(draw(self.token()) if self.token() else (404, "Nothing here", ""))

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if not self.token() or length > LARGEST:
            self.answer((404, "Nothing here", ""))
            return
        form = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True)
        self.answer(save(self.token(), {name: values[-1] for name, values in form.items()}))

    def token(self):
        before, _, token = self.path.partition("/choices/")
        return token if not before and token.replace("-", "").replace("_", "").isalnum() else ""

    def answer(self, drawn):
        status, title, body = drawn
        sent = PAGE.format(language=LANGUAGE, title=html.escape(title), body=body).encode()
        self.send_response(status)
        for name, value in {**SAFE, "Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(sent))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_):
        """Nothing: the address holds a link."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
