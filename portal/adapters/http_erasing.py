"""Erasing behind `http`: what the request that `portal.yaml` describes would take, collection by collection, and what is there afterwards.

Must never send a request that takes what a law keeps or what was not chosen, nor say done of what was not read again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from pydantic import Field

from portal.adapters.contract import (
    AdapterError,
    ErasePlan,
    EraseReceipt,
    Fate,
    KeptRow,
    Left,
    Match,
    Pending,
    PlannedItem,
    Record,
    Wanted,
)
from portal.adapters.fates import Held, Tally, aim_at, day_of, decide, is_about_a_person, wanted_by
from portal.adapters.http_requests import RequestSettings, field_of, send, uses
from portal.adapters.remote import Limits, Remote, Sent
from portal.config.model import RetentionRule
from portal.config.parts import Line
from portal.config.systems import CollectionNote
from portal.core import clock

NOT_THERE = "The record is no longer there under this identifier. Search again."
NOT_SELECTIVE = "The request for erasing would take what has to stay. Send `{collections}` in it, or erase by hand."
ONLY_WHOLE = "This system erases whole collections only, and a part of one was chosen. A person has to do it."
DONE, GONE, LATER = 200, (404, 410), 202


class EraseRequest(RequestSettings):
    """How a record is erased: 200 or 204 is done (and read back), 202 is taken and done later, 404 or 410 is gone already."""

    key_header: Line = Field("Idempotency-Key", description="The header that holds the key: the same for every try")
    task: Line | None = Field(None, description="The field of a 202 that names the task, for your own records")
    probe: RequestSettings | None = Field(
        None, description="Asks what became of `{idempotency_key}`: 200 done, 202 not yet, 404 never arrived"
    )


@dataclass(slots=True)
class Survey:
    """What stands in the person's records now: collections that go whole, rows that stay, and collections that were not chosen."""

    going: dict[str, list[Record]] = field(default_factory=dict)
    keeping: dict[str, list[tuple[Record, str, date]]] = field(default_factory=dict)
    untouched: set[str] = field(default_factory=set)
    tally: Tally = field(default_factory=Tally)
    scope: dict[str, set[str]] = field(default_factory=dict)

    def plan(self, not_after: datetime | None) -> ErasePlan:
        """The dry run."""
        scope = tuple((key, tuple(sorted(names))) for key, names in self.scope.items())
        return ErasePlan(self.tally.items(), not_after=not_after, scope=scope)

    def kept_rows(self) -> tuple[KeptRow, ...]:
        """Rows that stay, each with its ground and day."""
        return tuple(KeptRow(key, one.key, ground, until) for key, some in self.keeping.items() for one, ground, until in some)


@dataclass(frozen=True, slots=True)
class HttpEraser:
    """One system's way to erase. `read` gives a record's export, `named` says whether `find` still names it."""

    request: EraseRequest
    remote: Remote
    limits: Limits
    notes: Mapping[str, CollectionNote]
    rules: Mapping[str, RetentionRule]
    read: Callable[[Match], Iterable[Record]]
    named: Callable[[Match], bool]

    def plan(self, match: Match, wanted: Wanted, not_after: datetime | None) -> ErasePlan:
        """What the request would take. Raises `AdapterError` where it would take more than that."""
        if not self.named(match):
            raise AdapterError(NOT_THERE)
        return self._survey(match, wanted, not_after).plan(not_after)

    def erase(self, match: Match, plan: ErasePlan, key: str) -> EraseReceipt | Pending:
        """Send the request once, and read again."""
        if not self.named(match):
            raise AdapterError(NOT_THERE)
        survey = self._survey(match, wanted_by(plan), plan.not_after)
        sent = self._send(self.request, match, key, sorted(survey.going))
        if sent.status == LATER:
            return Pending(self._task(sent, key), after=sent.after)
        left = self._left(match, set(survey.going))
        appeared = max(0, _count(survey.tally.items()) - _count(plan.items))
        return EraseReceipt(survey.tally.items(), survey.kept_rows(), left, appeared, key)

    def probe(self, match: Match, plan: ErasePlan, key: str) -> EraseReceipt | Pending | None:
        """What became of it: by the request for that, else by reading whether anything is still there."""
        going = {one.collection for one in plan.items if one.fate is Fate.ERASE}
        status = DONE
        if self.request.probe is not None:
            sent = self._send(self.request.probe, match, key, sorted(going))
            status = sent.status
            if status == LATER:
                return Pending(key, after=sent.after)
        left = self._left(match, going)
        if not left:
            return EraseReceipt(plan.items, self._still_kept(match, plan), (), 0, key)
        if self.request.probe is None:
            return None
        # Never arrived: it may be begun again. Done, and still there: that is a failure that a person has to see.
        items = () if status in GONE else tuple(one for one in plan.items if one.fate is Fate.KEEP) or plan.items
        return EraseReceipt(items, left=left, reference=key)

    def _send(self, request: RequestSettings, match: Match, key: str, collections: list[str]) -> Sent:
        words = {"key": match.key, "kind": match.kind, "stored": match.stored, "idempotency_key": key, "collections": collections}
        good = (DONE, 204, LATER, *GONE)
        return send(self.remote, request, words, self.limits, key=key, key_header=self.request.key_header, good=good)  # type: ignore[arg-type]  # a list of texts is JSON

    def _task(self, sent: Sent, key: str) -> str:
        named = field_of(sent, self.request.task) if self.request.task and sent.body else None
        return str(named)[:80] if isinstance(named, str | int) else key

    def _left(self, match: Match, going: set[str]) -> tuple[Left, ...]:
        found: dict[str, int] = {}
        for record in self._there(match):
            if record.collection in going:
                found[record.collection] = found.get(record.collection, 0) + 1
        return tuple(Left(key, "", count) for key, count in found.items())

    def _there(self, match: Match) -> list[Record]:
        """What is still there. Raises `TryLater` where it could not be read: that is never nothing."""
        named = self.named(match)
        try:
            return list(self.read(match))
        except AdapterError:
            if named:
                raise
        return []

    def _still_kept(self, match: Match, plan: ErasePlan) -> tuple[KeptRow, ...]:
        keeping = {one.collection: one for one in plan.items if one.fate is Fate.KEEP}
        return tuple(
            KeptRow(one.collection, one.key, keeping[one.collection].ground, keeping[one.collection].until or clock.now().date())
            for one in self._there(match)
            if one.collection in keeping
        )

    def _survey(self, match: Match, wanted: Wanted, not_after: datetime | None) -> Survey:
        survey, today = Survey(), clock.now().date()
        for record in self.read(match):
            held = list(self._held(record))
            if not any(map(is_about_a_person, held)):
                continue
            aim = aim_at(record.collection, held, wanted)
            if aim is None:
                survey.untouched.add(record.collection)
                continue
            if not aim.whole:
                raise AdapterError(ONLY_WHOLE)
            moment = max((one.obtained for one in record.values if one.obtained), key=str, default=None)
            if not_after is not None and (moment is None or _is_newer(moment, not_after)):
                raise AdapterError("Something came since the erasure that would be done again. A person has to look.")
            survey.scope.setdefault(record.collection, set()).update(one.name for one in aim.fields)
            survey.going.setdefault(record.collection, []).append(record)
            for ground, until in decide(aim, self.rules, day_of(moment), today).kept:
                survey.keeping.setdefault(record.collection, []).append((record, ground, until))
        self._count(survey, today)
        if (survey.keeping or survey.untouched) and not uses(self.request, "collections"):
            raise AdapterError(NOT_SELECTIVE)
        return survey

    def _count(self, survey: Survey, today: date) -> None:
        """A collection of which a law keeps any row stays whole: the request knows collections only."""
        for key, records in list(survey.going.items()):
            held = [one for record in records for one in self._held(record)]
            if key not in survey.keeping:
                for _record in records:
                    survey.tally.add(key, Fate.ERASE, held, whole=True)
                continue
            del survey.going[key]
            kept = {record.key: (ground, until) for record, ground, until in survey.keeping[key]}
            first = next(iter(kept.values()))[0]
            survey.keeping[key] = [(record, *kept.get(record.key, (first, today))) for record in records]
            for _record, ground, until in survey.keeping[key]:
                survey.tally.add(key, Fate.KEEP, held, whole=True, kept=(ground, until))

    def _held(self, record: Record) -> Iterable[Held]:
        note = self.notes[record.collection]
        for value in record.values:
            yield Held(value.name, value.category, value.retention)
        for one in record.withheld:
            yield Held(one.name, one.category, note.retention)


def _count(items: Iterable[PlannedItem]) -> int:
    return sum(one.count for one in items if one.fate is Fate.ERASE)


def _is_newer(moment: date | datetime, than: datetime) -> bool:
    if not isinstance(moment, datetime):
        return moment > than.date()
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) > than
