"""How Alembic reaches the database: with the connection that `portal.migrating` hands over, and all tables of all rooms."""

from alembic import context

from portal.migrating import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata(),
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
