"""Providers both ways: lanes, what receipts are about, the reply inbox"""

import sqlalchemy as sa
from alembic import op

from drip.store.types import UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lanes",
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("filled_at", UtcTime(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("closed_until", UtcTime(), nullable=True),
        sa.Column("why", sa.String(length=32), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_lanes")),
    )
    for column in (
        sa.Column("fault", sa.String(length=16), server_default="", nullable=False),
        sa.Column("code", sa.String(length=40), server_default="", nullable=False),
        sa.Column("closes", sa.String(length=32), server_default="", nullable=False),
        sa.Column("contact_id", sa.String(length=64), nullable=True),
        sa.Column("happened_at", UtcTime(), nullable=True),
    ):
        op.add_column("receipts", column)
    op.create_index("ix_receipts_provider", "receipts", ["provider", "received_at"], unique=False)
    op.create_table(
        "replies",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("contact_id", sa.String(length=64), nullable=False),
        sa.Column("word", sa.String(length=16), nullable=False),
        sa.Column("was_news", sa.Boolean(), nullable=False),
        sa.Column("answers", sa.String(length=40), nullable=True),
        sa.Column("patient_id", sa.String(length=40), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", UtcTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replies")),
        sa.UniqueConstraint("provider", "key", name=op.f("uq_replies_provider")),
    )
    op.create_index(op.f("ix_replies_patient_id"), "replies", ["patient_id"], unique=False)
    _partial("ix_replies_pending", "replies", ["contact_id"], "state = 'pending'")
    op.add_column("tasks", sa.Column("alerted_at", UtcTime(), nullable=True))
    op.add_column("tasks", sa.Column("done_by", sa.Text(), server_default="", nullable=False))
    _partial("ix_tasks_open", "tasks", ["kind"], "done_at IS NULL")
    op.create_index("ix_attempts_contact", "attempts", ["contact_id", "started_at"], unique=False)
    op.drop_index("ix_messages_due", table_name="messages")
    _partial("ix_messages_due", "messages", ["channel", "priority", "due_at"], "state = 'planned'")
    _partial("ix_messages_held", "messages", ["patient_id"], "state = 'held'")
    _partial("ix_messages_unconfirmed", "messages", ["provider", "accepted_at"], "state = 'accepted'")


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=False, sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    raise NotImplementedError("drip's migrations only go forward; restore a backup instead")
