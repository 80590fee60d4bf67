"""How much of what is other people's is marked in texts that wait for a look: recall and precision by kind and language.

Must never be tuned to the held-out half: `held_out.jsonl` was written before the rules, `held_out_later.jsonl` after them and harder; both are only measured.
Run: `python -m benchmarks.marking`; `--missed` lists what was missed or marked wrongly of what was seen.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from portal.cases.marking import Kind, Mark, Own, find_marks, own_of

TEXTS = Path(__file__).resolve().parents[1] / "tests" / "vectors" / "redaction"
HALVES = ("seen", "held_out", "held_out_later")
LANGUAGES = ("en", "de", "ar")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text with what in it is other people's, in order; `own` is the writer's."""

    language: str
    text: str
    others: tuple[Mark, ...]
    own: Own


@dataclass(slots=True)
class Counts:
    """Labels found and all labels; marks that are right and all marks."""

    found: Counter[tuple[str, Kind]] = field(default_factory=Counter)
    labels: Counter[tuple[str, Kind]] = field(default_factory=Counter)
    right: Counter[tuple[str, Kind]] = field(default_factory=Counter)
    marks: Counter[tuple[str, Kind]] = field(default_factory=Counter)

    def recall(self, kind: Kind, *languages: str) -> float:
        """Of what was labelled, the share that is covered by marks to its last letter."""
        return _share(self.found, self.labels, kind, languages)

    def precision(self, kind: Kind, *languages: str) -> float:
        """Of what was marked, the share of which at least half is labelled, as whatever kind."""
        return _share(self.right, self.marks, kind, languages)


def labelled(half: str) -> Iterator[Labelled]:
    """The texts of one half."""
    for line in (TEXTS / f"{half}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        own = own_of(names=row.get("own", ()), places=row.get("own", ()), others=row.get("own", ()))
        yield Labelled(row["language"], row["text"], tuple(_placed(row["text"], row["others"])), own)


def count(*halves: str) -> Counts:
    """Labels and marks of these halves, counted."""
    counts = Counts()
    for half in halves:
        for one in labelled(half):
            marks = find_marks(one.text, one.own)
            for label in one.others:
                counts.labels[one.language, label.kind] += 1
                counts.found[one.language, label.kind] += _is_covered(one.text, label, marks)
            for mark in marks:
                counts.marks[one.language, mark.kind] += 1
                counts.right[one.language, mark.kind] += _is_right(mark, one.others)
    return counts


def _placed(text: str, others: list[tuple[str, str]]) -> Iterator[Mark]:
    at = 0
    for kind, said in others:
        start = text.index(said, at)
        at = start + len(said)
        yield Mark(start, at, Kind(kind))


def _is_covered(text: str, label: Mark, marks: tuple[Mark, ...]) -> bool:
    """Every letter and digit: a name of which a part still stands is not found."""
    hidden = {at for mark in marks for at in range(mark.start, mark.end)}
    return all(at in hidden for at in range(label.start, label.end) if text[at].isalnum())


def _is_right(mark: Mark, others: tuple[Mark, ...]) -> bool:
    shared = sum(max(0, min(mark.end, one.end) - max(mark.start, one.start)) for one in others)
    return 2 * shared >= mark.end - mark.start


def _share(part: Counter[tuple[str, Kind]], whole: Counter[tuple[str, Kind]], kind: Kind, languages: tuple[str, ...]) -> float:
    wanted = languages or LANGUAGES
    every = sum(whole[language, kind] for language in wanted)
    return sum(part[language, kind] for language in wanted) / every if every else 1.0


def _missed() -> None:
    for one in labelled("seen"):
        marks = find_marks(one.text, one.own)
        missed = [one.text[label.start : label.end] for label in one.others if not _is_covered(one.text, label, marks)]
        wrong = [one.text[mark.start : mark.end] for mark in marks if not _is_right(mark, one.others)]
        if missed or wrong:
            print(f"{one.language}  missed {missed}  wrongly {wrong}\n      {one.text!r}")


def main() -> None:
    """Print the table, or what was missed."""
    if "--missed" in sys.argv:
        _missed()
        return
    for title, halves in (
        ("seen", ("seen",)),
        ("held out", ("held_out",)),
        ("held out, harder", ("held_out_later",)),
        ("all", HALVES),
    ):
        counts = count(*halves)
        print(f"{title}: {sum(1 for half in halves for _one in labelled(half))} texts")
        print(
            f"  {'kind':<10}{'recall':>8}{'precision':>11}{'labels':>8}   " + "".join(f"{language:>16}" for language in LANGUAGES)
        )
        for kind in Kind:
            each = "".join(
                f"{counts.recall(kind, language):>9.2f}/{counts.precision(kind, language):.2f}  " for language in LANGUAGES
            )
            labels = sum(counts.labels[language, kind] for language in LANGUAGES)
            print(f"  {kind:<10}{counts.recall(kind):>8.2f}{counts.precision(kind):>11.2f}{labels:>8}   {each}")


if __name__ == "__main__":
    main()
