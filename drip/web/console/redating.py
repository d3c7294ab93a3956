"""Change the date that messages count from: the form, then what it moves, then the move."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from drip.core.by_staff import Refused
from drip.core.effect import Effect, Fate
from drip.core.lifecycle import State
from drip.core.model import AnchorKind
from drip.core.reason import Reason
from drip.core.role import Permission
from drip.core.spoken import message_name
from drip.flows.deeds.counted import Counted, Wish, counted_from
from drip.flows.deeds.end import find
from drip.flows.deeds.redate import Redated, preview, redate
from drip.store import views
from drip.web.console import when
from drip.web.console.door import Door
from drip.web.console.theirs import NOBODY, in_words, is_theirs
from drip.web.console.visit import Answer, Onward, Page, Visit

FAR = datetime.max.replace(tzinfo=UTC)


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/patients/{id}/date", Permission.ACT, _form)
    door.deed("/console/patients/{id}/date", Permission.ACT, _change)


NAMES = {
    AnchorKind.APPOINTMENT: "the appointment",
    AnchorKind.APPOINTMENT_END: "the appointment",
    AnchorKind.TREATMENT: "the treatment",
    AnchorKind.PROGRAMME: "the start of the programme",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One message, before and after."""

    title: str
    what: str
    was: str
    becomes: str
    first: datetime
    """Of both times the first, for the order in which they are read."""
    stays: bool = False


def _form(visit: Visit) -> Page:
    counted = _counted(visit, visit.query.get("of", ""))
    return _shown(visit, counted, {}) if counted else NOBODY


def _counted(visit: Visit, enrolment_id: str) -> Counted | None:
    if not is_theirs(visit, visit.path["id"]):
        return None
    with visit.app.store.read() as tx:
        whose = find(tx, visit.path["id"], enrolment_id)
        return counted_from(visit.app, tx, whose, visit.now) if whose else None


def _shown(visit: Visit, counted: Counted, more: Mapping[str, object]) -> Page:
    local = counted.at.astimezone(counted.zone)
    values = {
        "patient_id": visit.path["id"],
        "of": counted.enrolment.id,
        "name": NAMES[counted.kind],
        "title": counted.sequence.title,
        "is_visit": counted.kind in (AnchorKind.APPOINTMENT, AnchorKind.APPOINTMENT_END),
        "is_day": counted.is_day,
        "was": when.at_length(counted.at, visit.now, counted.zone),
        "day": visit.form.get("day", local.date().isoformat()),
        "clock": visit.form.get("clock", f"{local:%H:%M}"),
        "wrong": "",
        "moved": None,
        **more,
    }
    return Page(name="date", values=values, status=422 if values["wrong"] else 200)


def _change(visit: Visit) -> Answer:
    counted = _counted(visit, visit.form.get("of", ""))
    if counted is None:
        return NOBODY
    wish = _wish(visit, counted)
    if wish is None:
        return _shown(visit, counted, {"wrong": "Nothing was changed: write a day and a time."})
    is_sure = visit.form.get("sure") == "yes"
    which = visit.path["id"], counted.enrolment.id
    done = (
        redate(visit.app, which, wish, visit.person.id, visit.now)
        if is_sure
        else preview(visit.app, *which, wish, visit.now)
    )
    if isinstance(done, Refused):
        return _shown(visit, counted, {"wrong": in_words(visit, done, counted.zone)})
    if is_sure:
        said = f"Changed: it is {_when(visit, done, done.at)} now. To undo this, change it back."
        return Onward(to=f"/console/patients/{visit.path['id']}", said=said)
    told = {
        "moved": sorted(_moved(visit, done), key=lambda one: one.first),
        "becomes": when.at_length(done.at, visit.now, done.zone),
    }
    return _shown(visit, counted, told)


def _wish(visit: Visit, counted: Counted) -> Wish | None:
    day, clock = when.typed_day(visit.form.get("day", "")), when.typed_clock(visit.form.get("clock", ""))
    if day is None or (clock is None and not counted.is_day):
        return None
    return Wish(day=day, clock=None if counted.is_day else clock)


def _moved(visit: Visit, done: Redated) -> Iterator[Moved]:
    chosen = _chosen(visit)
    for shift in done.shifts:
        effect = shift.effect
        by_staff = chosen.get((shift.sequence, effect.step, effect.occurrence, effect.channel.value))
        was, stays = by_staff or effect.was, effect.fate is Fate.UNCHANGED
        lost = " The time that a colleague chose is lost." if by_staff and not stays else ""
        yield Moved(
            title=shift.title,
            what=message_name(effect.channel, effect.step, effect.occurrence),
            was=_when(visit, done, was) if was else "not planned",
            becomes=_becomes(visit, done, effect) + lost,
            first=min(at for at in (was, effect.at, FAR) if at),
            stays=stays,
        )


def _chosen(visit: Visit) -> Mapping[tuple[str, str, int, str], datetime]:
    """When messages go for which somebody here chose the time, by sequence, step, number and channel."""
    with visit.app.store.read() as tx:
        found = views.list_messages(tx, patient_ids=[visit.path["id"]])
    return {
        (one.sequence, one.step, one.occurrence, one.channel): one.due_at
        for one in found
        if one.state == State.PLANNED and one.reason == Reason.MOVED_BY_STAFF
    }


def _becomes(visit: Visit, done: Redated, effect: Effect) -> str:
    if effect.fate is Fate.UNCHANGED:
        return "stays"
    if effect.at is None:
        return f"does not go: {effect.reason.sentence}"
    return _when(visit, done, effect.at)


def _when(visit: Visit, done: Redated, at: datetime) -> str:
    return when.full(at, visit.now, done.zone)
