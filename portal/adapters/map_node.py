"""A place in a YAML document that is read strictly: every key has to be known, every value has to have its type.

Must never repair, guess or skip anything: what is not understood is an error with its line.
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.core.documents import Document, DocumentError


@dataclass(frozen=True, slots=True)
class MapNode:
    """The value at `path` of `document`."""

    document: Document
    path: tuple[str | int, ...]
    data: Any

    @property
    def line(self) -> int:
        """The line on which it stands."""
        return self.document.line_of(*self.path)

    def error(self, problem: str, remedy: str, *below: str | int) -> DocumentError:
        """A mistake here (or at a key below), ready to raise."""
        return self.document.error((*self.path, *below), problem, remedy)

    def refuse_unknown_keys(self, known: Sequence[str]) -> None:
        """Raise unless this is a mapping with only these keys."""
        if not isinstance(self.data, dict):
            raise self.error("Here a mapping with keys must stand.", f"Known keys are: {', '.join(known)}.")
        for key in self.data:
            if key not in known:
                near = difflib.get_close_matches(str(key), known, n=1)
                remedy = f"Did you mean `{near[0]}`?" if near else f"Remove it. Known keys are: {', '.join(known)}."
                raise self.error("This key is not known.", remedy, key)

    def get(self, key: str) -> "MapNode | None":
        """What stands under `key`; None where it is absent or empty (`key:` or `key: null`)."""
        value = self.data.get(key)
        return None if value is None else MapNode(self.document, (*self.path, key), value)

    def must_get(self, key: str) -> "MapNode":
        """As `get`; absence is an error."""
        node = self.get(key)
        if node is None:
            raise self.error(f"`{key}` is missing.", f"Add `{key}:`.")
        return node

    def text(self, key: str) -> str | None:
        """The text under `key`, or None."""
        node = self.get(key)
        return node.as_text() if node else None

    def as_text(self, pattern: re.Pattern[str] | None = None, form: str = "") -> str:
        """This as text, of the form where one is given."""
        if not isinstance(self.data, str) or not self.data:
            raise self.error("Here a text must stand.", "Write a word; put numbers and yes/no in quotes.")
        if pattern and not pattern.fullmatch(self.data):
            raise self.error(f"`{self.data}` does not have the form that is asked for.", form)
        return self.data

    def flag(self, key: str) -> bool | None:
        """true, false, or None where it is absent."""
        node = self.get(key)
        if node is None:
            return None
        if not isinstance(node.data, bool):
            raise node.error("Here true or false must stand.", "Write `true` or `false`.")
        return node.data

    def choice(self, key: str, allowed: Sequence[str]) -> str | None:
        """One of `allowed`, or None where it is absent."""
        node = self.get(key)
        if node is None:
            return None
        if node.data not in allowed:
            near = difflib.get_close_matches(str(node.data), allowed, n=1)
            hint = f"Did you mean `{near[0]}`? " if near else ""
            raise node.error(f"`{node.data}` is not known here.", f"{hint}Write one of: {', '.join(allowed)}.")
        return str(node.data)

    def items(self, key: str) -> list["MapNode"]:
        """The items of the list under `key`; empty where it is absent."""
        node = self.get(key)
        return node.as_items() if node else []

    def as_items(self) -> list["MapNode"]:
        """The items of this list."""
        if not isinstance(self.data, list):
            raise self.error("Here a list must stand.", "Begin each item with `- `.")
        return [MapNode(self.document, (*self.path, index), item) for index, item in enumerate(self.data)]

    def plain_mapping(self, key: str) -> dict[str, Any] | None:
        """An open mapping, whatever it holds; None where it is absent."""
        node = self.get(key)
        if node is None:
            return None
        if not isinstance(node.data, dict) or not all(isinstance(name, str) for name in node.data):
            raise node.error("Here a mapping with keys must stand.", "Write `key: value` lines.")
        return dict(node.data)
