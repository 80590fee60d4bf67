"""An erasure over eleven related tables, from the plan to the last row of the identity; goal: under 0.2 s of work without the certificate's PDF.

Beside it the PDF's time, the memory of web and worker (goal: 200 MB together), and a thousand erasures over the demo's shop: how many a
second, what share of the time its database was at work, and both with 10,000 and 1,000,000 rows in its largest table.
`python -m benchmarks.erasures [--profile] [eleven | all | memory | many] [--count N]`
"""

import argparse
import cProfile
import json
import pstats
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import demo
from benchmarks.common import Spent, demo_folder, in_turn, line, peak_mb, run_child, say_machine, verdict
from benchmarks.crowd import add_copies, customer_number_of, email_of
from benchmarks.forgetting import Forgetting, Forgotten
from benchmarks.resident import memory_of_web_and_worker
from benchmarks.shop import ELEVEN, open_shop
from benchmarks.statements import StatementTimes
from portal.cases.certificate.paper import certificate_pdf
from portal.cases.systems import close_systems

GOAL = 0.2
GOAL_MB = 200.0
TIMES = 20
WARM_UP = 5
MANY, GROWN = 1000, 100
SIZES = (10_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Spell:
    """Many erasures one after another: seconds of the clock, of a core and in the shop's database, and memory early and late."""

    count: int
    rows: int
    wall: float
    undisturbed: float
    cpu: float
    in_company: float
    early_mb: float
    late_mb: float

    @property
    def share(self) -> float:
        """The share of the time in which the shop's database was at work."""
        return self.in_company / self.undisturbed


def measure(folder: Path, tables: tuple[str, ...], *, profile: bool = False) -> None:
    """One configuration, in this process."""
    running = open_shop(folder, tables)
    rows = add_copies(demo.environment(folder)["DEMO_FJORDKAFFE_SHOP_URL"], TIMES + WARM_UP)
    forgetting = Forgetting(running, StatementTimes(running.database.engine))
    turns = iter(range(1, TIMES + WARM_UP + 1))

    def next_one() -> Forgotten:
        number = next(turns)
        return forgetting.erase(email_of(number), customer_number_of(number))

    for _ in range(WARM_UP):
        newest = next_one()
    if profile:
        with cProfile.Profile() as watched:
            for _ in range(TIMES):
                next_one()
        pstats.Stats(watched).sort_stats("tottime").print_stats(45)
        pstats.Stats(watched).sort_stats("cumtime").print_stats(90)
        return
    done, papers = in_turn(TIMES, next_one, lambda: forgetting.certify(newest.result, certificate_pdf))
    _report([one for one in done if isinstance(one, Forgotten)], rows, goal=bool(tables))
    seconds = [one for one in papers if isinstance(one, Spent)]
    print(line("  the certificate's PDF alone, on the clock", [one.wall for one in seconds], "s"))
    print(line("  the certificate's PDF alone, of one core", [one.cpu + one.children for one in seconds], "s"))
    close_systems()
    running.database.close()


def _report(done: Sequence[Forgotten], rows: int, *, goal: bool) -> None:
    print(
        f"  a customer with {rows} rows in the shop; {done[0].rows} are told of, {done[0].statements} statements to the company's databases"
    )
    print(line("  on the clock", [one.spent.wall for one in done], "s"))
    print(line("  but for queues for a core", [one.spent.undisturbed for one in done], "s"))
    print(line("  of one core", [one.spent.cpu for one in done], "s"))
    print(line("    of it plan and confirmation, of one core", [one.confirmed.cpu for one in done], "s"))
    print(line("    of it in the company's databases", [one.in_company for one in done], "s"))
    print(line("    of it in the portal's database", [one.in_portal for one in done], "s"))
    if goal:
        print(verdict("  work, but for queues for a core", statistics.median(one.spent.undisturbed for one in done), GOAL, "s"))
        print(verdict("  work, of one core", statistics.median(one.spent.cpu for one in done), GOAL, "s"))


def many(folder: Path, count: int, grown: int) -> Spell:
    """So many customers of the whole demo, one after another, in this process; with `grown` rows in the shop's largest table."""
    running = open_shop(folder)
    shop = demo.environment(folder)["DEMO_FJORDKAFFE_SHOP_URL"]
    if grown:
        demo.scale(shop, grown)
    rows = add_copies(shop, count)
    forgetting = Forgetting(running, StatementTimes(running.database.engine))
    wall = undisturbed = cpu = in_company = early = 0.0
    for number in range(1, count + 1):
        one = forgetting.erase(email_of(number), customer_number_of(number))
        wall, undisturbed, cpu = wall + one.spent.wall, undisturbed + one.spent.undisturbed, cpu + one.spent.cpu
        in_company += one.in_company
        early = peak_mb() if number == count // 10 else early
    return Spell(count, rows, wall, undisturbed, cpu, in_company, early, peak_mb())


def _show(name: str, one: Spell) -> None:
    print(
        f"  {name}: {one.count:,} erasures of {one.rows} rows each: {one.count / one.wall:.2f} a second on the clock, "
        f"{one.count / one.undisturbed:.2f} but for queues, {one.count / one.cpu:.2f} of one core; "
        f"{one.share:.1%} of the time in the company's databases, {one.in_company / one.count * 1000:.1f} ms each; "
        f"peak {one.early_mb:.1f} MiB after a tenth, {one.late_mb:.1f} MiB at the end ({one.late_mb / one.early_mb:.3f} times)"
    )


def _spell(name: str, count: int, grown: int) -> Spell:
    with demo_folder() as folder:
        said = run_child("erasures", "many", "--count", count, "--grown", grown, "--in", folder)
    one = Spell(**json.loads(said.splitlines()[-1]))
    _show(name, one)
    return one


def _compare(count: int) -> None:
    _spell("the demo's shop", count, 0)
    small, large = (_spell(f"{size:,} rows in the largest table", min(count, GROWN), size) for size in SIZES)
    print(
        f"  a hundred times the rows: {large.cpu / small.cpu:.2f} times the seconds of a core, "
        f"{large.in_company / small.in_company:.2f} times those in the company's databases"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.erasures")
    parser.add_argument("part", nargs="?", choices=["eleven", "all", "memory", "many"], help="one part only")
    parser.add_argument("--profile", action="store_true", help="where the time goes, instead of how much it is")
    parser.add_argument("--count", type=int, default=MANY, help=f"how many are erased in a row ({MANY})")
    parser.add_argument("--grown", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--in", dest="folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.folder and chosen.part == "many":
        print(json.dumps(asdict(many(chosen.folder, chosen.count, chosen.grown))))
        return
    if chosen.folder:
        measure(chosen.folder, ELEVEN if chosen.part == "eleven" else (), profile=chosen.profile)
        return
    say_machine()
    for name, title in (("eleven", f"eleven tables of the shop: {', '.join(ELEVEN)}"), ("all", "the whole demo, three systems")):
        if chosen.part in (None, name):
            print(title)
            with demo_folder() as folder:
                print(run_child("erasures", name, "--in", folder, *(["--profile"] if chosen.profile else [])), end="")
    if chosen.part in (None, "memory"):
        with demo_folder() as folder:
            working, waiting = memory_of_web_and_worker(folder)
        print(verdict("web and worker together after erasures", working * 1.048576, GOAL_MB, "MB"))
        print(verdict("  with the process that only waits", (working + waiting) * 1.048576, GOAL_MB, "MB"))
    if chosen.part in (None, "many"):
        _compare(chosen.count)
    say_machine()


if __name__ == "__main__":
    main()
