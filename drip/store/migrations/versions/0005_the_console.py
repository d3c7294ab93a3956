"""The console: drafts, notes on tasks, who has taken one on, and patients found by name"""

import sqlalchemy as sa
from alembic import op

from drip.store.types import UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("patients", sa.Column("is_indexed", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("tasks", sa.Column("assigned_to", sa.String(length=40), nullable=True))
    op.create_index("ix_enrolments_enrolled", "enrolments", ["enrolled_at"], unique=False)
    op.add_column("messages", sa.Column("dealt_at", UtcTime(), nullable=True))
    op.add_column("messages", sa.Column("chosen_for", UtcTime(), nullable=True))
    op.create_index("ix_replies_received", "replies", ["received_at"], unique=False)
    _partial("ix_tasks_done", "tasks", ["done_at"], "done_at IS NOT NULL")
    stranded = "state IN ('failed', 'undelivered', 'invalid', 'suppressed')"
    _partial("ix_messages_undealt", "messages", ["planned_for"], f"{stranded} AND dealt_at IS NULL")
    _partial("ix_patients_not_indexed", "patients", ["id"], "NOT is_indexed")
    op.create_table(
        "name_words",
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("patient_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_name_words_patient_id_patients")),
        sa.PrimaryKeyConstraint("word", "patient_id", name=op.f("pk_name_words")),
    )
    op.create_index(op.f("ix_name_words_patient_id"), "name_words", ["patient_id"], unique=False)
    op.create_table(
        "task_notes",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("task_id", sa.String(length=40), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("who", sa.String(length=40), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_task_notes_task_id_tasks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_notes")),
    )
    op.create_index(op.f("ix_task_notes_task_id"), "task_notes", ["task_id"], unique=False)
    op.add_column("accounts", sa.Column("email", sa.LargeBinary(), nullable=True))
    op.add_column("accounts", sa.Column("phone", sa.LargeBinary(), nullable=True))
    _drafts()
    _reports()
    _patient_pauses()


def _reports() -> None:
    op.add_column("attempts", sa.Column("parts", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_index("ix_enrolments_site", "enrolments", ["site", "id"], unique=False)
    op.drop_index("ix_messages_failed", table_name="messages")
    _partial("ix_messages_settled", "messages", ["planned_for"], "state NOT IN ('planned', 'claimed', 'in_flight')")
    ahead = ["due_at", "id", "sequence", "enrolment_id"]
    _partial("ix_messages_ahead", "messages", ahead, "state = 'planned' AND id <> ''")
    _partial("ix_contacts_closed", "contacts", ["changed_at"], "closed IS NOT NULL")
    named = {"day": 10, "site": 80, "sequence": 80, "step": 80, "channel": 8, "provider": 40, "what": 16, "reason": 32}
    op.create_table(
        "tallies",
        *(sa.Column(name, sa.String(length=length), nullable=False) for name, length in named.items()),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(*named, name=op.f("pk_tallies")),
    )


def _patient_pauses() -> None:
    op.create_table(
        "patient_pauses",
        sa.Column("patient_id", sa.String(length=40), nullable=False),
        sa.Column("paused_at", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("who", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_patient_pauses_patient_id_patients")),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_patient_pauses")),
    )


def _drafts() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.String(length=80), nullable=False),
        sa.Column("based_on", sa.String(length=64), nullable=True),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("edit", sa.Integer(), nullable=False),
        sa.Column("authors", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("choice", sa.Text(), server_default="{}", nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("changed_by", sa.String(length=40), nullable=False),
        sa.Column("submitted_at", UtcTime(), nullable=True),
        sa.Column("submitted_by", sa.String(length=40), nullable=True),
        sa.Column("approved_at", UtcTime(), nullable=True),
        sa.Column("approved_by", sa.String(length=40), nullable=True),
        sa.Column("approved_files", sa.String(length=64), nullable=True),
        sa.Column("version", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    unfinished = "state IN ('open', 'submitted', 'approved')"
    _partial("uq_drafts_unfinished", "drafts", ["sequence"], unfinished, unique=True)


def _partial(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    raise NotImplementedError("drip's migrations only go forward; restore a backup instead")
