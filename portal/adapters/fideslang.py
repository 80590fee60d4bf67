"""Read Fideslang dataset maps strictly: `dataset:`, `collections:`, `fields:` and every key of `fides_meta`.

Must never accept what it does not understand, and never refuse a map that runs under Fides for what it says rightly.
Source: Fideslang 3.1 (https://ethyca.github.io/fideslang/). `fides_meta` may also be called `fidesops_meta`, its older name.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from portal.adapters import taxonomy
from portal.adapters.dataset_map import Dataset, Direction, MapCollection, MapField, Masking, Reference
from portal.adapters.map_node import MapNode
from portal.adapters.map_references import resolve_references
from portal.core.documents import Document, read_yaml

KEY = re.compile(r"[a-zA-Z0-9_.<>-]+")
KEY_FORM = "Use letters, digits and . _ < > - only."
DATA_TYPES = ("string", "integer", "float", "boolean", "object_id", "object")
SUFFIX = {"format_preservation"}
STRATEGIES: dict[str, set[str]] = {
    "null_rewrite": set(),
    "string_rewrite": {"rewrite_value", *SUFFIX},
    "random_string_rewrite": {"length", *SUFFIX},
    "hash": {"algorithm", *SUFFIX},
    "hmac": {"algorithm", *SUFFIX},
    "aes_encrypt": {"mode", *SUFFIX},
    "preserve": set(),
}
USES = ("data_uses", "data_purposes", "data_subjects")
ANNOTATIONS = ("data_categories", *USES, "fides_meta", "fidesops_meta")
FIELD_META = tuple(
    "identity references primary_key data_type length return_all_elements read_only custom_request_field "
    "masking_strategy_override redact".split()
)
NAMESPACE = ("schema", "database_name", "database_instance_name", "project_id", "dataset_id")
# A manifest file may hold more than datasets; the rest is not about tables. `data_category` declares names of the company's own.
MANIFEST = ("dataset", "data_category", "data_subject", "data_use", "evaluation", "organization", "policy", "system")


def read_maps(files: Iterable[Path], folder: Path | None = None) -> tuple[Dataset, ...]:
    """All datasets of these files, with every reference between them found. Raises `DocumentError` for the first mistake.

    With `folder`, files are relative to it, and so are their names in errors.
    """
    documents = [replace(read_yaml(folder / file), file=str(file)) if folder else read_yaml(file) for file in files]
    declared = [name for document in documents for name in _declared_categories(document)]
    datasets = [dataset for document in documents for dataset in _read_document(document, declared)]
    return resolve_references(datasets, {document.file: document for document in documents})


def _manifest(document: Document) -> MapNode:
    node = MapNode(document, (), document.data)
    node.refuse_unknown_keys(MANIFEST)
    return node


def _declared_categories(document: Document) -> list[str]:
    return [_category_key(item) for item in _manifest(document).items("data_category")]


def _category_key(item: MapNode) -> str:
    if not isinstance(item.data, dict):
        raise item.error("Here a category with a `fides_key` must stand.", "Write `- fides_key: user.loyalty`.")
    return item.must_get("fides_key").as_text(KEY, KEY_FORM)


def _read_document(document: Document, declared: list[str]) -> list[Dataset]:
    return [_Reader(declared).dataset(item) for item in _manifest(document).must_get("dataset").as_items()]


class _Reader:
    """Reads one dataset, knowing which category names the company declared."""

    def __init__(self, declared: list[str]) -> None:
        self.declared = frozenset(declared)

    def dataset(self, node: MapNode) -> Dataset:
        node.refuse_unknown_keys(
            ("fides_key", "name", "description", "meta", "organization_fides_key", "tags", "collections", *ANNOTATIONS)
        )
        self._labels(node)
        for name in ("organization_fides_key",):
            if found := node.get(name):
                found.as_text(KEY, KEY_FORM)
        for tag in node.items("tags"):
            tag.as_text()
        node.plain_mapping("meta")
        key = node.must_get("fides_key").as_text(KEY, KEY_FORM)
        meta = _meta(node, ("resource_id", "after", "namespace", "redact"))
        if meta:
            meta.text("resource_id")
        collections = [self.collection(item, key) for item in node.must_get("collections").as_items()]
        _refuse_twice(node, [(one.name, ("collections", index, "name")) for index, one in enumerate(collections)], "collection")
        return Dataset(
            key=key,
            file=node.document.file,
            line=node.line,
            collections=tuple(sorted(collections, key=lambda one: one.name)),
            categories=self._categories(node),
            after=tuple(item.as_text(KEY, KEY_FORM) for item in meta.items("after")) if meta else (),
            namespace=_namespace(meta) if meta else {},
            redact=_redact(meta),
        )

    def collection(self, node: MapNode, dataset: str) -> MapCollection:
        node.refuse_unknown_keys(("name", "description", "fields", *ANNOTATIONS))
        self._labels(node)
        name = node.must_get("name").as_text()
        meta = _meta(node, ("after", "erase_after", "skip_processing", "masking_strategy_override", "partitioning", "redact"))
        fields = [self.field(item, ()) for item in node.must_get("fields").as_items()]
        _refuse_twice(node, [(one.name, ("fields", index, "name")) for index, one in enumerate(fields)], "field")
        override = meta.get("masking_strategy_override") if meta else None
        if override:
            override.refuse_unknown_keys(("strategy",))
            override.must_get("strategy")
            override.choice("strategy", ("delete",))
        return MapCollection(
            dataset=dataset,
            name=name,
            file=node.document.file,
            line=node.line,
            fields=tuple(sorted(fields, key=lambda one: one.name)),
            categories=self._categories(node),
            after=_collection_keys(meta, "after", f"{dataset}.{name}"),
            erase_after=_collection_keys(meta, "erase_after", f"{dataset}.{name}"),
            skip_processing=bool(meta and meta.flag("skip_processing")),
            delete_rows=override is not None,
            partitioning=_partitioning(meta) if meta else None,
            redact=_redact(meta),
        )

    def field(self, node: MapNode, around: tuple[str, ...]) -> MapField:
        node.refuse_unknown_keys(("name", "description", "fields", *ANNOTATIONS))
        self._labels(node)
        path = (*around, node.must_get("name").as_text())
        meta = _meta(node, FIELD_META)
        below = [self.field(item, path) for item in node.items("fields")]
        _refuse_twice(node, [(one.name, ("fields", index, "name")) for index, one in enumerate(below)], "field")
        bare = MapField(path=path, line=node.line, categories=self._categories(node), fields=tuple(below))
        return _with_meta(bare, meta) if meta else bare

    def _labels(self, node: MapNode) -> None:
        for name in ("name", "description"):
            node.text(name)
        for name in USES:
            for item in node.items(name):
                item.as_text(KEY, KEY_FORM)

    def _categories(self, node: MapNode) -> tuple[str, ...] | None:
        if node.get("data_categories") is None:
            return None
        for item in (items := node.items("data_categories")):
            found = taxonomy.problem_with(item.as_text(KEY, KEY_FORM), self.declared)
            if found:
                raise item.error(*found)
        return tuple(item.data for item in items) or None


def _meta(node: MapNode, known: tuple[str, ...]) -> MapNode | None:
    """`fides_meta`, or `fidesops_meta` where that name is used; as in Fides, the newer one is heard where both stand and it says anything."""
    metas = [meta for name in ("fides_meta", "fidesops_meta") if (meta := node.get(name)) is not None]
    for meta in metas:
        meta.refuse_unknown_keys(known)
    return next((meta for meta in metas if meta.data), None)


def _with_meta(bare: MapField, meta: MapNode) -> MapField:
    data_type, is_array = _data_type(meta, bool(bare.fields))
    all_elements = meta.flag("return_all_elements")
    if all_elements is not None and not is_array:
        raise meta.error(
            "`return_all_elements` is for arrays only.",
            "Give the field a `data_type` with `[]`, or remove it.",
            "return_all_elements",
        )
    return replace(
        bare,
        identity=meta.text("identity"),
        primary_key=bool(meta.flag("primary_key")),
        data_type=data_type,
        is_array=is_array,
        references=tuple(_reference(item) for item in meta.items("references")),
        length=_length(meta),
        read_only=bool(meta.flag("read_only")),
        return_all_elements=bool(all_elements),
        masking=_masking(meta),
        custom_request_field=meta.text("custom_request_field"),
        redact=_redact(meta),
    )


def _data_type(meta: MapNode, has_fields: bool) -> tuple[str | None, bool]:
    node = meta.get("data_type")
    if node is None:
        return None, False
    written = node.as_text()
    name = written.removesuffix("[]")
    if name not in DATA_TYPES:
        raise node.error(
            f"The data type `{written}` is not known.", f"Write one of: {', '.join(DATA_TYPES)}; an array ends in `[]`."
        )
    if has_fields and name != "object":
        raise node.error(f"A field of the type `{written}` cannot have fields below it.", "Write `object` or `object[]`.")
    return name, written.endswith("[]")


def _reference(node: MapNode) -> Reference:
    node.refuse_unknown_keys(("dataset", "field", "direction"))
    target = node.must_get("field")
    if "." not in target.as_text().strip("."):
        raise target.error(f"`{target.data}` does not name a field.", "Write `collection.field`.")
    return Reference(
        dataset=node.must_get("dataset").as_text(KEY, KEY_FORM),
        target=target.data,
        direction=Direction(node.choice("direction", ("from", "to")) or "both"),
        line=node.line,
    )


def _length(meta: MapNode) -> int | None:
    node = meta.get("length")
    if node is not None and (isinstance(node.data, bool) or not isinstance(node.data, int) or node.data < 1):
        raise node.error("Here a whole number above 0 must stand.", "Write the number of characters that fit, like `40`.")
    return node.data if node else None


def _masking(meta: MapNode) -> Masking | None:
    node = meta.get("masking_strategy_override")
    if node is None:
        return None
    node.refuse_unknown_keys(("strategy", "configuration"))
    node.must_get("strategy")
    strategy = node.choice("strategy", tuple(STRATEGIES)) or ""
    configuration = node.get("configuration")
    if configuration is not None:
        configuration.refuse_unknown_keys(tuple(sorted(STRATEGIES[strategy])))
    if strategy == "string_rewrite" and not (configuration and configuration.get("rewrite_value")):
        raise node.error("`string_rewrite` needs what to write.", "Add `configuration: {rewrite_value: ...}`.")
    return Masking(strategy, configuration.data if configuration else {})


def _redact(meta: MapNode | None) -> bool:
    return bool(meta and meta.choice("redact", ("name",)))


def _namespace(meta: MapNode) -> dict[str, str]:
    node = meta.get("namespace")
    if node is None:
        return {}
    node.refuse_unknown_keys(NAMESPACE)
    return {name: text for name in NAMESPACE if (text := node.text(name)) is not None}


def _collection_keys(meta: MapNode | None, key: str, own: str) -> tuple[str, ...]:
    items = meta.items(key) if meta else []
    form = re.compile(r"[a-zA-Z0-9_<>-]+\.[a-zA-Z0-9_<>-]+")
    for item in items:
        if item.as_text(form, "Write `dataset.collection`.") == own:
            raise item.error("A collection cannot come after itself.", "Remove it.")
    return tuple(item.data for item in items)


def _partitioning(meta: MapNode) -> object:
    node = meta.get("partitioning")
    if node is None:
        return None
    for part in node.as_items() if isinstance(node.data, list) else [node]:
        part.refuse_unknown_keys(("where_clauses", "field", "start", "end", "interval"))
    return node.data


def _refuse_twice(node: MapNode, names: list[tuple[str, tuple[str | int, ...]]], what: str) -> None:
    seen: set[str] = set()
    for name, place in names:
        if name in seen:
            raise node.error(f"There are two {what}s of the name `{name}`.", "Keep one, or rename one.", *place)
        seen.add(name)
