"""The mailbox that has the link of a task, so that it ends when somebody else looks after the system."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case_task", sa.Column("mailed_to", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("case_task", "mailed_to")
