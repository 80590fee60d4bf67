"""Write `tests/vectors/link_tokens.json`: tokens of links with everything that went into them, for whoever mints in another language."""

import base64
import hashlib
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from portal.core.crypto_links import LinkKey  # noqa: E402  # the checkout has to be on the path first
from portal.people.link_tokens import Link, Mint, Scope, plain_of  # noqa: E402  # as above
from portal.people.service import Identifier  # noqa: E402  # as above

FILE = ROOT / "tests" / "vectors" / "link_tokens.json"
ISSUED, EXPIRES = 1772442000, 1803978000
GOOD = (
    ("one choice", "fjordkaffe", 1, Scope.PREFERENCES, "newsletter.email", "email", "maria@example.org", "2026-03"),
    ("all marketing", "fjordkaffe", 1, Scope.PREFERENCES, "", "email", "maria@example.org", ""),
    ("only stops", "fjordkaffe", 1, Scope.STOP, "newsletter.email", "email", "o'brien+shop@example.org", "x"),
    ("high key number", "alpenrad", 65535, Scope.PREFERENCES, "offers.sms", "phone", "+4366012345678", "sommer"),
    ("customer number", "alpenrad", 258, Scope.PREFERENCES, "", "customer_number", "K-1002", ""),
    ("campaign beyond ASCII", "fjordkaffe", 2, Scope.PREFERENCES, "newsletter.email", "email", "per@example.org", "vår – tilbud"),
    ("domain in its A-label", "fjordkaffe", 2, Scope.PREFERENCES, "", "email", "maria@xn--bcher-kva.example", ""),
    ("every sign", "fjordkaffe", 2, Scope.PREFERENCES, "", "email", "!#$%&'*+/=?^_`{|}~-.a1@4-b.c.example.org", ""),
    ("longest label and local part", "fjordkaffe", 2, Scope.STOP, "", "email", f"{'a' * 64}@{'b' * 63}.example", ""),
)
REFUSED = (
    *(
        "",
        "@",
        "maria",
        "maria@",
        "@example.org",
        "a@b@c",
        "a@b@example.org",
        "a b@example.org",
        "a@exa mple.org",
        "a@example.org\x0b",
    ),
    *("a\t@example.org", "a@example.org\nb@example.org", "maria <maria@example.org>", '"a b"@example.org', "a(b)@example.org"),
    *("a,b@example.org", "a;b@example.org", "a:b@example.org", "a\\b@example.org", "a[b]@example.org", "a\x7f@example.org"),
    *(
        ".a@example.org",
        "a.@example.org",
        "a..b@example.org",
        "mar\u0131a@example.org",
        "\u212aate@example.org",
        "maria@\u212aafe.example",
    ),
    *(
        "maria@bücher.example",
        "a@example.org\u00a0",
        "a@example",
        "a@.example.org",
        "a@example..org",
        "a@example.org.",
        "a@-a.example",
    ),
    *(
        "a@a-.example",
        "a@a_b.example",
        "a@ab--c.example",
        "a@1.2.3.4",
        "a@[1.2.3.4]",
        "a@example.7",
        "x@masked.invalid",
        "x@localhost",
    ),
    *(
        "x@a.localhost",
        "x@a.local",
        "x@a.test",
        "x@a.onion",
        "x@1.in-addr.arpa",
        f"{'a' * 65}@example.org",
        f"a@{'b' * 64}.example",
    ),
    f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 10}.example",
)
"""What is no address, and no recipe may make a link for: it would lead to nobody."""


def vectors() -> dict[str, object]:
    """Good tokens by fixed keys and nonces, and what must not open."""
    good = [_good(*one) for one in GOOD]
    first = good[0]
    token = str(first["token"])
    flipped = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    flipped[-1] ^= 1
    spoilt: dict[str, dict[str, object]] = {
        "another company": {"company": "alpenrad"},
        "another key of that number": {"key": "00" * 32},
        "another number": {"key_number": 2},
        "upper case": {"token": token.upper()},
        "cut": {"token": token[:-10]},
        "one bit": {"token": base64.urlsafe_b64encode(flipped).rstrip(b"=").decode()},
    }
    needed = {name: first[name] for name in ("company", "key_number", "key", "token")}
    bad = [{"name": name, **needed, **change} for name, change in spoilt.items()]
    return {"good": good, "bad": bad, "refused": list(REFUSED)}


def _good(
    name: str, company: str, number: int, scope: Scope, choice: str, kind: str, value: str, campaign: str
) -> dict[str, object]:
    secret, nonce = hashlib.sha256(f"{company}{number}".encode()).digest(), hashlib.sha256(name.encode()).digest()[:12]
    issued, expires = datetime.fromtimestamp(ISSUED, UTC), datetime.fromtimestamp(EXPIRES, UTC)
    link = Link(Identifier(kind, value), issued, expires, scope, choice, campaign)
    return {
        "name": name,
        "company": company,
        "key_number": number,
        "key": secret.hex(),
        "nonce": nonce.hex(),
        "scope": scope.name.lower(),
        "choice": choice,
        "kind": kind,
        "identifier": value,
        "campaign": campaign,
        "issued": ISSUED,
        "expires": EXPIRES,
        "token": Mint.under(company, LinkKey(number, secret, date(2026, 3, 2))).seal(plain_of(link), nonce),
    }


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n")
    print(f"Wrote {FILE.relative_to(ROOT)}.")
