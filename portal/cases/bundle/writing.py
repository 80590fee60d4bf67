"""Write one package: a ZIP that streams into a sealed file, its first page first and its manifest last.

Must never write a plain byte to a disk, take a file name from data, or hold more than a page in memory.
"""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from portal.adapters.contract import Value
from portal.cases.about import release_of
from portal.cases.bundle import data_files, pages
from portal.cases.bundle.content import BundleContent
from portal.cases.bundle.groups import Group, arrange
from portal.cases.bundle.rows import spool_rows
from portal.cases.bundle.statement import build_statement
from portal.cases.bundle.summary import set_pdf, summary_page
from portal.config.systems import Release
from portal.core.i18n import in_zone, speaking
from portal.core.vault import private_folder

if TYPE_CHECKING:
    from stream_zip import Method

FORMAT = "privacy-portal-package/1"
LEVEL = 5
MODE = 0o600
PAGE_BOUND = 1 << 30
"""Pages are capped in rows; only data files can grow beyond what an old ZIP reader takes."""


class Sink(Protocol):
    """Where the package goes: a `core.vault.SealedWriter`, or anything that takes bytes."""

    def write(self, plain: bytes, /) -> int: ...


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One file of a package: its plain size in bytes and its SHA-256 in hex."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was written: the files in order, and size and SHA-256 of the whole ZIP. `records` counts rows, `waiting` those values that follow."""

    files: tuple[PackedFile, ...]
    size: int
    sha256: str
    with_pdf: bool
    records: int
    waiting: int


@dataclass(slots=True)
class _Counted:
    """A file on its way into the ZIP, measured as it passes."""

    path: str
    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def passing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.size += len(chunk)
            self.digest.update(chunk)
            yield chunk

    def done(self) -> PackedFile:
        return PackedFile(self.path, self.size, self.digest.hexdigest())


def write_bundle(content: BundleContent, sink: Sink, *, folder: Path, with_pdf: bool = True) -> Manifest:
    """Read every system's records once, and write the package into `sink`; the caller finishes or discards it.

    Spools lie sealed in a folder of their own below `folder` and are gone at the end. Raises what `records` raises, and `NoSpaceLeft`.
    """
    company = content.company

    def waits(system: str, collection: str, value: Value) -> bool:
        return release_of(company, system, collection, value.name, value.category) is Release.REVIEW

    # It brings four megabytes, and most processes never write a package.
    from stream_zip import stream_zip

    with speaking(content.language, content.zone), private_folder(folder) as spools:
        tables = spool_rows(((part.key, part.records()) for part in content.systems), spools, waits, content.verdict)
        groups = arrange(company, tables, content.choice)
        named = [part.table for group in groups for part in group.parts if part.home]
        statement = build_statement(company, content.laws, content.answers)
        pdf = set_pdf(summary_page(content, statement, groups, named), content.logo) if with_pdf else None
        members: list[tuple[str, Iterable[bytes], int]] = [
            ("index.html", pages.index_page(content, statement, groups, named, with_pdf=pdf is not None), PAGE_BOUND),
            *([("summary.pdf", [pdf], PAGE_BOUND)] if pdf else []),
            *((group.page, pages.group_page(content, group), PAGE_BOUND) for group in groups),
            *(member for group in groups for member in _data(content, group)),
            ("data/schema.json", [data_files.schema_file()], PAGE_BOUND),
        ]
        size, digest, counted = 0, hashlib.sha256(), list[_Counted]()
        for chunk in stream_zip(_zipped(content, members, counted, with_pdf=pdf is not None), get_compressobj=_compressor):
            sink.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        files = tuple(one.done() for one in counted)
        records = sum(part.count for group in groups for part in group.parts if part.home)
        waiting = sum(sum(table.waiting.values()) for table in named)
        return Manifest(files, size, digest.hexdigest(), pdf is not None, records, waiting)


def _data(content: BundleContent, group: Group) -> Iterator[tuple[str, Iterable[bytes], int]]:
    """The files for machines of one group, with more bytes than each can have."""
    spooled = [part.table.file.stat().st_size for part in group.parts]
    yield group.json_file, data_files.json_file(content.company, group), 2 * sum(spooled) + PAGE_BOUND
    for index, (part, size) in enumerate(zip(group.parts, spooled, strict=True)):
        if part.columns:
            yield group.csv_file(index), data_files.csv_file(content.company, part), data_files.csv_bound(part, size)


Member = tuple[str, datetime, int, "Method", Iterable[bytes]]


def _zipped(
    content: BundleContent, members: Iterable[tuple[str, Iterable[bytes], int]], counted: list[_Counted], *, with_pdf: bool
) -> Iterator[Member]:
    """The members in the ZIP's own shape. Names are made here, never taken from data; every file has the package's moment."""
    from stream_zip import ZIP_AUTO

    made = in_zone(content.made_at)
    for path, chunks, bound in members:
        counted.append(_Counted(path))
        yield path, made, MODE, ZIP_AUTO(bound, level=LEVEL), counted[-1].passing(chunks)
    manifest = json.dumps(
        {
            "format": FORMAT,
            "company": content.company.name,
            "case": content.case_number,
            "part": content.part,
            "made_at": content.made_at.isoformat(),
            "language": content.language,
            "summary_pdf": "included" if with_pdf else "not made",
            "files": [{"path": one.path, "bytes": one.size, "sha256": one.digest.hexdigest()} for one in counted],
        },
        ensure_ascii=False,
        indent=1,
    )
    yield "manifest.json", made, MODE, ZIP_AUTO(PAGE_BOUND, level=LEVEL), [manifest.encode() + b"\n"]


def _compressor() -> "zlib._Compress":
    return zlib.compressobj(level=LEVEL, wbits=-zlib.MAX_WBITS)
