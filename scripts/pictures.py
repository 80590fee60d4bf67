"""Takes the pictures of `docs/pictures`: starts the demo, walks through it as its customers do, and keeps what they see.

    python -m scripts.pictures              all of them
    python -m scripts.pictures home rtl     some, by name

Must never show anyone but the made-up people of the demo, and leaves nothing running.
"""

import argparse
import io
import sqlite3
import sys
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from demo import stars
from scripts.look import launch
from tests.served import Served, link_in, serve_demo

OUT = Path(__file__).resolve().parents[1] / "docs" / "pictures"
PHONE, SMALL, DESKTOP = (390, 844), (320, 640), (1280, 960)
TALLEST = 1500


@dataclass
class Camera:
    """A running demo, a browser, and the people who are signed in, each in a browser of their own."""

    served: Served
    browser: Browser
    out: Path
    people: dict[tuple[str, str], Page] = field(default_factory=dict)

    def open(self, path: str, *, size: tuple[int, int] = PHONE, scheme: str = "light", second: bool = False) -> Page:
        """A page in a fresh browser, of the first or the second company."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce", accept_downloads=True,
        )  # fmt: skip
        page = context.new_page()
        page.goto(self.site(second=second) + path)
        return page

    def site(self, *, second: bool = False) -> str:
        """Where a company's site is served."""
        return f"http://alpenrad.localhost:{self.served.port}" if second else self.served.url

    def ask(self, email: str, language: str = "en", *, second: bool = False) -> tuple[Page, dict[str, str]]:
        """Ask for a link: the tab that waits, and the mail."""
        page = self.open(f"/sign-in?lang={language}", second=second)
        before = len(self.served.mails(email))
        page.locator("input[type=email]").fill(email)
        page.locator("form .main").click()
        page.wait_for_url("**/check-mail")
        return page, self.served.wait_for_mail(email, more_than=before)

    def person(self, email: str, language: str = "en", *, second: bool = False) -> Page:
        """The browser of someone who has signed in."""
        if (email, language) not in self.people:
            page, mail = self.ask(email, language, second=second)
            page.goto(link_in(mail))
            page.locator("form .main").click()
            page.wait_for_url(f"{self.site(second=second)}/")
            self.people[email, language] = page
        return self.people[email, language]

    def show(
        self, page: Page, path: str = "", *, size: tuple[int, int] = PHONE, scheme: str = "light", full: bool = True
    ) -> Image.Image:
        """What stands on the page: all of it down to `TALLEST`, or what is seen without scrolling."""
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        if path:
            at = page.url.split("/", 3)
            page.goto("/".join(at[:3]) + path)
        image = Image.open(io.BytesIO(page.screenshot(full_page=full))).convert("RGB")
        return image.crop((0, 0, image.width, min(image.height, TALLEST)))

    def keep(self, name: str, *images: Image.Image) -> None:
        """One file; several images stand beside each other on grey."""
        gap = 40 if len(images) > 1 else 0
        width, height = sum(one.width + gap for one in images) + gap, max(one.height for one in images) + 2 * gap
        sheet, at = Image.new("RGB", (width, height), "#b9c2c4"), gap
        for one in images:
            sheet.paste(one, (at, gap))
            at += one.width + gap
        sheet.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
            self.out / f"{name}.png", optimize=True
        )


def home(camera: Camera) -> None:
    """The README's picture."""
    page = camera.person(stars.MAREN.email)
    desktop = camera.show(page, "/", size=DESKTOP, full=False)
    camera.keep("home", desktop, camera.show(page, "/data", size=(PHONE[0], DESKTOP[1]), full=False))


def sign_in(camera: Camera) -> None:
    """The door: ask, wait, press."""
    door = camera.open("/sign-in")
    camera.keep("sign-in-desktop", camera.show(door, size=DESKTOP, full=False))
    waiting, mail = camera.ask(stars.MAREN.email)
    elsewhere = camera.open("/sign-in")
    elsewhere.goto(link_in(mail))
    there = camera.show(elsewhere)
    waited = camera.show(waiting)
    waiting.goto(link_in(mail))
    camera.keep("sign-in", camera.show(door), waited, camera.show(waiting), there)


def mail(camera: Camera) -> None:
    """The mail with link and code, as a mail program shows it."""
    _page, sent = camera.ask(stars.HOUSEHOLD[0].email)
    page = camera.browser.new_page()
    page.set_content(sent["html"])
    camera.keep("mail", camera.show(page), camera.show(page, scheme="dark"))


def empty(camera: Camera) -> None:
    """Somebody of whom nothing is held."""
    page = camera.person(stars.NOBODY)
    camera.keep("empty", camera.show(page, "/"), camera.show(page, "/data"))


def one(camera: Camera) -> None:
    """A guest account that never bought."""
    page = camera.person(stars.NEARLY_EMPTY.email)
    camera.keep("one", camera.show(page, "/data", size=DESKTOP))


def many(camera: Camera) -> None:
    """Everything that is held on a customer of years, one group open; and three hundred orders."""
    page, cafe = camera.person(stars.MAREN.email), camera.person(stars.MANY_ORDERS.email)
    camera.keep(
        "many",
        camera.show(page, "/data"),
        camera.show(page, "/data?group=who"),
        camera.show(page, "/data?group=others"),
        camera.show(cafe, "/data?group=bought"),
    )
    camera.keep("many-desktop", camera.show(page, "/data?group=bought", size=DESKTOP))


def preferences(camera: Camera) -> None:
    """The choices as they stand; one just saved, with its undo; a break; and the history."""
    page = camera.person(stars.MAREN.email)
    camera.keep("preferences", camera.show(page, "/preferences", size=DESKTOP, full=False))
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.locator("#choice-personal_offers-orders .pick").nth(1).click()
    page.locator(".save .main").click()
    page.wait_for_url("**/preferences?since=*")
    saved = camera.show(page, full=False)
    page.locator("#choice-newsletter-email").scroll_into_view_if_needed()
    choices = camera.show(page, full=False)
    page.locator("button[name=until]").first.click()
    page.wait_for_load_state()
    paused = camera.show(page, full=False)
    history = camera.show(page, "/preferences/history", full=False)
    camera.keep("preferences-phone", saved, choices, paused, history)


def several(camera: Camera) -> None:
    """One address that two customers use."""
    page = camera.person(stars.SHARED_ADDRESS)
    camera.keep("several", camera.show(page, "/"), camera.show(page, "/data"))


def rtl(camera: Camera) -> None:
    """Arabic, from right to left."""
    page = camera.person(stars.ARABIC.email, "ar")
    camera.keep("rtl", camera.show(page, "/"), camera.show(page, "/data?group=bought"))
    camera.keep("rtl-desktop", camera.show(page, "/data?group=contact", size=DESKTOP))


def dark(camera: Camera) -> None:
    """The second company, in German, dark; and the same in light."""
    page = camera.person(stars.ANNA.email, "de", second=True)
    camera.keep("dark", *(camera.show(page, "/", scheme=scheme) for scheme in ("dark", "light")))
    camera.keep("dark-desktop", camera.show(page, "/data?group=paid", size=DESKTOP, scheme="dark"))


def hostile(camera: Camera) -> None:
    """Markup and formulas in every text: shown as text; and a name that does not end."""
    page, endless = camera.person(stars.HOSTILE.email), camera.person(stars.ODD_NAMES[2].email, "de")
    camera.keep("hostile", camera.show(page, "/data?group=who"), camera.show(endless, "/data?group=paid"))


def narrow(camera: Camera) -> None:
    """The smallest phones: 320 pixels."""
    page = camera.person(stars.MAREN.email)
    camera.keep("narrow", *(camera.show(page, path, size=SMALL) for path in ("/", "/data?group=bought", "/get-a-copy")))


def error(camera: Camera) -> None:
    """A page that is not there, a link that has ended, and an address that cannot be one."""
    page = camera.person(stars.MAREN.email)
    form = camera.open("/sign-in")
    form.locator("input[type=email]").fill("maren@example")
    form.locator("form .main").click()
    ended = camera.open("/in/" + "x" * 43)
    camera.keep("error", camera.show(page, "/nowhere"), camera.show(ended), camera.show(form))


def ready(camera: Camera) -> None:
    """A copy, from the check to the file; then the page in the file."""
    page = camera.person(stars.MAREN.email)
    asked = ask_for_copy(page)
    fetch = page.get_by_role("button", name="Download")
    for _ in range(120):
        if fetch.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    camera.keep("request-ready", asked, camera.show(page))
    camera.keep("request-ready-desktop", camera.show(page, size=DESKTOP))
    with page.expect_download() as waiting:
        fetch.click()
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(waiting.value.path()).extractall(folder)
        local = page.context.new_page()
        local.goto((Path(folder) / "index.html").as_uri())
        camera.keep("download", camera.show(local, size=DESKTOP))
        local.close()


def ask_for_copy(page: Page) -> Image.Image:
    """Walk to the request's own page; gives the page before the last press."""
    page.goto("/".join(page.url.split("/", 3)[:3]) + "/get-a-copy")
    page.locator("label.pick").first.click()
    page.locator("form .btn.main").click()
    page.wait_for_load_state()
    before = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    page.locator("main form .btn.main").click()
    page.wait_for_url("**/requests/*")
    return before


def waiting(camera: Camera) -> None:
    """The mail tool does not answer: another program holds its file while a customer looks and asks."""
    with closing(sqlite3.connect(camera.served.folder / "fjordkaffe_mail.db", isolation_level=None)) as tool:
        tool.execute("BEGIN EXCLUSIVE")
        look_and_ask(camera, "waiting", stars.HOUSEHOLD[0].email)


def failing(camera: Camera) -> None:
    """The mail tool is broken: its file is not readable as what it was."""
    file = camera.served.folder / "fjordkaffe_mail.db"
    content = file.read_bytes()
    file.write_bytes(b"not a database" * 100)
    look_and_ask(camera, "failing", stars.NEIGHBOUR.email)
    file.write_bytes(content)


def look_and_ask(camera: Camera, name: str, email: str) -> None:
    """Home, what is held, and a request, once one of the systems has been found wanting."""
    page = camera.person(email)
    held, start = camera.show(page, "/data"), camera.show(page, "/")
    ask_for_copy(page)
    for _ in range(90):
        if page.locator(".stages .doubt").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    camera.keep(name, start, held, camera.show(page))


PICTURES: tuple[Callable[[Camera], None], ...] = (
    home, sign_in, mail, empty, one, many, preferences, several, rtl, dark, hostile, narrow, error, ready, waiting, failing,
)  # fmt: skip


def main() -> int:
    """Take the pictures that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *(one.__name__ for one in PICTURES)], metavar="name")
    parser.add_argument("--out", type=Path, default=OUT)
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, serve_demo(Path(folder) / "demo") as served, sync_playwright() as playwright:
        camera = Camera(served, launch(playwright), chosen.out)
        for take in PICTURES:
            if not chosen.names or take.__name__ in chosen.names:
                take(camera)
                print(take.__name__)
        camera.browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
