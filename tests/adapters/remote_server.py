"""A system on the web for tests: honest, or hostile in one named way. Runs as a process of its own: `python -m ... MODE PORT_FILE`.

Every request is written to `PORT_FILE.log`, so that a test can see what was never asked; what came in by which key to `PORT_FILE.sent`.
It can be told to erase and to keep a choice, too: what was erased, and what was said, is its state.
"""

import gzip
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PERSON = "Maria@Example.org"
MATCH: dict[str, Any] = {"key": "crm.people:7", "kind": "email", "stored": PERSON, "tells_apart": {"name": "Maria Vik"}}
RECORDS: list[dict[str, Any]] = [
    {
        "collection": "crm.people", "key": "7", "person": PERSON,
        "values": [
            {"name": "name", "category": "user.name", "value": "Maria Vik", "obtained": "2026-01-02"},
            {"name": "password", "category": "user.authorization.password", "value": "hunter2-secret"},
            {"name": "note", "category": "user.content", "value": {"text": ["paid with 4111111111111111"]}},
        ],
    },
    {"collection": "crm.calls", "key": "1", "person": PERSON, "values": [{"name": "about", "category": "user.content", "value": "beans"}]},
]  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    mode = "honest"
    log = Path()
    erased: set[str] = set()
    tasks: dict[str, int] = {}
    choice: dict[str, Any] = {}

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def do_DELETE(self) -> None:
        self.answer()

    def log_message(self, *args: Any) -> None:
        return

    def answer(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null")
        with self.log.open("a") as log:
            log.write(f"{self.command} {self.path} {self.headers.get('Authorization')}\n")
        if self.path.rpartition("/")[2] in ("erase", "probe", "say"):
            with self.log.with_suffix(".sent").open("a") as sent:
                sent.write(json.dumps([self.path.rpartition("/")[2], self.headers.get("Idempotency-Key"), asked]) + "\n")
        hostile = getattr(self, f"mode_{self.mode}", None)
        if hostile is not None and hostile(asked):
            return
        if self.headers.get("Authorization") != "Bearer the-secret":
            self.send(401, b"", "text/plain")
        else:
            self.honest(asked)

    def honest(self, asked: Any, **changed: Any) -> None:
        path = self.path.rpartition("/")[2]
        if path == "check":
            self.json({"ok": True, "collections": ["crm.people", "crm.calls"], "problems": []} | changed)
        elif path in ("erase", "probe", "say", "said"):
            getattr(self, f"do_{path}")(asked)
        elif path == "find":
            known = "crm.people" not in self.erased and any(
                one["kind"] == "email" and one["value"].lower() == PERSON.lower() for one in asked["identifiers"]
            )
            self.json({"matches": [MATCH | changed] if known else []})
        elif "crm.people" in self.erased or not (asked["key"] == MATCH["key"] and asked["stored"] == PERSON):
            self.send(404, b"", "text/plain")
        elif path == "proof":
            self.json(
                {
                    "key": asked["key"],
                    "stored": asked["stored"],
                    "values": {"postcode": ["5015"]} if "postcode" in asked["kinds"] else {},
                }
                | changed
            )
        else:
            self.lines([record | changed for record in RECORDS if record["collection"] not in self.erased])

    def do_erase(self, asked: Any) -> None:
        if "crm.people" in self.erased or asked["record"] != MATCH["key"]:
            self.send(404, b"", "text/plain")
            return
        self.erased.update(asked["collections"])
        self.json({"record": asked["record"], "state": "erased"})

    def do_probe(self, asked: Any) -> None:
        if asked["try"] not in self.tasks:
            self.send(404, b"", "text/plain")
            return
        self.tasks[asked["try"]] -= 1
        if self.tasks[asked["try"]] > 0:
            self.send(202, b"", "text/plain", Retry_After="33")
            return
        self.erased.update(["crm.people", "crm.calls"])
        self.json({"record": MATCH["key"], "state": "erased"})

    def do_say(self, asked: Any) -> None:
        if asked["sequence"] >= self.choice.get("sequence", 0):
            self.choice.update(asked)
        self.send(204, b"", "text/plain")

    def do_said(self, asked: Any) -> None:
        self.json({"allowed": self.choice.get("yes"), "number": self.choice.get("sequence", 0)})

    def lines(self, records: list[Any], *, end: bool = True) -> None:
        lines = [*records, *([{"end": True, "count": len(records)}] if end else [])]
        self.send(200, b"".join(json.dumps(line).encode() + b"\n" for line in lines), "application/x-ndjson")

    def json(self, data: Any) -> None:
        self.send(200, json.dumps(data).encode(), "application/json")

    def send(self, status: int, body: bytes, media: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    # --- hostile ways: True where they answered ----------------------------------------------------

    def drip(self, head: bytes, byte: bytes) -> bool:
        self.wfile.write(head)
        self.wfile.flush()
        for _ in range(600):
            time.sleep(0.1)
            self.wfile.write(byte)
            self.wfile.flush()
        return True

    def mode_drips_body(self, asked: Any) -> bool:
        return self.drip(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 600\r\n\r\n", b" ")

    def mode_drips_headers(self, asked: Any) -> bool:
        return self.drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a")

    def mode_hangs(self, asked: Any) -> bool:
        time.sleep(60)
        return True

    def mode_floods(self, asked: Any) -> bool:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            self.wfile.write(b"100000\r\n" + b" " * 0x100000 + b"\r\n")

    def mode_long_line(self, asked: Any) -> bool:
        if not self.path.endswith("export"):
            return False
        self.send(200, b'"' + b"x" * 3_000_000, "application/x-ndjson")
        return True

    def mode_gzip_bomb(self, asked: Any) -> bool:
        self.send(200, gzip.compress(b" " * 50_000_000), "application/json", Content_Encoding="gzip")
        return True

    def mode_redirects(self, asked: Any) -> bool:
        self.send(307, b"", "application/json", Location=self.log.with_suffix(".elsewhere").read_text())
        return True

    def mode_html(self, asked: Any) -> bool:
        self.send(200, b"<html><script>alert(1)</script>Maria</html>", "text/html")
        return True

    def mode_html_as_json(self, asked: Any) -> bool:
        self.send(200, b"<html>maria@example.org</html>", "application/json")
        return True

    def mode_other_types(self, asked: Any) -> bool:
        self.honest(asked, stored=7, ok="yes", key=["crm.people:7"])
        return True

    def mode_more_fields(self, asked: Any) -> bool:
        self.honest(asked, admin=True)
        return True

    def mode_twice_the_key(self, asked: Any) -> bool:
        self.send(
            200, b'{"matches": [], "matches": [], "ok": true, "collections": [], "key": "a", "key": "b"}', "application/json"
        )
        return True

    def mode_busy(self, asked: Any) -> bool:
        self.send(503, b"maria@example.org", "text/plain", Retry_After="17")
        return True

    def mode_breaks_off(self, asked: Any) -> bool:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 600\r\n\r\n{")
        self.close_connection = True
        return True

    def mode_another_record(self, asked: Any) -> bool:
        if self.path.endswith("export"):
            self.lines([RECORDS[0], RECORDS[1] | {"person": "otto@example.org"}])
            return True
        if self.path.endswith("proof"):
            self.honest(asked, key="crm.people:8")
            return True
        return False

    def only(self, path: str) -> bool:
        return self.path.endswith(path)

    def mode_erases_nothing(self, asked: Any) -> bool:
        if self.only("erase"):
            self.json({"record": asked["record"], "state": "erased"})
        return self.only("erase")

    def mode_erases_another(self, asked: Any) -> bool:
        if self.only("erase"):
            self.json({"record": "crm.people:8", "state": "erased"})
        return self.only("erase")

    def mode_confirms_nothing(self, asked: Any) -> bool:
        if self.only("erase"):
            self.json({"record": asked["record"], "state": "queued"})
        return self.only("erase")

    def mode_erases_later(self, asked: Any) -> bool:
        if self.only("erase"):
            self.tasks[self.headers["Idempotency-Key"]] = 2
            body = json.dumps({"record": asked["record"], "task": "t-7"}).encode()
            self.send(202, body, "application/json", Retry_After="33")
        return self.only("erase")

    def mode_erases_and_dies(self, asked: Any) -> bool:
        if self.only("erase"):
            self.erased.update(["crm.people", "crm.calls"])
            self.close_connection = True
        return self.only("erase")

    def mode_forgets_choices(self, asked: Any) -> bool:
        if self.only("say"):
            self.send(204, b"", "text/plain")
        return self.only("say")

    def mode_no_end(self, asked: Any) -> bool:
        if self.path.endswith("export"):
            self.lines(RECORDS, end=False)
        return self.path.endswith("export")

    def mode_other_category(self, asked: Any) -> bool:
        if self.path.endswith("export"):
            self.lines([RECORDS[1] | {"values": [{"name": "x", "category": "person.name", "value": "y"}]}])
        return self.path.endswith("export")


def main() -> None:
    Handler.mode, place = sys.argv[1], Path(sys.argv[2])
    Handler.log = place.with_suffix(".log")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    place.write_text(str(server.server_address[1]))
    server.serve_forever()


if __name__ == "__main__":
    main()
