"""What the person was told when the date of an answer was extended stands with the entry of the clock."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("clock_event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("because", sa.String(length=12), nullable=True))
        batch_op.add_column(sa.Column("words", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("clock_event", schema=None) as batch_op:
        batch_op.drop_column("words")
        batch_op.drop_column("because")
