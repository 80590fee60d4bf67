"""What holds for every test. Must never make one depend on how fast the machine is."""

import functools
import os

import pytest
from hypothesis import settings

from portal.core import documents
from tests import once

# With CI=true the same examples each time: what fails there fails here.
settings.register_profile("portal", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI")))
settings.load_profile("portal")

# Hundreds of tests open a site of their own on the same `portal.yaml` and maps: the same bytes are taken apart once a process.
documents.parse_yaml = functools.lru_cache(maxsize=64)(documents.parse_yaml)


def pytest_configure(config: pytest.Config) -> None:
    """What is made once a run has a place from its beginning on."""
    if not hasattr(config, "workerinput"):
        once.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    """And none after its end."""
    if not hasattr(config, "workerinput"):
        once.end()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of the variants of a `sampled` test the first one is tried every time, of a `no_sql` one those on SQLite; all of them with --long."""
    tried: set[tuple[str, str]] = set()
    for item in items:
        if item.get_closest_marker("no_sql") and item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.long)
        if not isinstance(item, pytest.Function) or item.get_closest_marker("sampled") is None:
            continue
        test = (str(item.path), item.originalname)
        if test in tried:
            item.add_marker(pytest.mark.long)
        tried.add(test)
    # Files with slow tests go first, so that at the end no worker is left alone with one of them.
    slow = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in slow)
