"""What staff do for somebody on the telephone."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "phone_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=43), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_phone_session_company_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_phone_session_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_phone_session_staff_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_session")),
        sa.UniqueConstraint("token", name=op.f("uq_phone_session_token")),
    )
    with op.batch_alter_table("phone_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_phone_session_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_phone_session_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_phone_session_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "phone_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("phone_session_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=30), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_phone_act_company_id")),
        sa.ForeignKeyConstraint(
            ["phone_session_id"], ["phone_session.id"], name=op.f("fk_phone_act_phone_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_act")),
    )
    with op.batch_alter_table("phone_act", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_phone_act_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_phone_act_phone_session_id"), ["phone_session_id"], unique=False)


def downgrade() -> None:
    op.drop_table("phone_act")
    op.drop_table("phone_session")
