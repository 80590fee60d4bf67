"""What is made of a company's configuration, made once for it. Must never be taken for another's: each configuration has companies of its own."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, TypeVarTuple

from portal.config.model import Company

More = TypeVarTuple("More")
Made = TypeVar("Made")


def once_a_configuration(make: Callable[[Company, *More], Made]) -> Callable[[Company, *More], Made]:
    """A function of a company, as its configuration says it, and of what can be a key: asked again, it gives what it made before.

    A process has one configuration, so that nothing is ever dropped; the company is held beside, and its number is nobody else's.
    """
    known: dict[tuple[object, ...], tuple[Company, Made]] = {}

    @wraps(make)
    def find(company: Company, *more: *More) -> Made:
        key = (id(company), *more)
        found = known.get(key)
        if found is None:
            found = known[key] = company, make(company, *more)
        return found[1]

    return find
