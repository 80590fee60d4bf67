"""No index of the company alone: it finds nearly all rows of a table, and SQLite took it before one that finds a handful."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

TABLES = (
    "address_change",
    "api_answer",
    "api_key",
    "attempt",
    "audit_entry",
    "case",
    "case_correction",
    "case_event",
    "case_message",
    "case_note",
    "case_part",
    "case_refusal",
    "clock_event",
    "consent_chain",
    "consent_delivery",
    "consent_event",
    "consent_state",
    "consent_waiting",
    "download_log",
    "erasure",
    "erasure_link",
    "erasure_plan",
    "held_count",
    "held_read",
    "identifier",
    "journal_entry",
    "kept",
    "kept_hold",
    "kept_owner",
    "ledger_head",
    "mail",
    "notice",
    "opt_out",
    "package",
    "passkey",
    "person",
    "planned_read",
    "proof_try",
    "proven_record",
    "sealed_proof",
    "session",
    "sign_in_request",
    "spool",
    "staff",
    "staff_code",
    "staff_link",
    "staff_search",
    "staff_session",
    "step",
    "suppression",
    "system_state",
    "tombstone",
    "webhook_endpoint",
    "webhook_message",
    "withheld_text",
)


def upgrade() -> None:
    for table in TABLES:
        op.drop_index(f"ix_{table}_company_id", table_name=table)


def downgrade() -> None:
    for table in TABLES:
        op.create_index(f"ix_{table}_company_id", table, ["company_id"], unique=False)
