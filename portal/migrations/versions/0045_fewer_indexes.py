"""What each choice writes to has no index any more that another one begins with, none that an answer moves, and none that nobody asks."""

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

BEGUN_BY_OTHERS = (
    ("ix_consent_event_company_id", "consent_event", "company_id"),
    ("ix_consent_state_company_id", "consent_state", "company_id"),
    ("ix_consent_delivery_company_id", "consent_delivery", "company_id"),
    ("ix_step_company_id", "step", "company_id"),
    ("ix_attempt_step_id", "attempt", "step_id"),
    ("ix_journal_entry_company_id", "journal_entry", "company_id"),
)
CHOICE = ["company_id", "purpose", "channel", "topic"]


def upgrade() -> None:
    for name, table, _column in BEGUN_BY_OTHERS:
        op.drop_index(name, table_name=table)
    op.drop_index("ix_consent_state_choice", table_name="consent_state")
    op.create_index("ix_consent_state_choice", "consent_state", CHOICE)
    op.drop_index("ix_journal_entry_written_at", table_name="journal_entry")
    with op.batch_alter_table("journal_entry") as entries:
        entries.drop_constraint("uq_journal_entry_mark", type_="unique")
    op.create_index("ix_journal_entry_written_at", "journal_entry", ["company_id", "written_at"])


def downgrade() -> None:
    op.drop_index("ix_journal_entry_written_at", table_name="journal_entry")
    with op.batch_alter_table("journal_entry") as entries:
        entries.create_unique_constraint("uq_journal_entry_mark", ["mark"])
    op.create_index("ix_journal_entry_written_at", "journal_entry", ["written_at"])
    op.drop_index("ix_consent_state_choice", table_name="consent_state")
    op.create_index("ix_consent_state_choice", "consent_state", [*CHOICE, "said"])
    for name, table, column in BEGUN_BY_OTHERS:
        op.create_index(name, table, [column])
