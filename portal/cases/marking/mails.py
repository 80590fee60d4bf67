"""Mail addresses in free text, found from their @ outwards, so that no text makes it slow."""

from collections.abc import Iterator

from portal.cases.marking.text import Kind, Mark

_LOCAL = frozenset(".+-_%&'*/=?^`{|}~!#$")
_MOST = 64


def find_mails(text: str) -> Iterator[Mark]:
    """Every part that has the form of a mail address."""
    at = text.find("@")
    while at >= 0:
        start, end = _start(text, at), _end(text, at)
        if start < at and "." in text[at:end]:
            yield Mark(start, end, Kind.MAIL)
        at = text.find("@", at + 1)


def _start(text: str, at: int) -> int:
    start = at
    while start > 0 and at - start < _MOST and (text[start - 1].isalnum() or text[start - 1] in _LOCAL):
        start -= 1
    while start < at and not text[start].isalnum():
        start += 1
    return start


def _end(text: str, at: int) -> int:
    end, longest = at + 1, min(len(text), at + 1 + 4 * _MOST)
    while end < longest and (text[end].isalnum() or text[end] in ".-"):
        end += 1
    while end > at and not text[end - 1].isalnum():
        end -= 1
    return end
