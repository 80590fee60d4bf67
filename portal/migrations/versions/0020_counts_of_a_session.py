"""What systems sent is kept for the session that asked. Nothing is carried over: it lived for ten minutes."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _begin_anew("session")


def downgrade() -> None:
    _begin_anew("person")


def _begin_anew(whose: str) -> None:
    op.drop_table("held_count")
    op.create_table(
        "held_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(f"{whose}_id", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_held_count_company_id")),
        sa.ForeignKeyConstraint([f"{whose}_id"], [f"{whose}.id"], name=op.f(f"fk_held_count_{whose}_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_count")),
        sa.UniqueConstraint(f"{whose}_id", "system", name=op.f(f"uq_held_count_{whose}_id_system")),
    )
    with op.batch_alter_table("held_count", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_held_count_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_held_count_expires_at", ["expires_at"], unique=False)
