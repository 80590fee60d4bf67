"""Choices on their way to the systems."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=30), nullable=True),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("identifier_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("hash_key_id", sa.String(length=12), nullable=True),
        sa.Column("purpose", sa.String(length=41), nullable=False),
        sa.Column("channel", sa.String(length=41), nullable=False),
        sa.Column("topic", sa.String(length=41), nullable=False),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.BigInteger(), nullable=False),
        sa.Column("written", sa.BigInteger(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("found", sa.Boolean(), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_consent_delivery_company_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_consent_delivery_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_delivery")),
        sa.UniqueConstraint(
            "company_id", "identifier_hash", "purpose", "channel", "topic", "system", name="uq_consent_delivery_identifier"
        ),
        sa.UniqueConstraint(
            "company_id", "person_id", "purpose", "channel", "topic", "system", name="uq_consent_delivery_person"
        ),
    )
    with op.batch_alter_table("consent_delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_delivery_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_consent_delivery_person_id"), ["person_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("consent_delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consent_delivery_person_id"))
        batch_op.drop_index(batch_op.f("ix_consent_delivery_company_id"))

    op.drop_table("consent_delivery")
