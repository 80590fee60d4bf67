"""Choices that wait for their confirmation, and proofs that outlive their person."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent_waiting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("identifier_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("wanted", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("collection_point", sa.String(length=60), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_consent_waiting_company_id")),
        sa.ForeignKeyConstraint(
            ["identifier_id"], ["identifier.id"], name=op.f("fk_consent_waiting_identifier_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_consent_waiting_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_waiting")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_consent_waiting_token_hash")),
    )
    with op.batch_alter_table("consent_waiting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_waiting_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_consent_waiting_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_consent_waiting_identifier_id"), ["identifier_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_consent_waiting_person_id"), ["person_id"], unique=False)

    op.create_table(
        "sealed_proof",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("destroy_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_sealed_proof_company_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sealed_proof_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_sealed_proof")),
    )
    with op.batch_alter_table("sealed_proof", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sealed_proof_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sealed_proof_destroy_at"), ["destroy_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("sealed_proof", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sealed_proof_destroy_at"))
        batch_op.drop_index(batch_op.f("ix_sealed_proof_company_id"))

    op.drop_table("sealed_proof")
    with op.batch_alter_table("consent_waiting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consent_waiting_person_id"))
        batch_op.drop_index(batch_op.f("ix_consent_waiting_identifier_id"))
        batch_op.drop_index(batch_op.f("ix_consent_waiting_expires_at"))
        batch_op.drop_index(batch_op.f("ix_consent_waiting_company_id"))

    op.drop_table("consent_waiting")
