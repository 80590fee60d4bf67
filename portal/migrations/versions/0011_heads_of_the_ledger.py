"""Signed heads of the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_ledger_head_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_head")),
    )
    with op.batch_alter_table("ledger_head", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_head_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_head_made_at"), ["made_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("ledger_head", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_head_made_at"))
        batch_op.drop_index(batch_op.f("ix_ledger_head_company_id"))

    op.drop_table("ledger_head")
