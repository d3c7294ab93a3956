"""The schema, continued: what booking systems, providers and patients tell us, stored first and applied after."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from drip.store.schema import id_column, metadata, partial
from drip.store.types import UtcTime

__all__ = ["events", "fetches", "metadata", "receipts", "replies", "sources", "visits"]

# fmt: off
events = Table(
    "events", metadata,  # the event inbox, and the history that decisions replay
    id_column(primary_key=True),
    Column("source", String(40), nullable=False),
    Column("event_index", String(64), nullable=False),  # blind
    Column("patient_id", ForeignKey("patients.id"), nullable=False, index=True),
    Column("received", BigInteger, nullable=False),  # order of arrival, by the real clock
    Column("received_at", UtcTime, nullable=False),
    Column("state", String(16), nullable=False),  # pending, applied, failed
    Column("kind", String(32), nullable=False),
    Column("occurred_at", UtcTime, nullable=False),
    Column("body", LargeBinary, nullable=False),  # sealed
    Column("raw", LargeBinary),  # sealed: the words of the booking system, for as long as somebody may ask
    UniqueConstraint("source", "event_index"),
    partial("ix_events_pending", "patient_id", where="state <> 'applied'"),
    partial("ix_events_raw", "received_at", where="raw IS NOT NULL"),
)

fetches = Table(
    "fetches", metadata,  # what a booking system's call only named, until it has been asked for
    id_column(primary_key=True),
    Column("source", String(40), nullable=False),
    Column("key_index", String(64), nullable=False),  # blind; kept, so that the same call asks only once
    Column("wanted", LargeBinary),  # sealed; nothing once it has been asked for
    Column("received_at", UtcTime, nullable=False),
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    Column("ask_at", UtcTime, nullable=False),
    UniqueConstraint("source", "key_index"),
    partial("ix_fetches_open", "source", "ask_at", where="wanted IS NOT NULL"),
)

sources = Table(
    "sources", metadata,  # how far each booking system has been read
    Column("name", String(40), primary_key=True),
    Column("cursors", Text, nullable=False, server_default="{}"),  # JSON: times and page marks
    Column("through", UtcTime),  # all that changed up to here has been heard
    Column("lease_until", UtcTime),  # by the real clock: one worker reads it at a time
    Column("ask_at", UtcTime),  # not before: it asked us to wait
    Column("away_since", UtcTime),
    Column("why", String(60), nullable=False, server_default=""),
)

visits = Table(
    "visits", metadata,  # each patient's appointments, as they stand, to notice what nobody told us
    id_column(primary_key=True),
    Column("patient_id", ForeignKey("patients.id"), nullable=False),
    Column("ref_index", String(64), nullable=False),  # blind
    Column("status", String(16), nullable=False),  # booked, cancelled, attended, no_show
    Column("ends_at", UtcTime),  # else its start
    Column("asked_at", UtcTime),  # when staff were asked who came
    UniqueConstraint("patient_id", "ref_index"),
    partial("ix_visits_open", "ends_at", where="status = 'booked' AND asked_at IS NULL"),
)

receipts = Table(
    "receipts", metadata,  # the receipt inbox
    id_column(primary_key=True),
    Column("provider", String(40), nullable=False),
    Column("key", String(120), nullable=False),
    Column("attempt_id", String(40)),
    Column("provider_ref", Text),
    Column("says", String(16), nullable=False),  # empty where it only closes an address
    Column("fault", String(16), nullable=False, server_default=""),
    Column("code", String(40), nullable=False, server_default=""),  # the provider's own word
    Column("closes", String(32), nullable=False, server_default=""),
    Column("contact_id", String(64)),  # blind
    Column("happened_at", UtcTime),
    Column("received_at", UtcTime, nullable=False),
    Column("state", String(16), nullable=False),  # pending, applied, unmatched
    UniqueConstraint("provider", "key"),
    Index("ix_receipts_provider", "provider", "received_at"),
    partial("ix_receipts_pending", "received_at", where="state = 'pending'"),
    partial("ix_receipts_unmatched", "received_at", where="state = 'unmatched' AND attempt_id IS NULL"),
)

replies = Table(
    "replies", metadata,  # the reply inbox. Keys are kept for ever, so that an old START cannot be played again
    id_column(primary_key=True),
    Column("provider", String(40), nullable=False),
    Column("key", String(200), nullable=False),
    Column("channel", String(8), nullable=False),
    Column("contact_id", String(64), nullable=False),  # blind: who wrote
    Column("word", String(16), nullable=False),
    Column("was_news", Boolean, nullable=False),  # a STOP or START that changed something and nobody confirmed yet
    Column("answers", String(40)),  # the message it answers, where that can be seen, or whose question it answered
    id_column("patient_id", index=True),  # once it was applied, whose key the words are sealed under
    Column("words", LargeBinary, nullable=False),  # sealed
    Column("received_at", UtcTime, nullable=False),
    Column("state", String(16), nullable=False),  # pending, applied
    UniqueConstraint("provider", "key"),
    Index("ix_replies_received", "received_at"),
    partial("ix_replies_pending", "contact_id", where="state = 'pending'"),
)
# fmt: on
