"""Who has a case in hand, the day by which staff sort it, notes for colleagues, and what was searched for."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "staff_search",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=43), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_staff_search_company_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_staff_search_person_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_staff_search_staff_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_search")),
        sa.UniqueConstraint("token", name=op.f("uq_staff_search_token")),
    )
    with op.batch_alter_table("staff_search", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_staff_search_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_staff_search_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_staff_search_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "case_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_note_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_case_note_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_note")),
    )
    with op.batch_alter_table("case_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_note_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_note_company_id"), ["company_id"], unique=False)

    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("due_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("owner", sa.String(length=40), nullable=True))
        batch_op.create_index(
            "ix_case_due",
            ["company_id", "due_on", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('open', 'partly')"),
            postgresql_where=sa.text("state IN ('open', 'partly')"),
        )


def downgrade() -> None:

    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_case_due",
            sqlite_where=sa.text("state IN ('open', 'partly')"),
            postgresql_where=sa.text("state IN ('open', 'partly')"),
        )
        batch_op.drop_column("owner")
        batch_op.drop_column("due_on")

    with op.batch_alter_table("case_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_note_company_id"))
        batch_op.drop_index(batch_op.f("ix_case_note_case_id"))

    op.drop_table("case_note")
    with op.batch_alter_table("staff_search", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_staff_search_staff_id"))
        batch_op.drop_index(batch_op.f("ix_staff_search_person_id"))
        batch_op.drop_index(batch_op.f("ix_staff_search_company_id"))

    op.drop_table("staff_search")
