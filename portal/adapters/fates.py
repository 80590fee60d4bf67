"""What becomes of a person's values in an erasure: they go, or they stay for a ground in law until a day. Pure: no system, no clock.

Must never let a value go before the last day that the law asks for, nor keep one for a rule that names no law.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from portal.adapters import taxonomy
from portal.adapters.contract import ErasePlan, Fate, PlannedItem, Wanted
from portal.adapters.never_leaves import reason_to_withhold
from portal.config.model import RetentionRule


@dataclass(frozen=True, slots=True)
class Held:
    """A field of a collection that may hold something about a person. `retention` is a key of `retention_rules`."""

    name: str
    category: str
    retention: str


@dataclass(frozen=True, slots=True)
class Aim:
    """What an erasure aims at in one collection. `whole`: every field about a person, so that the rows themselves may go."""

    collection: str
    fields: tuple[Held, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class RowFate:
    """What becomes of one row: fields that go, and fields that stay per ground and day. `whole` as in the aim."""

    lost: tuple[Held, ...]
    kept: Mapping[tuple[str, date], tuple[Held, ...]]
    whole: bool

    @property
    def row_goes(self) -> bool:
        """Whether nothing asks for the row to stay."""
        return self.whole and not self.kept

    @property
    def row_stays(self) -> bool:
        """Whether the row stays as it is, untouched."""
        return self.whole and not self.lost


def aim_at(collection: str, fields: Iterable[Held], wanted: Wanted) -> Aim | None:
    """What of a collection is wanted; None where nothing of it is about a person, or nothing was asked for."""
    personal = [one for one in fields if is_about_a_person(one)]
    asked = tuple(one for one in personal if wanted(collection, one.name, one.category))
    return Aim(collection, asked, len(asked) == len(personal)) if asked else None


def is_about_a_person(one: Held) -> bool:
    """By its category, or because its name gives away a secret of somebody."""
    return taxonomy.is_personal(one.category) or reason_to_withhold(one.name, (one.category,)) is not None


def wanted_by(plan: ErasePlan) -> Wanted:
    """What a plan was made for: its scope; where it has none, the fields or categories of its items."""
    scope: dict[str, set[str]] = {collection: set(names) for collection, names in plan.scope}
    if scope:
        return lambda collection, name, _category: name in scope.get(collection, ())
    fields = {(one.collection, name) for one in plan.items for name in one.fields}
    categories = {(one.collection, category) for one in plan.items if not one.fields for category in one.categories}
    return lambda collection, name, category: (collection, name) in fields or (collection, category) in categories


def scope_of_aims(aims: Iterable[Aim]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The scope of a plan."""
    return tuple((one.collection, tuple(each.name for each in one.fields)) for one in aims)


def decide(aim: Aim, rules: Mapping[str, RetentionRule], day: date | None, today: date) -> RowFate:
    """What becomes of a row that came on `day`; a row without a day counts as new."""
    lost: list[Held] = []
    kept: dict[tuple[str, date], list[Held]] = {}
    for one in aim.fields:
        until = kept_until(rules.get(one.retention), day or today, today)
        if until is None:
            lost.append(one)
        else:
            kept.setdefault((one.retention, until), []).append(one)
    return RowFate(tuple(lost), {key: tuple(some) for key, some in kept.items()}, aim.whole)


def kept_until(rule: RetentionRule | None, day: date, today: date) -> date | None:
    """The first day on which something of `day` may go, where a law keeps it beyond `today`; else None."""
    if rule is None or not rule.ground or rule.years is None:
        return None
    if rule.counted_from == "calendar_year_end":
        until = date(day.year + rule.years + 1, 1, 1)
    else:
        until = _years_later(day if rule.counted_from == "record_date" else today, rule.years) + timedelta(days=1)
    return until if until > today else None


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)


def day_of(moment: date | datetime | None) -> date | None:
    """The day of a moment."""
    return moment.date() if isinstance(moment, datetime) else moment


@dataclass(slots=True)
class Tally:
    """Counts rows into the items of a plan or a receipt."""

    counts: dict[tuple[str, Fate, tuple[str, ...], str, date | None], int] = field(default_factory=dict)
    categories: dict[tuple[str, Fate, tuple[str, ...], str, date | None], tuple[str, ...]] = field(default_factory=dict)

    def add(
        self, collection: str, fate: Fate, fields: Collection[Held], *, whole: bool, kept: tuple[str, date | None] = ("", None)
    ) -> None:
        """One more row, of which `fields` are meant, or all of it."""
        key = (collection, fate, () if whole else tuple(sorted(one.name for one in fields)), *kept)
        self.counts[key] = self.counts.get(key, 0) + 1
        if key not in self.categories:
            self.categories[key] = tuple(sorted({one.category for one in fields}))

    def add_row(self, collection: str, fate: RowFate, *, stays: bool = False) -> None:
        """One more row with its fate; `stays` where the row itself has to stay although nothing keeps its values."""
        if fate.lost:
            goes = fate.row_goes and not stays
            self.add(collection, Fate.ERASE if goes else Fate.OVERWRITE, fate.lost, whole=goes)
        for kept, fields in fate.kept.items():
            self.add(collection, Fate.KEEP, fields, whole=fate.row_stays and len(fate.kept) == 1, kept=kept)

    def items(self) -> tuple[PlannedItem, ...]:
        """The items, in the order in which they came up."""
        return tuple(self._items())

    def _items(self) -> Iterator[PlannedItem]:
        for (collection, fate, fields, ground, until), count in self.counts.items():
            yield PlannedItem(
                collection, fate, count, fields, self.categories[collection, fate, fields, ground, until], ground, until
            )
