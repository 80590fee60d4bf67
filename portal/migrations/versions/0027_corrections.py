"""What a person wants to read otherwise, until it stands there."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_correction",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("collection", sa.String(length=120), nullable=False),
        sa.Column("field", sa.String(length=120), nullable=False),
        sa.Column("old", sa.LargeBinary(), nullable=False),
        sa.Column("new", sa.LargeBinary(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_correction_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_case_correction_company_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_correction")),
    )
    with op.batch_alter_table("case_correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_correction_company_id"), ["company_id"], unique=False)


def downgrade() -> None:
    op.drop_table("case_correction")
