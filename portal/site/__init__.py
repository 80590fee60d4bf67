"""Door 1: the customer. People open it from a link in an e-mail, prove who they are, see what is held and take it home."""

from flask import Blueprint


def blueprints(*, demo: bool) -> list[Blueprint]:
    """All parts of the door; the mailbox page exists in the demo only."""
    from portal.site import (
        again,
        choices,
        copies,
        downloads,
        health,
        held,
        helping,
        home,
        link,
        records,
        requests,
        sessions,
        sign_in,
    )

    parts = [
        module.bp
        for module in (sign_in, link, again, home, choices, held, records, copies, requests, downloads, sessions, helping, health)
    ]
    if demo:
        from portal.site import demo_mailbox

        parts.append(demo_mailbox.bp)
    return parts
