"""What Fjordkaffe's customers agreed to, refused and took back; the shop's own newsletter tables tell the same story."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from demo import stars
from demo.consents import Act, ConsentAct, oldest_first
from demo.database import Row, moment
from demo.fjordkaffe.accounts import customers, days_since_joined

QUIET = 0.28
"""The share of customers who were never asked."""


def consents(today: date) -> Iterator[ConsentAct]:
    """All acts, oldest first; none of one address with another person's."""
    return oldest_first(_acts(today))


def _acts(today: date) -> Iterator[ConsentAct]:
    random, seen = Random("fjordkaffe: consents"), set[str]()
    for person, joined in zip(customers(), days_since_joined(), strict=True):
        asked, email = moment(today, joined, random.uniform(7, 22)), person.email
        silent = random.random() < QUIET or person is stars.NEARLY_EMPTY or email in seen
        seen.add(email)

        def said(purpose: str, channel: str, act: Act, days_later: float = 0.0) -> ConsentAct:
            return ConsentAct(email, purpose, channel, act, asked + timedelta(days=days_later), person.language)  # noqa: B023  # used up within this turn of the loop

        if person is stars.MAREN:
            yield said("newsletter", "email", "given")
            yield said("newsletter", "sms", "refused")
            yield said("personal_offers", "orders", "given")
            yield said("personal_offers", "visits", "given")
            yield said("partners", "email", "refused", 828.0)
            yield said("personal_offers", "visits", "withdrawn", joined - 1.0)
            continue
        if silent:
            continue
        before_it_ends = max(joined - 2, 1)
        if random.random() < 0.12:
            yield said("newsletter", "email", "imported")
        elif random.random() < 0.8:
            yield said("newsletter", "email", "given")
            if random.random() < 0.22:
                yield said("newsletter", "email", "withdrawn", random.uniform(1, before_it_ends))
        else:
            yield said("newsletter", "email", "refused")
        for purpose, channel, yes, no in (
            ("newsletter", "sms", 0.1, 0.35),
            ("newsletter", "post", 0.04, 0.06),
            ("personal_offers", "orders", 0.3, 0.2),
            ("personal_offers", "visits", 0.35, 0.25),
            ("partners", "email", 0.05, 0.45),
        ):
            luck = random.random()
            if luck < yes:
                yield said(purpose, channel, "given")
                if random.random() < 0.15:
                    yield said(purpose, channel, "withdrawn", random.uniform(1, before_it_ends))
            elif luck < yes + no:
                yield said(purpose, channel, "refused")


def who_agreed(today: date, purpose: str, channel: str) -> frozenset[str]:
    """Addresses whose last word on this choice is yes."""
    last = {act.email: act.act for act in consents(today) if (act.purpose, act.channel) == (purpose, channel)}
    return frozenset(email for email, act in last.items() if act == "given")


def newsletters(today: date) -> dict[str, list[Row]]:
    """Rows of newsletter_subscriptions and newsletter_history, from the acts on the newsletter by e-mail."""
    random = Random("fjordkaffe: newsletters")
    subscriptions: dict[str, Row] = {}
    history: list[Row] = []
    # Where two people share an address, its subscription stands under the first.
    ids = {person.email: number for number, person in reversed(list(enumerate(customers(), 1)))}
    for act in consents(today):
        if (act.purpose, act.channel) != ("newsletter", "email") or act.act == "refused":
            continue
        row = subscriptions.setdefault(
            act.email,
            {
                "id": len(subscriptions) + 1,
                "customer_id": ids[act.email],
                "email": act.email,
                "collected_at_form": "old list" if act.act == "imported" else random.choice(("checkout", "footer", "tasting")),
                "subscribed_at": act.at,
            },
        )
        row["status"] = "unsubscribed" if act.act == "withdrawn" else "subscribed"
        history.append(
            {
                "id": len(history) + 1,
                "subscription_id": row["id"],
                "act": act.act,
                "ip_address": None if act.act == "imported" else f"198.51.100.{random.randrange(256)}",
                "happened_at": act.at,
            }
        )
    return {"newsletter_subscriptions": list(subscriptions.values()), "newsletter_history": history}
