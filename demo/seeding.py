"""Put the demo's past into the portal's own ledger, as real appended events. Runs once; a second start changes nothing."""

import demo
from portal.accounts import registry
from portal.consent.seeding import import_history
from portal.starting import Running


def seed(running: Running) -> None:
    """Append the consent history of every demo company whose ledger is still empty."""
    for key, company_id in registry.ids().items():
        with running.database.writing(company_id) as db:
            import_history(db, demo.consent_history(key))
