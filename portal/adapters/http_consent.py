"""Choices behind `http`: written by the request that `portal.yaml` describes, and read back by another one.

Must never call a choice confirmed that was not read back, nor write over a newer one where the system can tell.
"""

from dataclasses import dataclass
from datetime import datetime

from pydantic import Field

from portal.adapters.contract import ChoiceToWrite, ConsentReceipt, Json, Match
from portal.adapters.http_requests import RequestSettings, field_of, send
from portal.adapters.remote import Limits, Remote, Sent
from portal.config.parts import Line, Part


class ReadRequest(RequestSettings):
    """How a choice is read back. It must change nothing."""

    field: Line = Field(description="The field of the answer that holds whether the choice may be used: true or false")
    sequence: Line | None = Field(None, description="The field that holds `{sequence}` as it was written last")


class HttpConsentSettings(Part):
    """`settings.consent`: the choices that this system acts on."""

    choices: list[Line] = Field(min_length=1, description="`purpose.channel`, or `purpose.channel.topic`")
    write: RequestSettings = Field(description="With `{allowed}` and, if you can, `{sequence}`")
    read: ReadRequest


@dataclass(frozen=True, slots=True)
class HttpChoices:
    """One system's way to keep choices."""

    settings: HttpConsentSettings
    remote: Remote
    limits: Limits

    def keeps(self, purpose: str, channel: str, topic: str) -> bool:
        """Whether the settings name it."""
        return any(one in self.settings.choices for one in (f"{purpose}.{channel}", f"{purpose}.{channel}.{topic}"))

    def write(self, matches: list[Match], choice: ChoiceToWrite, key: str) -> ConsentReceipt:
        """For every record of the person; what says something newer is left alone."""
        confirmed = True
        for match in matches:
            words = _words(match, choice, key)
            if not self._is_newer(self._read(words, key), choice):
                self._ask(self.settings.write, words, key, good=(200, 202, 204))
            there = self._read(words, key)
            confirmed = confirmed and (
                self._is_newer(there, choice) or field_of(there, self.settings.read.field) is choice.allowed
            )
        return ConsentReceipt(found=bool(matches), confirmed=confirmed and bool(matches))

    def _read(self, words: dict[str, Json], key: str) -> Sent:
        return self._ask(self.settings.read, words, key, good=(200,))

    def _is_newer(self, sent: Sent, choice: ChoiceToWrite) -> bool:
        there = field_of(sent, self.settings.read.sequence) if self.settings.read.sequence else None
        return isinstance(there, int) and not isinstance(there, bool) and there > choice.sequence

    def _ask(self, request: RequestSettings, words: dict[str, Json], key: str, *, good: tuple[int, ...]) -> Sent:
        return send(self.remote, request, words, self.limits, key=key, key_header="Idempotency-Key", good=good)


def _words(match: Match, choice: ChoiceToWrite, key: str) -> dict[str, Json]:
    return {
        "key": match.key,
        "kind": match.kind,
        "stored": match.stored,
        "idempotency_key": key,
        "purpose": choice.purpose,
        "channel": choice.channel,
        "topic": choice.topic,
        "allowed": choice.allowed,
        "sequence": choice.sequence,
        "at": choice.at.isoformat(),
        "frequency": choice.frequency,
        "topics": None if choice.topics is None else list(choice.topics),
        "paused_until": _text(choice.paused_until),
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
