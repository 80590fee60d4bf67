"""All parts of door 1, for `create_app`."""

from flask import Blueprint

from portal.site import (
    acting,
    address,
    again,
    appeals,
    calls,
    certificates,
    choices,
    confirm,
    copies,
    demo_mailbox,
    downloads,
    effects,
    erase,
    erase_links,
    for_you,
    health,
    held,
    helping,
    history,
    home,
    link,
    numbers,
    pending,
    phone,
    preferences,
    previews,
    questions,
    receipts,
    records,
    requests,
    rights,
    sessions,
    sign_in,
    signal,
    well_known,
    where,
    wrong,
)

PARTS = (
    sign_in, link, again, home, choices, preferences, pending, effects, history, receipts, held, wrong, records, copies, requests, rights, appeals, questions, acting, for_you, downloads, erase,
    erase_links, certificates, sessions, phone, calls, address, numbers, previews, helping, health, signal, well_known, where, confirm,
)  # fmt: skip


def blueprints(*, demo: bool) -> list[Blueprint]:
    """The blueprints; the mailbox page exists in the demo only."""
    return [part.bp for part in PARTS] + ([demo_mailbox.bp] if demo else [])
