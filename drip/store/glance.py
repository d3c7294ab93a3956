"""What lists show of a patient beside the name: what they are in, where, and what comes next."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from drip.core.lifecycle import State
from drip.store import bulk
from drip.store.database import Tx
from drip.store.enrolments import ACTIVE
from drip.store.patients import STAFF
from drip.store.schema import enrolments, messages, patients

LOOKED_THROUGH = 4
"""Enrolments read for each patient who is shown: somebody may have begun several things at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One patient, at a glance. Nothing of it is sealed."""

    sequences: tuple[str, ...] = ()
    """What they are in now."""
    sites: tuple[str, ...] = ()
    """Where they are or were in anything."""
    next_at: datetime | None = None
    """When they hear from us next."""


def look(tx: Tx, patient_ids: Iterable[str]) -> dict[str, Glance]:
    """These patients, in two statements."""
    ids = sorted(set(patient_ids))
    which = (enrolments.c.patient_id, enrolments.c.sequence, enrolments.c.site, enrolments.c.state)
    query = select(*which).where(bulk.among(tx, enrolments.c.patient_id, ids)).order_by(enrolments.c.enrolled_at)
    rows = tx.connection.execute(query).all()
    when = select(messages.c.patient_id, func.min(messages.c.due_at))
    when = when.where(bulk.among(tx, messages.c.patient_id, ids), messages.c.state == State.PLANNED.value)
    ahead = {row[0]: row[1] for row in tx.connection.execute(when.group_by(messages.c.patient_id))}
    return {
        one: Glance(
            sequences=_each(row.sequence for row in rows if row.patient_id == one and row.state == ACTIVE),
            sites=_each(row.site for row in rows if row.patient_id == one),
            next_at=ahead.get(one),
        )
        for one in ids
    }


def _each(told: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in told if one))


def enrolled_last(tx: Tx, sites: Iterable[str], most: int) -> list[str]:
    """The patients who were enrolled last, newest first; only at these sites, if any are named."""
    query = select(enrolments.c.patient_id).join(patients, patients.c.id == enrolments.c.patient_id)
    at = sorted(sites)
    where = [patients.c.source != STAFF, *([bulk.among(tx, enrolments.c.site, at)] if at else [])]
    query = query.where(*where).order_by(enrolments.c.enrolled_at.desc()).limit(most * LOOKED_THROUGH)
    return list(dict.fromkeys(tx.connection.execute(query).scalars()))[:most]
