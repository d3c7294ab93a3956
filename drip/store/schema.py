"""The schema: patients, their plan, and what became of it. It goes on in `inbox_schema` and `staff_schema`.

What is sealed says so: those columns are unreadable without the master key.
Times are UTC. Ids are ours, random, and made before the insert, so that a sealed value can be bound to its row.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from drip.store.types import UtcTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def id_column(name: str = "id", **options: Any) -> Column[str]:
    """One of our own ids."""
    return Column(name, String(40), **options)


def partial(name: str, *columns: str, where: str) -> Index:
    """An index of the few rows that a busy query looks for, however many others there are."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


_STRANDED = "state IN ('failed', 'undelivered', 'invalid', 'suppressed')"
SETTLED = "state NOT IN ('planned', 'claimed', 'in_flight')"
"""Messages of which something has come: what reports are counted from."""

_AHEAD = ("due_at", "id", "sequence", "enrolment_id")
"""By which people look ahead: in order of time, and counted by sequence and by site without reading the rows."""

# fmt: off
keys = Table(
    "keys", metadata,  # our own secrets (the blind-index key), sealed under the master key
    Column("name", String(40), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

patients = Table(
    "patients", metadata,
    id_column(primary_key=True),
    Column("source", String(40), nullable=False),
    Column("ref_index", String(64), nullable=False),  # blind
    Column("data_key", LargeBinary, nullable=False),  # sealed: the key that this patient's data is sealed under
    Column("ref", LargeBinary, nullable=False),  # sealed
    Column("facts", LargeBinary),  # sealed: all that the booking systems told us, and the last answers
    Column("standing", String(16), nullable=False, server_default="current"),
    Column("email_contact", String(64), index=True),  # blind: which address, without the address
    Column("phone_contact", String(64), index=True),
    Column("identity", String(64), index=True),  # blind: name and birth, to find a person in two systems
    Column("is_indexed", Boolean, nullable=False, server_default=text("false")),  # whether `name_words` has its name
    Column("revision", Integer, nullable=False, server_default="0"),  # counts every change, so that the gate sees one
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("source", "ref_index"),
    Index("ix_patients_ref", "ref_index"),
    partial("ix_patients_not_indexed", "id", where="NOT is_indexed"),
)

name_words = Table(
    "name_words", metadata,  # by which words of their name a patient is found
    Column("word", String(64), primary_key=True),  # blind
    Column("patient_id", ForeignKey("patients.id"), primary_key=True, index=True),
)

contacts = Table(
    "contacts", metadata,  # one row per address; closed to us or not. It outlives its patients
    Column("id", String(64), primary_key=True),  # blind index of channel and address
    Column("channel", String(8), nullable=False),
    Column("closed", String(32)),
    Column("changed_at", UtcTime),
    partial("ix_contacts_closed", "changed_at", where="closed IS NOT NULL"),
)

versions = Table(
    "versions", metadata,  # published, immutable
    Column("id", String(64), primary_key=True),  # hash of the YAML and of every template it uses
    Column("sequence", String(80), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("files", Text, nullable=False),  # JSON: path -> text
    Column("published_at", UtcTime, nullable=False),
    Column("published_by", Text, nullable=False),
    Column("approved_by", Text, nullable=False),
    Column("safety_fix", Boolean, nullable=False),
    UniqueConstraint("sequence", "number"),
)

sequences = Table(
    "sequences", metadata,  # which version is live
    Column("id", String(80), primary_key=True),
    Column("version", ForeignKey("versions.id"), nullable=False),
)

pauses = Table(
    "pauses", metadata,  # stop switches: 'everything', 'sequence:<id>', 'provider:<name>'
    Column("scope", String(100), primary_key=True),
    Column("paused_at", UtcTime, nullable=False),
    Column("why", Text, nullable=False, server_default=""),
)

enrolments = Table(
    "enrolments", metadata,
    id_column(primary_key=True),
    Column("patient_id", ForeignKey("patients.id"), nullable=False, index=True),
    Column("sequence", String(80), nullable=False),
    Column("version", ForeignKey("versions.id"), nullable=False),
    Column("origin_index", String(64), nullable=False),  # blind
    Column("event_key", String(200), nullable=False),
    Column("state", String(16), nullable=False),  # active, ended, finished
    Column("reason", String(32), nullable=False, server_default=""),
    Column("started_at", UtcTime, nullable=False),
    Column("enrolled_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("anchor_at", UtcTime),
    Column("anchor_on", String(10)),  # the local day, to notice a visit that moved to another
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("site", String(80)),
    Column("facts", LargeBinary, nullable=False),  # sealed: the appointment, treatment or programme it is about
    UniqueConstraint("patient_id", "sequence", "origin_index"),
    Index("ix_enrolments_sequence", "sequence", "state"),
    Index("ix_enrolments_enrolled", "enrolled_at"),
    Index("ix_enrolments_site", "site", "id"),
    partial("ix_enrolments_active", "id", where="state = 'active'"),
)

messages = Table(
    "messages", metadata,  # the plan, and what became of it
    id_column(primary_key=True),
    Column("enrolment_id", ForeignKey("enrolments.id"), nullable=False),
    id_column("patient_id", nullable=False, index=True),
    Column("sequence", String(80), nullable=False),
    Column("version", String(64), nullable=False),
    Column("step", String(80), nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("occurrence", SmallInteger, nullable=False),
    Column("slot", String(8), nullable=False),
    Column("channel", String(8), nullable=False),
    Column("turned", Boolean, nullable=False, server_default=text("false")),
    Column("revision", Integer, nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("planned_for", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("chosen_for", UtcTime),  # when a person wanted it to go, in place of `planned_for`
    Column("expires_at", UtcTime, nullable=False),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    id_column("attempt_id"),  # the last one: only its answer settles the message
    Column("lease_owner", String(80)),
    id_column("lease_token"),
    Column("lease_until", UtcTime),
    Column("counted_on", String(10)),  # the local day on which it used up one of the patient's caps
    Column("provider", String(40)),
    Column("provider_ref", Text),
    Column("accepted_at", UtcTime),
    Column("dealt_at", UtcTime),  # when somebody at the clinic dealt with its not arriving
    UniqueConstraint("enrolment_id", "step", "occurrence", "slot", "revision"),
    partial("ix_messages_due", "channel", "priority", "due_at", where="state = 'planned'"),
    partial("ix_messages_leased", "lease_until", where="lease_until IS NOT NULL"),
    partial("ix_messages_unknown", "state", where="state = 'unknown'"),
    partial("ix_messages_held", "patient_id", where="state = 'held'"),
    partial("ix_messages_unconfirmed", "provider", "accepted_at", where="state IN ('accepted', 'sent')"),
    partial("ix_messages_accepted", "accepted_at", where="accepted_at IS NOT NULL"),
    partial("ix_messages_undealt", "planned_for", where=f"{_STRANDED} AND dealt_at IS NULL"),
    partial("ix_messages_settled", "planned_for", where=SETTLED),
    partial("ix_messages_told_to_wait", "reason", "sequence", where="state = 'planned' AND reason <> ''"),
    partial("ix_messages_ahead", *_AHEAD, where="state = 'planned' AND id <> ''"),
    partial("ix_messages_counted", "patient_id", "counted_on", where="counted_on IS NOT NULL"),
)

bodies = Table(
    "bodies", metadata,  # the words as sent
    id_column("attempt_id", primary_key=True),
    id_column("patient_id", nullable=False, index=True),
    Column("words", LargeBinary, nullable=False),  # sealed
)

attempts = Table(
    "attempts", metadata,
    id_column(primary_key=True),
    Column("message_id", ForeignKey("messages.id"), nullable=False, index=True),
    Column("number", SmallInteger, nullable=False),
    Column("channel", String(8), nullable=False),
    Column("provider", String(40), nullable=False),
    Column("contact_id", String(64), nullable=False),
    Column("version", String(64), nullable=False),
    Column("body_hash", String(64), nullable=False),
    Column("parts", SmallInteger, nullable=False, server_default="0"),  # of a text, which is what is billed
    Column("started_at", UtcTime, nullable=False),
    Column("asked_at", UtcTime),  # when evidence was last looked for
    Column("asked", SmallInteger, nullable=False, server_default="0"),
    Column("outcome", String(16)),
    Column("detail", Text, nullable=False, server_default=""),
    Column("provider_ref", Text),
    Column("receipt", String(16)),  # the provider's last word about it
    Column("receipt_at", UtcTime),  # when that happened, by the provider's clock
    UniqueConstraint("provider", "provider_ref"),
    Index("ix_attempts_contact", "contact_id", "started_at"),
)

lanes = Table(
    "lanes", metadata,  # one row per provider: how much it may carry now, and whether it is worth calling
    Column("provider", String(40), primary_key=True),
    Column("tokens", Float, nullable=False),
    Column("filled_at", UtcTime, nullable=False),  # by the real clock
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("closed_until", UtcTime),
    Column("why", String(32), nullable=False, server_default=""),
)

tasks = Table(
    "tasks", metadata,  # something a person at the clinic must do
    id_column(primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", String(40), nullable=False),
    id_column("patient_id", index=True),
    Column("detail", LargeBinary),  # sealed
    Column("raised_at", UtcTime, nullable=False),
    Column("alerted_at", UtcTime),  # when the clinic's people were told, for what they are told of at once
    Column("done_at", UtcTime),
    Column("done_by", Text, nullable=False, server_default=""),
    id_column("assigned_to"),  # the account of whoever has taken it on
    partial("ix_tasks_open", "kind", where="done_at IS NULL"),
    partial("ix_tasks_done", "done_at", where="done_at IS NOT NULL"),
)

heartbeats = Table(
    "heartbeats", metadata,  # when each part of the worker last finished
    Column("name", String(60), primary_key=True),
    Column("beat_at", UtcTime, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
)
# fmt: on
