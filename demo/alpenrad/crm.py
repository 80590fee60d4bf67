"""Alpenrad's contacts: who they are, their bicycles, what the workshop and the sales desk wrote about them."""

from datetime import date, timedelta
from functools import cache
from random import Random

from demo import stars
from demo.database import Row, moment
from demo.names import invent_customers_in_munich
from demo.stars import Person

CONTACTS = 230
LONGEST = 7 * 365
MODELS = ("Isar 7", "Karwendel Trail", "Starnberg E", "Zugspitz Pro", "Englischer Garten 3", "Lastenrad Giesing")
JOBS = (
    "Hinterrad eiert, bitte zentrieren. Kette tauschen.",
    "Große Inspektion. Kundin wartet auf Rückruf ihres Mannes Stefan wegen der Bremsen.",
    "Akku lädt nur bis 60 Prozent. Garantie prüfen.",
    "Schutzblech verbogen nach Unfall mit Frau Pichler aus der Klenzestraße.",
    "<b>Eilt!</b> Plattfuß hinten.",
    "=SUMME(A1:A9) Gangschaltung springt",
)
NOTES = (
    "Ruft lieber abends zurück. Interessiert sich für ein Lastenrad.",
    "Hat nach Rabatt gefragt, weil der Bruder Lukas auch bei uns kauft.",
    "Möchte keine Anrufe mehr. Nur E-Mail.",
    "Schulterprobleme, braucht einen hohen Lenker.",
)


@cache
def contacts() -> tuple[Person, ...]:
    """All contacts in the order of their numbers. The same whatever the date."""
    return tuple(invent_customers_in_munich(stars.ALPENRAD, CONTACTS))


@cache
def days_since_created() -> tuple[int, ...]:
    """Per contact, how many days before today it was made."""
    random = Random("alpenrad: joined")
    return tuple(random.randrange(40, LONGEST) for _ in contacts())


def keep_contacts(today: date) -> dict[str, list[Row]]:
    """Rows of all tables of the contact database."""
    random = Random("alpenrad: contacts")
    rows: dict[str, list[Row]] = {}

    def add(table: str, **values: object) -> None:
        rows.setdefault(table, []).append(values)

    for person, days in zip(contacts(), days_since_created(), strict=True):
        number, anna, made = person.customer_number, person is stars.ANNA, today - timedelta(days=days)
        add(
            "kontakt",
            kontakt_nr=number,
            anrede=random.choice(("Frau", "Herr", None)),
            vorname=person.first_name,
            nachname=person.last_name,
            geburtsdatum=person.birth_date,
            sprache=person.language,
            angelegt_am=made,
        )
        for position, email in enumerate((person.email, *person.more_emails), 1):
            kind = "privat" if position == 1 else "beruflich"
            add("kontakt_email", kontakt_nr=number, lfd_nr=position, adresse=email, art=kind, erfasst_am=made)
        if person.phone:
            add("kontakt_telefon", kontakt_nr=number, lfd_nr=1, nummer=person.phone)
        for kind in ("Lieferung", "Rechnung")[: 2 if anna else random.choice((1, 1, 1, 2))]:
            add("anschrift", kontakt_nr=number, art=kind, strasse=person.street, plz=person.postcode, ort=person.city, land="DE")
        for _ in range(1 if anna else random.choice((0, 1, 1, 2))):
            _sell_bicycle(random, rows, number, days, today)
        for day in sorted({random.randrange(1, min(days, 180)) for _ in range(1 if anna else random.choice((0, 0, 1)))}):
            # Noted as a deposit: a number of an identity card never leaves (and this one has the wrong length).
            card = f"L0{random.randrange(10**5):05d}" if anna or random.random() < 0.5 else None
            ridden = today - timedelta(days=day)
            add("probefahrt", kontakt_nr=number, datum=ridden, modell=random.choice(MODELS), ausweis_nr=card)
        for position in range(1, (2 if anna else random.choice((0, 0, 1, 2))) + 1):
            at = moment(today, random.uniform(1, days))
            add("notiz", kontakt_nr=number, lfd_nr=position, notiz_text=random.choice(NOTES), geschrieben_am=at)
        if anna or random.random() < 0.5:
            interest = "Lastenrad" if anna else random.choice(("E-Bike", "Rennrad", "Kinderrad", "Lastenrad"))
            add("empfehlung", kontakt_nr=number, datum=today - timedelta(days=random.randrange(1, 60)), interesse=interest)
    return rows


def _sell_bicycle(random: Random, rows: dict[str, list[Row]], number: str, days: int, today: date) -> None:
    """A bicycle, and now and then a visit to the workshop with it."""
    frame, bought = f"AR{random.randrange(10**7):07d}", random.randrange(30, days)
    rows.setdefault("fahrrad", []).append(
        {
            "rahmennummer": frame,
            "kontakt_nr": number,
            "modell": random.choice(MODELS),
            "gekauft_am": today - timedelta(days=bought),
        }
    )
    jobs = rows.setdefault("werkstatt_auftrag", [])
    for _ in range(2 if number == stars.ANNA.customer_number else random.choice((0, 1, 2))):
        jobs.append(
            {
                "auftrag_nr": f"W-{30000 + len(jobs) + 1}",
                "kontakt_nr": number,
                "rahmennummer": frame,
                "mechaniker": random.choice(stars.MECHANICS),
                "beschreibung": random.choice(JOBS),
                "angenommen_am": moment(today, random.uniform(1, bought)),
            }
        )
