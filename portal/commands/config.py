"""`portal config check`: portal.yaml, where keys and journal lie, and every system, live; `portal map check`: the dataset maps alone."""

import argparse
import os
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from portal.settings import Settings, settings


def add(commands: Any) -> None:
    """Add `config check` and `config map check` (also as `map check`)."""
    parser: argparse.ArgumentParser = commands.add_parser("config", help="check portal.yaml and maps")
    acts = parser.add_subparsers(metavar="ACT", required=True)
    check = acts.add_parser("check", help="read portal.yaml, name its mistakes; then ask every system whether its map fits")
    check.add_argument("--file-only", action="store_true", help="ask no system")
    check.set_defaults(run=lambda chosen: check_config(ask_systems=not chosen.file_only))
    maps = acts.add_parser("map", help="dataset maps")
    map_acts = maps.add_subparsers(metavar="ACT", required=True)
    map_check = map_acts.add_parser("check", help="hold every map against the live schema of its system")
    map_check.set_defaults(run=lambda chosen: check_all_maps())


def check_config(*, ask_systems: bool) -> int:
    """Read and check the file (a mistake is raised with file, line, key and remedy), then the maps; exit code 1 where one does not fit."""
    from portal.config import load_config
    from portal.starting import check_names

    config = load_config(settings().config)
    check_names(config)
    for key, company in config.portal.companies.items():
        print(
            f"{key}: systems {', '.join(company.systems)}; purposes {', '.join(company.purposes)}; languages {', '.join(company.languages)}."
        )
    print("The file is good.")
    file = os.environ.get("PORTAL_KEYS_FILE")
    for doubt in doubts(settings(), Path(file) if file else None):
        print(doubt)
    return check_all_maps() if ask_systems else 0


def doubts(chosen: Settings, key_file: Path | None) -> list[str]:
    """What works and is still not safe: one backup, or one reader, that gets keys and data together."""
    if chosen.is_demo:
        return []
    url = make_url(chosen.database_url)
    database = Path(url.database).resolve().parent if url.get_backend_name() == "sqlite" and url.database else None
    said = []
    if key_file is not None:
        keys = key_file.resolve()
        places = {
            "the database": database,
            "PORTAL_FILES": chosen.files.resolve(),
            "PORTAL_JOURNAL": chosen.journal_folder.resolve(),
        }
        for name, folder in places.items():
            if folder is not None and keys.is_relative_to(folder):
                said.append(
                    f"PORTAL_KEYS_FILE lies with {name}: a copy of that folder opens everything. Give it a folder and a backup of its own."
                )
        if keys.exists() and keys.stat().st_mode & 0o077:
            said.append("PORTAL_KEYS_FILE can be read by other users of this machine. Take that from them: chmod 600.")
    if database is not None and chosen.journal_folder.resolve().is_relative_to(database):
        said.append(
            "PORTAL_JOURNAL lies with the database: who restores that folder restores an old journal too. Name a folder elsewhere."
        )
    return said


def check_all_maps() -> int:
    """Ask every system whether its map fits; exit code 1 where one does not."""
    from portal.adapters.map_check import check_maps
    from portal.config import load_config

    config = load_config(settings().config)
    problems = check_maps(config)
    for problem in problems:
        print(problem)
    if not problems:
        print("Every map fits its system.")
    return 1 if problems else 0
