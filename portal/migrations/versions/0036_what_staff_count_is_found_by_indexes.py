"""What staff count, and what a colleague has in hand, is found by indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

STILL_OPEN = sa.text("state IN ('open', 'partly')")


def upgrade() -> None:
    op.drop_index("ix_case_state", table_name="case")
    op.create_index("ix_case_state", "case", ["company_id", "state", "due_on"])
    op.create_index(
        "ix_case_owner", "case", ["company_id", "owner", "due_on", "id"], sqlite_where=STILL_OPEN, postgresql_where=STILL_OPEN
    )


def downgrade() -> None:
    op.drop_index("ix_case_owner", table_name="case")
    op.drop_index("ix_case_state", table_name="case")
    op.create_index("ix_case_state", "case", ["company_id", "state"])
