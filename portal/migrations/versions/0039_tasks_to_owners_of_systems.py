"""Tasks to owners of systems, and files that come with their answers."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("step_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column(
            "state", sa.Enum("waiting", "answered", "taken_back", name="taskstate", native_enum=False, length=12), nullable=False
        ),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("token_before", sa.LargeBinary(length=32), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("reminders_sent", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "answer",
            sa.Enum("done", "not_found", "exception", "cannot_say", name="taskanswer", native_enum=False, length=12),
            nullable=True,
        ),
        sa.Column("ground", sa.LargeBinary(), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_task_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_case_task_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_task")),
        sa.UniqueConstraint("company_id", "number", name=op.f("uq_case_task_company_id_number")),
        sa.UniqueConstraint("company_id", "step_id", name=op.f("uq_case_task_company_id_step_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_case_task_token_hash")),
    )
    with op.batch_alter_table("case_task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_task_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_task_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_case_task_due", ["company_id", "state", "due_on", "id"], unique=False)
        batch_op.create_index("ix_case_task_token_before", ["token_before"], unique=False)

    with op.batch_alter_table("case_file", schema=None) as batch_op:
        batch_op.add_column(sa.Column("task_id", sa.Integer(), nullable=True))
        batch_op.alter_column("message_id", existing_type=sa.Integer(), nullable=True)
        batch_op.create_index(batch_op.f("ix_case_file_task_id"), ["task_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_case_file_task_id"), "case_task", ["task_id"], ["id"], ondelete="CASCADE")


def downgrade() -> None:
    op.execute("DELETE FROM case_file WHERE message_id IS NULL")
    with op.batch_alter_table("case_file", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_case_file_task_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_case_file_task_id"))
        batch_op.alter_column("message_id", existing_type=sa.Integer(), nullable=False)
        batch_op.drop_column("task_id")

    with op.batch_alter_table("case_task", schema=None) as batch_op:
        batch_op.drop_index("ix_case_task_token_before")
        batch_op.drop_index("ix_case_task_due")
        batch_op.drop_index(batch_op.f("ix_case_task_company_id"))
        batch_op.drop_index(batch_op.f("ix_case_task_case_id"))

    op.drop_table("case_task")
