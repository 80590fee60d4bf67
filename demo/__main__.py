"""`python -m demo --to FOLDER`: makes the demo's databases and says where they are."""

import argparse
import sys
from datetime import date
from pathlib import Path

import demo


def main() -> int:
    """Make the databases; 2 where the folder cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m demo", description="Make the databases of the two demo companies.")
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where the SQLite files go")
    parser.add_argument("--today", type=date.fromisoformat, metavar="2026-11-23", help="the day the stories end (today)")
    chosen = parser.parse_args()
    try:
        demo.make(chosen.to, chosen.today)
    except (demo.NotADemoDatabase, OSError) as error:
        print(f"{chosen.to}: {error}", file=sys.stderr)
        return 2
    for name, url in demo.environment(chosen.to).items():
        print(f"{name}={url}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
