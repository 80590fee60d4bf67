"""Rows per second and peak memory of a copy of 10,000, 100,000 and 1,000,000 rows: adapter, spool, package, without the PDF.

Goal: a million rows take at most 1.5 times the memory of ten thousand. Each size runs in a child process of its own; the ceiling is the same
rows read with the driver alone and written as lines of JSON, in the same process just before. `python -m benchmarks.export_rows [ROWS ...]`
"""

import argparse
import json
import sqlite3
from dataclasses import asdict, dataclass
from pathlib import Path

import demo
from benchmarks.common import Spent, demo_folder, peak_mb, run_child, say_machine, spending, verdict
from benchmarks.copies import Customer
from benchmarks.shop import open_shop
from benchmarks.statements import StatementTimes
from demo.stars import MANY_ORDERS

SIZES = (10_000, 100_000, 1_000_000)
GOAL = 1.5
BATCH = 500


@dataclass(frozen=True, slots=True)
class Size:
    """What one size took. `rows` are those of the package: what grew, and the rest of this customer."""

    rows: int
    size: int
    wall: float
    cpu: float
    in_company: float
    before_mb: float
    peak_mb: float
    ceiling_cpu: float


def measure(folder: Path, wanted: int) -> Size:
    """One size, in this process, which does nothing else."""
    running = open_shop(folder)
    file = folder / demo.FILES["DEMO_FJORDKAFFE_SHOP_URL"]
    demo.scale(f"sqlite:///{file}", wanted)
    customer = Customer(running.database, MANY_ORDERS.email, StatementTimes(running.database.engine))
    ceiling = _read_alone(file, folder / "ceiling.jsonl")
    before = peak_mb()
    copy = customer.ask(with_pdf=False)
    running.database.close()
    return Size(copy.rows, copy.size, copy.spent.wall, copy.spent.cpu, copy.in_company, before, peak_mb(), ceiling.cpu)


def _read_alone(shop: Path, target: Path) -> Spent:
    """The page views with nothing but the driver, as lines of JSON in a plain file: what no portal can be faster than in this language."""
    with spending() as spent, sqlite3.connect(shop) as connection, target.open("w") as sink:
        who = connection.execute("SELECT id FROM customers WHERE customer_number = ?", (MANY_ORDERS.customer_number,)).fetchone()
        cursor = connection.execute("SELECT * FROM page_views WHERE customer_id = ? ORDER BY id", who)
        names = [column[0] for column in cursor.description]
        while rows := cursor.fetchmany(BATCH):
            sink.writelines(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows)
    target.unlink()
    connection.close()
    return spent


def _show(wanted: int, one: Size) -> None:
    print(
        f"{wanted:>9,} rows grown, {one.rows:>9,} in the package of {one.size / 2**20:,.1f} MiB: "
        f"{one.rows / one.wall:>7,.0f} rows/s on the clock, {one.rows / one.cpu:>7,.0f} rows/s of one core; "
        f"peak {one.peak_mb:.1f} MiB ({one.before_mb:.1f} before it began)"
    )
    print(
        f"{'':>9} of one core: {one.cpu:.2f} s, the driver and JSON alone {one.ceiling_cpu:.2f} s ({one.ceiling_cpu / one.cpu:.0%}); "
        f"in the company's databases {one.in_company / one.wall:.0%} of the clock"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.export_rows")
    parser.add_argument("rows", nargs="*", type=int, metavar="ROWS", help="sizes to measure (10000 100000 1000000)")
    parser.add_argument("--in", dest="folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.folder:
        print(json.dumps(asdict(measure(chosen.folder, chosen.rows[0]))))
        return
    say_machine()
    sizes = sorted(chosen.rows) or list(SIZES)
    found = []
    for wanted in sizes:
        with demo_folder() as folder:
            found.append(Size(**json.loads(run_child("export_rows", wanted, "--in", folder).splitlines()[-1])))
        _show(wanted, found[-1])
    if len(found) > 1:
        print(verdict(f"peak memory of {sizes[-1]:,} against {sizes[0]:,}", found[-1].peak_mb / found[0].peak_mb, GOAL, "times"))


if __name__ == "__main__":
    main()
