"""What erasures had to leave may be held beyond its day."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_number", sa.String(length=20), nullable=False),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("placed_by", sa.String(length=40), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.String(length=40), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_kept_hold_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_hold")),
    )
    with op.batch_alter_table("kept_hold", schema=None) as batch_op:
        batch_op.create_index("ix_kept_hold_case", ["company_id", "case_number"], unique=False)
        batch_op.create_index(batch_op.f("ix_kept_hold_company_id"), ["company_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("kept_hold", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kept_hold_company_id"))
        batch_op.drop_index("ix_kept_hold_case")

    op.drop_table("kept_hold")
