"""The first tables: companies, persons, sign-in, mails, consent ledger, steps, cases."""

import sqlalchemy as sa
from alembic import op

from portal.consent.triggers import drop_triggers, install_triggers

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "company",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
        sa.UniqueConstraint("key", name=op.f("uq_company_key")),
    )
    op.create_table(
        "limit_counter",
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_limit_counter")),
    )
    with op.batch_alter_table("limit_counter", schema=None) as batch_op:
        batch_op.create_index("ix_limit_counter_ends_at", ["ends_at"], unique=False)

    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("target", sa.String(length=80), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_audit_entry_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_company_id"), ["company_id"], unique=False)

    op.create_table(
        "mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("thread", sa.String(length=80), nullable=True),
        sa.Column("recipient", sa.LargeBinary(), nullable=True),
        sa.Column("subject", sa.LargeBinary(), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.Column("html", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=60), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=60), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_mail_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("company_id", "key", name=op.f("uq_mail_company_id_key")),
    )
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_mail_due", ["state", "next_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_mail_ended_at"), ["ended_at"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=41), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_notice_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("company_id", "hash", name=op.f("uq_notice_company_id_hash")),
        sa.UniqueConstraint(
            "company_id", "purpose", "language", "version", name=op.f("uq_notice_company_id_purpose_language_version")
        ),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_company_id"), ["company_id"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=True),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_person_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_company_id"), ["company_id"], unique=False)

    op.create_table(
        "sign_in_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("identifier_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash_key_id", sa.String(length=12), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("browser", sa.String(length=30), nullable=False),
        sa.Column("asked_in", sa.LargeBinary(length=32), nullable=False),
        sa.Column("destination", sa.String(length=80), nullable=True),
        sa.Column("typed", sa.LargeBinary(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("code_hash_key_id", sa.String(length=12), nullable=True),
        sa.Column("code_tries", sa.Integer(), nullable=False),
        sa.Column("address_tries", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_where_asked", sa.Boolean(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_sign_in_request_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_request")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_request_token_hash")),
    )
    with op.batch_alter_table("sign_in_request", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_request_address", ["company_id", "identifier_hash"], unique=False)
        batch_op.create_index("ix_sign_in_request_asked_in", ["company_id", "asked_in"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_request_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_sign_in_request_due", ["state", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_request_ended_at"), ["ended_at"], unique=False)

    op.create_table(
        "step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("irreversible", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=60), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("probe_first", sa.Boolean(), nullable=False),
        sa.Column("error", sa.String(length=120), nullable=True),
        sa.Column("receipt", sa.JSON(), nullable=True),
        sa.Column("hand_reason", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_step_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step")),
        sa.UniqueConstraint(
            "company_id", "act", "subject_id", "system", "part", name=op.f("uq_step_company_id_act_subject_id_system_part")
        ),
    )
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_step_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_step_due", ["company_id", "system", "state", "run_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_step_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_step_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "system_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_system_state_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_system_state")),
        sa.UniqueConstraint("company_id", "system", name=op.f("uq_system_state_company_id_system")),
    )
    with op.batch_alter_table("system_state", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_system_state_company_id"), ["company_id"], unique=False)

    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("step_id", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=80), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("error", sa.String(length=120), nullable=True),
        sa.Column("receipt", sa.JSON(), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_attempt_company_id")),
        sa.ForeignKeyConstraint(["step_id"], ["step.id"], name=op.f("fk_attempt_step_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("step_id", "fence", name=op.f("uq_attempt_step_id_fence")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attempt_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attempt_step_id"), ["step_id"], unique=False)

    op.create_table(
        "case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "access",
                "portability",
                "erasure",
                "correction",
                "restriction",
                "objection",
                "opt_out",
                "complaint",
                "appeal",
                name="casekind",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("open", "partly", "ready", "done", "cancelled", "ended", name="casestate", native_enum=False, length=12),
            nullable=False,
        ),
        sa.Column("law", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("choice", sa.JSON(), nullable=False),
        sa.Column("proven", sa.LargeBinary(), nullable=False),
        sa.Column("open_key", sa.LargeBinary(length=32), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_case_company_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_case_person_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        sa.UniqueConstraint("company_id", "number", name=op.f("uq_case_company_id_number")),
        sa.UniqueConstraint("company_id", "open_key", name=op.f("uq_case_company_id_open_key")),
    )
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_case_state", ["company_id", "state"], unique=False)

    op.create_table(
        "consent_chain",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("tip", sa.LargeBinary(length=32), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_consent_chain_company_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_consent_chain_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_consent_chain")),
    )
    with op.batch_alter_table("consent_chain", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_chain_company_id"), ["company_id"], unique=False)

    op.create_table(
        "consent_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_consent_event_company_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_consent_event_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_event")),
        sa.UniqueConstraint("company_id", "person_id", "sequence", name=op.f("uq_consent_event_company_id_person_id_sequence")),
    )
    with op.batch_alter_table("consent_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_event_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_consent_event_person_id"), ["person_id"], unique=False)

    op.create_table(
        "consent_state",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("purpose", sa.String(length=41), nullable=False),
        sa.Column("channel", sa.String(length=41), nullable=False),
        sa.Column("topic", sa.String(length=41), nullable=False),
        sa.Column("said", sa.String(length=10), nullable=True),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("frequency", sa.String(length=40), nullable=True),
        sa.Column("topics", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_consent_state_company_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_consent_state_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "purpose", "channel", "topic", name=op.f("pk_consent_state")),
    )
    with op.batch_alter_table("consent_state", schema=None) as batch_op:
        batch_op.create_index("ix_consent_state_choice", ["company_id", "purpose", "channel", "topic", "said"], unique=False)
        batch_op.create_index(batch_op.f("ix_consent_state_company_id"), ["company_id"], unique=False)

    op.create_table(
        "identifier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash_key_id", sa.String(length=12), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_alone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_identifier_company_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_identifier_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identifier")),
        sa.UniqueConstraint("company_id", "kind", "hash", name=op.f("uq_identifier_company_id_kind_hash")),
    )
    with op.batch_alter_table("identifier", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identifier_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_identifier_person_id"), ["person_id"], unique=False)

    op.create_table(
        "case_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_event_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_case_event_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_event")),
    )
    with op.batch_alter_table("case_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_event_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_event_company_id"), ["company_id"], unique=False)

    op.create_table(
        "case_part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "state", sa.Enum("making", "review", "ready", "empty", name="partstate", native_enum=False, length=10), nullable=False
        ),
        sa.Column("released_by", sa.String(length=40), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_part_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_case_part_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_part")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_case_part_case_id_number")),
    )
    with op.batch_alter_table("case_part", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_part_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_case_part_company_id"), ["company_id"], unique=False)

    op.create_table(
        "clock_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column(
            "happened",
            sa.Enum("received", "verified", "paused", "resumed", "extended", name="happened", native_enum=False, length=12),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Enum("identity", "scope", "fee", name="stopreason", native_enum=False, length=12), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_clock_event_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_clock_event_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_event")),
    )
    with op.batch_alter_table("clock_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_clock_event_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_clock_event_company_id"), ["company_id"], unique=False)

    op.create_table(
        "package",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=60), nullable=False),
        sa.Column("context", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("with_pdf", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_package_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_package_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package")),
    )
    with op.batch_alter_table("package", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_package_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_package_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_package_expires_at", ["expires_at"], unique=False)

    op.create_table(
        "session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("identifier_id", sa.Integer(), nullable=False),
        sa.Column("browser", sa.String(length=30), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_session_company_id")),
        sa.ForeignKeyConstraint(["identifier_id"], ["identifier.id"], name=op.f("fk_session_identifier_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_session_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_session_token_hash")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_session_ended_at"), ["ended_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_session_identifier_id"), ["identifier_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_session_person_id"), ["person_id"], unique=False)

    op.create_table(
        "spool",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("file", sa.String(length=60), nullable=False),
        sa.Column("context", sa.String(length=80), nullable=False),
        sa.Column("step_id", sa.Integer(), nullable=False),
        sa.Column("matches", sa.String(length=64), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("shut", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_spool_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_spool_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spool")),
        sa.UniqueConstraint("case_id", "system", name=op.f("uq_spool_case_id_system")),
    )
    with op.batch_alter_table("spool", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spool_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_spool_company_id"), ["company_id"], unique=False)

    op.create_table(
        "download_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("package_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("browser", sa.String(length=80), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_download_log_company_id")),
        sa.ForeignKeyConstraint(["package_id"], ["package.id"], name=op.f("fk_download_log_package_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_download_log")),
    )
    with op.batch_alter_table("download_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_download_log_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_download_log_package_id"), ["package_id"], unique=False)

    op.create_table(
        "held_read",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_held_read_company_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_held_read_session_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_read")),
        sa.UniqueConstraint("session_id", "system", name=op.f("uq_held_read_session_id_system")),
    )
    with op.batch_alter_table("held_read", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_held_read_company_id"), ["company_id"], unique=False)
        batch_op.create_index("ix_held_read_expires_at", ["expires_at"], unique=False)

    op.create_table(
        "proof_try",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("record_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash_key_id", sa.String(length=12), nullable=False),
        sa.Column("values", sa.Integer(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_proof_try_company_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_proof_try_session_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof_try")),
    )
    with op.batch_alter_table("proof_try", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proof_try_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proof_try_session_id"), ["session_id"], unique=False)

    op.create_table(
        "proven_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("identifier_id", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(length=60), nullable=False),
        sa.Column("record_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash_key_id", sa.String(length=12), nullable=False),
        sa.Column("values", sa.Integer(), nullable=False),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_proven_record_company_id")),
        sa.ForeignKeyConstraint(
            ["identifier_id"], ["identifier.id"], name=op.f("fk_proven_record_identifier_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_proven_record_session_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proven_record")),
        sa.UniqueConstraint("session_id", "system", "record_hash", name=op.f("uq_proven_record_session_id_system_record_hash")),
    )
    with op.batch_alter_table("proven_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proven_record_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proven_record_identifier_id"), ["identifier_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proven_record_session_id"), ["session_id"], unique=False)

    install_triggers(op.get_bind())


def downgrade() -> None:
    drop_triggers(op.get_bind())
    with op.batch_alter_table("proven_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proven_record_session_id"))
        batch_op.drop_index(batch_op.f("ix_proven_record_identifier_id"))
        batch_op.drop_index(batch_op.f("ix_proven_record_company_id"))

    op.drop_table("proven_record")
    with op.batch_alter_table("proof_try", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proof_try_session_id"))
        batch_op.drop_index(batch_op.f("ix_proof_try_company_id"))

    op.drop_table("proof_try")
    with op.batch_alter_table("held_read", schema=None) as batch_op:
        batch_op.drop_index("ix_held_read_expires_at")
        batch_op.drop_index(batch_op.f("ix_held_read_company_id"))

    op.drop_table("held_read")
    with op.batch_alter_table("download_log", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_download_log_package_id"))
        batch_op.drop_index(batch_op.f("ix_download_log_company_id"))

    op.drop_table("download_log")
    with op.batch_alter_table("spool", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_spool_company_id"))
        batch_op.drop_index(batch_op.f("ix_spool_case_id"))

    op.drop_table("spool")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_person_id"))
        batch_op.drop_index(batch_op.f("ix_session_identifier_id"))
        batch_op.drop_index(batch_op.f("ix_session_ended_at"))
        batch_op.drop_index(batch_op.f("ix_session_company_id"))

    op.drop_table("session")
    with op.batch_alter_table("package", schema=None) as batch_op:
        batch_op.drop_index("ix_package_expires_at")
        batch_op.drop_index(batch_op.f("ix_package_company_id"))
        batch_op.drop_index(batch_op.f("ix_package_case_id"))

    op.drop_table("package")
    with op.batch_alter_table("clock_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clock_event_company_id"))
        batch_op.drop_index(batch_op.f("ix_clock_event_case_id"))

    op.drop_table("clock_event")
    with op.batch_alter_table("case_part", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_part_company_id"))
        batch_op.drop_index(batch_op.f("ix_case_part_case_id"))

    op.drop_table("case_part")
    with op.batch_alter_table("case_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_event_company_id"))
        batch_op.drop_index(batch_op.f("ix_case_event_case_id"))

    op.drop_table("case_event")
    with op.batch_alter_table("identifier", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identifier_person_id"))
        batch_op.drop_index(batch_op.f("ix_identifier_company_id"))

    op.drop_table("identifier")
    with op.batch_alter_table("consent_state", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consent_state_company_id"))
        batch_op.drop_index("ix_consent_state_choice")

    op.drop_table("consent_state")
    with op.batch_alter_table("consent_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consent_event_person_id"))
        batch_op.drop_index(batch_op.f("ix_consent_event_company_id"))

    op.drop_table("consent_event")
    with op.batch_alter_table("consent_chain", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consent_chain_company_id"))

    op.drop_table("consent_chain")
    with op.batch_alter_table("case", schema=None) as batch_op:
        batch_op.drop_index("ix_case_state")
        batch_op.drop_index(batch_op.f("ix_case_person_id"))
        batch_op.drop_index(batch_op.f("ix_case_company_id"))

    op.drop_table("case")
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attempt_step_id"))
        batch_op.drop_index(batch_op.f("ix_attempt_company_id"))

    op.drop_table("attempt")
    with op.batch_alter_table("system_state", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_system_state_company_id"))

    op.drop_table("system_state")
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_step_subject_id"))
        batch_op.drop_index(batch_op.f("ix_step_person_id"))
        batch_op.drop_index("ix_step_due")
        batch_op.drop_index(batch_op.f("ix_step_company_id"))

    op.drop_table("step")
    with op.batch_alter_table("sign_in_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_request_ended_at"))
        batch_op.drop_index("ix_sign_in_request_due")
        batch_op.drop_index(batch_op.f("ix_sign_in_request_company_id"))
        batch_op.drop_index("ix_sign_in_request_asked_in")
        batch_op.drop_index("ix_sign_in_request_address")

    op.drop_table("sign_in_request")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_company_id"))

    op.drop_table("person")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_company_id"))

    op.drop_table("notice")
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mail_ended_at"))
        batch_op.drop_index("ix_mail_due")
        batch_op.drop_index(batch_op.f("ix_mail_company_id"))

    op.drop_table("mail")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_company_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_at"))

    op.drop_table("audit_entry")
    with op.batch_alter_table("limit_counter", schema=None) as batch_op:
        batch_op.drop_index("ix_limit_counter_ends_at")

    op.drop_table("limit_counter")
    op.drop_table("company")
