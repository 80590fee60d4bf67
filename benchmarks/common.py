"""What the measurements share: a demo of its own, a served application with an empty route beside ours, a load from another process."""

import http.client
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


@contextmanager
def demo_folder() -> Iterator[Path]:
    """A folder that goes away."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        yield Path(folder)


@contextmanager
def served(folder: Path, port: int = 18_080) -> Iterator[int]:
    """The application under gunicorn, as `portal serve` runs it, with `/empty` beside it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.serving", str(folder), str(port)], cwd=ROOT, start_new_session=True
    )
    try:
        for _ in range(200):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
                connection.request("GET", "/empty")
                if connection.getresponse().status == 200:
                    break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def requests_per_second(port: int, path: str, *, seconds: float = 3.0, clients: int = 4) -> float:
    """GET `path` again and again over kept-alive connections, from so many clients."""
    counts = [0] * clients
    stop = time.perf_counter() + seconds

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        while time.perf_counter() < stop:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, (path, answer.status)
            counts[number] += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def in_turn(times: int, *measures: Callable[[], float]) -> list[list[float]]:
    """Run the measures in turn, A B A B, so that drift of the machine hits both alike."""
    results: list[list[float]] = [[] for _ in measures]
    for _ in range(times):
        for place, measure in enumerate(measures):
            results[place].append(measure())
    return results


def line(name: str, values: list[float], unit: str) -> str:
    """Median, least and most."""
    return f"{name:<42} median {statistics.median(values):>10.3f} {unit}   (min {min(values):.3f}, max {max(values):.3f}, n={len(values)})"
