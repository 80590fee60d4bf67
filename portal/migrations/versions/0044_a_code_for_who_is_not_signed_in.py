"""A code that staff tell somebody on the telephone, and the browser in which it was typed."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("phone_session", sa.Column("code_hash", sa.LargeBinary(length=32), nullable=True))
    op.add_column("phone_session", sa.Column("browser_hash", sa.LargeBinary(length=32), nullable=True))
    op.create_index("ix_phone_session_code_hash", "phone_session", ["code_hash"])
    op.create_index("ix_phone_session_browser_hash", "phone_session", ["browser_hash"])


def downgrade() -> None:
    op.drop_index("ix_phone_session_browser_hash", table_name="phone_session")
    op.drop_index("ix_phone_session_code_hash", table_name="phone_session")
    op.drop_column("phone_session", "browser_hash")
    op.drop_column("phone_session", "code_hash")
