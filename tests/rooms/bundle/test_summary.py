"""The PDF: tagged, in the person's language, and set where nothing can be fetched or written (F4)."""

import io
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest

from portal.adapters.contract import Record, Value
from portal.cases.bundle import summary
from portal.cases.bundle.content import Logo
from portal.cases.bundle.groups import arrange
from portal.cases.bundle.rows import spool_rows
from portal.cases.bundle.statement import build_statement
from portal.core.i18n import speaking
from portal.core.vault import private_folder
from tests.rooms.bundle.samples import content, make, orders, record

pytestmark = pytest.mark.slow

PAGE = "<!doctype html><html lang='en'><head><title>t</title>{head}</head><body><h1>x</h1>{body}</body></html>"


@pytest.fixture
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A port that notes whoever calls."""
    server, calls = socket.create_server(("127.0.0.1", 0)), list[bytes]()

    def serve() -> None:
        while True:
            try:
                caller, _ = server.accept()
            except OSError:
                return
            with caller:
                calls.append(caller.recv(200))
                caller.sendall(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n")

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1], calls
    server.close()


@pytest.mark.parametrize("language", ["en", pytest.param("de", marks=pytest.mark.long), "ar"])
def test_the_pdf_is_tagged_titled_and_in_the_persons_language(tmp_path: Path, language: str) -> None:
    kept, manifest = make(tmp_path, content(language), with_pdf=True)
    assert manifest.with_pdf
    assert kept.zip().namelist()[1] == "summary.pdf"
    assert kept.json("manifest.json")["summary_pdf"] == "included"
    assert 'href="summary.pdf"' in kept.text("index.html")
    pdf = pikepdf.open(io.BytesIO(kept.zip().read("summary.pdf")))
    assert pdf.Root.MarkInfo.Marked
    assert str(pdf.Root.Lang) == language
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert str(pdf.docinfo["/Title"]).endswith("Fjord & Sons")
    with pdf.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"
    kinds = set(tags(pdf.Root.StructTreeRoot))
    assert {"/H1", "/H2", "/H3", "/P", "/Table", "/TR", "/TH", "/TD", "/Figure"} <= kinds
    assert all(page.Tabs == "/S" for page in pdf.pages)
    for font in (font for page in pdf.pages for font in page.Resources.get("/Font", {}).values()):
        descendants = font.get("/DescendantFonts", [font])
        assert any(name in descendants[0].FontDescriptor for name in ("/FontFile", "/FontFile2", "/FontFile3"))


def tags(node: pikepdf.Object) -> Iterator[str]:
    """Every kind of structure element below."""
    if isinstance(node, pikepdf.Dictionary):
        if "/S" in node:
            yield str(node.S)
        if "/K" in node:
            yield from tags(node.K)
    elif isinstance(node, pikepdf.Array):
        for item in node:
            yield from tags(item)


def test_signs_that_no_font_may_have_do_not_stop_the_pdf() -> None:
    assert summary.set_pdf(PAGE.format(head="", body="<p>漢字 かな 한글 😀 ไทย עברית हिन्दी \U0001f9ff \ue000 \U000f0000</p>"))


def test_a_long_list_is_cut_and_says_where_the_rest_is(tmp_path: Path) -> None:
    html = page_of(tmp_path, rows=700)
    assert html.count("<tr><td>\u2068F-1") == 500
    assert "500 of 700 entries stand here, the rest is in data/03-1.csv." in html


def test_a_giant_package_stays_within_what_paper_can_hold(tmp_path: Path) -> None:
    def many() -> Iterator[Record]:
        yield from orders(2600)
        for number in range(9000):
            yield record("shop.tickets", str(number), None, subject=f"{number}", body="x" * 5000)

    html = page_of(tmp_path, records=many)
    assert html.count("<tr><td>") < summary.ROWS_A_DOCUMENT + 100
    assert len(html) < 2_000_000


def page_of(tmp_path: Path, **more: object) -> str:
    """The page that would be set."""
    made_of = content(**more)  # type: ignore[arg-type]  # a test may replace any of them
    with speaking("en", "Europe/Oslo"), private_folder(tmp_path) as folder:
        tables = spool_rows(((part.key, part.records()) for part in made_of.systems), folder, lambda *_: False)
        groups = arrange(made_of.company, tables)
        return summary.summary_page(made_of, build_statement(made_of.company, made_of.laws), groups, tables)


def test_a_list_of_nothing_but_what_a_system_notes_is_set_without_its_row_numbers(tmp_path: Path) -> None:
    def noted() -> Iterator[Record]:
        for number in range(3):
            values = (Value("id", "system.operations", 700 + number), Value("status", "system.operations", "by night"))
            yield Record("shop.orders", f"shop.orders:{number}", values)

    page = page_of(tmp_path, records=noted)
    assert page.count("by night") == 3
    assert "701" not in page


def test_F4_nothing_is_fetched_on_any_path(tmp_path: Path, listener: tuple[int, list[bytes]]) -> None:
    port, calls = listener
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP SECRET WORDS")
    picture = tmp_path / "red.svg"
    picture.write_text("<svg xmlns='http://www.w3.org/2000/svg' width='50' height='50'><text>TOPSECRET</text></svg>")
    web, disk = f"http://127.0.0.1:{port}", f"file://{picture}"
    probes = PAGE.format(
        head=(
            f"<link rel=stylesheet href={web}/a.css><link rel=attachment href=file://{secret}><link rel=attachment href={web}/b>"
            f"<style>@import url({web}/c.css); @import url(file://{secret}); "
            f"body{{background:url({web}/e.png)}} h1{{list-style-image:url({disk});font-family:x;content:url({web}/f)}}</style>"
            f"<base href={web}/>"
        ),
        body=(
            f"<img src={web}/g.png><img src={disk}><img src=relative.png><object data={web}/h></object><embed src={disk}>"
            f'<a rel=attachment href=file://{secret}>x</a><img src=\'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"><image href="{web}/i"/></svg>\'>'
            f"<img src='package:logo'><img src='package:logo/../../etc/passwd'><svg><image href='{web}/j'/><use href='{disk}#a'/></svg>"
            f"<img srcset='{web}/k 2x'><input type=image src={web}/l><iframe src={web}/m></iframe>"
        ),
    )
    logo = Logo(
        "image/svg+xml",
        f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="{web}/n"/><image href="{disk}"/></svg>'.encode(),
    )
    pdf = summary.set_pdf(probes, logo)
    assert pdf is not None
    assert calls == []
    assert b"TOP SECRET" not in pdf
    opened = pikepdf.open(io.BytesIO(pdf))
    assert not opened.attachments
    assert not any(
        "/XObject" in page.Resources and any(str(x.get("/Subtype")) == "/Image" for x in page.Resources.XObject.values())
        for page in opened.pages
    )


def test_F4_a_font_is_not_fetched_either_and_no_folder_is_made_for_it(listener: tuple[int, list[bytes]]) -> None:
    port, calls = listener
    face = f"<style>@font-face{{font-family:x;src:url(http://127.0.0.1:{port}/d.woff)}} h1{{font-family:x}}</style>"
    assert summary.set_pdf(PAGE.format(head=face, body="")) is None
    assert calls == []


def test_F4_the_listener_hears_what_an_unguarded_fetcher_asks(listener: tuple[int, list[bytes]]) -> None:
    port, calls = listener
    code = "import sys, weasyprint; weasyprint.HTML(string=sys.stdin.read()).write_pdf()"
    page = PAGE.format(head="", body=f"<img src=http://127.0.0.1:{port}/a.png>")
    subprocess.run([sys.executable, "-c", code], input=page.encode(), capture_output=True, timeout=60, check=False)
    assert calls


def test_F4_a_page_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    row = "<tr>" + "<td>x</td>" * 6 + "</tr>"
    assert summary.set_pdf(PAGE.format(head="", body=f"<table>{row * 20_000}</table>"), seconds=3) is None


def test_F7_the_child_writes_no_file_and_sees_no_secret_of_the_environment(tmp_path: Path) -> None:
    before = {path for path in Path(os.environ.get("TMPDIR", "/tmp")).iterdir() if path.name.startswith("weasy")}
    assert summary.set_pdf(PAGE.format(head="", body="<p>Maren Vik</p>"))
    assert {path for path in Path(os.environ.get("TMPDIR", "/tmp")).iterdir() if path.name.startswith("weasy")} == before
    child = summary.CHILD.read_text()
    probe = child.replace(
        "    page = json.loads", "    import pathlib; pathlib.Path(sys.argv[1]).write_text('clear')\n    page = json.loads"
    )
    (tmp_path / "probe.py").write_text(probe)
    done = subprocess.run(
        [sys.executable, "-I", str(tmp_path / "probe.py"), str(tmp_path / "out")], input=b"{}\n", capture_output=True, check=False
    )
    assert b"File too large" in done.stderr
    assert (tmp_path / "out").read_bytes() == b""


def test_where_pango_is_missing_the_package_is_made_without_and_says_so(tmp_path: Path) -> None:
    # The real child, with WeasyPrint and its libraries hidden from it.
    hidden = tmp_path / "child.py"
    hidden.write_text("import sys\nsys.modules['weasyprint'] = None\n" + summary.CHILD.read_text())
    assert summary.set_pdf(PAGE.format(head="", body=""), child=hidden) is None
    kept, manifest = make(tmp_path / "files", content(), with_pdf=False)
    assert not manifest.with_pdf
    assert "summary.pdf" not in kept.zip().namelist()
    assert kept.json("manifest.json")["summary_pdf"] == "not made"
    assert "The PDF summary could not be made this time." in kept.text("index.html")
