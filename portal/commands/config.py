"""`portal config check`: portal.yaml and every system, live; `portal map check`: the dataset maps alone."""

import argparse
from typing import Any

from portal.settings import settings


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
    return check_all_maps() if ask_systems else 0


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
