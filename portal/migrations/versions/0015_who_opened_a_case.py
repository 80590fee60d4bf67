"""The whole name of the API key that opened a case."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.alter_column("source", existing_type=sa.String(20), type_=sa.String(44), existing_nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.alter_column("source", existing_type=sa.String(44), type_=sa.String(20), existing_nullable=False)
