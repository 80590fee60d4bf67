"""Acts and answers of the past in words, for pages and for the copy alike. Must never tell an act otherwise than the ledger has it, nor
name staff or keys.
"""

from portal.config.model import Company, Purpose
from portal.consent.choices import ChannelChoice, Standing
from portal.consent.events import Event
from portal.consent.steps import Opening
from portal.consent.words import Act, Actor
from portal.core.i18n import N_, _, format_date, format_list, pick

ACTS = {
    Act.ASKED: N_("Yes, waiting for you to confirm it"),
    Act.GIVEN: N_("Yes"),
    Act.REFUSED: N_("No"),
    Act.WITHDRAWN: N_("Taken back"),
    Act.OBJECTED: N_("Objected"),
    Act.RESUMED: N_("Break ended"),
    Act.EXPIRED: N_("Ended by itself"),
    Act.IMPORTED: N_("Yes on an old list, without proof"),
    Act.UNDONE: N_("Undone: as it was before"),
}
"""Each act in a few words; a pause names its day."""

PLACES = {
    "site": N_("on these pages"),
    "link": N_("through a link in a message"),
    "link:typed_address": N_("by someone who typed your address on our page for stopping messages"),
    "import": N_("before these pages, from our own records"),
    "public": N_("on our page for stopping messages"),
    "api": N_("through another system of ours"),
    "agent": N_("through someone you asked to act for you"),
    "console": N_("with our staff"),
    "mail": N_("with a button behind a link in a mail"),
    "erasure": N_("when your data was deleted"),
    "site:erase": N_("on the pages for deleting your data"),
}
"""Where an act came in, by its collection point or the first part of it."""

ACTORS = {
    Actor.AGENT: N_("someone who acts for you"),
    Actor.STAFF: N_("our staff"),
    Actor.COMPANY_SYSTEM: N_("one of our systems"),
    Actor.SIGNAL: N_("your browser’s privacy signal"),
}
"""Who acted, where it was not the person."""


def act_words(event: Event) -> str:
    """What was done, in a few words."""
    if event.act is Act.PAUSED:
        return _("Quiet until %(day)s", day=format_date(event.until)) if event.until else _("Paused")
    if event.act is Act.EXPIRED and event.actor is Actor.PERSON:
        return _("No longer wanted")
    return _(ACTS[event.act])


def plain_act(act: Act) -> str:
    """The same where the day of a break is not known."""
    return _("Paused") if act is Act.PAUSED else _(ACTS[act])


def place_of(collection_point: str) -> str:
    """From where an act came, without what tells one place of ours from another."""
    return _(PLACES.get(collection_point) or PLACES.get(collection_point.partition(":")[0], PLACES["api"]))


def actor_of(actor: str) -> str:
    """Who acted, where it was not the person; what kind of someone, never who."""
    return _(ACTORS[Actor(actor)]) if actor in ACTORS else ""


def title_of(company: Company, event: Event) -> str:
    """The purpose and the channel, as they are called today; a purpose that is no longer asked for says so."""
    purpose = company.purposes.get(event.choice.purpose)
    if purpose is None or event.choice.channel not in purpose.channels:
        return _("Something we no longer ask for")
    return _("%(purpose)s, %(channel)s", purpose=pick(purpose.title), channel=pick(purpose.channels[event.choice.channel]))


def topics_of(company: Company, event: Event) -> str:
    """The topics that the act named, where it did not mean all of them."""
    purpose = company.purposes.get(event.choice.purpose)
    named = (event.choice.topic,) if event.choice.topic else event.topics or ()
    return format_list([pick(purpose.topics[key].title) for key in named if key in purpose.topics]) if purpose and named else ""


def opening_words(purpose: Purpose, opens: Opening) -> list[str]:
    """What a wish adds to a yes that stands, each part by name."""
    words = [pick(purpose.topics[key].title) for key in opens.topics]
    if opens.frequency in purpose.frequencies:
        words.append(pick(purpose.frequencies[opens.frequency]))
    if opens.until:
        words.append(_("a break only until %(day)s", day=format_date(opens.until)))
    return [*words, _("the end of the break")] if opens.resumes else words


def standing_words(choice: ChannelChoice) -> str:
    """One answer as it stands, with its day."""
    day = format_date(choice.since) if choice.since else ""
    if choice.standing is Standing.GIVEN:
        return _("Yes, since %(day)s", day=day)
    if choice.standing is Standing.PAUSED and choice.said is None:
        return _("Quiet until %(day)s", day=format_date(choice.until) if choice.until else "")
    if choice.standing is Standing.PAUSED:
        return _("Yes, but quiet until %(day)s", day=format_date(choice.until) if choice.until else "")
    if choice.actor is Actor.SIGNAL and choice.standing in (Standing.OBJECTED, Standing.REFUSED, Standing.WITHDRAWN):
        return _("No, from your browser’s privacy signal, %(day)s", day=day)
    if choice.standing is Standing.REFUSED:
        return _("No, since %(day)s", day=day)
    if choice.standing is Standing.WITHDRAWN:
        return _("Taken back on %(day)s", day=day)
    if choice.standing is Standing.OBJECTED:
        return _("Objected on %(day)s, so it counts as no", day=day)
    if choice.standing is Standing.SUPPRESSED:
        return _("Stopped on %(day)s for this address, so it counts as no", day=day)
    if choice.standing is Standing.PENDING:
        return _("Waits for you to confirm it, so it counts as no")
    if choice.said is Act.IMPORTED and choice.answer.allowed:
        return _("An old list says yes, and for now that counts")
    if choice.said is Act.IMPORTED:
        return _("An old list says yes. That proves nothing, so it counts as no")
    return _("Not answered. It is allowed until you say no") if choice.answer.allowed else _("Not answered, so it counts as no")
