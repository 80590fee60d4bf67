"""Read the files of the laws. Must never let a law with a mistake in it set a date: the first mistake is an error with its line."""

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ValidationError

from portal.cases.laws.model import Law, Part, Review, in_force
from portal.core.documents import DocumentError, read_yaml

FOLDER = Path(__file__).parent / "data"
REMEDY = "docs/laws.md says what may stand here."


def shipped() -> list[str]:
    """The ids of all laws that come with the portal."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml") if ".v" not in path.stem)


def load_law(
    law_id: str, *, version: int | None = None, folder: Path = FOLDER, reviews: Mapping[str, Review] | None = None
) -> Law:
    """The law as it may be used: without figures that nobody has read, unless `reviews` names who has.

    With a `version`, as it stood when that was the newest: a case keeps the law it was opened under.

    Raises `DocumentError` for a mistake in its file or an unknown id, `LawNeedsReview` where it cannot be used unreviewed.
    """
    # Laws come with the code and change with it: every case would wait for the same file to be read.
    read = _read_shipped if folder == FOLDER else read_law
    law = read(folder / f"{law_id}.yaml")
    if version is not None and version != law.version:
        law = read(folder / f"{law_id}.v{version}.yaml")
    return in_force(law, reviews or {})


def load_laws(ids: Iterable[str], *, folder: Path = FOLDER, reviews: Mapping[str, Review] | None = None) -> list[Law]:
    """Several laws, in the order given."""
    return [load_law(law_id, folder=folder, reviews=reviews) for law_id in ids]


def read_law(path: Path) -> Law:
    """The file as it stands. Raises `DocumentError` at its first mistake."""
    document = read_yaml(path)
    try:
        law = Law.model_validate(document.data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = tuple(part for part in first["loc"] if part != "[key]")
        if first["type"] == "extra_forbidden":
            raise document.error(place, "This key is not known.", _did_you_mean(str(place[-1]))) from None
        if first["type"] == "missing":
            raise document.error(place, "This is missing.", f"Add it; {REMEDY}") from None
        raise document.error(place, f"{first['msg'].removeprefix('Value error, ')}.", f"Mend it; {REMEDY}") from None
    if path.stem not in (law.id, f"{law.id}.v{law.version}"):
        raise document.error(("id",), f"The file is named {path.stem}.", "File name and id of a law are the same.")
    return law


_read_shipped = cache(read_law)


def unknown_law(law_id: str, file: str, line: int) -> DocumentError:
    """A company names a law that is not there: the error to raise, with the nearest id."""
    near = difflib.get_close_matches(law_id, shipped(), n=1)
    remedy = f"Did you mean `{near[0]}`?" if near else f"Known are: {', '.join(shipped())}."
    return DocumentError(file, line, "laws", f"`{law_id}` is not a law that the portal knows.", remedy)


def _did_you_mean(key: str) -> str:
    known = sorted({name for part in _parts(Part) for name in part.model_fields})
    near = difflib.get_close_matches(key, known, n=1)
    return f"Did you mean `{near[0]}`?" if near else f"Remove it; {REMEDY}"


def _parts(base: type[BaseModel]) -> list[type[BaseModel]]:
    return [part for sub in base.__subclasses__() for part in (sub, *_parts(sub))]
