"""A case can be refused on a ground of its law, and an appeal says which case it is about."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_refusal",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("ground", sa.String(length=24), nullable=False),
        sa.Column("article", sa.String(length=200), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("second", sa.String(length=40), nullable=True),
        sa.Column("appeal_until", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_refusal_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_case_refusal_company_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_refusal")),
    )
    with op.batch_alter_table("case_refusal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_refusal_company_id"), ["company_id"], unique=False)
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("about_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_case_about_id"), ["about_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_case_about_id"), "case", ["about_id"], ["id"], ondelete="SET NULL")


def downgrade() -> None:
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_case_about_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_case_about_id"))
        batch_op.drop_column("about_id")
    op.drop_table("case_refusal")
