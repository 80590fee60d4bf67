"""An access request over eleven related tables, from the press of the button to the sealed package; goal: under 0.15 s of work without the PDF.

Beside it the PDF's time, the same request over all tables of the demo, and what share of the time the shop's database was not at work.
`python -m benchmarks.access_request [--profile]`
"""

import argparse
import cProfile
import pstats
import statistics
from pathlib import Path

import demo
from benchmarks.common import demo_folder, in_turn, line, run_child, say_machine, verdict
from benchmarks.copies import Copy, Customer
from benchmarks.shop import ELEVEN, open_shop
from benchmarks.statements import StatementTimes
from portal.cases.systems import close_systems

GOAL = 0.15
TIMES = 20
WARM_UP = 3


def measure(folder: Path, tables: tuple[str, ...], *, profile: bool = False) -> None:
    """One configuration, in this process."""
    running = open_shop(folder, tables)
    customer = Customer(running.database, demo.CUSTOMER, StatementTimes(running.database.engine))
    for _ in range(WARM_UP):
        customer.ask(with_pdf=False)
    if profile:
        with cProfile.Profile() as watched:
            for _ in range(TIMES):
                customer.ask(with_pdf=False)
        pstats.Stats(watched).sort_stats("tottime").print_stats(45)
        pstats.Stats(watched).sort_stats("cumtime").print_stats(90)
        return
    customer.ask(with_pdf=True)
    bare, with_pdf = in_turn(TIMES, lambda: customer.ask(with_pdf=False), lambda: customer.ask(with_pdf=True))
    _report(bare, with_pdf)
    if tables:
        print(verdict("  work without the PDF, on the clock", statistics.median(copy.spent.wall for copy in bare), GOAL, "s"))
        print(
            verdict("  the same but for queues for a core", statistics.median(copy.spent.undisturbed for copy in bare), GOAL, "s")
        )
    close_systems()
    running.database.close()


def _report(bare: list[Copy], with_pdf: list[Copy]) -> None:
    one = bare[0]
    print(
        f"  {one.rows} rows in {one.statements} statements to the company's databases; a package of {one.size:,} bytes without the PDF"
    )
    print(line("  without the PDF, on the clock", [copy.spent.wall for copy in bare], "s"))
    print(line("  without the PDF, but for queues for a core", [copy.spent.undisturbed for copy in bare], "s"))
    print(line("  without the PDF, of one core", [copy.spent.cpu for copy in bare], "s"))
    print(line("    of it in the company's databases", [copy.in_company for copy in bare], "s"))
    print(line("    of it in the portal's database", [copy.in_portal for copy in bare], "s"))
    print(line("  share outside the company's databases", [copy.outside_company for copy in bare], ""))
    print(line("  with the PDF, on the clock", [copy.spent.wall for copy in with_pdf], "s"))
    print(line("  with the PDF, of one core", [copy.spent.cpu + copy.spent.children for copy in with_pdf], "s"))
    pdf = statistics.median(copy.spent.wall for copy in with_pdf) - statistics.median(copy.spent.wall for copy in bare)
    print(f"{'  the PDF alone (difference of medians)':<44} {pdf:>18,.3f} s")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.access_request")
    parser.add_argument("--profile", action="store_true", help="where the time goes, instead of how much it is")
    parser.add_argument("--only", choices=["eleven", "all"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.only and chosen.folder:
        measure(chosen.folder, ELEVEN if chosen.only == "eleven" else (), profile=chosen.profile)
        return
    more = ["--profile"] if chosen.profile else []
    say_machine()
    with demo_folder() as folder:
        print(f"eleven tables of the shop: {', '.join(ELEVEN)}")
        print(run_child("access_request", "--only", "eleven", "--folder", folder, *more), end="")
        if not chosen.profile:
            print("all of the demo: 20 tables of the shop, 4 of the mail tool, two databases")
            print(run_child("access_request", "--only", "all", "--folder", folder), end="")


if __name__ == "__main__":
    main()
