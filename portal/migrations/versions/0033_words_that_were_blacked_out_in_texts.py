"""Words that were blacked out in texts."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blacked_out",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column(
            "part",
            sa.Enum("name", "address", "number", "mail", "other", name="part", native_enum=False, length=10),
            nullable=False,
        ),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_blacked_out_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_blacked_out_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blacked_out")),
    )
    with op.batch_alter_table("blacked_out", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_blacked_out_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_blacked_out_company_id"), ["company_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("blacked_out", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_blacked_out_company_id"))
        batch_op.drop_index(batch_op.f("ix_blacked_out_case_id"))

    op.drop_table("blacked_out")
