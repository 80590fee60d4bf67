"""A company's systems, each opened once a process: its maps are read and its connections made when it is first needed.

Must never keep one that was opened for another configuration.
"""

import threading

from portal.accounts import registry
from portal.adapters.contract import Adapter, Place
from portal.adapters.registry import open_adapter
from portal.config import Config

_lock = threading.Lock()
_opened: dict[tuple[str, str], tuple[Config, Adapter]] = {}


def place_of(company_id: int, system: str) -> Place:
    """Where a system stands in this process's configuration."""
    return Place(registry.config(), registry.key_of(company_id), system)


def open_system(place: Place) -> Adapter:
    """The adapter of a system, shared by all threads. Raises `DocumentError` for what its configuration says wrongly."""
    key = (place.company, place.key)
    with _lock:
        config, adapter = _opened.get(key, (None, None))
        if adapter is not None and config is place.config:
            return adapter
        fresh = open_adapter(place)
        _opened[key] = (place.config, fresh)
    if adapter is not None:
        adapter.close()
    return fresh


def close_systems() -> None:
    """Let go of all connections; the next call opens them anew."""
    with _lock:
        adapters = [adapter for _, adapter in _opened.values()]
        _opened.clear()
    for adapter in adapters:
        adapter.close()
