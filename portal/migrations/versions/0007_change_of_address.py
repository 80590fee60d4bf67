"""Changes of address, and from when on an address is no longer a person's."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "address_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("old_address", sa.LargeBinary(), nullable=False),
        sa.Column("new_address", sa.LargeBinary(), nullable=False),
        sa.Column("asked_in", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser", sa.String(length=30), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("old_token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("new_token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("undo_token_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("old_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("new_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undo_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_address_change_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_address_change_session_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_address_change_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_change")),
        sa.UniqueConstraint("old_token_hash", name=op.f("uq_address_change_old_token_hash")),
        sa.UniqueConstraint("new_token_hash", name=op.f("uq_address_change_new_token_hash")),
        sa.UniqueConstraint("undo_token_hash", name=op.f("uq_address_change_undo_token_hash")),
    )
    with op.batch_alter_table("address_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_address_change_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_address_change_session_id"), ["session_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_address_change_ended_at"), ["ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_address_change_company_id"), ["company_id"], unique=False)
    with op.batch_alter_table("identifier", schema=None) as batch_op:
        batch_op.add_column(sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("identifier", schema=None) as batch_op:
        batch_op.drop_column("left_at")
    op.drop_table("address_change")
