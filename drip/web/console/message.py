"""One message: what it says, when it goes and what would hold it back; to move it, send it now, or leave it out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from drip.core.by_staff import Refused, why_not_skip, why_not_touch
from drip.core.model import Channel
from drip.core.role import Permission
from drip.core.spoken import readable
from drip.core.walltime import instant
from drip.flows.called import name_of
from drip.flows.deeds import move as moving
from drip.flows.deeds.foresee import Foreseen, foresee
from drip.flows.deeds.scene import Done, Scene, look
from drip.flows.deeds.skip import skip
from drip.store import by_staff
from drip.web.console import when
from drip.web.console.door import Door
from drip.web.console.message_words import Said, is_about_safety, said_by
from drip.web.console.theirs import NOBODY, did, in_words, is_theirs
from drip.web.console.visit import Answer, Onward, Page, Visit


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/messages/{id}", Permission.ACT, _message)
    door.deed("/console/messages/{id}/skip", Permission.ACT, _skip)
    door.deed("/console/messages/{id}/send-now", Permission.ACT, _send_now)
    door.deed("/console/messages/{id}/move", Permission.ACT, _move)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What is wrong with what was typed, and what was typed."""

    says: str = ""
    typed: Mapping[str, str] = field(default_factory=dict, repr=False)


NOTHING_WRONG = Wrong()


def _message(visit: Visit) -> Page:
    return _shown(visit, NOTHING_WRONG)


def _shown(visit: Visit, wrong: Wrong) -> Page:
    patient_id = _whose(visit)
    if patient_id is None:
        return NOBODY
    with visit.app.store.read() as tx:
        scene = look(visit.app, tx, visit.path["id"])
    if scene is None:
        return NOBODY
    values = {**_about(visit, scene), **_choices(visit, scene, wrong.typed), "wrong": wrong.says}
    return Page(name="message", values=values, status=422 if wrong.says else 200)


def _whose(visit: Visit) -> str | None:
    """Whose message it is; None where this person may do nothing about it."""
    with visit.app.store.read() as tx:
        message = by_staff.message(tx, visit.path["id"])
    return message.patient_id if message and is_theirs(visit, message.patient_id) else None


def _about(visit: Visit, scene: Scene) -> Mapping[str, object]:
    message, zone = scene.message, scene.bounds.hours.zone
    return {
        "id": message.id,
        "patient_id": scene.person.id,
        "name": name_of(scene.person) or scene.person.ref,
        "what": "text" if message.channel is Channel.SMS else "email",
        "step": readable(message.step),
        "repeat": message.occurrence if message.occurrence > 1 else 0,
        "title": scene.published.sequence.title,
        "goes": when.at_length(message.due_at, visit.now, zone),
        "placed": when.at_length(message.planned_for, visit.now, zone) if message.planned_for != message.due_at else "",
        "of_use": when.full(message.expires_at, visit.now, zone),
        "why": message.reason.sentence,
        "can_change": why_not_touch(message.state) is None,
        "state": message.state.value,
    }


def _choices(visit: Visit, scene: Scene, typed: Mapping[str, str]) -> Mapping[str, object]:
    if why_not_touch(scene.message.state):
        return {}
    zone = scene.bounds.hours.zone
    foreseen = foresee(visit.app, scene.message.id, visit.now)
    goes = scene.message.due_at.astimezone(zone)
    next_time = scene.bounds.next_time(visit.now)
    return {
        "reads": _reads(visit, scene, foreseen),
        "foreseen": _foreseen(visit, foreseen, scene),
        "can_send": foreseen is not None and foreseen.goes_at is not None and bool(next_time),
        "next": when.full(next_time, visit.now, zone) if next_time else "",
        "day": typed.get("day", goes.date().isoformat()),
        "clock": typed.get("clock", f"{goes:%H:%M}"),
        "zone_name": zone.key,
    }


def _reads(visit: Visit, scene: Scene, foreseen: Foreseen | None) -> Said:
    """What it says by the channel that it would go by now."""
    return said_by(visit, scene, foreseen.channel if foreseen else scene.message.channel)


def _foreseen(visit: Visit, foreseen: Foreseen | None, scene: Scene) -> str:
    """What would become of it, were it sent now."""
    if foreseen is None:
        return "It is being prepared at this moment."
    channel = "" if foreseen.channel is scene.message.channel else ", by the patient's other channel"
    if foreseen.goes_at is None:
        return f"It would not go: {foreseen.reason.sentence}."
    if foreseen.goes_at <= visit.now:
        return f"It goes within a minute or so{channel}."
    again = when.full(foreseen.goes_at, visit.now, scene.bounds.hours.zone)
    why = foreseen.reason.sentence or "something that was just told about the patient has to be read first"
    return f"It does not go at once, because {why}. It asks again on {again}{channel}."


Act: TypeAlias = Callable[[], Done | Refused]


def _skip(visit: Visit) -> Answer:
    """Words about safety are left out only once somebody has read them, and was asked."""
    if visit.form.get("sure") != "yes" and (asked := _asked(visit)):
        return asked
    return _done(visit, lambda: skip(visit.app, visit.path["id"], visit.person.id, visit.now), "It was left out.")


def _asked(visit: Visit) -> Page | None:
    """What is to be read first; None where nothing is. Nothing has been changed yet."""
    if _whose(visit) is None:
        return NOBODY
    with visit.app.store.read() as tx:
        scene = look(visit.app, tx, visit.path["id"])
    if scene is None or not is_about_safety(scene) or why_not_skip(scene.message.state, scene.message.reason):
        return None
    reads = _reads(visit, scene, foresee(visit.app, scene.message.id, visit.now))
    return Page(name="leave_out_safety", values={**_about(visit, scene), "reads": reads})


def _send_now(visit: Visit) -> Answer:
    said = "It goes as soon as nothing holds it back."
    return _done(visit, lambda: moving.send_now(visit.app, visit.path["id"], visit.person.id, visit.now), said)


def _done(visit: Visit, act: Act, said: str) -> Answer:
    patient_id = _whose(visit)
    if patient_id is None:
        return NOBODY
    done = act()
    sentence = in_words(visit, done, _clock(visit)) if isinstance(done, Refused) else did(visit, said, done)
    return Onward(to=f"/console/patients/{patient_id}", said=sentence)


def _move(visit: Visit) -> Answer:
    patient_id = _whose(visit)
    if patient_id is None:
        return NOBODY
    at, zone = _typed(visit), _clock(visit)
    if at is None:
        return _shown(visit, Wrong(says="Nothing was changed: write a day and a time.", typed=visit.form))
    done = moving.move(visit.app, visit.path["id"], at, visit.person.id, visit.now)
    if isinstance(done, Refused):
        return _shown(visit, Wrong(says=in_words(visit, done, zone), typed=visit.form))
    said = did(visit, f"It is planned for {when.full(at, visit.now, zone)} now.", done)
    return Onward(to=f"/console/patients/{patient_id}", said=said)


def _clock(visit: Visit) -> ZoneInfo:
    """The clock that decides for this message, on which the page says its times and reads what is typed."""
    with visit.app.store.read() as tx:
        scene = look(visit.app, tx, visit.path["id"])
    return scene.bounds.hours.zone if scene else visit.app.clinic.zone


def _typed(visit: Visit) -> datetime | None:
    day, clock = when.typed_day(visit.form.get("day", "")), when.typed_clock(visit.form.get("clock", ""))
    return instant(datetime.combine(day, clock), _clock(visit)) if day and clock is not None else None
