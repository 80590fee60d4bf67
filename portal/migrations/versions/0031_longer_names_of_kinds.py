"""Kinds of cases have longer names: an opt-out of targeted adverts, and one of profiling."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.alter_column("kind", existing_type=sa.String(20), type_=sa.String(24), existing_nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.alter_column("kind", existing_type=sa.String(24), type_=sa.String(20), existing_nullable=False)
