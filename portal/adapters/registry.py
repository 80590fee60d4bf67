"""Which kinds of systems there are, and how one is opened. The built-in kinds, and plug-ins that the operator allowed by name.

Must never load code because it is installed: a plug-in is loaded only if PORTAL_PLUGINS names it (abuse row D6).
"""

from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from portal.adapters.contract import Adapter, AdapterKind, Place
from portal.adapters.guarded import GuardedAdapter
from portal.settings import settings

GROUP = "portal.adapters"


def _demo() -> AdapterKind:
    from portal.adapters.memory import open_demo

    return open_demo


def _http() -> AdapterKind:
    from portal.adapters.http import open_http

    return open_http


def _manual() -> AdapterKind:
    from portal.adapters.manual import open_manual

    return open_manual


def _sql() -> AdapterKind:
    from portal.adapters.sql import open_sql

    return open_sql


BUILT_IN: dict[str, Callable[[], AdapterKind]] = {"demo": _demo, "http": _http, "manual": _manual, "sql": _sql}
"""Per kind, what imports its code: an installation without databases loads no SQL."""


def known_kinds() -> frozenset[str]:
    """The names that may stand at `kind:`."""
    return frozenset(BUILT_IN) | frozenset(_allowed_plugins())


def open_adapter(place: Place) -> Adapter:
    """The adapter of a system. Raises `DocumentError` for what is wrong in `portal.yaml` or a map; connects to nothing yet."""
    kind = place.system.kind
    if kind in BUILT_IN:
        return BUILT_IN[kind]()(place)
    plugin = _allowed_plugins().get(kind)
    if plugin is None:
        raise place.error(
            "kind", problem=f"`{kind}` is not a kind of system.", remedy=f"Known are: {', '.join(sorted(known_kinds()))}."
        )
    open_plugin: AdapterKind = plugin.load()
    return GuardedAdapter(open_plugin(place))


def _allowed_plugins() -> dict[str, EntryPoint]:
    """Installed plug-ins that the settings name. A name of a built-in kind stays ours."""
    installed = _installed()
    allowed = settings().plugins if installed else []
    return {name: installed[name] for name in allowed if name in installed and name not in BUILT_IN}


@cache
def _installed() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}
