"""Enrolling one patient by hand: what happened, what would come of it, and only then the deed."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from drip.bookings.by_hand import KINDS, PATHS, key_of, read
from drip.bookings.parsed import Parsed
from drip.core.event import Event
from drip.core.model import Facts
from drip.core.patient import time_in
from drip.core.role import Permission
from drip.flows.by_hand import TAKEN, Entry, Misplaced, TakenMeanwhile, place, place_with, take_in_by_hand
from drip.flows.foresee import Outlook, foresee
from drip.flows.known_words import known_words
from drip.store import audit, patients
from drip.store.audit import Deed
from drip.store.patients import PatientRow
from drip.web.console.door import Door
from drip.web.console.patients import may_see
from drip.web.console.visit import Answer, Form, Onward, Page, Visit
from drip.web.console.when import distance, full
from drip.web.patient_page import LANGUAGES

LONGEST = 500
"""Characters of a field that are looked at."""

_TOKEN = re.compile(r"[0-9a-f]{32}")

_CARER = {"carer_name": "name", "carer_phone": "phone", "carer_email": "email"}
_REACHED = ("email", "phone")


def add_to(door: Door) -> None:
    """These pages."""
    door.page("/console/enrol", Permission.ACT, _form)
    door.deed("/console/enrol/change", Permission.ACT, _change)
    door.deed("/console/enrol/plan", Permission.ACT, _plan)
    door.deed("/console/enrol", Permission.ACT, _enrol)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to enrol, as far as it was typed."""

    draft: str
    """The same for as long as this form is filled in: whoever is new is the same new patient each time."""
    typed: Mapping[str, str] = field(repr=False)
    row: PatientRow | None = field(default=None, repr=False)
    """The patient who was chosen; none for somebody new."""
    wrong: Mapping[str, str] = field(default_factory=dict)


class _Nobody(Exception):
    """There is no such patient, or not for this person."""


def _form(visit: Visit) -> Page:
    try:
        row = _chosen(visit, visit.query.get("patient", ""))
    except _Nobody:
        return Page(name="nobody", status=404)
    if row:
        with visit.app.store.write() as tx:  # that somebody read it is written down
            audit.write(tx, Deed(who=visit.person.id, deed="patient_read", about=f"patient:{row.id}"), visit.now)
    wish = Wish(draft=secrets.token_hex(16), typed=_known_of(row) if row else {}, row=row)
    return _shown(visit, wish)


def _change(visit: Visit) -> Page:
    try:
        return _shown(visit, _wish(visit))
    except _Nobody:
        return Page(name="nobody", status=404)


def _plan(visit: Visit) -> Page:
    try:
        wish, entry = _entered(visit, _wish(visit))
    except _Nobody:
        return Page(name="nobody", status=404)
    if entry is None:
        return _shown(visit, wish, status=422)
    (outlook,) = foresee(visit.app, [entry], visit.now)
    return Page(name="enrol_plan", values=_around(visit, wish) | _ahead(visit, wish, outlook, entry))


def _enrol(visit: Visit) -> Answer:
    try:
        wish, entry = _entered(visit, _wish(visit))
    except _Nobody:
        return Page(name="nobody", status=404)
    if entry is None:
        return _shown(visit, wish, status=422)
    try:
        taken = take_in_by_hand(visit.app, [entry], visit.now, who=visit.person.id)
    except TakenMeanwhile:
        return _shown(visit, replace(wish, wrong={"ref": TAKEN}), status=422)
    to = f"/console/patients/{wish.row.id}" if wish.row else "/console/patients"
    if not taken.accepted:
        return Onward(to=to, said="This was taken in already, and nothing was done twice.")
    return Onward(to=to, said="Enrolled. The plan shows with the patient within a minute.")


def _chosen(visit: Visit, patient_id: str) -> PatientRow | None:
    """Whom the form is about; None while it is about nobody we know."""
    if not patient_id:
        return None
    with visit.app.store.read() as tx:
        row = patients.readable(tx, [patient_id]).get(patient_id)
        if row is None or row.source == patients.STAFF or row.id not in may_see(visit, tx, [row.id]):
            raise _Nobody
    return row


def _wish(visit: Visit) -> Wish:
    """What the form holds."""
    draft = visit.form.get("draft", "")
    return Wish(
        draft=draft if _TOKEN.fullmatch(draft) else secrets.token_hex(16),
        typed=_typed(visit.form),
        row=_chosen(visit, visit.form.get("patient", "")),
    )


def _typed(form: Form) -> Mapping[str, str]:
    told = {name: form.get(name, "").strip()[:LONGEST] for name in PATHS}
    return {name: text for name, text in told.items() if text}


def _entered(visit: Visit, wish: Wish) -> tuple[Wish, Entry | None]:
    """The event, placed with the record it is about; else the wish with what is wrong with it."""
    typed = dict(wish.typed)
    typed["ref"] = wish.row.ref if wish.row else typed.get("ref") or f"C-{wish.draft[:8].upper()}"
    if len(visit.person.sites) == 1:
        typed.setdefault("site", next(iter(visit.person.sites)))
    key = f"form-{hashlib.sha256(f'{wish.draft}|{key_of(typed)}'.encode()).hexdigest()[:32]}"
    read_as = read(typed, visit.app.clinic, key, visit.now, is_known=wish.row is not None)
    if not isinstance(read_as, Parsed):
        return replace(wish, wrong={one.path: one.message for one in read_as}), None
    where = _placed(visit, read_as, wish.row)
    if isinstance(where, Misplaced):
        return replace(wish, wrong={where.field: where.message}), None
    return wish, where


def _placed(visit: Visit, parsed: Parsed, row: PatientRow | None) -> Entry | Misplaced:
    if row:
        return place_with(parsed, row, visit.person.sites)
    with visit.app.store.read() as tx:
        return place(tx, [parsed], visit.person.sites)[0]


def _known_of(row: PatientRow) -> Mapping[str, str]:
    """What the form begins with: how the patient is reached by now."""
    facts, carer = row.patient.facts, row.patient.carer
    told = {name: _text(facts, name) for name in (*_REACHED, "subtype")}
    told |= {name: _text(carer, theirs) for name, theirs in _CARER.items()}
    conditions = facts.get("conditions")
    told["conditions"] = "; ".join(map(str, conditions)) if isinstance(conditions, list | tuple) else ""
    return {name: text for name, text in told.items() if text}


def _shown(visit: Visit, wish: Wish, *, status: int = 200) -> Page:
    known = known_words(visit.app)
    languages = [(code, LANGUAGES.get(code, code)) for code in known.languages]
    values = _around(visit, wish) | {"known": known, "languages": languages}
    return Page(name="enrol", values=values, status=status)


def _around(visit: Visit, wish: Wish) -> dict[str, object]:
    return {
        "wish": wish,
        "who": _who(wish.row.patient.facts) if wish.row else {},
        "kinds": {kind.value: words for kind, words in KINDS.items()},
        "sites": [(site.id, site.name) for site in visit.app.clinic.sites if visit.person.sees(site.id)],
    }


def _who(facts: Facts) -> Mapping[str, object]:
    """Name and birth of whoever it is about."""
    born = _text(facts, "date_of_birth")
    name = f"{_text(facts, 'first_name')} {_text(facts, 'last_name')}".strip()
    return {"name": name, "born": date.fromisoformat(born) if born else None}


def _ahead(visit: Visit, wish: Wish, outlook: Outlook, entry: Entry) -> dict[str, object]:
    """What would come of it, with every time in words."""
    event, site = entry.parsed.event, visit.app.clinic.site(entry.parsed.event.site)
    with visit.app.store.read() as tx:
        also = patients.readable(tx, sorted(may_see(visit, tx, outlook.also)))
    return {
        "outlook": outlook,
        "doubts": list(known_words(visit.app).doubts(event).values()),
        "also": [{"id": row.id, "ref": row.ref, "source": row.source} for row in also.values()],
        "is_added_to": entry.patient_id is not None and wish.row is None,
        "who": _who(wish.row.patient.facts if wish.row else event.patient),
        "happened": KINDS[event.kind],
        "what": _text(event.appointment, "type") or _text(event.treatment, "code") or _text(event.programme, "code"),
        "on": _on(event, site.zone, visit.now),
        "site": site,
        "spoken": lambda at, zone: _spoken(at, zone, visit.now),
        "may_confirm": bool(outlook.joins or outlook.ends or outlook.asks) and not outlook.is_known,
    }


def _on(event: Event, zone: ZoneInfo, now: datetime) -> str:
    """When it happened or will; empty for what has no time."""
    at = time_in(event.appointment, "starts_at") or time_in(event.treatment, "performed_at")
    if at:
        return _spoken(at, zone, now)
    day = _text(event.programme, "starts_on")
    return f"{(on := date.fromisoformat(day)):%A} {on.day} {on:%B %Y}" if day else ""


def _spoken(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    return f"{full(at, now, zone)}, {distance(at, now, zone)}"


def _text(facts: Facts, name: str) -> str:
    told = facts.get(name)
    return told if isinstance(told, str) else ""
