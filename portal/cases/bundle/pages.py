"""The pages of the package, from its own templates. Readable from a disk, without a script and without the network.

Must never set a value as markup: everything is escaped, and the page's own policy lets nothing load or run.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from portal.cases import meaning
from portal.cases.bundle import words
from portal.cases.bundle.content import BundleContent
from portal.cases.bundle.groups import Group, entries_in
from portal.cases.bundle.rows import Table
from portal.cases.bundle.statement import Statement
from portal.config.model import Theme
from portal.core.i18n import _, direction, format_date, format_list, format_moment, isolated, language, ngettext

FOLDER = Path(__file__).parent / "templates"
SERIF = 'Georgia, "Noto Serif", "Noto Naskh Arabic", serif'
PIECES_AT_ONCE = 200


@cache
def environment() -> Environment:
    """Everything is escaped; an unknown name in a template is an error and not a gap."""
    found = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.globals.update(
        {"_": _, "ngettext": ngettext, "format_date": format_date, "format_moment": format_moment, "format_list": format_list,
         "iso": isolated, "sentence": words.sentence}
    )  # fmt: skip
    found.filters["apart"] = _apart
    return found


def index_page(
    content: BundleContent, statement: Statement, groups: list[Group], tables: Iterable[Table], *, with_pdf: bool
) -> Iterator[bytes]:
    """The first page: what Art. 15(1) asks, then the way to everything else."""
    total = entries_in(groups)
    yield from _render(
        "index.html",
        content,
        statement=statement,
        lead=_(
            "This is the copy that you asked %(company)s for: %(entries)s.",
            company=isolated(content.company.name),
            entries=words.entries(total),
        ),
        chosen=words.chosen(content),
        missing=words.missing(content),
        follows=words.follows(content.company, tables),
        groups=[_listed(group) for group in groups],
        searched=[{"title": one.title, "words": one.text} for one in words.searched(content)],
        with_pdf=with_pdf,
    )


def group_page(content: BundleContent, group: Group) -> Iterator[bytes]:
    """The page of one group; its rows stream."""
    yield from _render(
        "category.html",
        content,
        title=meaning.title_of(group.key),
        words=words.group_words(group) + ".",
        intro=meaning.lead_of(group.key),
        tables=(words.table_page(content.company, group, index) for index in range(len(group.parts))),
    )


def style_of(theme: Theme) -> str:
    """The style sheet with the company's colours, as it stands in every page."""
    light, dark = theme.light, theme.dark
    serif = f" --font-head: {SERIF};" if theme.serif else ""
    brand = (
        f":root {{ --accent: {light.accent}; --face: {light.face}; --radius: {theme.radius};{serif} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ --accent: {dark.accent}; --face: {dark.face}; }} }}\n"
    )
    return (FOLDER / "screen.css").read_text(encoding="utf-8") + brand


@pass_context
def _apart(context: Context, text: str) -> str:
    """A text of its own direction: pages set it in `<bdi>`, which the setter of the PDF does not know, so it gets the marks themselves."""
    return "\n".join(isolated(line) for line in text.split("\n")) if context.get("on_paper") else text


def _listed(group: Group) -> dict[str, Any]:
    files = [{"path": group.json_file, "title": _("exact data for programs")}]
    files += [
        {"path": group.csv_file(index), "title": _("spreadsheet")} for index, part in enumerate(group.parts) if part.columns
    ]
    return {"page": group.page, "title": meaning.title_of(group.key), "words": words.group_words(group), "files": files}


def _render(template: str, content: BundleContent, **values: object) -> Iterator[bytes]:
    style = style_of(content.company.theme)
    logo = content.logo
    stream = (
        environment()
        .get_template(template)
        .generate(
            content=content,
            company=content.company,
            language=language(),
            direction=direction(),
            style=style,
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
            logo_url=f"data:{logo.media_type};base64,{base64.b64encode(logo.data).decode()}" if logo else "",
            **values,
        )
    )
    pieces: list[str] = []
    for piece in stream:
        pieces.append(piece)
        if len(pieces) >= PIECES_AT_ONCE:
            yield "".join(pieces).encode(errors="replace")
            pieces.clear()
    yield "".join(pieces).encode(errors="replace")
