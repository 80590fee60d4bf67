"""Requests per second of the sign-in page, as a share of an empty route on the same server in the same run."""

import statistics

from benchmarks.common import demo_folder, in_turn, line, requests_per_second, served


def main() -> None:
    with demo_folder() as folder, served(folder) as port:
        requests_per_second(port, "/sign-in", seconds=1)
        empty, page, health = in_turn(
            5,
            lambda: requests_per_second(port, "/empty"),
            lambda: requests_per_second(port, "/sign-in"),
            lambda: requests_per_second(port, "/healthz"),
        )
    print(line("empty route (ceiling)", empty, "requests/s"))
    print(line("sign-in page", page, "requests/s"))
    print(line("health (one SELECT)", health, "requests/s"))
    print(f"share of the ceiling: {statistics.median(p / e for p, e in zip(page, empty, strict=True)):.1%}")


if __name__ == "__main__":
    main()
