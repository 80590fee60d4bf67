"""The preference centre without its looks: what to draw, how choices stand for who holds a link, and the act of that person.

Must never let a link do more here than on its own page: it stops at once, and what opens further waits for the person's mailbox.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from portal.api.bodies import Body
from portal.api.centre_schema import PurposeOut, acts_schema, purposes_of
from portal.api.events import Name
from portal.api.guards import current_key
from portal.api.operations import Part
from portal.api.problems import Problem
from portal.consent.changes import Answer, Change
from portal.consent.events import Choice
from portal.consent.ledger import UnknownChoice
from portal.consent.notices import current_hash
from portal.consent.readers import items_of, reader_of
from portal.consent.unproven import is_asked, save_unproven, stop
from portal.consent.words import STOPS
from portal.people.link_tokens import LONGEST_TOKEN, LinkUnreadable, OpenedLink, open_link
from portal.people.service import EMAIL
from portal.people.tombstones import as_known_now
from portal.web.context import current_company
from portal.web.transactions import db

part = Part("centre", "A preference centre of your own")

Token = Annotated[str, Field(min_length=1, max_length=LONGEST_TOKEN, description="The token of the person's link")]


class CentreOut(BaseModel):
    """What to draw. `acts` is the JSON Schema (2020-12) of what may be posted: purposes, channels, topics, rhythms, texts and their hashes."""

    languages: list[str]
    purposes: list[PurposeOut]
    acts: dict[str, Any]


class TokenIn(Body):
    """Whose choices: the holder of this link's."""

    token: Token


class StandingOut(BaseModel):
    """One choice. `said`: yes, no, or empty while nobody answered; `waits`: a yes waits until the mailbox confirms it."""

    purpose: str
    channel: str
    said: str
    paused: bool
    waits: bool


class CentreState(BaseModel):
    """How choices stand. `hint` is all that may be shown of the address; `shows` is false for an old or limited link, which only stops."""

    hint: str
    shows: bool
    may_say_yes: bool
    seen: int
    choices: list[StandingOut]


class ActIn(Body):
    """One answer. A yes names the hash of the text that was shown with it."""

    purpose: Name
    channel: Name
    answer: Literal["yes", "no"]
    notice: Annotated[str | None, Field(pattern="^[0-9a-f]{64}$")] = None
    topics: Annotated[list[Name] | None, Field(max_length=50)] = None
    frequency: Name | None = None


class ActsIn(Body):
    """What the person chose on your page, in which language, and the `seen` that it was drawn with."""

    token: Token
    language: Annotated[str, Field(max_length=20)]
    seen: Annotated[int, Field(ge=0, le=2**31)]
    acts: Annotated[list[ActIn], Field(min_length=1, max_length=100)]


class ChoiceRef(BaseModel):
    """Which choice."""

    purpose: str
    channel: str


class ActsOut(BaseModel):
    """`stopped` holds from now on; `waiting` until the mailbox confirms it (`mailed`: a mail that asks for it is on its way, or was sent in the last minutes); `stale` was changed by
    someone since it was drawn and is left alone.
    """

    stopped: list[ChoiceRef]
    waiting: list[ChoiceRef]
    stale: list[ChoiceRef]
    mailed: bool


@part.operation("GET", "/centre", scope="consents:check", summary="Read what a page of your own has to show", answer=CentreOut)
def show_centre() -> CentreOut:
    """Without purposes that are sensitive: those are not named on a page that a forwarded mail opens."""
    company = current_company().config
    purposes = [one for one in purposes_of(company) if not company.purposes[one.key].sensitive]
    return CentreOut(languages=list(company.languages), purposes=purposes, acts=acts_schema(company, LONGEST_TOKEN))


@part.operation(
    "POST", "/centre/state", scope="consents:check", summary="Read how the choices of a link's holder stand", body=TokenIn,
    answer=CentreState, reads=True, problems=("not-found",),
)  # fmt: skip
def show_state(body: TokenIn) -> CentreState:
    """The same that the link's own page shows, and no more."""
    opened = _opened(body.token)
    reader = reader_of(db(), opened.link.identifier)
    items = items_of(db(), current_company().config, reader) if opened.may_show else []
    return CentreState(
        hint=reader.hint,
        shows=opened.may_show,
        may_say_yes=opened.may_show and reader.identifier.kind == EMAIL,
        seen=reader.seen if opened.may_show else 0,
        choices=[
            StandingOut(purpose=one.choice.purpose, channel=one.choice.channel, said=one.said, paused=one.paused, waits=one.waits)
            for one in items
        ],
    )


@part.operation(
    "POST", "/centre/acts", scope="consents:write", summary="Post what a link's holder chose on your page", body=ActsIn, answer=ActsOut,
    lowers=True, idempotent=True, problems=("not-found", "refused", "conflict"),
)  # fmt: skip
def post_acts(body: ActsIn) -> ActsOut:
    """The person's own act, with the rights of their link: a no acts at once, whoever holds the mail; a yes is asked of the mailbox."""
    opened, company = _opened(body.token), current_company().config
    if body.language not in company.languages:
        raise Problem("invalid", errors=[{"pointer": "/language", "detail": "One of the company's languages."}])
    for number, act in enumerate(body.acts):
        _check(act, opened, body.language, f"/acts/{number}")
    if not opened.may_show:
        return _only_stop(opened, body)
    changes = [Change(one.purpose, one.channel, Answer(one.answer), one.topics, one.frequency) for one in body.acts]
    try:
        done = save_unproven(
            db(),
            opened.link.identifier,
            changes,
            seen=body.seen,
            language=body.language,
            collection_point=f"page:{current_key().name}",
        )
    except UnknownChoice:
        raise Problem("invalid", errors=[{"pointer": "/acts", "detail": "Topics and rhythms that the purpose has."}]) from None
    saved = done.saved
    stopped = [_ref(event.choice) for event in saved.events if event.act in STOPS]
    if done.person_id is None:
        stopped = [ChoiceRef(purpose=one.purpose, channel=one.channel) for one in body.acts if one.answer == "no"]
    return ActsOut(
        stopped=stopped, waiting=[_ref(one.choice) for one in saved.pending], stale=[_ref(one) for one in saved.stale],
        mailed=saved.mailed,
    )  # fmt: skip


def _only_stop(opened: OpenedLink, body: ActsIn) -> ActsOut:
    """What a link does that shows nothing: every no counts, and nobody learns whether it changed anything."""
    noes = [Choice(one.purpose, one.channel) for one in body.acts]
    stop(db(), opened.link.identifier, noes, language=body.language, collection_point=f"page:{current_key().name}")
    return ActsOut(stopped=[_ref(one) for one in noes], waiting=[], stale=[], mailed=False)


def _opened(token: str) -> OpenedLink:
    """The link. One answer for whatever is no live link of this company."""
    try:
        return as_known_now(db(), open_link(current_company().key, token))
    except LinkUnreadable:
        raise Problem("not-found", detail="This is no link of this company.") from None


def _check(act: ActIn, opened: OpenedLink, language: str, pointer: str) -> None:
    company, choice = current_company().config, Choice(act.purpose, act.channel)
    if not is_asked(company, choice):
        raise Problem("invalid", errors=[{"pointer": f"{pointer}/purpose", "detail": "A purpose and channel of /centre."}])
    if act.answer == "no":
        return
    if not opened.may_show or opened.link.identifier.kind != EMAIL or company.purposes[act.purpose].sensitive:
        raise Problem("refused", detail="This link can only say no to this. A yes is said at the portal, signed in.")
    shown = current_hash(company, act.purpose, language)
    if act.notice is None:
        raise Problem("invalid", errors=[{"pointer": f"{pointer}/notice", "detail": "The hash of the text that was shown."}])
    if shown is not None and shown.hex() != act.notice:
        raise Problem("conflict", detail="The text has changed since your page was drawn. Draw it again and ask again.")


def _ref(choice: Choice) -> ChoiceRef:
    return ChoiceRef(purpose=choice.purpose, channel=choice.channel)
