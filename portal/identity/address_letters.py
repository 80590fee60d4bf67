"""The mails of a change of address. None names an address: what was typed stands on the page behind the link alone, masked (S7)."""

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.core import i18n, urls
from portal.identity.browsers import browser_words
from portal.identity.model import AddressChange
from portal.outbox.service import key_of, queue_mail
from portal.people.service import addresses_of


def send_confirm(db: Session, row: AddressChange, *, to: str, token: str, code: str = "") -> None:
    """To each of the two mailboxes: a page with a button for yes and one for "this was not me"; to the new one (`code`) its code."""
    key = f"{key_of('address_confirm', row.id, row.asked_at)}:{'new' if code else 'old'}"
    _send(db, row, "address_confirm", to, key, token, code=code)


def send_changed(db: Session, row: AddressChange, undo_token: str, new_undo_token: str) -> None:
    """To every address on file: that it was changed, until when that can be undone, and how. The new one undoes by a token of its own."""
    for number, to in enumerate(addresses_of(db, row.person_id)):
        is_new = to == row.new_address
        key = f"{key_of('address_changed', row.id, row.asked_at)}:{number}"
        _send(db, row, "address_changed", to, key, new_undo_token if is_new else undo_token, is_new=is_new)


def send_undone(db: Session, row: AddressChange) -> None:
    """To every address on file, and to the one that is none any more: that the change was taken back."""
    for number, to in enumerate([*addresses_of(db, row.person_id), row.new_address]):
        _send(db, row, "address_undone", to, f"{key_of('address_undone', row.id, row.asked_at)}:{number}")


def _send(
    db: Session, row: AddressChange, template: str, to: str, key: str, token: str = "", *, is_new: bool = False, code: str = ""
) -> None:
    company = registry.company(row.company_id)
    with i18n.speaking(row.language, company.time_zone):
        context = {
            "link": urls.address(company.url, urls.ADDRESS, token=token) if token else "",
            "help_url": urls.address(company.url, urls.HELP),
            "is_new": is_new or bool(code),
            "code": f"{code[:4]} {code[4:]}" if code else "",
            "asked_at": i18n.format_moment(row.asked_at),
            "valid_until": i18n.format_time(row.expires_at),
            "undo_until": i18n.format_date(row.undo_until, weekday=True) if row.undo_until else "",
            "browser_words": browser_words(row.browser),
        }
    not_after = row.expires_at if template == "address_confirm" else None
    queue_mail(db, template=template, to=to, language=row.language, key=key, context=context, not_after=not_after)
