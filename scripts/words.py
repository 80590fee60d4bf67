"""Bring `translations/*.po` in line with the texts in code and templates. With `--check`, only say what is missing.

What is translated stays; a text that is gone is dropped; nothing is ever guessed (no fuzzy entries).
"""

import argparse
import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "translations"
# A language is there because its catalogue is.
LANGUAGES = tuple(sorted(file.stem for file in FOLDER.glob("*.po")))
METHODS = [
    ("portal/**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.txt", "jinja2"),
    ("portal/**/templates/**", "jinja2"),
]
OPTIONS = {
    pattern: {"newstyle_gettext": "true", "trimmed": "false", "silent": "false"}
    for pattern, method in METHODS
    if method == "jinja2"
}
KEYWORDS = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2)}


def collect() -> Catalog:
    """All texts of the product."""
    catalog = Catalog(project="privacy portal")
    found = extract_from_dir(
        ROOT,
        method_map=METHODS,
        options_map=OPTIONS,
        keywords=KEYWORDS,
        comment_tags=("translators:",),
        directory_filter=lambda folder: not Path(folder).name.startswith((".", "var", "node_modules")),
    )
    for file, _line, message, comments, context in found:
        # Files without line numbers: a moved line is no change of words.
        catalog.add(message, locations=[(file, None)], auto_comments=comments, context=context)  # type: ignore[list-item]  # Babel writes None as no line
    return catalog


def load(language: str) -> Catalog:
    """The catalogue of a language."""
    with (FOLDER / f"{language}.po").open("rb") as stream:
        return read_po(stream, locale=language)


def bring_in_line(language: str, wanted: Catalog) -> tuple[bytes, list[str]]:
    """The new content of the catalogue, and the texts it lacks."""
    old, new = load(language), Catalog(locale=language, project="privacy portal")
    missing = []
    for message in sorted((m for m in wanted if m.id), key=lambda m: str(m.id)):
        key = message.id[0] if isinstance(message.id, tuple | list) else message.id
        known = old.get(key)
        string = known.string if known is not None and not known.fuzzy else ""
        forms = new.num_plurals
        if isinstance(message.id, tuple | list):
            string = tuple(string) if isinstance(string, tuple | list) and len(string) == forms else ("",) * forms
        complete = all(string) if isinstance(string, tuple) else bool(string)
        if not complete:
            missing.append(str(key))
        locations = sorted({(file, None) for file, _ in message.locations})
        new.add(message.id, string, locations=locations, auto_comments=message.auto_comments, flags=message.flags - {"fuzzy"})  # type: ignore[arg-type]  # as above
    stream = io.BytesIO()
    write_po(stream, new, width=120, sort_output=True, omit_header=True)
    return stream.getvalue(), missing


def main() -> int:
    """Write the catalogues, or check them; 1 where a text is missing or a catalogue is not current."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true")
    check = arguments.parse_args().check
    wanted, bad = collect(), 0
    for language in LANGUAGES:
        content, missing = bring_in_line(language, wanted)
        file = FOLDER / f"{language}.po"
        stale = file.read_bytes() != content
        if stale and not check:
            file.write_bytes(content)
        bad += len(missing) + (stale and check)
        for text in missing:
            print(f"{language}: not translated: {text}")
        if stale and check:
            print(f"{language}: translations/{language}.po is not current: run scripts/words.py")
    print(f"{len(wanted)} texts")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
