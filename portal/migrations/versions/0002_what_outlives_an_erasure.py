"""What outlives an erasure: tombstones, what had to be kept, entries for the journal."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "journal_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=43), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_journal_entry_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entry")),
        sa.UniqueConstraint("mark", name=op.f("uq_journal_entry_mark")),
    )
    with op.batch_alter_table("journal_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_journal_entry_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_journal_entry_written_at", ["written_at"], unique=False)

    op.create_table(
        "tombstone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("identifier_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash_key_id", sa.String(length=12), nullable=False),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("record_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_tombstone_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tombstone")),
    )
    with op.batch_alter_table("tombstone", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tombstone_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_tombstone_identifier", ["company_id", "identifier_hash"], unique=False)

    op.create_table(
        "kept",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_number", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("collection", sa.String(length=160), nullable=False),
        sa.Column("ground", sa.String(length=41), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=True),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_kept_company_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_kept_person_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept")),
    )
    with op.batch_alter_table("kept", schema=None) as batch_op:
        batch_op.create_index("ix_kept_case", ["company_id", "case_number"], unique=False)
        batch_op.create_index(batch_op.f("ix_kept_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_kept_due", ["company_id", "gone_at", "until"], unique=False)
        batch_op.create_index(batch_op.f("ix_kept_person_id"), ["person_id"], unique=False)

    op.create_table(
        "kept_owner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("identifier_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash_key_id", sa.String(length=12), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_kept_owner_company_id")),
        sa.ForeignKeyConstraint(["kept_id"], ["kept.id"], name=op.f("fk_kept_owner_kept_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_owner")),
    )
    with op.batch_alter_table("kept_owner", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kept_owner_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_kept_owner_identifier", ["company_id", "identifier_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_kept_owner_kept_id"), ["kept_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("kept_owner", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kept_owner_kept_id"))
        batch_op.drop_index("ix_kept_owner_identifier")
        batch_op.drop_index(batch_op.f("ix_kept_owner_company_id"))

    op.drop_table("kept_owner")
    with op.batch_alter_table("kept", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kept_person_id"))
        batch_op.drop_index("ix_kept_due")
        batch_op.drop_index(batch_op.f("ix_kept_company_id"))
        batch_op.drop_index("ix_kept_case")

    op.drop_table("kept")
    with op.batch_alter_table("tombstone", schema=None) as batch_op:
        batch_op.drop_index("ix_tombstone_identifier")
        batch_op.drop_index(batch_op.f("ix_tombstone_company_id"))

    op.drop_table("tombstone")
    with op.batch_alter_table("journal_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_journal_entry_written_at")
        batch_op.drop_index(batch_op.f("ix_journal_entry_company_id"))

    op.drop_table("journal_entry")
