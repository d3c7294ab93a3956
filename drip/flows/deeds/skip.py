"""A member of staff leaves messages out. No plan brings one back; a visit on another day is a reminder of its own."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from drip.app import App
from drip.core.by_staff import Obstacle, Refused, why_not_skip
from drip.core.lifecycle import State
from drip.core.reason import Reason
from drip.core.role import Person
from drip.flows.deeds.memory import as_they_were, as_told, patient_of
from drip.flows.deeds.scene import Done, Scene, look_at_all, look_at_all_locked, plan_again, write_all_down
from drip.store import by_staff, enrolments, patients
from drip.store.audit import Deed, Line
from drip.store.database import Tx
from drip.store.vault import CannotUnseal

DEED = "message_skipped"

Came = TypeVar("Came")

_OVER = Refused(Obstacle.OVER)
_SEALED: Done | Refused = Refused(Obstacle.UNREADABLE)


def skip(app: App, message_id: str, by: str, now: datetime) -> Done | Refused:
    """It never goes. Too late once it has passed the gate; until then a worker that has it in hand loses it."""
    return app.store.attempt(lambda tx: _skip(app, tx, [message_id], by, now))[message_id]


def skip_some(app: App, message_ids: Collection[str], by: Person, now: datetime) -> Mapping[str, Done | Refused]:
    """Each as `skip` does, with its own line in the audit, all in one transaction: for a page of them, not for more.

    Of what this person may not touch nothing is said but that it is not planned.
    """

    def work(wanted: Collection[str]) -> Mapping[str, Done | Refused]:
        return app.store.attempt(lambda tx: _skip(app, tx, _theirs(tx, wanted, by), by.id, now))

    done = _unless_sealed(message_ids, work, _SEALED)
    return {one: done.get(one, _OVER) for one in message_ids}


def _skip(app: App, tx: Tx, message_ids: Collection[str], by: str, now: datetime) -> dict[str, Done | Refused]:
    # Gather
    scenes = look_at_all_locked(app, tx, message_ids)
    # Decide
    weighed = _weighed(message_ids, scenes)
    refused = {one: what.why_not for one, what in weighed.items() if what.why_not}
    going = [scene for one, scene in scenes.items() if one not in refused]
    # Apply
    by_staff.skip(tx, [scene.message for scene in going])
    done = write_all_down(tx, [_deed(scene, by) for scene in going], now)
    return {**refused, **{scene.message.id: what for scene, what in zip(going, done, strict=True)}}


def _deed(scene: Scene, by: str) -> Deed:
    told = {"message": scene.message.id, "enrolment": scene.enrolment.id, "was": as_told([scene.message])}
    return Deed(who=by, deed=DEED, about=f"patient:{scene.person.id}", detail=told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What would become of one message, were it left out now."""

    scene: Scene | None = None
    """None where nobody can, or this person may not, see what it is."""
    why_not: Refused | None = None


def weigh(app: App, message_ids: Collection[str], by: Person) -> Mapping[str, Weighed]:
    """What `skip_some` would come to as things stand. Nothing is locked, nothing written."""

    def look(wanted: Collection[str]) -> Mapping[str, Weighed]:
        with app.store.read() as tx:
            theirs = _theirs(tx, wanted, by)
            return _weighed(theirs, look_at_all(app, tx, theirs))

    found = _unless_sealed(message_ids, look, Weighed(why_not=Refused(Obstacle.UNREADABLE)))
    return {one: found.get(one, Weighed(why_not=_OVER)) for one in message_ids}


def _weighed(message_ids: Collection[str], scenes: Mapping[str, Scene]) -> dict[str, Weighed]:
    return {one: _weighed_alone(scenes.get(one)) for one in message_ids}


def _weighed_alone(scene: Scene | None) -> Weighed:
    if scene is None:
        return Weighed(why_not=_OVER)
    return Weighed(scene=scene, why_not=why_not_skip(scene.message.state, scene.message.reason))


def _theirs(tx: Tx, message_ids: Collection[str], by: Person) -> list[str]:
    """Those about which this person may do something: of their sites' patients, never of the clinic's own people."""
    rows = by_staff.some(tx, message_ids)
    people = {row.patient_id for row in rows.values()}
    seen = enrolments.at_sites(tx, people, by.sites) if by.sites else people
    seen = seen - patients.staff_among(tx, people)
    return [row.id for row in rows.values() if row.patient_id in seen]


def _unless_sealed(
    message_ids: Collection[str], work: Callable[[Collection[str]], Mapping[str, Came]], sealed: Came
) -> Mapping[str, Came]:
    """All together; one by one where a record cannot be unsealed, which holds up none of the others."""
    try:
        return work(message_ids)
    except CannotUnseal:
        if len(message_ids) == 1:
            return dict.fromkeys(message_ids, sealed)
    return {one: came for each in message_ids for one, came in _unless_sealed([each], work, sealed).items()}


def take_back(app: App, tx: Tx, line: Line, _: str, now: datetime) -> Refused | None:
    """Planned again, where the plan has it by now."""
    told = line.deed.detail
    if not by_staff.bring_back(tx, as_they_were(told["was"]), State.SKIPPED, Reason.SKIPPED_BY_STAFF):
        return Refused(Obstacle.CHANGED_SINCE)
    enrolments.reopen(tx, told["enrolment"])
    plan_again(app, tx, patient_of(line), now)
    return None
