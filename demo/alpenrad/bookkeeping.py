"""Alpenrad's bookkeeping: debtors who point to contacts of the other database, invoices with lines, reminders."""

from datetime import date
from random import Random

from demo import stars
from demo.alpenrad.crm import MODELS, contacts, days_since_created
from demo.database import Row, moment
from demo.stars import Person

BOOK = "AR01"
GOODS = (("Inspektion groß", 129.0), ("Helm", 89.0), ("Kette und Montage", 64.5), ("Bügelschloss", 79.0), ("Regenjacke", 119.0))
TAX = 0.19
REMINDER = "Sehr geehrte/r {name}, Ihre Zahlung zu Beleg {number} fehlt noch. Bitte überweisen Sie bis in 14 Tagen."


def keep_books(today: date) -> dict[str, list[Row]]:
    """Rows of all tables of the billing database. Nothing is older than the eight years that § 147 AO asks for."""
    random = Random("alpenrad: books")
    rows: dict[str, list[Row]] = {name: [] for name in ("debitor", "rechnung", "rechnung_position", "mahnung")}
    for number, (person, days) in enumerate(zip(contacts(), days_since_created(), strict=True), 70001):
        if not person.order_number and random.random() < 0.25:
            continue
        by_debit = person is stars.ANNA or random.random() < 0.4
        rows["debitor"].append(
            {
                "debitor_nr": number,
                "crm_kontakt_nr": person.customer_number,
                "zahlungsart": "Lastschrift" if by_debit else "Rechnung",
                # Digits that fail the check sum of ISO 13616.
                "iban": f"DE00 7000 0000 {random.randrange(10000):04d} {random.randrange(10000):04d} 00" if by_debit else None,
            }
        )
        for position in range(4 if person is stars.ANNA else random.choice((1, 1, 2, 3, 5))):
            document = person.order_number if position == 0 and person.order_number else f"R-{100000 + len(rows['rechnung'])}"
            _invoice(random, rows, person, number, document, random.uniform(1, days), today)
    return rows


def _invoice(
    random: Random, rows: dict[str, list[Row]], person: Person, debtor: int, document: str, days_ago: float, today: date
) -> None:
    sold = [(random.choice(MODELS), float(random.randrange(900, 4200)))] if random.random() < 0.4 else []
    sold += random.sample(GOODS, random.choice((1, 1, 2)))
    key = {"buchungskreis": BOOK, "beleg_nr": document}
    total = 0.0
    for position, (title, price) in enumerate(sold, 1):
        total += price
        rows["rechnung_position"].append(key | {"position": position, "bezeichnung": title, "menge": 1, "einzelpreis": price})
    address = f"{person.name}, {person.street}, {person.postcode} {person.city}"
    on = moment(today, days_ago).date()
    rows["rechnung"].append(
        key
        | {
            "debitor_nr": debtor,
            "datum": on,
            "empfaenger": address,
            "betrag": total,
            "mehrwertsteuer": round(total * TAX / (1 + TAX), 2),
        }
    )
    if days_ago > 60 and random.random() < 0.08:
        text = REMINDER.format(name=person.name, number=document)
        rows["mahnung"].append(key | {"stufe": 1, "datum": moment(today, days_ago - 40).date(), "brieftext": text})
