"""What is behind `portal map check`: ask every system whether its map fits, and say what does not.

Must never stop at the first system that is wrong: the others are asked as well.
"""

from portal.adapters.contract import AdapterError, Place, TryLater
from portal.adapters.registry import open_adapter
from portal.config import Config
from portal.core.documents import DocumentError


def check_maps(config: Config) -> list[str]:
    """One sentence a problem, each naming company, system, place and remedy; empty where everything fits."""
    return [
        f"{company}/{system}: {problem}"
        for company, described in config.portal.companies.items()
        for system in described.systems
        for problem in problems_of(Place(config, company, system))
    ]


def problems_of(place: Place) -> tuple[str, ...]:
    """What is wrong with one system, in plain sentences without values; empty where it answers and its map fits."""
    try:
        adapter = open_adapter(place)
    except DocumentError as error:
        return (str(error),)
    try:
        return adapter.check().problems
    except (TryLater, AdapterError) as error:
        return (str(error),)
    finally:
        adapter.close()
