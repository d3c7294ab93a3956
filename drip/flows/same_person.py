"""One person in two booking systems: found by name, birth and an address. Nothing goes twice, nothing after a death.

Two records stay two: each has its own source, history and plan. What is read across is only that somebody has died,
that a sequence about a visit of that day is under way already, and what a booking system says of a visit that staff
typed on a record of their own (`typed_elsewhere`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from drip.clock import order
from drip.core.model import EventKind
from drip.core.patient import Standing
from drip.flows import typed_elsewhere
from drip.flows.own_event import own_event
from drip.flows.resolve import Known, Resolved
from drip.flows.typed_elsewhere import Shared
from drip.store import addresses, enrolments, events, identities, patients, records
from drip.store.database import Tx
from drip.store.enrolments import ENDED, EnrolmentRow
from drip.store.events import NewEvent
from drip.store.identities import Identity
from drip.store.patients import PatientRow

KIND = "same_person"


@dataclass(slots=True, kw_only=True)
class Families:
    """Which records are of one person."""

    members: Mapping[str, Identity] = field(default_factory=dict)
    """By patient: everyone who was found, as known by now."""
    others: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Patient -> the same person's patients in other systems."""
    rows: Mapping[str, PatientRow] = field(default_factory=dict)
    """All of these, as they are stored."""
    under_way: dict[str, dict[tuple[str, str], str]] = field(default_factory=lambda: defaultdict(dict))
    """By patient: sequence and local day of the anchor, of all that has not been ended."""
    typed: Sequence[Shared] = ()
    """Visits of these that staff typed on another record."""

    def elsewhere(self, patient_id: str) -> Mapping[tuple[str, str], str]:
        """What this person has through another system -> that system's name."""
        found = {
            about: self.members[other].source
            for other in self.others.get(patient_id, ())
            for about in self.under_way[other]
        }
        for one in self.typed:
            found |= one.elsewhere() if one.theirs.row.id == patient_id else {}
        return found

    def note(self, patient_id: str, rows: Sequence[EnrolmentRow]) -> None:
        """What this patient is in."""
        for row in rows:
            if row.state != ENDED and row.anchor_on:
                self.under_way[patient_id][row.sequence, row.anchor_on] = row.id
            elif row.anchor_on and self.under_way[patient_id].get((row.sequence, row.anchor_on)) == row.id:
                del self.under_way[patient_id][row.sequence, row.anchor_on]


def find(tx: Tx, known: Sequence[Known], now: datetime) -> Families:
    """Who of these is somebody else's patient too. So many statements, however many they are."""
    ours = {
        one.row.id: identity for one in known if (identity := identities.identity_of(tx, one.row, one.patient, now))
    }
    _keep_others_waiting(tx, known, ours)
    members = {**{one.id: one for one in identities.with_identity(tx, {one.identity for one in ours.values()})}, **ours}
    same: dict[str, list[Identity]] = defaultdict(list)
    for member in members.values():
        same[member.identity].append(member)
    others = {one.id: [other.id for other in same[one.identity] if one.is_also(other)] for one in ours.values()}
    rows = {one.row.id: one.row for one in known if others.get(one.row.id)}
    rows |= patients.readable(tx, {other for them in others.values() for other in them} - rows.keys())
    told = {one: [other for other in them if other in rows] for one, them in others.items()}
    families = Families(members=members, others={one: them for one, them in told.items() if them}, rows=rows)
    families.typed = typed_elsewhere.find(tx, known, families.others, rows)
    _look_elsewhere(tx, families, known)
    return families


def _keep_others_waiting(tx: Tx, known: Sequence[Known], ours: Mapping[str, Identity]) -> None:
    """Whoever is met for the first time, and whoever has died, is looked for by one worker at a time.

    Two records that come in at once through two workers would not see each other; they share an address, so its lock
    does it. Everybody locks patients first, then addresses.
    """
    news = {
        contact: channel
        for one in known
        if one.row.id in ours and (one.row.identity != ours[one.row.id].identity or _has_just_died(one))
        for channel, contact in ours[one.row.id].contacts.items()
    }
    if news:
        addresses.ensure(tx, news)
        addresses.lock(tx, news)


def _has_just_died(one: Known) -> bool:
    return one.patient.standing is Standing.DECEASED and one.row.patient.standing is Standing.CURRENT


def _look_elsewhere(tx: Tx, families: Families, known: Sequence[Known]) -> None:
    for one in known:
        families.note(one.row.id, one.enrolments)
    near = {one.row.id for one in known}
    far = {row.id: row.data_key for row in families.rows.values() if row.id not in near}
    if far:
        for patient_id, rows in enrolments.of_patients(tx, far).items():
            families.note(patient_id, rows)


def tell(tx: Tx, families: Families, resolved: Sequence[Resolved], now: datetime) -> int:
    """Staff are told of each pair once; a death that one system tells is told to the other's record as well, and so is
    what it says of a visit that staff typed there.

    Answers how much other records are to hear.
    """
    pairs = [(one, other) for one in resolved for other in families.others.get(one.known.row.id, ())]
    records.raise_tasks(tx, [_pair(one.known.row, families.rows[other]) for one, other in pairs], now)
    deaths = {death for one, other in pairs for death in _deaths(families, one, other, now)}
    # From this commit on the gate sees news of the other record, and lets nothing of it pass.
    passed_on = events.add(tx, list(_news(families, deaths)), now) if deaths else 0
    return passed_on + typed_elsewhere.tell(tx, families.typed, now)


def _pair(one: PatientRow, other: PatientRow) -> records.NewTask:
    """Named by both of them, so that it is the same task whichever of them there is news of."""
    return records.NewTask(
        key=f"{KIND}:{':'.join(sorted((one.id, other.id)))}",
        kind=KIND,
        patient_id=one.id,
        data_key=one.data_key,
        detail=f"also {other.source}:{other.ref}, by name, date of birth and address",
    )


def _news(families: Families, deaths: Collection[tuple[str, datetime]]) -> Iterator[NewEvent]:
    """For each record that has to hear of it, that this person has died."""
    first = order()
    for number, (patient_id, at) in enumerate(sorted(deaths)):
        whose, key = (patient_id, families.rows[patient_id].data_key), f"{KIND}:{patient_id}:deceased"
        yield own_event(whose, EventKind.DECEASED, at, {}, key=key, received=first + number)


def _deaths(families: Families, one: Resolved, other: str, now: datetime) -> Iterator[tuple[str, datetime]]:
    """Whose record has to hear that this person has died, and when that was."""
    mine, theirs = families.members[one.known.row.id], families.members[other]
    if mine.standing is Standing.DECEASED and theirs.standing is Standing.CURRENT:
        told = (moment.event.occurred_at for moment in one.moments if moment.event.kind is EventKind.DECEASED)
        yield other, next(told, now)
    elif theirs.standing is Standing.DECEASED and mine.standing is Standing.CURRENT:
        yield mine.id, now
