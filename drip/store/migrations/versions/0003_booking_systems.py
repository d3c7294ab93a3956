"""Booking systems: how far each is read, what is still to be asked for, visits, and one person in two systems; the
time of receipts, and those that came before their reference was known"""

import sqlalchemy as sa
from alembic import op

from drip.store.types import UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # One that was passed to the network waits for its receipt like one that was only taken.
    op.drop_index("ix_messages_unconfirmed", table_name="messages")
    _partial("ix_messages_unconfirmed", "messages", ["provider", "accepted_at"], "state IN ('accepted', 'sent')")
    _partial("ix_receipts_unmatched", "receipts", ["received_at"], "state = 'unmatched' AND attempt_id IS NULL")
    op.add_column("attempts", sa.Column("receipt_at", UtcTime(), nullable=True))
    op.add_column("patients", sa.Column("identity", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_patients_identity"), "patients", ["identity"], unique=False)
    op.add_column("events", sa.Column("raw", sa.LargeBinary(), nullable=True))
    _partial("ix_events_raw", "events", ["received_at"], "raw IS NOT NULL")
    op.create_table(
        "visits",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("patient_id", sa.String(length=40), nullable=False),
        sa.Column("ref_index", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=True),
        sa.Column("asked_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_visits_patient_id_patients")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
        sa.UniqueConstraint("patient_id", "ref_index", name=op.f("uq_visits_patient_id")),
    )
    _partial("ix_visits_open", "visits", ["ends_at"], "status = 'booked' AND asked_at IS NULL")
    op.create_table(
        "sources",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("cursors", sa.Text(), server_default="{}", nullable=False),
        sa.Column("through", UtcTime(), nullable=True),
        sa.Column("lease_until", UtcTime(), nullable=True),
        sa.Column("ask_at", UtcTime(), nullable=True),
        sa.Column("away_since", UtcTime(), nullable=True),
        sa.Column("why", sa.String(length=60), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sources")),
    )
    op.create_table(
        "fetches",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("key_index", sa.String(length=64), nullable=False),
        sa.Column("wanted", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("ask_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fetches")),
        sa.UniqueConstraint("source", "key_index", name=op.f("uq_fetches_source")),
    )
    _partial("ix_fetches_open", "fetches", ["source", "ask_at"], "wanted IS NOT NULL")


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=False, sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    raise NotImplementedError("drip's migrations only go forward; restore a backup instead")
