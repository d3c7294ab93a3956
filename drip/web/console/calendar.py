"""What if: every message of a sequence for a visit on one day and somebody who joins on another, skipped ones too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from drip.content.folder import Folder
from drip.core.lifecycle import State
from drip.core.plan import Wanted
from drip.core.planned import Key
from drip.core.role import Permission
from drip.core.sequence import Sequence as Written
from drip.core.window import ANY
from drip.flows import preview
from drip.flows.draft import folder_of
from drip.flows.preview import Reader, Times
from drip.store import versions
from drip.web.console.door import Door
from drip.web.console.draft_preview import reader_of
from drip.web.console.drafting import opened
from drip.web.console.sequence import CHANNELS, MISSING, counted_from
from drip.web.console.visit import Page, Visit
from drip.web.console.when import distance, full, to_type, typed

MOST_WEEKS = 60
"""Weeks that are drawn; the list below has every message all the same."""


def add_to(door: Door) -> None:
    """These pages. A form changes nothing here: it keeps a patient's reference out of the address."""
    for where, handler in (("sequences", _of_sequence), ("drafts", _of_draft)):
        needs = Permission.SEE if where == "sequences" else Permission.WRITE
        door.page(f"/console/{where}/{{id}}/calendar", needs, handler)
        door.deed(f"/console/{where}/{{id}}/calendar", needs, handler)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message of the plan."""

    at: datetime
    when: str
    far: str
    step: str
    number: int
    channel: str
    goes: bool
    why: str = ""
    moved: str = ""
    """When it would have gone, if messages could go at any time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A square of the calendar."""

    on: date
    lines: Sequence[Line]
    is_visit: bool


def _of_sequence(visit: Visit) -> Page:
    name = visit.path["id"]
    with visit.app.store.read() as tx:
        live = versions.live(tx).get(name)
        if live is None:
            return MISSING
        sequence = visit.app.versions.get(tx, [live])[live].sequence
    return _page(visit, sequence, {"back": f"/console/sequences/{name}", "id": name, "of": "As it is live"})


def _of_draft(visit: Visit) -> Page:
    draft = opened(visit)
    if draft is None:
        return MISSING
    folder: Folder = folder_of(visit.app, draft)
    around = {
        "back": f"/console/drafts/{draft.id}",
        "id": draft.sequence,
        "draft": draft,
        "of": "As the draft was last saved",
    }
    return _page(visit, folder.sequences[-1].sequence, around)


def _page(visit: Visit, sequence: Written | None, around: Mapping[str, object]) -> Page:
    if sequence is None:
        return Page(name="calendar", values={**around, "trouble": "The sequence has mistakes: mend them first."})
    reader = reader_of(visit, sequence, visit.form)
    if isinstance(reader, str):
        return Page(name="calendar", values={**around, **_asked(visit, sequence, None), "trouble": reader}, status=422)
    reader, zone = _joined(visit, reader), visit.app.clinic.zone
    lines = _lines(visit, sequence, reader)
    values = {
        **around,
        **_asked(visit, sequence, reader),
        "lines": lines,
        "weeks": _weeks(lines, reader.times.anchor.astimezone(zone).date()),
        "goes": sum(one.goes for one in lines),
        "zone": zone,
    }
    return Page(name="calendar", values=values)


def _asked(visit: Visit, sequence: Written, reader: Reader | None) -> Mapping[str, object]:
    """The form as it was filled."""
    zone = visit.app.clinic.zone
    at, joined = visit.form.get("at", ""), visit.form.get("joined", "")
    return {
        "title": sequence.title,
        "anchor": counted_from(sequence),
        "at": to_type(reader.times.anchor, zone) if reader else at,
        "joined": to_type(reader.times.joined, zone) if reader else joined,
        "ref": visit.form.get("ref", ""),
        "is_enrolled": bool(reader and reader.is_enrolled),
    }


def _joined(visit: Visit, reader: Reader) -> Reader:
    """When they join, as it was typed; somebody who is in it joined when they did."""
    joined = typed(visit.form.get("joined", ""), visit.app.clinic.zone)
    if joined is None or reader.is_enrolled:
        return reader
    return replace(reader, times=Times(anchor=reader.times.anchor, joined=joined))


def _lines(visit: Visit, sequence: Written, reader: Reader) -> Sequence[Line]:
    messages, hours = preview.planned(sequence, reader)
    free = _at_any_time(sequence, reader)
    return [_line(one, visit.now, free.get(one.key), hours.zone) for one in messages]


def _at_any_time(sequence: Written, reader: Reader) -> Mapping[Key, datetime]:
    """Where each message would be without quiet hours, weekends and closed days."""
    open_site = replace(reader.site, closed=frozenset())
    messages, _ = preview.planned(replace(sequence, window=ANY), replace(reader, site=open_site))
    return {one.key: one.planned_for for one in messages}


def _line(one: Wanted, now: datetime, free: datetime | None, zone: ZoneInfo) -> Line:
    goes = one.state is State.PLANNED
    is_moved = goes and free is not None and free != one.due_at
    return Line(
        at=one.due_at.astimezone(zone),
        when=full(one.due_at, now, zone),
        far=distance(one.due_at, now, zone),
        step=one.step,
        number=one.occurrence,
        channel=CHANNELS[one.channel],
        goes=goes,
        why="" if goes else one.reason.sentence,
        moved=full(free, now, zone) if is_moved and free else "",
    )


def _weeks(lines: Sequence[Line], visit_on: date) -> Sequence[Sequence[Day]]:
    """Weeks from the first message or the visit to the last, Monday first."""
    by_day: dict[date, list[Line]] = {}
    for line in lines:
        by_day.setdefault(line.at.date(), []).append(line)
    days = [*by_day, visit_on]
    monday = min(days) - timedelta(days=min(days).weekday())
    number = min((max(days) - monday).days // 7 + 1, MOST_WEEKS)
    weeks = [[monday + timedelta(days=7 * week + n) for n in range(7)] for week in range(number)]
    return [[Day(on=on, lines=by_day.get(on, ()), is_visit=on == visit_on) for on in week] for week in weeks]
