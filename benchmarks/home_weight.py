"""Weight of the home page with everything it loads, as bytes and gzipped; goal: at most 30 kB gzipped."""

import gzip
import re
from pathlib import Path

from benchmarks.common import demo_folder

GOAL = 30_000


def main() -> None:
    from tests.doors.site import open_site

    with demo_folder() as folder:
        site = open_site(Path(folder) / "demo")
        browser = site.signed_in("maren@example.org")
        browser.open("/")
        html = browser.answer.text
        paths = sorted(set(re.findall(r'(?:href|src)="(/static/[^"#]+)', html)))
        total = 0
        for path, content in [
            ("/", html.encode()),
            *((path, browser.client.get(path, base_url=f"http://{browser.host}").data) for path in paths),
        ]:
            packed = len(gzip.compress(content, 9))
            total += packed
            print(f"{path:<40} {len(content):>8} bytes {packed:>8} gzipped")
        print(f"{'all':<40} {'':>8}       {total:>8} gzipped, {total / GOAL:.0%} of the goal of {GOAL}")
        site.running.database.close()


if __name__ == "__main__":
    main()
