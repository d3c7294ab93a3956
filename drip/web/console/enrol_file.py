"""Enrolling many from a file: every cell is looked at first, and nothing is stored while one of them is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from drip.bookings.by_hand_file import EXAMPLE, HEADINGS, MOST_ROWS, NEEDED, Row
from drip.core.role import Permission
from drip.flows.by_hand import TakenMeanwhile, take_in_by_hand
from drip.flows.by_hand_file import Checked, check_file, foresee_file
from drip.flows.known_words import known_words
from drip.web.console.door import Door
from drip.web.console.visit import Answer, File, Onward, Page, Visit

LARGEST = 400_000
"""Bytes of a file: many more than its rows may be."""

SHOWN = 100
"""Rows on the page. Those with something wrong come first."""


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/enrol/file", Permission.ACT, _choose)
    door.page("/console/enrol/example.csv", Permission.ACT, _example)
    door.deed("/console/enrol/file/check", Permission.ACT, _check)
    door.deed("/console/enrol/file", Permission.ACT, _enrol)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row as it is shown."""

    number: int
    cells: tuple[tuple[str, str, str], ...] = field(repr=False)
    """What stands in each column, what is wrong with it, and what may be."""
    wrong: str
    """With the row as a whole, or with a column that is not there."""
    joins: str = ""


def _choose(visit: Visit, wrong: tuple[str, ...] = ()) -> Page:
    known = known_words(visit.app)
    types = f": {', '.join(dict.fromkeys(word for word, _ in known.types))}" if known.types else ""
    hints = {**_HINTS, "what": f"{_HINTS['what']}{types}", "language": f"one of: {', '.join(known.languages)}"}
    headings = [(heading, name in NEEDED, hints.get(name, "")) for name, heading in HEADINGS.items()]
    values = {"wrong": wrong, "headings": headings, "most": MOST_ROWS}
    return Page(name="enrol_file", values=values, status=422 if wrong else 200)


_HINTS: Mapping[str, str] = {
    "ref": "in your booking system",
    "date_of_birth": "1979-03-02",
    "phone": "as it is dialled here",
    "kind": "appointment booked, appointment attended, treatment given, programme started or discharged",
    "on": "2026-06-15",
    "at": "14:30, on the clock of the site",
    "what": "of the appointment, the treatment or the programme, as your sequences call it",
    "site": "its name; your first site if it is empty",
    "conditions": "with a semicolon between two",
    "side": "left, right or both: of a programme",
    "carer_name": "for a patient under 16",
}


def _example(visit: Visit) -> Answer:
    site = next(one for one in visit.app.clinic.sites if visit.person.sees(one.id))
    today = visit.now.astimezone(site.zone).date()
    body = EXAMPLE.format(ahead=today + timedelta(days=14), before=today - timedelta(days=1), site=f'"{site.name}"')
    return File(name="enrol-example.csv", body=body.replace("\n", "\r\n").encode("utf-8-sig"))


def _check(visit: Visit) -> Answer:
    content = visit.files.get("file", b"")
    if not content.strip():
        return _choose(visit, wrong=("Choose a file that has something in it.",))
    if len(content) > LARGEST:
        return _choose(visit, wrong=(f"The file is larger than {LARGEST // 1000} kB. Make several files of it.",))
    return _looked_at(visit, content)


def _looked_at(visit: Visit, content: bytes) -> Page:
    checked = check_file(visit.app, content, visit.person.sites, visit.now)
    if checked.sheet.wrong:
        return _choose(visit, wrong=checked.sheet.wrong)
    if checked.is_right:
        checked = foresee_file(visit.app, checked, visit.person.sites, visit.now)
    lines = sorted((_line(row, checked) for row in checked.sheet.rows), key=_rank)
    values = {
        "checked": checked,
        "columns": [HEADINGS[name] for name in checked.sheet.fields],
        "lines": lines[:SHOWN],
        "hidden": max(0, len(lines) - SHOWN),
        "content": content.decode("utf-8-sig") if checked.is_right else "",
    }
    return Page(name="enrol_check", values=values, status=200 if checked.is_right else 422)


def _rank(line: Line) -> tuple[bool, bool]:
    """Those with something wrong first, then those with something that may be."""
    is_wrong = bool(line.wrong) or any(says for _, says, _ in line.cells)
    return not is_wrong, not any(doubt for _, _, doubt in line.cells)


def _line(row: Row, checked: Checked) -> Line:
    fields, outlook = checked.sheet.fields, checked.outlooks.get(row.number)
    doubts = checked.doubts.get(row.number, {})
    joins = ", ".join(one.title for one in outlook.joins) if outlook else ""
    elsewhere = [
        says if not name else f"{HEADINGS[name]}: {says}" for name, says in row.wrong.items() if name not in fields
    ]
    return Line(
        number=row.number,
        cells=tuple((_cell(row, name, checked), row.wrong.get(name, ""), doubts.get(name, "")) for name in fields),
        wrong=" ".join(elsewhere),
        joins="taken in already" if outlook and outlook.is_known else joins or "nothing" if outlook else "",
    )


def _cell(row: Row, name: str, checked: Checked) -> str:
    """As it was typed; once all is right, a day as it was read, so that nobody takes 3 April for 4 March."""
    if row.parsed and checked.is_right:
        event = row.parsed.event
        read_as = {
            "date_of_birth": event.patient.get("date_of_birth"),
            "on": event.appointment.get("starts_at")
            or event.treatment.get("performed_at")
            or event.programme.get("starts_on"),
        }
        if isinstance(told := read_as.get(name), str):
            day = date.fromisoformat(told[:10])
            return f"{day.day} {day:%B %Y}" if name == "date_of_birth" else f"{day:%A} {day.day} {day:%B %Y}"
    return _seen(row.cells.get(name, ""))


def _seen(cell: str) -> str:
    """As much of it as helps to find it again, without what cannot be shown."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in cell.strip()[:100])


def _enrol(visit: Visit) -> Answer:
    content = visit.form.get("content", "").encode()
    checked = check_file(visit.app, content, visit.person.sites, visit.now) if content.strip() else None
    if checked is None or not checked.is_right:
        return _looked_at(visit, content) if checked else _choose(visit, wrong=("Choose a file first.",))
    try:
        taken = take_in_by_hand(visit.app, checked.entries, visit.now, who=visit.person.id)
    except TakenMeanwhile:
        return _looked_at(visit, content)
    new = "1 row was" if taken.accepted == 1 else f"{taken.accepted} rows were"
    known = f" {taken.duplicates} had been taken in before, and nothing was done twice." if taken.duplicates else ""
    return Onward(to="/console/patients", said=f"{new} taken in. The plans show within a minute.{known}")
