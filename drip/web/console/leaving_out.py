"""Messages that were ticked on the list of what is planned are left out together: what that comes to, then the deed."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from drip.core.by_staff import UNDO_WITHIN, Obstacle, Refused, concern
from drip.core.role import Permission
from drip.core.spoken import message_name
from drip.flows.called import called
from drip.flows.deeds.scene import Done, Scene
from drip.flows.deeds.skip import Weighed, skip_some, weigh
from drip.web.console import when
from drip.web.console.door import Door
from drip.web.console.outgoing import AT_ONCE, PAGE, address, kept
from drip.web.console.visit import Answer, Onward, Page, Visit

TICK = "tick-"
"""Before a message's id it is the name of its box."""


def add_to(door: Door) -> None:
    """This form, and what it leads to."""
    door.deed(f"{PAGE}/leave-out", Permission.ACT, _leave_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One message, as it is shown."""

    id: str
    at: datetime
    when: str
    patient_id: str
    patient: str = field(repr=False)
    what: str
    says: str
    """What to think of before it is left out, or why it cannot be."""


def _leave_out(visit: Visit) -> Answer:
    ticked = sorted({name.removeprefix(TICK) for name in visit.form if name.startswith(TICK)})
    back = address(kept(visit.form))
    if not ticked:
        return Onward(to=back, said="Nothing was left out: tick what is to be.")
    if len(ticked) > AT_ONCE:
        return Onward(to=back, said=f"Nothing was left out: it can be no more than {AT_ONCE} at once.")
    if visit.form.get("sure") != "yes":
        return _asked(visit, weigh(visit.app, ticked, visit.person))
    done = skip_some(visit.app, ticked, visit.person, visit.now)
    return Onward(to=back, said=_in_words(visit, list(done.values())))


def _asked(visit: Visit, weighed: Mapping[str, Weighed]) -> Page:
    """Exactly what would happen; nothing has yet."""
    can = [one.scene for one in weighed.values() if one.scene and not one.why_not]
    rows = sorted((_row(visit, scene, _concern(scene)) for scene in can), key=lambda row: (row.at, row.id))
    values = {
        "graver": [row for row in rows if row.says],
        "others": [row for row in rows if not row.says],
        "number": len(rows),
        "people": len({row.patient_id for row in rows}),
        "cannot": list(_cannot(visit, weighed)),
        "unseen": _counted([one.why_not for one in weighed.values() if one.why_not and not one.scene]),
        "kept": kept(visit.form),
        "back": address(kept(visit.form)),
    }
    return Page(name="leave_out", values=values)


def _cannot(visit: Visit, weighed: Mapping[str, Weighed]) -> Iterator[Row]:
    for one in weighed.values():
        if one.scene and one.why_not:
            yield _row(visit, one.scene, _WHY[one.why_not.why])


def _row(visit: Visit, scene: Scene, says: str) -> Row:
    message = scene.message
    name = message_name(message.channel, message.step, message.occurrence)
    return Row(
        id=message.id,
        at=message.due_at,
        when=when.at_length(message.due_at, visit.now, visit.app.clinic.zone),
        patient_id=scene.person.id,
        patient=called(scene.person),
        what=f"The {name} of “{scene.published.sequence.title}”",
        says=says,
    )


def _concern(scene: Scene) -> str:
    found = concern(scene.step)
    return found.sentence if found else ""


_WHY = {
    Obstacle.TOO_LATE: "too late, on its way or gone",
    Obstacle.OVER: "not planned any more",
    Obstacle.LEFT_OUT_ALREADY: "left out already",
    Obstacle.UNREADABLE: "of a record that cannot be read",
}


def _counted(refused: Sequence[Refused]) -> str:
    """How many for which reason: `too late, on its way or gone: 2; left out already: 1`."""
    number = Counter(_WHY[one.why] for one in refused)
    return "; ".join(f"{why}: {number[why]}" for why in _WHY.values() if number[why])


def _in_words(visit: Visit, came: Sequence[Done | Refused]) -> str:
    done = [one for one in came if isinstance(one, Done)]
    refused = [one for one in came if isinstance(one, Refused)]
    left = f" Not left out now: {len(refused)} ({_counted(refused)})." if refused else ""
    if not done:
        return f"Nothing was left out.{left}"
    until = f"{(visit.now + UNDO_WITHIN).astimezone(visit.app.clinic.zone):%H:%M}"
    if len(done) == 1:
        return f"1 message was left out. You can undo this until {until}, on its patient's page.{left}"
    return f"{len(done)} messages were left out. You can undo each until {until}, on its patient's page.{left}"
