"""What Fjordkaffe's customers bought: orders, lines, payments, invoices, deliveries, coffee plans, loyalty points."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from demo import stars, texts
from demo.database import Row, moment
from demo.stars import Person

PRODUCTS = (
    ("Ulriken, light roast, 250 g", "light", 150.0),
    ("Fløyen, medium roast, 250 g", "medium", 140.0),
    ("Lyderhorn, dark roast, 250 g", "dark", 130.0),
    ("Ethiopia Guji, 250 g", "light", 190.0),
    ("Kenya Nyeri, 250 g", "light", 210.0),
    ("Brazil Cerrado, 1 kg", "medium", 360.0),
    ("Espresso Bryggen, 1 kg", "dark", 380.0),
    ("Decaf Sunday, 250 g", "medium", 160.0),
    ("Filter papers, 100", None, 60.0),
    ("Hand grinder", None, 890.0),
)
YEARS_KEPT = 5  # No order older than bookkeeping asks for: bokføringsloven § 13, and nothing else needs them.
MARENS_BASKETS = ((0, 4), (0, 3), (0, 5), (1, 1), (0, 3, 8), (9,), (0, 0), (3, 4), (4, 4), (0, 7), (3, 8), (0, 3))
CARDS = ("Visa", "Mastercard")
TAX = 0.15  # reduced Norwegian rate for food


@dataclass(frozen=True, slots=True)
class Order:
    """One order before it is spread over the tables: who, when (days before today), what as (product, quantity)."""

    customer: int
    number: str
    days_ago: float
    basket: tuple[tuple[int, int], ...]

    @property
    def total(self) -> float:
        """In kroner, tax included."""
        return sum(PRODUCTS[product][2] * quantity for product, quantity in self.basket)


def invent_orders(people: tuple[Person, ...], joined: tuple[int, ...]) -> list[Order]:
    """All orders, oldest first. Most people bought a few times, some often, a café three hundred times."""
    random, orders = Random("fjordkaffe: orders"), []
    taken = {person.order_number for person in stars.FJORDKAFFE}
    numbers = (number for drawn in random.sample(range(100000, 900000), 20000) if (number := f"F-{drawn}") not in taken)
    for index, person in enumerate(people):
        since = min(joined[index], YEARS_KEPT * 365)
        for position, (days_ago, basket) in enumerate(_purchases(random, person, since)):
            last = position == 0 and person.order_number
            orders.append(Order(index + 1, person.order_number if last else next(numbers), days_ago, basket))
    return sorted(orders, key=lambda order: -order.days_ago)


def _purchases(random: Random, person: Person, since: int) -> list[tuple[float, tuple[tuple[int, int], ...]]]:
    """Newest first: how many days ago, and what."""
    if person is stars.MAREN:
        days = [21, 49, 77, 140, 231, 309, 402, 498, 560, 655, 790, 930]
        return [(day - 0.6, tuple((product, 1) for product in basket)) for day, basket in zip(days, MARENS_BASKETS, strict=True)]
    if person is stars.NEARLY_EMPTY:
        return []
    count = 300 if person is stars.MANY_ORDERS else min(int(random.paretovariate(1.1)) + random.randrange(4), 60)
    count = max(count, 1) if person.order_number else count
    days_ago = sorted(random.uniform(1, since) for _ in range(count))
    return [
        (
            day,
            tuple(
                (product, random.choice((1, 1, 1, 2, 2, 4)))
                for product in random.sample(range(len(PRODUCTS)), random.choice((1, 1, 2, 2, 3)))
            ),
        )
        for day in days_ago
    ]


def sell(people: tuple[Person, ...], joined: tuple[int, ...], address_of: list[int | None], today: date) -> dict[str, list[Row]]:
    """Rows of all tables that follow from the orders. `joined` is days before today, `address_of` an id; both by customer."""
    random, rows = Random("fjordkaffe: sales"), defaultdict[str, list[Row]](list)
    cards = [f"{random.randrange(10000):04d}" for _ in people]
    cards[people.index(stars.MAREN)] = "4412"
    rows["products"] = [
        {"id": number, "sku": f"FK-{number:03d}", "title": title, "roast": roast, "price": price}
        for number, (title, roast, price) in enumerate(PRODUCTS, 1)
    ]
    orders = invent_orders(people, joined)
    for number, order in enumerate(orders, 1):
        person, at = people[order.customer - 1], moment(today, order.days_ago)
        address = address_of[order.customer - 1]
        rows["orders"].append(
            {
                "id": number,
                "order_number": order.number,
                "customer_id": order.customer,
                "ship_to_address_id": address,
                "ordered_at": at,
                "status": "on its way" if order.days_ago < 2 else "delivered",
                "total": order.total,
                "gift_message": _gift(random, person, number),
            }
        )
        for product, quantity in order.basket:
            title, _, price = PRODUCTS[product]
            rows["order_lines"].append(
                {
                    "id": len(rows["order_lines"]) + 1,
                    "order_id": number,
                    "product_id": product + 1,
                    "product_title": title,
                    "quantity": quantity,
                    "unit_price": price,
                }
            )
        by_card = person is stars.MAREN or random.random() < 0.8
        refunded = (
            person is stars.CARELESS
            or (random.random() < 0.03 and person is not stars.MAREN)
            or order.number == stars.MAREN.order_number
        )
        rows["payments"].append(
            {
                "id": number,
                "order_id": number,
                "method": "card" if by_card else "invoice",
                "card_brand": CARDS[order.customer % 2] if by_card else None,
                "card_last_four": cards[order.customer - 1] if by_card else None,
                # The example account of ISO 13616 for Norway, with digits that fail its check sum.
                "refund_iban": f"NO00 8601 {random.randrange(10000):04d} {random.randrange(1000):03d}" if refunded else None,
                "amount": order.total,
                "paid_at": at + timedelta(minutes=random.randrange(1, 9)),
            }
        )
        rows["invoices"].append(
            {
                "id": number,
                "invoice_number": f"{at.year}-{number:05d}",
                "customer_id": order.customer,
                "order_id": number,
                "issued_on": at.date(),
                "billed_name": person.name or None,
                "billed_address": f"{person.street}, {person.postcode} {person.city}",
                "amount": order.total,
                "vat": round(order.total * TAX / (1 + TAX), 2),
            }
        )
        rows["deliveries"].append(_delivery(random, number, order, person, people, today))
    rows["subscriptions"] = _subscribe(random, people, joined, cards, today)
    rows["loyalty_points"], rows["loyalty_accounts"] = _reward(orders, people, joined, today)
    return rows


def _gift(random: Random, person: Person, number: int) -> str | None:
    if person is stars.HOSTILE:
        return texts.FORMULAS[number % len(texts.FORMULAS)]
    return random.choice(texts.GIFTS) if random.random() < 0.04 else None


def _delivery(random: Random, number: int, order: Order, person: Person, people: tuple[Person, ...], today: date) -> Row:
    neighbour = person is stars.MAREN and order.number == stars.MAREN.order_number
    at = moment(today, max(order.days_ago - 2, 0), random.uniform(-6, -1)) if order.days_ago >= 2 else None
    return {
        "id": number,
        "order_id": number,
        "customer_id": order.customer,
        "left_with_customer_id": people.index(stars.NEIGHBOUR) + 1 if neighbour else None,
        "courier": "Exempla Bud",
        "tracking_code": f"EB{random.randrange(10**9):09d}NO",
        "driver_note": f"Left with {stars.NEIGHBOUR.name}, number 14"
        if neighbour
        else ("Dog in the yard" if random.random() < 0.03 else None),
        "delivered_at": at,
    }


def _subscribe(random: Random, people: tuple[Person, ...], joined: tuple[int, ...], cards: list[str], today: date) -> list[Row]:
    rows: list[Row] = []
    for index, person in enumerate(people):
        star = person is stars.MAREN
        if not star and (random.random() > 0.2 or person is stars.NEARLY_EMPTY):
            continue
        ended = not star and random.random() < 0.35
        rows.append(
            {
                "id": len(rows) + 1,
                "customer_id": index + 1,
                "plan": "2 × 500 g, light roast"
                if star
                else random.choice(("1 × 250 g, surprise", "2 × 250 g, medium roast", "1 kg, espresso")),
                "every_weeks": 4 if star else random.choice((2, 4, 4, 6)),
                "status": "ended" if ended else "running",
                "card_last_four": None if ended else cards[index],
                "started_on": today - timedelta(days=309 if star else random.randrange(1, joined[index] + 1)),
                "next_delivery_on": None if ended else today + timedelta(days=random.randrange(1, 28)),
            }
        )
    return rows


def _reward(orders: list[Order], people: tuple[Person, ...], joined: tuple[int, ...], today: date) -> tuple[list[Row], list[Row]]:
    """A point for every ten kroner; at 250 points a free bag takes them."""
    entries: list[Row] = []
    points: dict[int, int] = defaultdict(int)
    for order in orders:
        earned = [(int(order.total // 10), "order")]
        if points[order.customer] + earned[0][0] >= 250:
            earned.append((-250, "free bag"))
        for amount, reason in earned:
            points[order.customer] += amount
            entries.append(
                {
                    "id": len(entries) + 1,
                    "customer_id": order.customer,
                    "points": amount,
                    "reason": reason,
                    "booked_on": moment(today, order.days_ago).date(),
                }
            )
    accounts: list[Row] = [
        {
            "customer_id": customer,
            "points": total,
            "level": "gold" if total > 180 else "regular",
            "joined_on": today - timedelta(days=joined[customer - 1]),
        }
        for customer, total in sorted(points.items())
    ]
    return entries, accounts
