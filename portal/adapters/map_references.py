"""Find what the references and the order of Fideslang maps point at, over all files of a system.

Must never leave a reference that leads nowhere: what it names would silently be missing from every answer.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from portal.adapters.dataset_map import Dataset, MapCollection, MapField, Reference
from portal.core.documents import Document, DocumentError


def resolve_references(datasets: Sequence[Dataset], documents: Mapping[str, Document]) -> tuple[Dataset, ...]:
    """The same datasets with `collection` and `path` of every reference filled in. Raises `DocumentError`."""
    by_key: dict[str, Dataset] = {}
    for dataset in datasets:
        if dataset.key in by_key:
            first = by_key[dataset.key]
            raise DocumentError(
                dataset.file,
                dataset.line,
                dataset.key,
                f"The dataset `{dataset.key}` stands in {first.file}:{first.line} too.",
                "Give each dataset a `fides_key` of its own.",
            )
        by_key[dataset.key] = dataset
    finder = _Finder(by_key, documents)
    for dataset in datasets:
        finder.check_order(dataset)
    return tuple(replace(one, collections=tuple(finder.collection(each) for each in one.collections)) for one in datasets)


class _Finder:
    """Knows all datasets of a system."""

    def __init__(self, datasets: Mapping[str, Dataset], documents: Mapping[str, Document]) -> None:
        self.datasets = datasets
        self.documents = documents

    def check_order(self, dataset: Dataset) -> None:
        """`after` and `erase_after` name what is there; an unknown name is a misspelling."""
        for other in dataset.after:
            if other not in self.datasets:
                raise self._error(
                    dataset.file, dataset.line, "after", f"The dataset `{other}` is not mapped.", _near(other, self.datasets)
                )
        keys = [one.key for each in self.datasets.values() for one in each.collections]
        for collection in dataset.collections:
            for other in (*collection.after, *collection.erase_after):
                if other not in keys:
                    raise self._error(
                        collection.file,
                        collection.line,
                        collection.key,
                        f"The collection `{other}` is not mapped.",
                        _near(other, keys),
                    )

    def collection(self, collection: MapCollection) -> MapCollection:
        """The collection with its references found."""
        return replace(collection, fields=tuple(self._field(one, collection) for one in collection.fields))

    def _field(self, one: MapField, collection: MapCollection) -> MapField:
        return replace(
            one,
            references=tuple(self._reference(each, one, collection) for each in one.references),
            fields=tuple(self._field(each, collection) for each in one.fields),
        )

    def _reference(self, reference: Reference, one: MapField, collection: MapCollection) -> Reference:
        def error(problem: str, remedy: str) -> DocumentError:
            return self._error(collection.file, reference.line, f"{collection.key}.{'.'.join(one.path)}", problem, remedy)

        dataset = self.datasets.get(reference.dataset)
        if dataset is None:
            raise error(f"The dataset `{reference.dataset}` is not mapped.", _near(reference.dataset, self.datasets))
        fitting = [each for each in dataset.collections if reference.target.startswith(f"{each.name}.")]
        if not fitting:
            names = [each.name for each in dataset.collections]
            wanted = reference.target.split(".")[0]
            raise error(f"There is no collection `{wanted}` in `{dataset.key}`.", _near(wanted, names))
        # Names may hold dots themselves: the longest one that fits is meant.
        target = max(fitting, key=lambda each: len(each.name))
        wanted = reference.target.removeprefix(f"{target.name}.")
        path = next((each.path for each in target.all_fields() if ".".join(each.path) == wanted), None)
        if path is None:
            names = [".".join(each.path) for each in target.all_fields()]
            raise error(f"There is no field `{wanted}` in `{target.key}`.", _near(wanted, names))
        if target.key == collection.key and path == one.path:
            raise error("The field references itself.", "Name the other field that it joins.")
        if target.skip_processing:
            raise error(f"`{target.key}` is left out by `skip_processing`.", "Remove that there, or this reference.")
        return replace(reference, collection=target.name, path=path)

    def _error(self, file: str, line: int, key: str, problem: str, remedy: str) -> DocumentError:
        return DocumentError(file, line, key, problem, remedy)


def _near(wanted: str, names: Sequence[str] | Mapping[str, object]) -> str:
    near = difflib.get_close_matches(wanted, list(names), n=1)
    return f"Did you mean `{near[0]}`?" if near else f"Name one that is there: {', '.join(sorted(names))}."
