"""Texts that staff looked at and did not hand out, and which readings were looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "withheld_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("step_id", sa.Integer(), nullable=False),
        sa.Column("collection", sa.String(length=120), nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_withheld_text_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_withheld_text_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withheld_text")),
    )
    with op.batch_alter_table("withheld_text", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_withheld_text_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_withheld_text_company_id"), ["company_id"], unique=False)

    with op.batch_alter_table("spool", schema=None) as batch_op:
        batch_op.add_column(sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("spool", schema=None) as batch_op:
        batch_op.drop_column("reviewed_at")
        batch_op.drop_column("looked_at")

    with op.batch_alter_table("withheld_text", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_withheld_text_company_id"))
        batch_op.drop_index(batch_op.f("ix_withheld_text_case_id"))

    op.drop_table("withheld_text")
