"""A company's own system, as it calls the door: a key, JSON, no cookie."""

import json
import re
from dataclasses import dataclass
from typing import Any

from werkzeug.test import Client, TestResponse

from portal.accounts import registry
from portal.accounts.api_keys import SCOPES, make_key
from tests.doors.site import FIRST_HOST, Site


@dataclass
class Caller:
    """One system with one key."""

    site: Site
    secret: str
    host: str = FIRST_HOST

    def call(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, headers: dict[str, str] | None = None
    ) -> TestResponse:
        """Call an operation; `raw` is sent as it is."""
        sent = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        sent |= headers or {}
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        return Client(self.site.app).open(
            f"/api/v1{path}", method=method, data=data, headers=sent, base_url=f"http://{self.host}"
        )


def caller(site: Site, *scopes: str, company: str = "fjordkaffe", host: str = FIRST_HOST, name: str = "test") -> Caller:
    """A system with a fresh key that has these scopes (all, if none is named)."""
    with site.running.database.writing(registry.ids()[company]) as db:
        made = make_key(db, name=name, scopes=scopes or tuple(SCOPES), by="test")
    return Caller(site, made.secret, host)


def operations(site: Site) -> list[tuple[str, str, Any]]:
    """Every operation: method, an address with made-up ids, the declaration."""
    return [
        (one.method, re.sub(r"<[^>]+>", "7kq2m9xd4tbr", one.path), one)
        for part in site.app.extensions["portal_api_parts"]
        for one in part.operations
    ]
