"""A case keeps the version of the law that it was opened under. Until now every law had one version."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("law_version", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.alter_column("law_version", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.drop_column("law_version")
