"""Links to the preference centre, for mails that the company sends itself. Must never mint a link that can do more than choices."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field

from portal.api import identifiers
from portal.api.bodies import Body
from portal.api.identifiers import IdentifierIn
from portal.api.operations import Part
from portal.api.problems import Problem
from portal.core import clock, crypto
from portal.core.crypto_links import newest_link_key
from portal.people.link_tokens import CannotMint, Link, Mint
from portal.web.context import current_company

part = Part("links", "Links in your mails")

LONGEST = 3650


class LinkIn(Body):
    """For whom, for which choice (`purpose.channel`; empty: all marketing), and for how many days it shows anything."""

    identifier: IdentifierIn
    choice: Annotated[str, Field(max_length=85, pattern=r"^([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)?$")] = ""
    campaign: Annotated[str, Field(max_length=60)] = ""
    days: Annotated[int, Field(ge=1, le=LONGEST)] = 365


class LinkOut(BaseModel):
    """The token, the page for people, and the two headers of a mail (RFC 8058)."""

    token: str
    url: str
    list_unsubscribe: str
    list_unsubscribe_post: str


@part.operation(
    "POST", "/links", scope="links:mint", summary="Mint a link", body=LinkIn, answer=LinkOut, status=201, reads=True,
    problems=("refused",),
)  # fmt: skip
def mint_link(body: LinkIn) -> LinkOut:
    """The address of the person is sealed in the token and readable to nobody. For many, `portal links mint` works offline."""
    company = current_company()
    choice = body.choice.partition(".")
    purpose = company.config.purposes.get(choice[0])
    if body.choice and (purpose is None or choice[2] not in purpose.channels):
        raise Problem(
            "invalid", errors=[{"pointer": "/choice", "detail": "A purpose and channel of portal.yaml, like news.email."}]
        )
    key = newest_link_key(crypto.keys().links, company.key)
    if key is None:
        raise Problem("refused", detail="The company has no key for links yet: `portal links keys new` makes one.")
    now = clock.now()
    try:
        token = Mint.under(company.key, key).token_of(
            Link(
                identifiers.of(body.identifier), now, now + timedelta(days=body.days), choice=body.choice, campaign=body.campaign
            )
        )
    except CannotMint as error:
        raise Problem("refused", detail=str(error)) from None
    base = company.config.url.rstrip("/")
    return LinkOut(
        token=token, url=f"{base}/p/{token}", list_unsubscribe=f"<{base}/u/{token}>",
        list_unsubscribe_post="List-Unsubscribe=One-Click",
    )  # fmt: skip
