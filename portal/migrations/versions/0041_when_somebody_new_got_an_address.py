"""When somebody new got an address, so that links to it from before show nothing of them."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("identifier", sa.Column("taken_over_at", sa.DateTime(timezone=True), nullable=True))
    # Who was made after the identifier that they have got it from somebody; `joined_at` is of those who were known before.
    op.execute(
        "UPDATE identifier SET taken_over_at = (SELECT created_at FROM person WHERE person.id = identifier.person_id) "
        "WHERE joined_at IS NULL AND created_at < (SELECT created_at FROM person WHERE person.id = identifier.person_id)"
    )


def downgrade() -> None:
    op.drop_column("identifier", "taken_over_at")
