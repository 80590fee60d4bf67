"""A choice on its way to a system never gets the number of an earlier one; those that were taken for brought by that are asked again."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

UNHEARD = """
    SELECT d.id FROM consent_delivery d
    JOIN step s ON s.act = 'consent.write' AND s.subject_id = d.id AND s.part = d.rounds AND s.system = d.system
        AND s.company_id = d.company_id
    WHERE (d.written IS NULL OR d.written < d.wanted) AND s.state IN ('done', 'cancelled', 'failed')
        AND (s.hand_reason IS NULL OR CAST(strftime('%s', s.ended_at) AS INTEGER) * 1000000 + 1000000 < d.wanted)
"""
NEW_STEP = """
    INSERT INTO step (company_id, act, subject_id, system, part, irreversible, state, run_at, fence, tries, probe_first, created_at)
    SELECT company_id, 'consent.write', id, system, 1, 0, 'waiting', :now, 0, 0, 0, :now FROM consent_delivery WHERE id = :new
"""
NEWEST = """
    SELECT max(coalesce((SELECT max(id) FROM consent_delivery), 0),
        coalesce((SELECT max(subject_id) FROM step WHERE act = 'consent.write'), 0))
"""


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    with op.batch_alter_table("consent_delivery", recreate="always", table_kwargs={"sqlite_autoincrement": True}):
        pass
    newest = connection.scalar(sa.text(NEWEST))
    connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = 'consent_delivery'"))
    connection.execute(
        sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('consent_delivery', :newest)"), {"newest": newest}
    )
    _ask_again(connection)


def _ask_again(connection: sa.Connection) -> None:
    """A new number, whose steps are its own, and a first step for each that was not heard of."""
    now = connection.scalar(sa.text("SELECT strftime('%Y-%m-%d %H:%M:%f000', 'now')"))
    for (row_id,) in connection.execute(sa.text(UNHEARD)).all():
        newest = connection.scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'consent_delivery'")) + 1
        connection.execute(
            sa.text("UPDATE consent_delivery SET id = :new, rounds = 1 WHERE id = :old"), {"new": newest, "old": row_id}
        )
        connection.execute(sa.text("UPDATE sqlite_sequence SET seq = :new WHERE name = 'consent_delivery'"), {"new": newest})
        connection.execute(sa.text(NEW_STEP), {"new": newest, "now": now})


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("consent_delivery", recreate="always", table_kwargs={"sqlite_autoincrement": False}):
            pass
