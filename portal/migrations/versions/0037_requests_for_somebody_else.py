"""Requests for somebody else."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

ROLES = sa.Enum("agent", "guardian", "attorney", "deceased", name="role", native_enum=False, length=12)
MANDATES = sa.Enum("not_needed", "waits", "better", "accepted", name="mandate", native_enum=False, length=12)
WORDS = sa.Enum("not_asked", "asked", "yes", "no", name="word", native_enum=False, length=12)


def upgrade() -> None:
    op.create_table(
        "acting_request",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("role", ROLES, nullable=False),
        sa.Column("named", sa.LargeBinary(), nullable=False),
        sa.Column("identifier_kind", sa.String(length=20), nullable=False),
        sa.Column("identifier", sa.LargeBinary(), nullable=True),
        sa.Column("wish", sa.String(length=24), nullable=False),
        sa.Column("mandate", MANDATES, nullable=False),
        sa.Column("word", WORDS, nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("led_to_id", sa.Integer(), nullable=True),
        sa.Column("looked_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_acting_request_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_acting_request_company_id")),
        sa.ForeignKeyConstraint(["led_to_id"], ["case.id"], name=op.f("fk_acting_request_led_to_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_acting_request_person_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_acting_request")),
    )
    with op.batch_alter_table("acting_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_acting_request_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_acting_request_led_to_id"), ["led_to_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_acting_request_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_acting_request_looked_up", ["company_id", "looked_up_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("acting_request", schema=None) as batch_op:
        batch_op.drop_index("ix_acting_request_looked_up")
        batch_op.drop_index(batch_op.f("ix_acting_request_person_id"))
        batch_op.drop_index(batch_op.f("ix_acting_request_led_to_id"))
        batch_op.drop_index(batch_op.f("ix_acting_request_company_id"))

    op.drop_table("acting_request")
