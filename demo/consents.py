"""The shape of what people agreed to before the portal came: acts, oldest first, ready to be brought into its ledger."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Act = Literal["given", "refused", "withdrawn", "imported"]


@dataclass(frozen=True, slots=True)
class ConsentAct:
    """One act of the person who reads `email`, on one purpose and channel of `portal.yaml`.

    `imported` came from an old list without proof. `language` is that of the text they were shown.
    """

    email: str
    purpose: str
    channel: str
    act: Act
    at: datetime
    language: str


def oldest_first(acts: Iterable[ConsentAct]) -> Iterator[ConsentAct]:
    """In the order in which they happened; acts of one moment keep their order."""
    yield from sorted(acts, key=lambda act: act.at)
