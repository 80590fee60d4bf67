"""Where a customer says that they live, which picks the law."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("place", sa.String(length=60), nullable=True))
    op.add_column("case", sa.Column("place", sa.String(length=60), nullable=True))


def downgrade() -> None:
    op.drop_column("case", "place")
    op.drop_column("person", "place")
