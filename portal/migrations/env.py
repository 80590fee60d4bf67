"""How Alembic reaches the database: with the connection that `portal.migrating` hands over, and all tables of all rooms."""

from typing import Any

from alembic import context

from portal.core.columns import Encrypted, Moment
from portal.tables import METADATA


def plain_type(kind: str, thing: Any, autogenerate: Any) -> Any:
    """Migrations name plain types: what our own types are called may change, what stands in the database does not."""
    if kind == "type" and isinstance(thing, Moment):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, Encrypted):
        return "sa.LargeBinary()"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_item=plain_type,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
