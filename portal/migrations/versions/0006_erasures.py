"""Erasures: what was confirmed, what came of it, the links of its mails, dry runs of a session."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("case_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stop_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stop_by", sa.String(length=12), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_choices", sa.JSON(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_erasure_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_erasure_company_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_erasure")),
    )
    with op.batch_alter_table("erasure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erasure_company_id"), ["company_id"], unique=False)

    op.create_table(
        "erasure_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_erasure_link_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_erasure_link_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_erasure_link_token_hash")),
    )
    with op.batch_alter_table("erasure_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erasure_link_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_erasure_link_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_erasure_link_expires_at", ["expires_at"], unique=False)

    op.create_table(
        "erasure_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("plan", sa.LargeBinary(), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("receipts", sa.LargeBinary(), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_erasure_plan_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_erasure_plan_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_plan")),
        sa.UniqueConstraint("case_id", "system", name=op.f("uq_erasure_plan_case_id_system")),
    )
    with op.batch_alter_table("erasure_plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erasure_plan_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_erasure_plan_company_id"), ["company_id"], unique=False)

    op.create_table(
        "planned_read",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("wish", sa.String(length=64), nullable=False),
        sa.Column("plan", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_planned_read_company_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_planned_read_session_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_read")),
        sa.UniqueConstraint("session_id", "system", name=op.f("uq_planned_read_session_id_system")),
    )
    with op.batch_alter_table("planned_read", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_planned_read_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_planned_read_expires_at", ["expires_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("planned_read", schema=None) as batch_op:
        batch_op.drop_index("ix_planned_read_expires_at")
        batch_op.drop_index(batch_op.f("ix_planned_read_company_id"))

    op.drop_table("planned_read")
    with op.batch_alter_table("erasure_plan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erasure_plan_company_id"))
        batch_op.drop_index(batch_op.f("ix_erasure_plan_case_id"))

    op.drop_table("erasure_plan")
    with op.batch_alter_table("erasure_link", schema=None) as batch_op:
        batch_op.drop_index("ix_erasure_link_expires_at")
        batch_op.drop_index(batch_op.f("ix_erasure_link_company_id"))
        batch_op.drop_index(batch_op.f("ix_erasure_link_case_id"))

    op.drop_table("erasure_link")
    with op.batch_alter_table("erasure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erasure_company_id"))

    op.drop_table("erasure")
