"""Requests per second of the sign-in page, as a share of an empty route on the same server in the same run: `python -m benchmarks.sign_in_page`."""

import statistics
from functools import partial

from benchmarks.common import demo_folder, in_turn, line, say_machine
from benchmarks.load import Rate, load, served

ROUNDS = 7
PAGES = {
    "/empty": "empty route before the application (ceiling)",
    "/empty-flask": "empty view of a bare Flask",
    "/sign-in": "sign-in page",
    "/healthz": "health (one SELECT)",
}


def main() -> None:
    say_machine()
    with demo_folder() as folder, served(folder) as server:
        for path in PAGES:
            load(server, path, seconds=1)
        results = in_turn(ROUNDS, *(partial(load, server, path) for path in PAGES))
    for (path, title), rates in zip(PAGES.items(), results, strict=True):
        print(line(f"{title}", [rate.per_second for rate in rates], "requests/s"))
        print(line(f"  {path}: CPU of the server", [rate.cpu_ms for rate in rates], "ms/request"))
    empty, flask, page, _ = results
    for name, ceiling in (("the empty route", empty), ("an empty view of Flask", flask)):
        print(
            f"sign-in page as a share of {name}: {_share(page, ceiling):.1%} of the requests, {_cpu(page, ceiling):.1f} times the CPU"
        )


def _share(rates: list[Rate], ceiling: list[Rate]) -> float:
    """Round by round, since the machine drifts."""
    return statistics.median(one.per_second / other.per_second for one, other in zip(rates, ceiling, strict=True))


def _cpu(rates: list[Rate], ceiling: list[Rate]) -> float:
    return statistics.median(one.cpu_ms / other.cpu_ms for one, other in zip(rates, ceiling, strict=True))


if __name__ == "__main__":
    main()
