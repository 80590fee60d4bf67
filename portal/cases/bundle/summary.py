"""The summary as a tagged PDF (PDF/UA-1): set in a child process that can neither fetch nor write, within limits of time and memory.

Must never stop a package: where it cannot be made, the package is made without it and says so.
"""

import base64
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from portal.cases import meaning
from portal.cases.bundle import words
from portal.cases.bundle.content import BundleContent, Logo
from portal.cases.bundle.data_files import said_of
from portal.cases.bundle.groups import Group, Part, entries_in
from portal.cases.bundle.pages import FOLDER, environment
from portal.cases.bundle.rows import Table
from portal.cases.bundle.statement import Statement
from portal.core.i18n import _, direction, format_list, format_number, language

CHILD = Path(__file__).with_name("pdf_child.py")
SECONDS = 120
ROWS_A_TABLE = 500
ROWS_A_DOCUMENT = 3000
COLUMNS = 6
ROWS_ONE_BY_ONE = 10
LONGEST_CELL = 600

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Grid:
    """One table on paper; `narrow`: two columns, name and value."""

    caption: str
    titles: list[str]
    rows: list[list[str]]
    narrow: bool = False


class _Budget:
    """How many rows the whole document may still have: setting a row takes about 5 ms and 100 kB."""

    def __init__(self, rows: int) -> None:
        self.left = rows

    def take(self, wanted: int) -> int:
        got = min(wanted, self.left)
        self.left -= got
        return got


def summary_page(content: BundleContent, statement: Statement, groups: Sequence[Group], tables: Sequence[Table]) -> str:
    """The summary as one HTML page for paper. At most 500 rows a table; the rest is named with its file."""
    budget = _Budget(ROWS_A_DOCUMENT)
    total = entries_in(groups)
    lead = _(
        "This is the copy that you asked %(company)s for: %(entries)s.",
        company=content.company.name,
        entries=words.entries(total),
    )
    return environment().get_template("summary.html").render(
        content=content,
        company=content.company,
        language=language(),
        direction=direction(),
        style=f"html {{ --accent: {content.company.theme.light.accent}; }}\n" + (FOLDER / "paper.css").read_text(encoding="utf-8"),
        on_paper=True,
        created=content.made_at.isoformat(),
        has_logo=content.logo is not None,
        statement=statement,
        lead=lead,
        chosen=words.chosen(content),
        missing=words.missing(content),
        follows=words.follows(content.company, tables),
        searched=words.searched(content),
        groups=[
            {
                "title": meaning.title_of(group.key),
                "intro": meaning.lead_of(group.key),
                "tables": [_table(content, group, index, budget) for index in range(len(group.parts))],
            }
            for group in groups
        ],
    )  # fmt: skip


def set_pdf(html: str, logo: Logo | None = None, *, seconds: float = SECONDS, child: Path = CHILD) -> bytes | None:
    """The page as PDF/UA-1, or None where it cannot be set here, in that time, in that memory."""
    job = {
        "html": html,
        "logo": base64.b64encode(logo.data).decode() if logo else "",
        "logo_type": logo.media_type if logo else "",
    }
    # Isolated, and with nothing of the environment but what finds programs and words: no secret is within its reach.
    environment = {
        name: value
        for name, value in os.environ.items()
        if name in ("PATH", "LANG", "LC_ALL", "FONTCONFIG_FILE", "FONTCONFIG_PATH")
    }
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(child)],
            input=json.dumps(job).encode() + b"\n",
            stdout=subprocess.PIPE,
            # What a page warns of can hold what it says.
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        log.warning("summary.pdf_took_too_long")
        return None
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF-"):
        log.warning("summary.pdf_not_made", extra={"code": done.returncode})
        return None
    return done.stdout


def _table(content: BundleContent, group: Group, index: int, budget: _Budget) -> dict[str, Any]:
    part = group.parts[index]
    company = content.company
    page = words.table_page(company, group, index)
    titles = {column.id: said_of(company, part.table, column).title for column in part.columns}
    reads = words.readers(company, part)
    one_by_one = part.count == 1 or (len(titles) > COLUMNS and part.count <= ROWS_ONE_BY_ONE)
    if one_by_one:
        grids, rest = list(_one_by_one(part, titles, reads, budget)), ""
        if len(grids) < part.count:
            rest = _rest(len(grids), part.count, page.csv)
    else:
        grid, rest = _grid(part, titles, reads, budget, page.csv)
        grids = [grid] if grid else []
    return {
        "title": page.title, "system": page.system, "words": page.words, "count": page.count, "source": page.source, "why": page.why,
        "who": page.who, "until": page.until, "outside": page.outside, "notes": page.notes, "grids": grids, "rest": rest,
    }  # fmt: skip


def _one_by_one(part: Part, titles: dict[str, str], reads: dict[str, words.Reader], budget: _Budget) -> Iterator[Grid]:
    for number, row in enumerate(part.rows(), start=1):
        pairs = words.row_pairs(row, titles, reads)
        if budget.take(len(pairs)) < len(pairs):
            return
        caption = _("Entry %(number)s", number=format_number(number)) if part.count > 1 else ""
        if pairs:
            yield Grid(caption, [_("Field"), _("Value")], [[pair.title, _short(pair.text)] for pair in pairs], narrow=True)


def _grid(
    part: Part, titles: dict[str, str], reads: dict[str, words.Reader], budget: _Budget, file: str
) -> tuple[Grid | None, str]:
    """All rows in one table; of many columns the first that say something."""
    most = budget.take(min(part.count, ROWS_A_TABLE))
    rows = list(islice(part.rows(), most))
    read = [column for column in part.columns if column.id in reads]
    telling = [column for column in read if not meaning.is_within(column.like.category, "system")] or read
    filled = [column.id for column in telling if any(reads[column.id](row["values"].get(column.id)) for row in rows)]
    names = filled[:COLUMNS]
    rest = _rest(most, part.count, file) if most < part.count else ""
    if len(filled) > COLUMNS:
        others = format_list([titles[name] for name in filled[COLUMNS:]])
        rest = f"{rest} " + _("Not in this table, but in %(file)s: %(titles)s.", file=file, titles=others)
    if not rows or not names:
        return None, rest.strip()
    cells = [[_short(reads[name](row["values"].get(name))) for name in names] for row in rows]
    return Grid("", [titles[name] for name in names], cells), rest.strip()


def _rest(shown: int, total: int, file: str) -> str:
    return _(
        "%(shown)s of %(total)s entries stand here, the rest is in %(file)s.",
        shown=format_number(shown),
        total=format_number(total),
        file=file,
    )


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL].rstrip() + " …"
