"""A message's words as they were sent. That somebody read them is written down."""

from collections.abc import Mapping
from typing import Any

from drip.core.model import Channel
from drip.core.role import Permission
from drip.core.spoken import readable
from drip.flows.called import name_of
from drip.store import audit, by_staff, sent_words
from drip.store.audit import Deed
from drip.store.database import Tx
from drip.store.patients import PatientRow
from drip.store.sent_words import LastAttempt
from drip.web.console import when
from drip.web.console.door import Door
from drip.web.console.theirs import NOBODY, theirs
from drip.web.console.visit import Page, Visit


def add_to(door: Door) -> None:
    """This page."""
    door.page("/console/messages/{id}/words", Permission.SEE, _words)


def _words(visit: Visit) -> Page:
    with visit.app.store.write() as tx:
        message = by_staff.message(tx, visit.path["id"])
        row = theirs(visit, tx, message.patient_id) if message else None
        if message is None or row is None:
            return NOBODY
        attempt = sent_words.last_attempt(tx, row.id, message.id)
        said = _said(tx, row, attempt)
        told = {"message": message.id}
        deed = Deed(who=visit.person.id, deed="message_read", about=f"patient:{row.id}", detail=told)
        audit.write(tx, deed, visit.now)
    sent_at = attempt.accepted_at if attempt else None
    values = {
        "patient_id": row.id,
        "name": name_of(row) or row.ref,
        "step": readable(message.step),
        "what": "text" if message.channel is Channel.SMS else "email",
        "kept": {name: said.get(name) or "" for name in ("to", "subject", "text")},
        "sent": when.at_length(sent_at, visit.now, visit.app.clinic.zone) if sent_at else "",
    }
    return Page(name="words", values=values)


def _said(tx: Tx, row: PatientRow, attempt: LastAttempt | None) -> Mapping[str, Any]:
    """What was kept of it: nothing where it was never worded, or its words are gone."""
    return sent_words.words_of(tx, {attempt.id: row.data_key}).get(attempt.id, {}) if attempt else {}
