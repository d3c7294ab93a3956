"""The first schema"""

import sqlalchemy as sa
from alembic import op

from drip.store.types import UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bodies",
        sa.Column("attempt_id", sa.String(length=40), nullable=False),
        sa.Column("patient_id", sa.String(length=40), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_bodies")),
    )
    op.create_index(op.f("ix_bodies_patient_id"), "bodies", ["patient_id"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("closed", sa.String(length=32), nullable=True),
        sa.Column("changed_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("beat_at", UtcTime(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "keys",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_keys")),
    )
    op.create_table(
        "patients",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("ref_index", sa.String(length=64), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("ref", sa.LargeBinary(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=True),
        sa.Column("standing", sa.String(length=16), server_default="current", nullable=False),
        sa.Column("email_contact", sa.String(length=64), nullable=True),
        sa.Column("phone_contact", sa.String(length=64), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients")),
        sa.UniqueConstraint("source", "ref_index", name=op.f("uq_patients_source")),
    )
    op.create_index(op.f("ix_patients_email_contact"), "patients", ["email_contact"], unique=False)
    op.create_index(op.f("ix_patients_phone_contact"), "patients", ["phone_contact"], unique=False)
    op.create_index("ix_patients_ref", "patients", ["ref_index"], unique=False)
    op.create_table(
        "pauses",
        sa.Column("scope", sa.String(length=100), nullable=False),
        sa.Column("paused_at", UtcTime(), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_pauses")),
    )
    op.create_table(
        "receipts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("attempt_id", sa.String(length=40), nullable=True),
        sa.Column("provider_ref", sa.Text(), nullable=True),
        sa.Column("says", sa.String(length=16), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("provider", "key", name=op.f("uq_receipts_provider")),
    )
    op.create_index(
        "ix_receipts_pending",
        "receipts",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("patient_id", sa.String(length=40), nullable=True),
        sa.Column("detail", sa.LargeBinary(), nullable=True),
        sa.Column("raised_at", UtcTime(), nullable=False),
        sa.Column("done_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("key", name=op.f("uq_tasks_key")),
    )
    op.create_index(op.f("ix_tasks_patient_id"), "tasks", ["patient_id"], unique=False)
    op.create_table(
        "versions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("published_at", UtcTime(), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("safety_fix", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_versions")),
        sa.UniqueConstraint("sequence", "number", name=op.f("uq_versions_sequence")),
    )
    op.create_index(op.f("ix_versions_sequence"), "versions", ["sequence"], unique=False)
    op.create_table(
        "enrolments",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("patient_id", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("origin_index", sa.String(length=64), nullable=False),
        sa.Column("event_key", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), server_default="", nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("enrolled_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("anchor_at", UtcTime(), nullable=True),
        sa.Column("anchor_on", sa.String(length=10), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("site", sa.String(length=80), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_enrolments_patient_id")),
        sa.ForeignKeyConstraint(["version"], ["versions.id"], name=op.f("fk_enrolments_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolments")),
        sa.UniqueConstraint("patient_id", "sequence", "origin_index", name=op.f("uq_enrolments_patient_id")),
    )
    op.create_index(op.f("ix_enrolments_patient_id"), "enrolments", ["patient_id"], unique=False)
    op.create_index("ix_enrolments_sequence", "enrolments", ["sequence", "state"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("event_index", sa.String(length=64), nullable=False),
        sa.Column("patient_id", sa.String(length=40), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("occurred_at", UtcTime(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_events_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("source", "event_index", name=op.f("uq_events_source")),
    )
    op.create_index(op.f("ix_events_patient_id"), "events", ["patient_id"], unique=False)
    op.create_index(
        "ix_events_pending",
        "events",
        ["patient_id"],
        unique=False,
        sqlite_where=sa.text("state <> 'applied'"),
        postgresql_where=sa.text("state <> 'applied'"),
    )
    op.create_table(
        "sequences",
        sa.Column("id", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["versions.id"], name=op.f("fk_sequences_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sequences")),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("enrolment_id", sa.String(length=40), nullable=False),
        sa.Column("patient_id", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=80), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("occurrence", sa.SmallInteger(), nullable=False),
        sa.Column("slot", sa.String(length=8), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("turned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("planned_for", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("attempt_id", sa.String(length=40), nullable=True),
        sa.Column("lease_owner", sa.String(length=80), nullable=True),
        sa.Column("lease_token", sa.String(length=40), nullable=True),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("counted_on", sa.String(length=10), nullable=True),
        sa.Column("provider", sa.String(length=40), nullable=True),
        sa.Column("provider_ref", sa.Text(), nullable=True),
        sa.Column("accepted_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name=op.f("fk_messages_enrolment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint(
            "enrolment_id", "step", "occurrence", "slot", "revision", name=op.f("uq_messages_enrolment_id")
        ),
    )
    op.create_index(
        "ix_messages_counted",
        "messages",
        ["patient_id", "counted_on"],
        unique=False,
        sqlite_where=sa.text("counted_on IS NOT NULL"),
        postgresql_where=sa.text("counted_on IS NOT NULL"),
    )
    op.create_index(
        "ix_messages_due",
        "messages",
        ["priority", "due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'planned'"),
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_index(
        "ix_messages_leased",
        "messages",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("lease_until IS NOT NULL"),
        postgresql_where=sa.text("lease_until IS NOT NULL"),
    )
    op.create_index(op.f("ix_messages_patient_id"), "messages", ["patient_id"], unique=False)
    op.create_index(
        "ix_messages_unknown",
        "messages",
        ["state"],
        unique=False,
        sqlite_where=sa.text("state = 'unknown'"),
        postgresql_where=sa.text("state = 'unknown'"),
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("contact_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=True),
        sa.Column("asked", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=True),
        sa.Column("receipt", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_attempts_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("provider", "provider_ref", name=op.f("uq_attempts_provider")),
    )
    op.create_index(op.f("ix_attempts_message_id"), "attempts", ["message_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("drip's migrations only go forward; restore a backup instead")
