"""Read and check a `portal.yaml`. Must never let a half-understood file run: a mistake stops the start."""

import difflib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from portal.config import checks
from portal.config.model import Company, Portal
from portal.config.parts import Part, Secret
from portal.core.documents import Document, DocumentError, read_yaml

P = TypeVar("P", bound=BaseModel)
ALL_KEYS = "docs/reference/portal-yaml.md"
MISTAKES = 20
"""As many are named at once: who took a file for another kind of file need not read hundreds."""


@dataclass(frozen=True, slots=True)
class Config:
    """A checked `portal.yaml`, and where it stands (paths in it are relative to its folder)."""

    portal: Portal
    document: Document
    folder: Path

    def company(self, key: str) -> Company:
        """The company of that key."""
        return self.portal.companies[key]

    def error(self, *path: str | int, problem: str, remedy: str) -> DocumentError:
        """A mistake at `path` of the file, ready to raise."""
        return self.document.error(path, problem, remedy)

    def secret(self, secret: Secret, *path: str | int) -> str:
        """The value of a secret, from the environment or the file that `<env>_FILE` names. Raises `DocumentError`."""
        value = read_secret(secret.env, os.environ)
        if value is not None:
            return value
        if os.environ.get(f"{secret.env}_FILE"):
            raise self.error(
                *path,
                problem=f"{secret.env}_FILE names a file that cannot be read.",
                remedy="Check the path and who may read it.",
            )
        raise self.error(
            *path, problem=f"Neither {secret.env} nor {secret.env}_FILE is set.", remedy="Set one of them in the environment."
        )


def read_secret(name: str, environment: Mapping[str, str]) -> str | None:
    """The secret `name`, or the content of the file that `name`_FILE points to (without its line end); None where there is none
    or it cannot be read.
    """
    if environment.get(name):
        return environment[name]
    file = environment.get(f"{name}_FILE")
    with suppress(OSError, UnicodeDecodeError):
        return Path(file).read_text(encoding="utf-8").rstrip("\r\n") if file else None
    return None


def load_config(path: Path, *, urls: Mapping[str, str] | None = None, hosts: Mapping[str, list[str]] | None = None) -> Config:
    """Read `path`. Raises `DocumentError` where it has mistakes.

    `urls` and `hosts` replace or add what the file says per company key: the demo serves on a port that is only known at start.
    """
    document = read_yaml(path)
    if not isinstance(document.data, dict):
        raise document.error(
            (), "The file must hold `version` and `companies`.", "Begin with the example in docs/configuration.md."
        )
    portal = parse_part(Portal, document.data, document, ())
    companies = {
        key: company.model_copy(
            update={"url": (urls or {}).get(key, company.url), "hosts": [*company.hosts, *(hosts or {}).get(key, [])]}
        )
        for key, company in portal.companies.items()
    }
    config = Config(portal.model_copy(update={"companies": companies}), document, path.parent.resolve())
    checks.check_all(config.portal, document, config.folder)
    return config


def parse_part(kind: type[P], data: Any, document: Document, path: tuple[str | int, ...]) -> P:
    """`data`, which stands at `path` of the document, as `kind`. Raises `DocumentError` that names what does not fit, all of it up to
    `MISTAKES`.
    """
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
    unknown = {problem["loc"][:-1] for problem in found if problem["type"] == "extra_forbidden"}
    # A misspelt key is both unknown and missing: the unknown one is where the person has to look.
    told = [problem for problem in found if problem["type"] != "missing" or problem["loc"][:-1] not in unknown]
    said = {(*path, *(part for part in problem["loc"] if part != "[key]")): _said(kind, problem) for problem in told}
    in_order = sorted(said.items(), key=lambda one: document.line_of(*one[0]))[:MISTAKES]
    others = [document.error(place, *words) for place, words in in_order[1:]]
    raise document.error(in_order[0][0], *in_order[0][1], others=others)


def _said(kind: type[BaseModel], problem: ErrorDetails) -> tuple[str, str]:
    """What is wrong, and what to do."""
    if problem["type"] == "extra_forbidden":
        return "This key is not known.", _did_you_mean(kind, problem["loc"])
    if problem["type"] == "missing":
        return "This is missing.", f"Add it; {ALL_KEYS} says what it means."
    if problem["type"] == "string_type" and isinstance(problem["input"], bool):
        # Norway's code is the one that everybody meets.
        return "A bare NO, ON or YES means false or true in YAML.", 'Put it in quotes, like "NO".'
    if problem["type"] == "string_type" and isinstance(problem["input"], int | float | date):
        return "This reads as a number or a day, and a text belongs here.", "Put it in quotes."
    return f"{problem['msg']}.", f"Mend the value; {ALL_KEYS} says what may stand here."


def _did_you_mean(kind: type[BaseModel], loc: tuple[str | int, ...]) -> str:
    """Which known key an unknown one resembles: all keys of all parts are near enough to help."""
    known = {name for part in (kind, *_parts(Part)) for name in part.model_fields}
    near = difflib.get_close_matches(str(loc[-1]), sorted(known), n=1)
    return f"Did you mean `{near[0]}`?" if near else f"Remove it; {ALL_KEYS} lists all of them."


def _parts(base: type[Part]) -> list[type[Part]]:
    return [part for sub in base.__subclasses__() for part in (sub, *_parts(sub))]
