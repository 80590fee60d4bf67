"""Read YAML so that every mistake can be pointed at: file, line, key, remedy.

Must never build anything but plain data, and never let a small file grow into a large one (aliases, depth).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from portal.core.errors import PortalError

MAX_BYTES = 2_000_000
MAX_NODES = 200_000
MAX_DEPTH = 40
PLAIN = "tag:yaml.org,2002:"

Path_ = tuple[str | int, ...]


class DocumentError(PortalError):
    """One mistake in a file that a person wrote, and those that were seen with it. A line of its text: `file:line: key: problem. Remedy.`"""

    def __init__(
        self, file: str, line: int, key: str, problem: str, remedy: str, *, others: Sequence["DocumentError"] = ()
    ) -> None:
        self.file, self.line, self.key, self.problem, self.remedy = file, line, key, problem, remedy
        place = f"{key}: " if key else ""
        super().__init__("\n".join([f"{file}:{line}: {place}{problem} {remedy}", *map(str, others)]))


@dataclass(frozen=True, slots=True)
class Document:
    """The plain data of one file, and the line on which each key or item stands."""

    file: str
    data: Any
    lines: Mapping[Path_, int] = field(repr=False)

    def line_of(self, *path: str | int) -> int:
        """The line (from 1) of the key at `path`, or of the nearest thing around it that has one."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def error(self, path: Path_, problem: str, remedy: str, *, others: Sequence[DocumentError] = ()) -> DocumentError:
        """A mistake at `path` of this file, ready to raise, with those that were seen with it."""
        return DocumentError(self.file, self.line_of(*path), ".".join(map(str, path)), problem, remedy, others=others)


def read_yaml(path: Path) -> Document:
    """Read one file. Raises `DocumentError` where it cannot be read, is not YAML, repeats a key or is a bomb."""
    try:
        raw = path.read_bytes()
    except OSError:
        raise DocumentError(str(path), 1, "", "The file cannot be read.", "Check that it exists and who may read it.") from None
    return parse_yaml(raw, str(path))


def parse_yaml(raw: bytes, file: str) -> Document:
    """As `read_yaml`, from bytes."""
    if len(raw) > MAX_BYTES:
        raise DocumentError(file, 1, "", f"The file is larger than {MAX_BYTES} bytes.", "Split it.")
    try:
        node = yaml.compose(raw, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DocumentError(
            file, line, "", f"This is not YAML: {error.problem}.", "Mind indentation, quotes and colons."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise DocumentError(file, 1, "", "This is not YAML in UTF-8.", "Save it as UTF-8 text.") from None
    builder = _Builder(file)
    data = builder.build(node, ()) if node is not None else {}
    return Document(file, data, builder.lines)


if yaml.__with_libyaml__:

    class _QuickLoader(yaml.composer.Composer, yaml.CSafeLoader):
        """libyaml cuts the text into events, several times faster than Python; Python makes nodes of them, since libyaml's own way of
        doing that ends the process where a hostile file is nested deep enough."""

        def __init__(self, stream: bytes) -> None:
            yaml.CSafeLoader.__init__(self, stream)
            yaml.composer.Composer.__init__(self)

    _LOADER: Any = _QuickLoader
else:
    _LOADER = yaml.SafeLoader


class _Builder(yaml.constructor.SafeConstructor):
    """Turns nodes into plain data by the safe rules, and notes lines on the way."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file
        self.lines: dict[Path_, int] = {}
        self.count = 0

    def build(self, node: yaml.Node, path: Path_) -> Any:
        self.count += 1
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        if self.count > MAX_NODES or len(path) > MAX_DEPTH:
            raise DocumentError(
                self.file, line, "", "The file is too large or too deep once its aliases are followed.", "Write it out."
            )
        if node.tag.removeprefix(PLAIN) not in ("map", "seq") and not isinstance(node, yaml.ScalarNode):
            raise DocumentError(self.file, line, _name(path), f"The tag {node.tag} is not allowed.", "Write plain data.")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _scalar(self, node: yaml.Node, path: Path_) -> Any:
        try:
            return self.construct_object(node)
        except (yaml.constructor.ConstructorError, ValueError):
            line = node.start_mark.line + 1
            raise DocumentError(
                self.file, line, _name(path), f"The tag {node.tag} is not allowed.", "Write plain data."
            ) from None

    def _mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str | int, Any]:
        result: dict[str | int, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self._scalar(key_node, path) if isinstance(key_node, yaml.ScalarNode) else None
            # YAML 1.1 reads `no:` and `on:` as booleans: what stands in the file is meant.
            if isinstance(key, bool):
                key = key_node.value
            if not isinstance(key, str | int):
                raise DocumentError(self.file, line, _name(path), "A key must be a word.", "Quote it.")
            if key in result:
                raise DocumentError(self.file, line, _name((*path, key)), "This key stands twice.", "Keep one of them.")
            self.lines[(*path, key)] = line
            result[key] = self.build(value_node, (*path, key))
        return result


def _name(path: Path_) -> str:
    return ".".join(map(str, path))
