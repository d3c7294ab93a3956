"""The schema, continued: what belongs to the clinic's people. `metadata` has all tables of all three files."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, text

from drip.store.inbox_schema import metadata
from drip.store.types import UtcTime

__all__ = ["accounts", "audit", "drafts", "metadata", "patient_pauses", "sessions", "tallies", "task_notes"]

_UNFINISHED = text("state IN ('open', 'submitted', 'approved')")

# fmt: off
accounts = Table(
    "accounts", metadata,  # the clinic's people who sign in
    Column("id", String(40), primary_key=True),
    Column("name", String(80), nullable=False, unique=True),  # what they sign in with, in lower case
    Column("full_name", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("sites", Text, nullable=False, server_default="[]"),  # JSON; none named is all
    Column("password", Text, nullable=False),  # Argon2id
    Column("is_given", Boolean, nullable=False),  # somebody else chose it: it must be changed first
    Column("secret", LargeBinary),  # sealed: what their authenticator app knows
    Column("last_code", BigInteger, nullable=False, server_default="0"),  # its half-minute: no code counts twice
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("closed_until", UtcTime),  # after too many wrong passwords
    Column("created_at", UtcTime, nullable=False),
    Column("disabled_at", UtcTime),
    Column("email", LargeBinary),  # sealed: where they get tests, once they have shown that it is theirs
    Column("phone", LargeBinary),  # sealed
)

sessions = Table(
    "sessions", metadata,  # who is signed in, on which browser
    Column("id", String(64), primary_key=True),  # hash of what the browser keeps
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("form_key", String(64), nullable=False),  # in every form of this session, and in no other's
    Column("created_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
)

audit = Table(
    "audit", metadata,  # what people did: only ever added to, each line bound to the one before. Ids, never names
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    Column("who", String(40), nullable=False),  # an account, or 'command'
    Column("deed", String(40), nullable=False),
    Column("about", String(120), nullable=False, server_default=""),  # 'patient:<id>', 'message:<id>', ...
    Column("detail", Text, nullable=False, server_default="{}"),  # JSON, without anything personal
    Column("hash", String(64), nullable=False),
    Index("ix_audit_about", "about"),
)

drafts = Table(
    "drafts", metadata,  # what somebody is writing, before it is a version. One at a time for each sequence
    Column("id", String(40), primary_key=True),
    Column("sequence", String(80), nullable=False),
    Column("based_on", String(64)),  # the version that it was begun from; none for a new sequence
    Column("files", Text, nullable=False),  # JSON: path -> text, as a version has them
    Column("edit", Integer, nullable=False),  # counts every change, so that nobody writes over what they did not see
    Column("authors", Text, nullable=False),  # JSON: the accounts of all who changed it, none of whom may approve it
    Column("state", String(16), nullable=False),  # open, submitted, approved, published, dropped
    Column("note", Text, nullable=False, server_default=""),  # what was said last, by author or approver
    Column("choice", Text, nullable=False, server_default="{}"),  # JSON: what becomes of the people in the sequence
    Column("changed_at", UtcTime, nullable=False),
    Column("changed_by", String(40), nullable=False),
    Column("submitted_at", UtcTime),
    Column("submitted_by", String(40)),
    Column("approved_at", UtcTime),
    Column("approved_by", String(40)),
    Column("approved_files", String(64)),  # hash of the very files that were approved
    Column("version", String(64)),  # what it became
    Index("uq_drafts_unfinished", "sequence", unique=True, sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED),
)

task_notes = Table(
    "task_notes", metadata,  # what the clinic's people wrote down about a task
    Column("id", String(40), primary_key=True),
    Column("task_id", ForeignKey("tasks.id"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("who", String(40), nullable=False),  # an account
    Column("words", LargeBinary, nullable=False),  # sealed, as the task's detail is
)

tallies = Table(
    "tallies", metadata,  # what came of each day's messages, in numbers: counted from the messages, again and again
    Column("day", String(10), primary_key=True),  # on the clinic's clock
    Column("site", String(80), primary_key=True),  # empty where none was told
    Column("sequence", String(80), primary_key=True),
    Column("step", String(80), primary_key=True),
    Column("channel", String(8), primary_key=True),
    Column("provider", String(40), primary_key=True),
    Column("what", String(16), primary_key=True),  # a state, 'opted_out', 'heard', 'ahead'
    Column("reason", String(32), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("parts", Integer, nullable=False),  # of texts
)

patient_pauses = Table(
    "patient_pauses", metadata,  # to whom nothing goes for now, because staff said so
    Column("patient_id", ForeignKey("patients.id"), primary_key=True),
    Column("paused_at", UtcTime, nullable=False),
    Column("until", UtcTime),  # else until somebody resumes it
    Column("who", String(40), nullable=False),  # an account
)
# fmt: on
