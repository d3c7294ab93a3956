"""Words that reached nobody -> somebody's task: to reach the patient another way, or to mend a colleague's address."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from drip.core.model import Purpose
from drip.store import enrolments, patients, records, stranded
from drip.store.database import Tx

STAFF_NOT_REACHED = "staff_not_reached"
SAFETY_NOT_REACHED = "safety_not_reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A message that did not arrive."""

    message_id: str
    patient_id: str
    purpose: Purpose
    why: str


def ask_about_lost(tx: Tx, lost: Sequence[Lost], now: datetime) -> None:
    """Staff are asked about each message each time it is lost; about a colleague's address once at a time."""
    if not lost:
        return
    people = {one.patient_id for one in lost}
    keys, staff = enrolments.data_key_rows(tx, people), patients.staff_among(tx, people)
    tasks = [
        records.NewTask(
            key=_key(one, staff),
            kind=_kind(one, staff),
            patient_id=one.patient_id,
            data_key=keys[one.patient_id],
            detail=one.why,
        )
        for one in lost
    ]
    records.raise_again(tx, tasks, now)


def forget_what_went(tx: Tx, now: datetime) -> None:
    """Safety words that went after all, such as sent again by a person, are nobody's to pass on any more."""
    records.finish_tasks(tx, stranded.gone_after_all(tx, SAFETY_NOT_REACHED), now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """A message that no channel can carry to its patient, through nobody's wish."""

    message_id: str
    patient_id: str
    why: str


def ask_by_hand(tx: Tx, unreached: Sequence[Unreached], way: str, now: datetime) -> None:
    """Staff are asked to post or to say the words: once for a step, where none of its messages goes."""
    stepped = stranded.carried_by_none(tx, [one.message_id for one in unreached])
    alone = [one for one in unreached if one.message_id in stepped]
    keys = enrolments.data_key_rows(tx, {one.patient_id for one in alone})
    tasks = [
        records.NewTask(
            key=by_hand_key(stepped[one.message_id]),
            kind=way,
            patient_id=one.patient_id,
            data_key=keys[one.patient_id],
            detail=one.why,
        )
        for one in alone
    ]
    records.raise_again(tx, tasks, now)


def forget(tx: Tx, message_ids: Collection[str], now: datetime) -> None:
    """Whatever else staff were asked about these, which all say the same: nobody needs to do it as well."""
    kinds = (SAFETY_NOT_REACHED, "not_delivered", "unreached")
    records.finish_tasks(tx, [f"{kind}:{one}" for one in message_ids for kind in kinds], now)


def by_hand_key(message_id: str) -> str:
    """What makes the task of posting or saying a message's words the one it is."""
    return f"unreached:{message_id}"


def _kind(lost: Lost, staff: Collection[str]) -> str:
    if lost.patient_id in staff:
        return STAFF_NOT_REACHED
    return SAFETY_NOT_REACHED if lost.purpose is Purpose.SAFETY else "not_delivered"


def _key(lost: Lost, staff: Collection[str]) -> str:
    return f"{_kind(lost, staff)}:{lost.patient_id if lost.patient_id in staff else lost.message_id}"
