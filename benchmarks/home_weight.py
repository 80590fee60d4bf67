"""Weight of the home page of someone signed in, with everything it loads, gzipped; goal: at most 30 kB, whatever the company and the language.

Files are taken as the server sends them to a browser that takes gzip; the page itself, which differs for everyone, is compressed here as a
proxy in front of the server would (level 6). `python -m benchmarks.home_weight`
"""

import gzip
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import demo
from benchmarks.common import demo_folder, verdict
from demo.stars import ANNA
from tests.doors.site import FIRST_HOST, SECOND_HOST, Browser, open_site
from tests.pages import Element

GOAL = 30_000
PROXY_LEVEL = 6
LOADED = {
    "link": ("href",),
    "script": ("src",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "use": ("href",),
    "object": ("data",),
}
IN_STYLE = re.compile(rb"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")


@dataclass(frozen=True, slots=True)
class Loaded:
    """One file: bytes as they stand, and on the wire."""

    path: str
    plain: int
    packed: int


def weigh(browser: Browser, address: str) -> list[Loaded]:
    """The page at `address` and, once each, all that a browser fetches with it, also from inside style sheets."""
    browser.open(address)
    html = browser.answer.data
    found = [Loaded(address, len(html), len(gzip.compress(html, PROXY_LEVEL)))]
    waiting = list(dict.fromkeys(_addresses(browser.page)))
    seen = set[str]()
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        answer = browser.client.get(path, base_url=f"http://{browser.host}", headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, (path, answer.status_code)
        plain = gzip.decompress(answer.data) if answer.headers.get("Content-Encoding") == "gzip" else answer.data
        found.append(Loaded(path, len(plain), len(answer.data)))
        if answer.mimetype == "text/css":
            waiting += [_path(urljoin(path, (one or other).decode())) for one, other in IN_STYLE.findall(plain)]
    return found


def _addresses(page: Element) -> list[str]:
    """What elements load, without parts of a file (`#name`) and what stands in the page itself (`data:`, `#name` alone)."""
    found: list[str] = []
    for tag, names in LOADED.items():
        for element in page.all(tag):
            if tag == "link" and element.attributes.get("rel") not in (
                "icon",
                "stylesheet",
                "preload",
                "manifest",
                "modulepreload",
            ):
                continue
            for name in names:
                texts = element.attributes.get(name, "").split(",") if name == "srcset" else [element.attributes.get(name, "")]
                found += [_path(text.split()[0]) for text in texts if text and not text.startswith(("#", "data:"))]
    return found


def _path(address: str) -> str:
    return urlsplit(address).path


def main() -> None:
    heaviest = 0
    with demo_folder() as folder:
        site = open_site(Path(folder) / "demo")
        for host, email in ((FIRST_HOST, demo.CUSTOMER), (SECOND_HOST, ANNA.email)):
            browser = site.signed_in(email, host=host)
            languages = [link.attributes["hreflang"] for link in browser.page.all("a") if "hreflang" in link.attributes]
            for language in languages:
                files = weigh(browser, f"/?lang={language}")
                total = sum(one.packed for one in files)
                heaviest = max(heaviest, total)
                print(
                    f"{host} in {language}: {total:,} bytes gzipped in {len(files)} files, {sum(one.plain for one in files):,} plain"
                )
                for one in files if language == languages[0] else ():
                    print(f"  {one.path:<42} {one.plain:>8,} plain {one.packed:>8,} gzipped")
        site.running.database.close()
    print(verdict("heaviest home page, all files", heaviest, GOAL, "bytes"))


if __name__ == "__main__":
    main()
