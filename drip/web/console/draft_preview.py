"""What a step of a draft says to somebody, beside the words as they are being written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from drip.content.folder import Folder
from drip.content.sms import Offender, SmsSize
from drip.content.sms_length import room_in
from drip.core.lifecycle import State
from drip.core.model import Channel
from drip.core.plan import Wanted
from drip.core.role import Permission
from drip.core.sequence import Sequence as Written
from drip.core.sequence import Step
from drip.flows import preview
from drip.flows.preview import Nothing, Reader, Shown, Times
from drip.store import audit, patients
from drip.store.audit import Deed
from drip.web.console.door import Door
from drip.web.console.patients import may_see
from drip.web.console.sequence import CHANNELS, counted_from, when
from drip.web.console.shelf import SHELF
from drip.web.console.visit import Framed, Visit
from drip.web.console.when import distance, full, to_type, typed

GONE = "<!doctype html><title>Gone</title><p>This preview is no longer kept. Change something, or press Check."

NOBODY = "Nobody is known by that reference."
SEVERAL = "Several booking systems have that reference: write which one before it, as in generic:p-1."

READ_ONCE = timedelta(hours=1)
"""That somebody looks at a patient's words while they write is noted once in this time, not at every letter."""


def add_to(door: Door) -> None:
    """The frame's content; the panel itself belongs to the pages of drafts."""
    door.page("/console/preview/{id}", Permission.SEE, _frame)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A step on one channel, as it is shown."""

    channel: str
    goes: str
    trouble: str = ""
    shown: Shown | None = field(default=None, repr=False)
    frame: str = ""
    counts: Sequence[str] = ()


def _frame(visit: Visit) -> Framed:
    return Framed(html=SHELF.take(visit.person.id, visit.path["id"], visit.now) or GONE)


def choices(visit: Visit, folder: Folder) -> Mapping[str, object]:
    """What can be chosen beside the preview."""
    sequence = folder.sequences[-1].sequence
    times = _times(visit, sequence)
    return {
        "step_ids": [step.id for step in sequence.steps] if sequence else [],
        "people": list(preview.INVENTED),
        "languages": preview.languages_of(folder, sequence) if sequence else [],
        "anchor": counted_from(sequence) if sequence else "Visit or treatment",
        "at": to_type(times.anchor, visit.app.clinic.zone),
        "chosen": {name: visit.form.get(name, visit.query.get(name, "")) for name in ("step", "who", "language")},
        "ref": visit.form.get("ref", ""),
    }


def preview_of(visit: Visit, folder: Folder) -> Mapping[str, object]:
    """The chosen step for the chosen reader, as values for the panel's template."""
    sequence = folder.sequences[-1].sequence
    if sequence is None or not sequence.steps:
        return {"panels": [], "trouble": "The sequence cannot be read as it is now. What it needs stands in the list."}
    reader = reader_of(visit, sequence, visit.form)
    if isinstance(reader, str):
        return {"panels": [], "trouble": reader}
    step = sequence.step(visit.form.get("step", visit.query.get("step", ""))) or sequence.steps[0]
    panels = [_panel(visit, folder, step, channel, reader) for channel in step.channels]
    return {"panels": panels, "trouble": "", "step": step.id, "to": _to(visit, sequence, reader)}


def reader_of(visit: Visit, sequence: Written, form: Mapping[str, str]) -> Reader | str:
    """Whom it is shown for; or why for nobody. That a real patient was looked at is written down."""
    times, ref = _times(visit, sequence), form.get("ref", "").strip()
    if not ref:
        who, language = (form.get(name, visit.query.get(name, "")) for name in ("who", "language"))
        return preview.invented(visit.app, who, language or "en", times)
    with visit.app.store.read() as tx:
        found = patients.find(tx, ref[:200])
        seen = may_see(visit, tx, [row.id for row in found])
    rows = [row for row in found if row.id in seen]
    if len(rows) != 1:
        return NOBODY if not rows else SEVERAL
    _note_read(visit, rows[0].id)
    with visit.app.store.read() as tx:
        return preview.somebody(visit.app, tx, rows[0], sequence.id, times, visit.person.sites)


def _note_read(visit: Visit, patient: str) -> None:
    deed = Deed(who=visit.person.id, deed="patient_read", about=f"patient:{patient}")
    with visit.app.store.read() as tx:
        if audit.is_written(tx, deed, visit.now - READ_ONCE):
            return
    with visit.app.store.write() as tx:
        audit.write(tx, deed, visit.now)


def _times(visit: Visit, sequence: Written | None) -> Times:
    """What was chosen, else a morning that leaves room for everything."""
    zone = visit.app.clinic.zone
    usual = preview.usual_times(sequence, visit.now)
    day = usual.anchor.astimezone(zone).date()
    anchor = typed(visit.form.get("at", visit.query.get("at", "")), zone) or datetime.combine(day, time(10), zone)
    return Times(anchor=anchor, joined=min(visit.now, anchor))


def _to(visit: Visit, sequence: Written, reader: Reader) -> str:
    zone = visit.app.clinic.zone
    at = f"{full(reader.times.anchor, visit.now, zone)}, {distance(reader.times.anchor, visit.now, zone)}"
    anchor = counted_from(sequence)
    if not reader.is_real:
        return f"For somebody invented. {anchor}: {at}."
    whose = "their own" if reader.is_enrolled else "an invented one, because they are not in this sequence"
    return f"For this patient. {anchor}, {whose}: {at}."


def _panel(visit: Visit, folder: Folder, step: Step, channel: Channel, reader: Reader) -> Panel:
    shown = preview.show(visit.app, folder, step, channel, reader)
    sequence = folder.sequences[-1].sequence
    goes = _goes(visit, sequence, step, channel, reader) if sequence else ""
    if isinstance(shown, Nothing):
        return Panel(channel=CHANNELS[channel], goes=goes, trouble=shown.why)
    frame = SHELF.put(visit.person.id, shown.html, visit.now) if shown.html else ""
    counts = counted(shown)
    return Panel(channel=CHANNELS[channel], goes=goes, shown=shown, frame=frame, counts=counts)


def _goes(visit: Visit, sequence: Written, step: Step, channel: Channel, reader: Reader) -> str:
    """`Goes out Tuesday 3 February at 10:00, in 12 days (7 days before)`."""
    if step.follows:
        return f"Goes out as an answer to what {step.follows.step} asks."
    messages, hours = preview.planned(sequence, reader)
    own = [one for one in messages if one.step == step.id and one.slot is channel]
    if not own:
        return "Goes out only where the other way is closed."
    first = min(own, key=lambda one: one.occurrence)
    times = f", then {len(own) - 1} more times" if len(own) > 1 else ""
    return f"{verdict(first, visit.now, hours.zone)} ({when(sequence, step)}){times}."


def verdict(one: Wanted, now: datetime, zone: ZoneInfo) -> str:
    """Whether and when a message goes."""
    at = f"{full(one.due_at, now, zone)}, {distance(one.due_at, now, zone)}"
    if one.state is State.PLANNED:
        return f"Goes out {at}"
    return f"Would not go on {at}: {one.reason.sentence}"


def counted(shown: Shown) -> Sequence[str]:
    """How long a text is, how much room is left, and what makes it dear."""
    if shown.size is None:
        return ()
    told = [_size(shown.size, "As shown")]
    if shown.longest:
        told.append(_size(shown.longest, "With the longest name"))
    if over := shown.too_long:
        told.append(f"Too long: take out {over.take_out} characters, so that it fits {_parts(over.most)}.")
    return [*told, *(_dear(one) for one in shown.size.offenders)]


def _size(size: SmsSize, who: str) -> str:
    room = room_in(size, size.parts)
    return (
        f"{who}: {_parts(size.parts)}, {room - size.units} characters left ({size.units} of {room}, {size.encoding})."
    )


def _parts(number: int) -> str:
    return f"{number} part{'' if number == 1 else 's'}"


def _dear(one: Offender) -> str:
    instead = "write it another way" if one.replacement is None else f"write {one.replacement!r} instead"
    return f"{one.character} ({one.name.lower()}) leaves 70 characters in a part instead of 160: {instead}."
