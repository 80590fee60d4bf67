"""Who Fjordkaffe's customers are and where they live. People of one household link to one address row."""

from datetime import date, timedelta
from functools import cache
from random import Random

from demo import stars
from demo.database import Row, moment
from demo.names import invent_customers_in_bergen
from demo.stars import Person

CUSTOMERS = 600
LONGEST = 5 * 365


@cache
def customers() -> tuple[Person, ...]:
    """All customers in the order of their ids, which begin with 1. The same whatever the date."""
    return tuple(invent_customers_in_bergen(stars.FJORDKAFFE, CUSTOMERS))


@cache
def days_since_joined() -> tuple[int, ...]:
    """Per customer, how many days before today the account was made."""
    random = Random("fjordkaffe: joined")
    return tuple(934 if person is stars.MAREN else random.randrange(30, LONGEST) for person in customers())


def open_accounts(today: date) -> tuple[dict[str, list[Row]], list[int | None]]:
    """Rows of customers and addresses, and per customer the id of the delivery address."""
    random = Random("fjordkaffe: accounts")
    people, addresses, links, lives_at = list[Row](), list[Row](), list[Row](), list[int | None]()
    place_of: dict[tuple[str, str], int] = {}
    for number, (person, joined) in enumerate(zip(customers(), days_since_joined(), strict=True), 1):
        people.append(_account(random, number, person, moment(today, joined, random.uniform(7, 22))))
        if not person.street:
            lives_at.append(None)
            continue
        # The shop stores a place once: whoever gives the same street and postcode shares the row.
        place = (person.street, person.postcode)
        if place not in place_of:
            place_of[place] = len(addresses) + 1
            addresses.append(_address(place_of[place], person.street, person.postcode, person.city or "Bergen"))
        lives_at.append(place_of[place])
        since = today - timedelta(days=309 if person is stars.MAREN else joined)
        links.append({"customer_id": number, "address_id": place_of[place], "kind": "delivery", "since": since})
        if person is stars.MAREN or random.random() < 0.05:
            second = len(addresses) + 1
            place_of[(f"Fjellgaten {number}", "5004")] = second
            addresses.append(_address(second, f"Fjellgaten {number}", "5004", "Bergen"))
            links.append(
                {"customer_id": number, "address_id": second, "kind": "billing", "since": today - timedelta(days=joined)}
            )
    return {"customers": people, "addresses": addresses, "customer_addresses": links}, lives_at


def _account(random: Random, number: int, person: Person, created: object) -> Row:
    guest = person is stars.NEARLY_EMPTY
    return {
        "id": number,
        "customer_number": person.customer_number,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "birth_date": person.birth_date,
        "email": person.email,
        "phone": person.phone,
        "language": person.language,
        "password_hash": None if guest else f"scrypt$16384$8$1${random.randbytes(16).hex()}${random.randbytes(32).hex()}",
        "wants_catalogue": not guest and random.random() < 0.3,
        "wants_surveys": not guest and random.random() < 0.15,
        "created_at": created,
    }


def _address(number: int, street: str, postcode: str, city: str) -> Row:
    return {"id": number, "street": street, "postcode": postcode, "city": city, "country": "NO"}
