"""What waits for the mailbox, in the words of the choices page. Must never say of anything that waits that it counts."""

from collections.abc import Sequence
from typing import Any

from portal.consent.events import Choice
from portal.consent.told import opening_words
from portal.consent.waiting import OpenQuestion, Waits
from portal.core.i18n import _, format_list, pick
from portal.web.context import current_company


def titles_of(choices: Sequence[Choice]) -> list[str]:
    """Choices by name."""
    purposes = current_company().config.purposes
    return [
        _(
            "%(purpose)s, %(channel)s",
            purpose=pick(purposes[one.purpose].title),
            channel=pick(purposes[one.purpose].channels[one.channel]),
        )
        for one in choices
        if one.purpose in purposes and one.channel in purposes[one.purpose].channels
    ]


def parts_of(waits: Waits) -> list[str]:
    """What would be added to a yes that stands, by name; nothing where the whole yes waits."""
    return opening_words(current_company().config.purposes[waits.wanted.change.purpose], waits.opens)


def section(question: OpenQuestion | None) -> dict[str, Any] | None:
    """All that waits: its names, until when, and whether something of it stands and goes on whatever the answer is."""
    if question is None:
        return None
    named = []
    for one in question.waits:
        [title], more = titles_of([one.wanted.change.choice]), parts_of(one)
        named.append(_("%(title)s: %(more)s", title=title, more=format_list(more)) if more else title)
    return {"titles": named, "until": question.expires_at, "stays": any(not one.opens.whole for one in question.waits)}


def lines_by_choice(question: OpenQuestion | None) -> dict[Choice, list[str]]:
    """Beside each yes that stands: what would be added to it, and that this waits."""
    waits = question.waits if question else ()
    return {
        one.wanted.change.choice: [_("%(part)s: waits for you to confirm it", part=part) for part in parts_of(one)]
        for one in waits
    }
