"""What Fjordkaffe knows without having been told: the broker's guesses, what a program worked out, pages looked at."""

from collections.abc import Collection
from datetime import date, timedelta
from random import Random

from demo import stars
from demo.database import Row, moment
from demo.stars import Person

INCOMES = ("under 400,000 kroner", "400,000 to 600,000 kroner", "600,000 to 800,000 kroner", "over 800,000 kroner")
JOBS = ("Teacher", "Nurse", "Fisherman", "Engineer", "Student", "Shop assistant", "Pensioner", "Lawyer")
PAGES = (
    "/",
    "/coffee",
    "/coffee/guji",
    "/coffee/ulriken",
    "/plans",
    "/tastings",
    "/account",
    "/grinders?sort=price",
    "/help/returns",
)
BROWSERS = ("Firefox on Linux", "Safari on iPhone", "Chrome on Android", "Edge on Windows")


def observe(
    people: tuple[Person, ...], joined: tuple[int, ...], watched: Collection[str], analysed: Collection[str], today: date
) -> dict[str, list[Row]]:
    """Rows of marketing_profiles, derived_traits and page_views.

    Visits are kept of `watched` addresses only, and tastes of `analysed` ones: those who agreed to it.
    """
    random = Random("fjordkaffe: profiles")
    bought, derived, views = list[Row](), list[Row](), list[Row]()
    for customer, (person, days) in enumerate(zip(people, joined, strict=True), 1):
        star = person is stars.MAREN
        if person is stars.NEARLY_EMPTY:
            continue
        if star or random.random() < 0.6:
            bought.append(
                {
                    "customer_id": customer,
                    "household_income": INCOMES[2] if star else random.choice(INCOMES),
                    "job_guess": "Teacher" if star else random.choice((*JOBS, None)),
                    "obtained_on": today - timedelta(days=284),
                }
            )
        if star or random.random() < 0.7:
            derived.append(
                {
                    "customer_id": customer,
                    "roast_liked": "light"
                    if star
                    else random.choice(("light", "medium", "dark"))
                    if person.email in analysed
                    else None,
                    "churn_risk": "unlikely" if star else random.choice(("unlikely", "unlikely", "possible", "likely")),
                    "computed_on": today - timedelta(days=random.randrange(1, 40)),
                }
            )
        for _ in range(random.randrange(60) if person.email in watched else 0):
            views.append(
                {
                    "id": len(views) + 1,
                    "customer_id": customer,
                    "page": random.choice(PAGES),
                    # Addresses for documentation: RFC 5737 and RFC 3849.
                    "ip_address": random.choice(
                        (f"203.0.113.{random.randrange(256)}", f"2001:db8::{random.randrange(1, 9999):x}")
                    ),
                    "browser": random.choice(BROWSERS),
                    "viewed_at": moment(today, random.uniform(0.1, min(days, 90))),
                }
            )
    return {"marketing_profiles": bought, "derived_traits": derived, "page_views": views}
