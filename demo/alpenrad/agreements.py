"""Alpenrad's own note of what its contacts allowed: a row a contact and choice, the same story as the portal's ledger."""

from datetime import date

from demo.alpenrad.consents import consents
from demo.alpenrad.crm import contacts
from demo.database import Row

ROWS = {
    ("newsletter", "email"): ("Rundbrief", "E-Mail"),
    ("inspection_reminder", "phone"): ("Inspektion", "Telefon"),
    ("inspection_reminder", "email"): ("Inspektion", "E-Mail"),
}
"""A choice of `portal.yaml`, and how the office calls it."""


def keep_agreements(today: date) -> list[Row]:
    """The last word of each choice, for every contact who reads that address."""
    numbers: dict[str, list[str]] = {}
    for person in contacts():
        numbers.setdefault(person.email, []).append(person.customer_number)
    rows: dict[tuple[str, str, str], Row] = {}
    for act in consents(today):
        what, way = ROWS[act.purpose, act.channel]
        answer = "ja" if act.act == "given" else "nein"
        for number in numbers[act.email]:
            rows[number, what, way] = {
                "kontakt_nr": number, "zweck": what, "weg": way, "antwort": answer, "stand_nr": None, "geaendert_am": act.at,
            }  # fmt: skip
    return list(rows.values())
