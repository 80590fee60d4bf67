"""What systems sent, counted for a page and kept sealed for ten minutes."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "held_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_held_count_company_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_held_count_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_count")),
        sa.UniqueConstraint("person_id", "system", name=op.f("uq_held_count_person_id_system")),
    )
    with op.batch_alter_table("held_count", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_held_count_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_held_count_expires_at", ["expires_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("held_count", schema=None) as batch_op:
        batch_op.drop_index("ix_held_count_expires_at")
        batch_op.drop_index(batch_op.f("ix_held_count_company_id"))

    op.drop_table("held_count")
