"""Every address that the company's systems have of a person: all of them are told when an erasure begins (C4).

Must never take an address from a record that is not open to the person.
"""

from collections.abc import Collection

from portal.cases.found import Reading
from portal.cases.meaning import is_within
from portal.people.addresses import AddressRefused, normal_address

EMAIL_CATEGORY = "user.contact.email"
AT_MOST = 10
"""More addresses than that are no person's; the mails of an erasure must not become a way to write to many."""


def addresses_in(reading: Reading, opened: Collection[tuple[str, str]]) -> tuple[str, ...]:
    """The addresses in the records that are open, in normal form, each once; what is no address is left out."""
    found: dict[str, None] = {}
    for one in reading.systems:
        for record in one.records:
            for rows in (record.rows or ()) if (one.system, record.key) in opened else ():
                for value in (value for row in rows.records for value in row.values):
                    if is_within(value.category, EMAIL_CATEGORY) and isinstance(value.value, str):
                        try:
                            found[normal_address(value.value)] = None
                        except AddressRefused:
                            continue
    return tuple(found)[:AT_MOST]
