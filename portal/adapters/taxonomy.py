"""The data categories of Fideslang, and how one lies within another: by dotted segments.

Must never compare by prefix: `user.na` is not the parent of `user.name`.
"""

import difflib
from collections.abc import Collection, Iterable
from functools import cache
from importlib.resources import files


@cache
def known_categories() -> frozenset[str]:
    """The names of the published taxonomy, from `portal/adapters/data/data_categories.txt`."""
    text = files("portal.adapters").joinpath("data/data_categories.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def is_within(category: str, other: str) -> bool:
    """Whether `category` is `other` or lies below it: `user.name.first` is within `user.name`, `user.names` is not."""
    return category == other or category.startswith(f"{other}.")


def is_personal(category: str) -> bool:
    """Whether values of this category are about a person; `system.*` is about the machine."""
    return not is_within(category, "system")


def first_personal(categories: Iterable[str]) -> str | None:
    """The category that names a value: the most exact one that is about a person."""
    personal = [category for category in categories if is_personal(category)]
    return max(personal, key=lambda category: category.count("."), default=None)


def problem_with(category: str, declared: Collection[str] = ()) -> tuple[str, str] | None:
    """Problem and remedy where a category cannot be meant, else None.

    Known are the published names, names that a map file declares under `data_category`, and names below these;
    a name that nearly is a published one is taken for a misspelling until it is declared.
    """
    known = known_categories() | frozenset(declared)
    if category in known:
        return None
    near = difflib.get_close_matches(category, sorted(known), n=1, cutoff=0.9)
    parents = [".".join(category.split(".")[:n]) for n in range(1, category.count(".") + 1)]
    if not any(parent in known for parent in parents):
        remedy = f"Did you mean `{near[0]}`?" if near else "Use a name of the Fideslang taxonomy, or one below it."
        return f"The data category `{category}` is not known.", remedy
    if near and near[0].count(".") == category.count("."):
        return (
            f"The data category `{category}` is not known.",
            f"Did you mean `{near[0]}`? If it is your own, declare it under `data_category` in a map file.",
        )
    return None
