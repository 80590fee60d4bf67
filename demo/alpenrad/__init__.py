"""Alpenrad GmbH, Munich: a made-up bicycle shop with a contact database and a billing database that points across to it."""

from datetime import date

from demo.alpenrad.agreements import keep_agreements
from demo.alpenrad.bookkeeping import keep_books
from demo.alpenrad.crm import keep_contacts
from demo.alpenrad.schema import billing, crm
from demo.database import fill


def make_crm(url: str, today: date) -> bool:
    """Make the contact database at `url`; False where it is there already. Raises `NotADemoDatabase`."""
    return fill(url, crm, lambda: {**keep_contacts(today), "einwilligung": keep_agreements(today)})


def make_billing(url: str, today: date) -> bool:
    """Make the billing database at `url`; False where it is there already. Raises `NotADemoDatabase`."""
    return fill(url, billing, lambda: keep_books(today))
