"""The test class that an adapter which keeps choices has to pass besides `AdapterContract`: inherit it, give a fixture `choices`.

Must never ask for more than the contract promises, nor for less.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from portal.adapters.contract import Adapter, AdapterError, ChoiceToWrite, ConsentReceipt, Identifier, Subject, TryLater
from portal.adapters.testing import UNKNOWN
from portal.core import clock


@dataclass(frozen=True, slots=True)
class Choices:
    """An opened adapter that keeps choices: `choice` is one of them as (purpose, channel), `found` a person that the system has.

    `stands` says how the test finds the choice in the system itself, past the adapter; `others` is everything of other persons.
    """

    adapter: Adapter
    found: Identifier
    choice: tuple[str, str]
    stands: Callable[[], bool | None]
    others: Callable[[], object]
    counts: bool = True
    break_it: Callable[[], None] | None = None


class ChoicesContract:
    """What the portal relies on where `can.consent` is said. Give a fixture `choices`; `counts=False` where no sequence can be kept."""

    def test_a_choice_is_written_and_read_back(self, choices: Choices) -> None:
        assert choices.adapter.can.consent
        assert choices.adapter.keeps_choice(*choices.choice)
        for sequence, allowed in enumerate((True, False, True), 1):
            assert self._write(choices, allowed=allowed, sequence=sequence).confirmed
            assert choices.stands() is allowed

    def test_a_choice_that_the_system_does_not_keep_is_said_to_be_none(self, choices: Choices) -> None:
        assert not choices.adapter.keeps_choice("no-such-purpose", choices.choice[1])
        assert not choices.adapter.keeps_choice(choices.choice[0], "no-such-channel")

    def test_a_choice_that_is_written_twice_stands_once(self, choices: Choices) -> None:
        for _ in range(2):
            assert self._write(choices, allowed=False, sequence=1).confirmed
        assert choices.stands() is False

    def test_E8_an_older_choice_never_stands_over_a_newer_one(self, choices: Choices) -> None:
        if not choices.counts:
            return
        self._write(choices, allowed=False, sequence=1_800_000_000_000_002)
        self._write(choices, allowed=True, sequence=1_800_000_000_000_001)
        assert choices.stands() is False

    def test_nothing_of_anyone_else_is_touched(self, choices: Choices) -> None:
        others = choices.others()
        self._write(choices, allowed=False, sequence=1)
        self._write(choices, allowed=True, sequence=2)
        assert choices.others() == others

    def test_nobody_is_made_of_an_unknown_address(self, choices: Choices) -> None:
        others = choices.others()
        receipt = choices.adapter.write_consent(
            Subject((UNKNOWN,)), self._choice(choices, allowed=True, sequence=1), idempotency_key="step-1"
        )
        assert not receipt.found
        assert choices.others() == others

    def test_H15_a_system_that_is_down_confirms_nothing_and_repeats_nothing(self, choices: Choices) -> None:
        if choices.break_it is None:
            return
        choices.break_it()
        with pytest.raises((TryLater, AdapterError)) as caught:
            self._write(choices, allowed=False, sequence=1)
        assert choices.found.value not in str(caught.value)
        assert caught.value.__context__ is None

    def _write(self, choices: Choices, *, allowed: bool, sequence: int) -> ConsentReceipt:
        choice = self._choice(choices, allowed=allowed, sequence=sequence)
        receipt = choices.adapter.write_consent(Subject((choices.found,)), choice, idempotency_key=f"step-{sequence}")
        assert receipt.found
        return receipt

    @staticmethod
    def _choice(choices: Choices, *, allowed: bool, sequence: int) -> ChoiceToWrite:
        purpose, channel = choices.choice
        return ChoiceToWrite(purpose, channel, "", allowed, sequence, clock.now())
