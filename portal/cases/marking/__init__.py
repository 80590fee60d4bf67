"""Marks in free text what looks like somebody else's name, address, number or mail address, for a reviewer to decide. Pure.

Must never black anything out by itself, nor be taken for complete: what it misses is the reviewer's job.
"""

from collections.abc import Iterator

from portal.cases.marking.addresses import find_addresses
from portal.cases.marking.mails import find_mails
from portal.cases.marking.names import find_names
from portal.cases.marking.numbers import find_numbers
from portal.cases.marking.own import NOBODY, Own, is_own, own_of
from portal.cases.marking.text import Kind, Mark, split

__all__ = ["NOBODY", "Kind", "Mark", "Own", "find_marks", "own_of"]


def find_marks(text: str, own: Own = NOBODY) -> tuple[Mark, ...]:
    """What looks like another person's, in order, not overlapping; what is `own` is left out. Takes time in proportion to the text."""
    mails = tuple(find_mails(text))
    tokens = split(text)
    addresses = _beside(find_addresses(text, tokens), mails)
    numbers = _beside(find_numbers(text, tokens), (*mails, *addresses))
    names = _beside(find_names(text, tokens), (*mails, *addresses, *numbers))
    every = (*mails, *addresses, *numbers, *names)
    return tuple(sorted((one for one in every if not is_own(text, one, own)), key=lambda one: one.start))


def _beside(found: Iterator[Mark], taken: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """Those of `found` that touch nothing of `taken` nor one another; what only begins before it is cut there."""
    ends = sorted((one.start, one.end) for one in taken)
    kept: list[Mark] = []
    at, last = 0, 0
    for one in sorted(found, key=lambda mark: (mark.start, -mark.end)):
        if one.start < last:
            continue
        while at < len(ends) and ends[at][1] <= one.start:
            at += 1
        if at < len(ends) and ends[at][0] <= one.start:
            continue
        end = min(one.end, ends[at][0]) if at < len(ends) else one.end
        kept.append(Mark(one.start, end, one.kind))
        last = end
    return tuple(kept)
