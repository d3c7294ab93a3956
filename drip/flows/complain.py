"""A patient reports a mistake, or complains: a task for a person, sealed. What cannot be taken is said at once."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from drip.app import App
from drip.core.red_flags import has_red_flag
from drip.store import patients, records
from drip.store.database import Tx
from drip.store.links import Link
from drip.store.patients import STAFF, PatientRow
from drip.store.records import RED_FLAG, NewTask

KIND = "complaint"
"""The kind of task that it becomes."""

LONGEST = 2_000
"""Characters."""

MOST_OPEN, MOST_URGENT = 5, 20
"""So many of one patient's may wait for a person, more where words are urgent; further ones are told to us by phone."""


class Heard(Enum):
    """What became of it."""

    KEPT = "kept"
    URGENT = "urgent"
    """Kept; and it holds words that must not wait, so that the patient is told to call."""
    EMPTY = "empty"
    TOO_LONG = "too-long"
    TOO_MANY = "too-many"
    NOBODY = "nobody"
    """We do not know any more whose link it was."""


@dataclass(frozen=True, slots=True)
class _Said:
    words: str = field(repr=False)
    row: PatientRow
    is_theirs: bool
    """Whether the link's address is still the patient's."""


def may_complain(app: App, link: Link) -> bool:
    """Whether we still know whose link it is."""
    with app.store.read() as tx:
        return _row(tx, link) is not None


def complain(app: App, link: Link, words: str, now: datetime) -> Heard:
    """Ask staff to read it. The same words again on the same day ask once."""
    words = "\n".join(words.replace("\0", "").split("\r\n")).strip()
    if not words:
        return Heard.EMPTY
    if len(words) > LONGEST:
        return Heard.TOO_LONG
    return app.store.attempt(lambda tx: _complain(tx, link, words, now))


def _complain(tx: Tx, link: Link, words: str, now: datetime) -> Heard:
    patients.lock(tx, [link.patient_id])
    row = _row(tx, link)
    if row is None:
        return Heard.NOBODY
    is_urgent = has_red_flag(words)
    is_open = [task for task in records.open_tasks(tx, row.id) if task.kind == KIND]
    if len(is_open) >= (MOST_URGENT if is_urgent else MOST_OPEN):
        return Heard.TOO_MANY
    said = _Said(words, row, row.contacts.get(link.channel) == link.contact_id)
    kinds = (KIND, RED_FLAG) if is_urgent else (KIND,)
    records.raise_tasks(tx, [_task(tx, kind, said, now) for kind in kinds], now)
    return Heard.URGENT if is_urgent else Heard.KEPT


def _row(tx: Tx, link: Link) -> PatientRow | None:
    row = patients.load(tx, [link.patient_id]).get(link.patient_id)
    return None if row is None or row.source == STAFF else row


def _task(tx: Tx, kind: str, said: _Said, now: datetime) -> NewTask:
    row = said.row
    whose = "" if said.is_theirs else "From a link to an address that is not this patient's any more. "
    return NewTask(
        key=f"{kind}:page:{row.id}:{now:%Y-%m-%d}:{tx.vault.blind('complaint', said.words)}",
        kind=kind,
        patient_id=row.id,
        data_key=row.data_key,
        detail=f"{whose}{said.words}",
    )
