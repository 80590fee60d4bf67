"""Write `docs/reference/` from the code: settings, portal.yaml, tables, pages, commands. With `--check`, only say whether it is current."""

import argparse
import importlib
import sys
import tempfile
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pydantic import BaseModel  # noqa: E402  # the checkout has to be on the path first

from portal import cli  # noqa: E402  # as above
from portal.config import model, parts, systems  # noqa: E402  # as above
from portal.settings import SECRETS, Settings  # noqa: E402  # as above
from portal.tables import METADATA  # noqa: E402  # as above
from scripts.consent_page import consent_page  # noqa: E402  # as above

FOLDER = ROOT / "docs" / "reference"
HEAD = "<!-- Written by scripts/reference.py; change the code, then run it. -->\n\n"


def settings_page() -> str:
    """Every environment variable."""
    rows = ["# Settings\n", "Environment variables, read once at the start. A wrong one stops the start and says what to do.\n"]
    rows += ["| variable | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "must be set" if field.is_required() else f"`{getattr(field.default, 'value', field.default)}`"
        secret = f" (or `PORTAL_{name.upper()}_FILE`)" if name in SECRETS else ""
        rows.append(f"| `PORTAL_{name.upper()}`{secret} | {default} | {field.description} |")
    return "\n".join(rows) + "\n"


def configuration_page() -> str:
    """Every key of portal.yaml, part by part, in the order of the file."""
    rows = ["# Keys of portal.yaml\n", "[How to put your company in](../configuration.md) explains them by task.\n"]
    for part in _parts():
        rows += [
            f"## {part.__name__}\n",
            f"{(part.__doc__ or '').strip()}\n",
            "| key | type | must stand | notes |",
            "|---|---|---|---|",
        ]
        for name, field in part.model_fields.items():
            default = "yes" if field.is_required() else f"no, else `{field.default!r}`" if field.default is not None else "no"
            if not field.is_required() and field.default_factory is not None:
                default = "no"
            rows.append(f"| `{name}` | {_type(field.annotation)} | {_cell(default)} | {field.description or ''} |")
        rows.append("")
    return "\n".join(rows)


def _parts() -> list[type[BaseModel]]:
    things = [thing for module in (parts, systems, model) for thing in vars(module).values()]
    found = dict.fromkeys(thing for thing in things if isinstance(thing, type) and issubclass(thing, parts.Part))
    return [part for part in reversed(found) if part is not parts.Part]


def _type(annotation: Any) -> str:
    """A type in the words of whoever writes the file."""
    if annotation == dict[str, str]:
        return "text per language"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in (Union, UnionType):
        return " or ".join(_type(part) for part in arguments if part is not type(None))
    if origin is list:
        return f"list of {_type(arguments[0])}"
    if origin in (dict, Mapping):
        return f"by key: {_type(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return " or ".join(f"`{value.value}`" for value in annotation)
    if isinstance(annotation, type) and issubclass(annotation, parts.Part):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    return {str: "text", int: "number", bool: "true or false"}.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _cell(words: str) -> str:
    return words.replace("|", "or").replace("\n", " ")


def tables_page() -> str:
    """Every table and column."""
    from portal.core.db import Base

    docs = {mapper.class_.__tablename__: (mapper.class_.__doc__ or "").strip() for mapper in Base.registry.mappers}
    rows = ["# Tables\n", "The portal's own database. Encrypted columns hold ciphertexts bound to their place.\n"]
    for table in sorted(METADATA.sorted_tables, key=lambda table: table.name):
        rows += [f"## {table.name}\n", f"{_cell(docs[table.name])}\n", "| column | type | may be empty |", "|---|---|---|"]
        rows += [
            f"| `{column.name}` | {type(column.type).__name__.lower()} | {'yes' if column.nullable else 'no'} |"
            for column in table.columns
        ]
        rows.append("")
    return "\n".join(rows)


def pages_page() -> str:
    """Every route with its guard."""
    with tempfile.TemporaryDirectory() as folder:
        from scripts.demo_app import open_demo_app

        app = open_demo_app(Path(folder))
        rows = [
            "# Pages\n",
            "Every route, who may come in, and what it does.\n",
            "| address | methods | who | what |",
            "|---|---|---|---|",
        ]
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (str(rule), sorted(rule.methods or ()))):
            view = app.view_functions[rule.endpoint]
            guard = vars(view)["guard"]
            methods = ", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
            who = {"public": "anyone: ", "person": "signed in", "api_key": "an API key"}.get(guard.kind, guard.kind) + (
                guard.detail if guard.kind == "public" else f" ({guard.detail})" if guard.detail else ""
            )
            what = (view.__doc__ or sys.modules[view.__module__].__doc__ or "").strip().splitlines()[0]
            rows.append(f"| `{rule}` | {methods} | {who} | {_cell(what)} |")
    return "\n".join(rows) + "\n"


def commands_page() -> str:
    """Every command with its arguments."""
    rows = ["# Commands\n", "`./run portal ...`; settings come from the environment ([settings](settings.md)).\n"]
    parser = argparse.ArgumentParser(prog="portal")
    commands = parser.add_subparsers()
    for family in cli.FAMILIES:
        importlib.import_module(f"portal.commands.{family.replace('-', '_')}").add(commands)
    rows += ["| command | what it does |", "|---|---|"]
    rows += [f"| `{usage}` | {_cell(summary)} |" for usage, summary in _commands(parser, "portal")]
    return "\n".join(rows) + "\n"


def _commands(parser: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, str]]:
    for action in parser._actions:  # noqa: SLF001  # argparse offers no other way to list subcommands
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  # as above
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}  # noqa: SLF001  # as above
            for word, sub in action.choices.items():
                deeper = list(_commands(sub, f"{name} {word}"))
                usage = " ".join(sub.format_usage().replace("usage: ", "").replace("[-h] ", "").replace("[-h]", "").split())
                yield from deeper or [(usage, helps.get(word, ""))]


PAGES = {
    "settings.md": settings_page,
    "portal-yaml.md": configuration_page,
    "tables.md": tables_page,
    "pages.md": pages_page,
    "commands.md": commands_page,
    "consent.md": consent_page,
}


def main() -> int:
    """Write or check all pages; 1 where one is not current."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true", help="write nothing, say which page is not current")
    check = arguments.parse_args().check
    stale = []
    for name, make in PAGES.items():
        wanted, file = HEAD + make(), FOLDER / name
        if not file.exists() or file.read_text() != wanted:
            stale.append(name)
            if not check:
                FOLDER.mkdir(parents=True, exist_ok=True)
                file.write_text(wanted)
    for name in stale:
        print(f"docs/reference/{name} {'is not current: run scripts/reference.py' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
