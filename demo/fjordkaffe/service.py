"""What Fjordkaffe's customers wrote and booked: tickets and their messages, reviews, tastings. Free text, some of it about others."""

from datetime import date, timedelta
from random import Random

from demo import stars, texts
from demo.database import Row, moment
from demo.fjordkaffe.sales import PRODUCTS
from demo.stars import Person

TASTINGS = ("Tasting: light roasts", "Latte art for beginners", "Roastery tour in Bergen")
EXAMPLE_HOSTILE = 40  # Every so many customers, one writes something hostile.


def serve(people: tuple[Person, ...], joined: tuple[int, ...], today: date) -> dict[str, list[Row]]:
    """Rows of employees, support_tickets, ticket_messages, reviews and tasting_bookings."""
    random = Random("fjordkaffe: service")
    staff: list[Row] = [
        {"id": number, "full_name": name, "work_email": f"staff{number}@fjordkaffe.example.com"}
        for number, name in enumerate(stars.STAFF, 1)
    ]
    tickets, messages, reviews, bookings = list[Row](), list[Row](), list[Row](), list[Row]()
    for customer, (person, days) in enumerate(zip(people, joined, strict=True), 1):
        if person is stars.NEARLY_EMPTY:
            continue
        for subject, body in _conversations(random, customer, person):
            opened = min(random.uniform(1, 700), days)
            employee = random.randrange(1, len(staff) + 1)
            tickets.append(
                {
                    "id": len(tickets) + 1,
                    "ticket_number": f"T-{70000 + len(tickets) + 1}",
                    "customer_id": customer,
                    "handled_by": employee,
                    "subject": subject,
                    "status": "open" if opened < 5 else "closed",
                    "opened_at": moment(today, opened),
                }
            )
            answer = random.choice(texts.ANSWERS[person.language])
            for writer, text, after in (("customer", body, 0.0), ("employee", answer, 0.3)):
                messages.append(
                    {
                        "id": len(messages) + 1,
                        "ticket_id": len(tickets),
                        "employee_id": employee if writer == "employee" else None,
                        "written_by": writer,
                        "body": text,
                        "written_at": moment(today, opened - after),
                    }
                )
        for text in _opinions(random, customer, person):
            product = random.randrange(len(PRODUCTS))
            reviews.append(
                {
                    "id": len(reviews) + 1,
                    "customer_id": customer,
                    "product_id": product + 1,
                    "product_title": PRODUCTS[product][0],
                    "stars": random.choice((5, 5, 5, 4, 4, 3, 2, 1)),
                    "body": text or None,
                    "written_at": moment(today, random.uniform(1, days)),
                }
            )
        if person in (stars.SENSITIVE, stars.HOUSEHOLD[0]) or random.random() < 0.06:
            bookings.append(
                {
                    "id": len(bookings) + 1,
                    "customer_id": customer,
                    "tasting": random.choice(TASTINGS),
                    "held_on": today - timedelta(days=random.randrange(-20, min(days, 400))),
                    "guests": random.randrange(1, 5),
                    "allergies": "Hazelnuts and milk" if person is stars.SENSITIVE else None,
                }
            )
    return {
        "employees": staff,
        "support_tickets": tickets,
        "ticket_messages": messages,
        "reviews": reviews,
        "tasting_bookings": bookings,
    }


def _conversations(random: Random, customer: int, person: Person) -> list[tuple[str, str]]:
    """(subject, first message) of each ticket."""
    if person is stars.HOSTILE:
        return [(text[:250].replace("\n", " "), text) for text in texts.HOSTILE]
    if person is stars.CARELESS:
        return [("Refund", texts.CARELESS_TICKET)]
    ordinary = [random.choice(texts.QUESTIONS[person.language]) for _ in range(random.choice((0, 0, 0, 0, 0, 1, 1, 2)))]
    if person is stars.MAREN:
        return [texts.QUESTIONS["en"][4], ("My parcel", texts.ABOUT_OTHERS[0])]
    if customer % 25 == 0:
        ordinary.append(("About my order", random.choice(texts.ABOUT_OTHERS)))
    if customer % EXAMPLE_HOSTILE == 0:
        ordinary.append((random.choice(texts.MARKUP), random.choice(texts.FORMULAS + texts.CONTROLS)))
    return ordinary


def _opinions(random: Random, customer: int, person: Person) -> list[str]:
    if person is stars.HOSTILE:
        return list(texts.HOSTILE[:-1])
    if person is stars.MAREN:
        return [texts.REVIEWS["en"][0], texts.REVIEWS["en"][1], texts.REVIEWS["en"][2]]
    ordinary = [random.choice(texts.REVIEWS[person.language]) for _ in range(random.choice((0, 0, 0, 1, 1, 2)))]
    return [*ordinary, random.choice(texts.HOSTILE[:-1])] if customer % EXAMPLE_HOSTILE == 1 else ordinary
