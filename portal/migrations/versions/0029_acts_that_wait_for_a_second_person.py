"""What one colleague proposes and another decides; a hold names its article and who approved it."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=20), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column(
            "act",
            sa.Enum("refuse", "release", "hold", "extend", "appeal", name="act", native_enum=False, length=10),
            nullable=False,
        ),
        sa.Column("params", sa.LargeBinary(), nullable=False),
        sa.Column("mark", sa.String(length=24), nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "approved", "declined", "withdrawn", "stale", name="proposalstate", native_enum=False, length=10),
            nullable=False,
        ),
        sa.Column("proposed_by", sa.String(length=40), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_proposal_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_proposal_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("token", name=op.f("uq_proposal_token")),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index("ix_proposal_case", ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposal_company_id"), ["company_id"], unique=False)
        batch_op.create_index(
            "ix_proposal_waits",
            ["case_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    with op.batch_alter_table("kept_hold", schema=None) as batch_op:
        batch_op.add_column(sa.Column("law", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("approved_by", sa.String(length=40), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("kept_hold", schema=None) as batch_op:
        batch_op.drop_column("approved_by")
        batch_op.drop_column("law")

    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_proposal_waits", sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")
        )
        batch_op.drop_index(batch_op.f("ix_proposal_company_id"))
        batch_op.drop_index("ix_proposal_case")

    op.drop_table("proposal")
