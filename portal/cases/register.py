"""The register of processing activities (GDPR Art. 30(1)) as far as `portal.yaml` says it: one row a purpose, from the same words that customers read.

Must never claim what the configuration does not say: what only the company knows is named as missing.
"""

from collections.abc import Iterator

from portal.config.model import Company, Contact, Purpose, Recipient
from portal.config.systems import CollectionNote
from portal.core.i18n import _, pick

COLUMNS = (
    "purpose", "description", "controller", "representative", "data_protection_officer", "legal_basis", "data_subjects", "personal_data",
    "systems", "sources", "recipients", "third_country_transfers", "erased_after", "security_measures",
)  # fmt: skip


def register_rows(company: Company) -> Iterator[tuple[str, ...]]:
    """Rows in the language in force, in the order of `portal.yaml`."""
    for key, purpose in company.purposes.items():
        notes = [
            (system, note) for system in company.systems.values() for note in system.collections.values() if _serves(note, key)
        ]
        recipients = [company.recipients[one] for one in _names(key, [note for _system, note in notes])]
        yield (
            pick(purpose.title), pick(purpose.text), f"{company.legal_name}; {_contact(company.controller)}", _contact(company.representative),
            _contact(company.dpo), _basis(purpose), _("Customers"), _joined(pick(note.title) for _system, note in notes),
            _joined(pick(system.title) for system, _note in notes),
            _joined(pick(company.sources[note.source].title) for _system, note in notes), _joined(one.name for one in recipients),
            _joined(_transfer(company, one) for one in recipients if one.country != company.country),
            _joined(_until(company, note) for _system, note in notes), _("Not in portal.yaml: add yours."),
        )  # fmt: skip


def _serves(note: CollectionNote, purpose: str) -> bool:
    return note.purpose == purpose or any(field.purpose == purpose for field in note.fields.values())


def _names(purpose: str, notes: list[CollectionNote]) -> list[str]:
    """Keys of recipients of what serves the purpose: the collection's own, and those of single fields."""
    found: dict[str, None] = {}
    for note in notes:
        found.update(dict.fromkeys(note.recipients if note.purpose == purpose else ()))
        for field in note.fields.values():
            found.update(dict.fromkeys(field.recipients or () if (field.purpose or note.purpose) == purpose else ()))
    return list(found)


def _contact(contact: Contact | None) -> str:
    return f"{contact.name}, {contact.address}, {contact.email}" if contact else ""


def _basis(purpose: Purpose) -> str:
    return f"{purpose.basis.value}: {pick(purpose.interest)}" if purpose.interest else purpose.basis.value


def _transfer(company: Company, recipient: Recipient) -> str:
    return f"{recipient.name} ({recipient.country})" + (f": {pick(recipient.safeguard)}" if recipient.safeguard else "")


def _until(company: Company, note: CollectionNote) -> str:
    rule = company.retention_rules[note.retention]
    return f"{pick(note.title)}: {pick(rule.title)}" + (f" ({pick(rule.ground)})" if rule.ground else "")


def _joined(words: Iterator[str]) -> str:
    return "; ".join(dict.fromkeys(one for one in words if one))
