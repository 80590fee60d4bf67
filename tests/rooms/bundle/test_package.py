"""The package as a person and a program open it."""

import csv
import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from portal.adapters.contract import Record, TryLater, Value
from portal.cases.bundle.content import Searched, SystemPart
from portal.cases.bundle.writing import write_bundle
from portal.core import clock, crypto
from portal.core.vault import SealedWriter, read_sealed, sweep_leftovers
from tests.pages import read as read_page
from tests.rooms.bundle.samples import HOSTILE, MADE, config, content, customer, make, orders, record, tickets

ROOT = Path(__file__).resolve().parents[3]


def test_the_first_page_comes_first_and_the_manifest_last_and_every_digest_is_true(tmp_path: Path) -> None:
    kept, manifest = make(tmp_path, content())
    names = kept.zip().namelist()
    assert (names[0], names[-1]) == ("index.html", "manifest.json")
    said = kept.json("manifest.json")
    files = said["files"]
    assert isinstance(files, list)
    assert [file["path"] for file in files] == names[:-1] == [file.path for file in manifest.files]
    for file in files:
        raw = kept.zip().read(file["path"])
        assert (file["bytes"], file["sha256"]) == (len(raw), hashlib.sha256(raw).hexdigest())
    whole = kept.buffer.getvalue()
    assert (manifest.size, manifest.sha256) == (len(whole), hashlib.sha256(whole).hexdigest())
    assert said["summary_pdf"] == "not made"
    assert kept.zip().testzip() is None


def test_the_first_page_says_what_the_law_asks_before_any_data(tmp_path: Path) -> None:
    kept, _ = make(tmp_path, content())
    words = read_page(kept.text("index.html")).words
    order = [
        "Responsible for your data",
        "What we use your data for",
        "What kinds of data we hold, from where and until when",
        "Who receives it",
        "Outside the European Economic Area",
        "How long we keep it",
        "Decisions made by programs",
        "Your rights",
        "The authority you can complain to",
        "Where we looked",
    ]
    assert sorted(order, key=words.index) == order
    for said in (
        "Fjord & Sons AS", "Office of data protection", "Posten Norge AS, Norway",
        "To deliver parcels. It is itself responsible", "Mailworks Inc., United States",
        "Standard contractual clauses", "bought from Exempla Data AS", "to sell more without bothering everyone",
        "Norwegian Bookkeeping Act, section 13", "Two unpaid orders switch paying later off.", "Norwegian Data Protection Authority",
        "You can also go to court.", "GDPR Art. 17", "m•••@person.example", "Wednesday 23 December 2026",
    ):  # fmt: skip
        assert said in words
    assert "maren@person.example" not in words


def test_none_is_said_and_never_left_out(tmp_path: Path) -> None:
    shop = config().company("shop")
    near = {key: one.model_copy(update={"country": "NO"}) for key, one in shop.recipients.items()}
    plain = shop.model_copy(update={"decisions": "none", "recipients": near})
    kept, _ = make(tmp_path, content(company=plain, systems=(SystemPart("shop", Searched.NOTHING_FOUND, MADE),), left_out=()))
    words = read_page(kept.text("index.html")).words
    assert "None. No program alone decides anything about you that matters." in words
    assert "We send your data to no country outside the European Economic Area." in words
    assert "We found nothing about you in the systems named here." in words
    assert "Searched on 23 November 2026, 15:02: nothing found." in words
    assert "Not everything is in this copy." not in words


def test_values_the_person_never_gave_are_marked_with_their_origin(tmp_path: Path) -> None:
    kept, _ = make(tmp_path, content())
    pages = {name: read_page(kept.text(name)).words for name in kept.zip().namelist() if name.startswith("category")}
    others = next(words for words in pages.values() if "What others told us" in words)
    assert "Not given by you" in others
    assert "600,000 to 800,000 kroner" in others
    assert "From bought from Exempla Data AS, an address broker, 3 May 2024" in others
    assert all("Not given by you" not in words for words in pages.values() if words is not others)
    assert next(words for words in pages.values() if "What we worked out" in words).count("Light") == 1


def test_a_readable_page_says_what_codes_mean_and_leaves_out_numbers_that_only_tie_rows(tmp_path: Path) -> None:
    for language, said in (("en", "Brought to you"), ("de", "Zugestellt"), ("ar", "تم التوصيل")):
        kept, _ = make(tmp_path, content(language))
        pages = [read_page(kept.text(name)).words for name in kept.zip().namelist() if name.startswith("category")]
        (bought,) = [words for words in pages if "F-10001" in words]
        assert said in bought
        assert "delivered" not in bought
    kept, _ = make(tmp_path, content())
    (page,) = [text for name in kept.zip().namelist() if name.startswith("category") and "F-10001" in (text := kept.text(name))]
    assert "Number in the system" not in page
    assert "stand in the JSON and CSV files" in page
    assert "Number in the system" in next(
        kept.text(name) for name in kept.zip().namelist() if name.endswith(".csv") and "F-10001" in kept.text(name)
    )


def test_json_is_exact_and_says_where_each_value_came_from(tmp_path: Path) -> None:
    kept, _ = make(tmp_path, content())
    bought = next(
        data
        for name in kept.zip().namelist()
        if re.fullmatch(r"data/\d\d\.json", name) and (data := kept.json(name))["group"] == "bought"
    )
    tables = bought["tables"]
    assert isinstance(tables, list)
    (table,) = tables
    assert table["collection"] == "shop.orders"
    assert table["rows"][1] == {
        "id": "shop.orders:1",
        "obtained": "2024-06-02",
        "values": {"id": 1, "number": "F-10001", "ordered_at": "2024-06-02T10:15:00", "total": -7.5, "status": "delivered"},
    }
    total = table["columns"]["total"]
    assert total["source"] == {"key": "shop", "title": "your orders", "kind": "observed"}
    assert total["purpose"] == {"key": "books", "title": "because bookkeeping law asks for it", "basis": "legal_duty"}
    assert total["recipients"] == [{"name": "Posten Norge AS", "country": "NO", "role": "controller"}]
    assert total["retention"] == {"key": "five_years", "title": "five years after the end of the year"}
    assert set(json.loads(kept.text("data/schema.json"))["properties"]) == set(bought)


def test_every_data_file_has_the_shape_that_its_schema_says(tmp_path: Path) -> None:
    kept, _ = make(tmp_path, content())
    schema = json.loads(kept.text("data/schema.json"))
    for name in kept.zip().namelist():
        if re.fullmatch(r"data/\d\d\.json", name):
            assert fits(kept.json(name), schema), name


def fits(value: object, schema: dict[str, object]) -> bool:
    """As much of JSON Schema as the schema of the package uses."""
    kinds: dict[str, type | tuple[type, ...]] = {"object": dict, "array": list, "string": str, "null": type(None)}
    if "oneOf" in schema:
        return sum(fits(value, one) for one in schema["oneOf"]) == 1  # type: ignore[attr-defined]  # read from JSON
    if "const" in schema:
        return value == schema["const"]
    wanted = schema.get("type", [])
    if wanted and not any(isinstance(value, kinds[kind]) for kind in ([wanted] if isinstance(wanted, str) else wanted)):  # type: ignore[attr-defined]  # as above
        return False
    if isinstance(value, list):
        return all(fits(item, schema.get("items", {})) for item in value)  # type: ignore[arg-type]  # as above
    if isinstance(value, dict):
        known: dict[str, dict[str, object]] = schema.get("properties", {})  # type: ignore[assignment]  # as above
        rest = schema.get("additionalProperties", {})
        return set(schema.get("required", [])) <= set(value) and all(  # type: ignore[call-overload]  # as above
            name in known or rest is not False for name in value
        ) and all(fits(item, known.get(name, rest if isinstance(rest, dict) else {})) for name, item in value.items())  # fmt: skip
    return True


def test_csv_has_titles_and_opens_as_utf_8(tmp_path: Path) -> None:
    kept, _ = make(tmp_path, content())
    raw = kept.zip().read("data/03-1.csv")
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["Number in the system", "Order number", "Ordered", "Total", "Status", "Date we got it"]
    assert rows[2] == ["1", "F-10001", "2024-06-02T10:15:00", "'-7.5", "delivered", "2024-06-02"]
    assert len(rows) == 15


def test_what_waits_for_a_person_is_not_in_any_file_and_is_said_to_follow(tmp_path: Path) -> None:
    kept, manifest = make(tmp_path, content())
    assert manifest.waiting == 4
    assert not any(b"Happy birthday" in kept.zip().read(name) for name in kept.zip().namelist())
    assert "Orders: Gift message. This follows after a person has looked at it" in kept.text("index.html").replace(
        "\u2068", ""
    ).replace("\u2069", "")
    kept, manifest = make(tmp_path, content(reviewed=True, part=2))
    assert manifest.waiting == 0
    assert b"Happy birthday, Kari!" in kept.zip().read("data/03-1.csv")
    assert "part 2" in kept.text("index.html")


def test_what_never_leaves_is_named_and_what_was_not_searched_has_its_reason(tmp_path: Path) -> None:
    kept, _ = make(tmp_path, content())
    assert "hand it to nobody, so that it stays safe: Password." in kept.text("category-01.html")
    assert kept.json("data/01.json")["tables"][0]["withheld"] == ["password_hash"]  # type: ignore[index]  # read from JSON
    words = read_page(kept.text("index.html")).words
    assert "was not searched: It did not answer today. We try again and send you a second part." in words
    assert "A letter from another customer: It says more about them than about you" in words


def test_only_what_was_chosen_is_in_the_package(tmp_path: Path) -> None:
    kept, manifest = make(tmp_path, content(choice=("bought", "others")))
    assert [name for name in kept.zip().namelist() if name.startswith("category")] == ["category-01.html", "category-02.html"]
    whole = b"".join(kept.zip().read(name) for name in kept.zip().namelist())
    assert b"F-10001" in whole
    assert b"Exempla" in whole
    assert b"maren@" not in whole
    assert b"parcel is late" not in whole
    assert "What you bought and What others told us" in read_page(kept.text("index.html")).words
    assert manifest.records == 14


def test_a_long_list_says_how_many_there_are_and_where_the_rest_is(tmp_path: Path) -> None:
    kept, _ = make(tmp_path, content(rows=1203))
    page = kept.text("category-03.html")
    assert page.count("<details>") == 1000 + 1
    assert "The first 1,000 of 1,203 entries stand here." in page
    assert "F-11202" in kept.text("data/03-1.csv")


def test_F2_names_are_made_here_and_never_taken_from_data(tmp_path: Path) -> None:
    def hostile() -> Iterator[Record]:
        for number, name in enumerate(
            ["../../x", "/etc/passwd", "C:\\x", "a\x00b", "\u202egnp.exe", "CON", "x" * 400, "same", "same"]
        ):
            yield record("shop.tickets", name, None, **{name: name, "subject": f"{number}"})

    kept, _ = make(tmp_path, content(records=hostile))
    names = kept.zip().namelist()
    assert len(set(names)) == len(names)
    assert all(
        re.fullmatch(r"(index|category-\d\d)\.html|data/(\d\d(-\d+)?\.(json|csv)|schema\.json)|manifest\.json", name)
        for name in names
    )
    assert all(info.create_system == 3 and info.external_attr >> 16 & 0o777 == 0o600 for info in kept.zip().infolist())


def test_every_page_is_whole_and_lets_nothing_run(tmp_path: Path) -> None:
    for language, way in (("en", "ltr"), ("de", "ltr"), ("ar", "rtl")):
        kept, _ = make(tmp_path, content(language))
        for name in (name for name in kept.zip().namelist() if name.endswith(".html")):
            text = kept.text(name)
            page = read_page(text)
            assert f'<html lang="{language}" dir="{way}">' in text
            assert len(page.all("h1")) == 1
            assert not page.all("script")
            assert not page.all("iframe")
            assert not page.all("form")
            assert all(not key.startswith("on") and key != "style" for element in page.all() for key in element.attributes)
            assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text
            ids = [element.attributes["id"] for element in page.all() if "id" in element.attributes]
            assert len(ids) == len(set(ids))
            for link in page.all("a"):
                target = link.attributes["href"]
                assert target.startswith(("#", "https://")) or target in kept.zip().namelist(), target


def test_hostile_values_stand_as_text(tmp_path: Path) -> None:
    kept, _ = make(tmp_path, content())
    page = read_page(kept.text("category-04.html"))
    shown = page.words
    for value in HOSTILE[:4] + HOSTILE[7:8]:
        assert value in shown
    assert "49" not in shown.replace("2049", "")
    assert not [element for element in page.all() if element.tag in ("img", "svg", "iframe", "link")][1:]


def test_a_system_that_fails_midway_leaves_nothing_behind(tmp_path: Path) -> None:
    def broken() -> Iterator[Record]:
        yield customer()
        raise TryLater("The shop went away.")

    with pytest.raises(TryLater), SealedWriter(tmp_path / "package", "download:1") as sink:
        write_bundle(content(records=broken), sink, folder=tmp_path / "spools", with_pdf=False)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_package_is_sealed_on_its_way_and_reads_back(tmp_path: Path) -> None:
    with SealedWriter(tmp_path / "package", "download:1") as sink:
        manifest = write_bundle(content(), sink, folder=tmp_path, with_pdf=False)
        sink.finish()
    raw = b"".join(read_sealed(tmp_path / "package", "download:1"))
    assert hashlib.sha256(raw).hexdigest() == manifest.sha256
    assert b"index.html" not in (tmp_path / "package").read_bytes()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["package"]


CHILD = """
import os, signal, sys
from pathlib import Path
from portal.core import crypto
from portal.core.vault import SealedWriter
from tests.rooms.bundle.samples import content, customer, orders
from portal.cases.bundle.writing import write_bundle
crypto.use_keys(crypto.parse_key_ring(sys.stdin.read()))
folder, point = Path(sys.argv[1]), sys.argv[2]

def records():
    for _ in range(3000):
        yield customer()
    yield from orders(20_000)
    if point == "reading":
        os.kill(os.getpid(), signal.SIGKILL)

class Killer(SealedWriter):
    def write(self, plain):
        taken = super().write(plain)
        if point == "writing" and self.size > 300_000:
            os.kill(os.getpid(), signal.SIGKILL)
        return taken

with Killer(folder / "package", "download:1") as sink:
    write_bundle(content(records=records), sink, folder=folder, with_pdf=False)
"""


@pytest.mark.slow
@pytest.mark.parametrize("point", ["reading", "writing"])
def test_F7_a_build_killed_at_any_point_leaves_no_clear_copy_and_no_package(tmp_path: Path, point: str) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (tmp_path / "files").mkdir()
    child = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(tmp_path / "files"), point],
        input=crypto.keys().dump(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(scratch), "PYTHONPATH": str(ROOT)},
    )
    assert child.returncode == -signal.SIGKILL, child.stderr
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left
    assert sum(path.stat().st_size for path in left) > 200_000
    for path in left:
        raw = path.read_bytes()
        assert not any(clear in raw for clear in (b"Maren", b"maren@", b"F-1000", b"delivered", b"index.html"))
    assert not (tmp_path / "files" / "package").exists()
    with clock.moved(timedelta(hours=2)):
        sweep_leftovers(tmp_path / "files", timedelta(hours=1))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.long
def test_memory_stays_flat_however_much_is_held(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        def records() -> Iterator[Record]:
            yield customer()
            yield from orders(rows)

        tracemalloc.start()
        with SealedWriter(tmp_path / f"{rows}", "download:1") as sink:
            write_bundle(content(records=records), sink, folder=tmp_path, with_pdf=False)
            sink.finish()
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(100)
    assert peak(30_000) < 1.5 * peak(3_000)


def test_a_value_that_no_encoding_can_write_does_not_stop_the_package(tmp_path: Path) -> None:
    def odd() -> Iterator[Record]:
        for number in range(3):
            yield Record(
                "shop.tickets",
                str(number),
                (Value("subject", "user.content", "\ud800 half"), Value("body", "user.content", float("nan"))),
            )

    kept, _ = make(tmp_path, content(records=odd))
    rows = kept.json("data/01.json")["tables"][0]["rows"]  # type: ignore[index]  # read from JSON
    assert rows[0]["values"] == {"subject": "\ud800 half", "body": "NaN"}


def test_the_same_content_makes_the_same_bytes(tmp_path: Path) -> None:
    one, other = (make(tmp_path, content())[0].buffer.getvalue() for _ in range(2))
    assert one == other
    assert len(list(tickets())) == len(HOSTILE)
    assert len(list(orders(2))) == 2
