"""What somebody at the clinic types about one patient -> drip's own event, or what is wrong with it, field by field.

It is read as every booking system's events are, and more strictly: whoever typed it can put it right at once, so an
address that cannot be used is refused here, where a booking system's event would be kept.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drip.bookings.contact import with_addresses, with_preferences
from drip.bookings.generic import EventReader
from drip.bookings.parsed import Parsed, Raw, Rejected
from drip.bookings.typed_time import WrongTime, clock_of, day_of, instant_of, timely
from drip.bookings.words import NAME_LENGTH
from drip.core.clinic import Clinic, Site
from drip.core.model import EventKind
from drip.core.typed import says_something
from drip.core.walltime import local_date

SOURCE = "console"
"""Who tells what was typed here, and whose patients they are whom no booking system has told us of."""

KINDS: Mapping[EventKind, str] = {
    EventKind.BOOKED: "appointment booked",
    EventKind.ATTENDED: "appointment attended",
    EventKind.TREATMENT_PERFORMED: "treatment given",
    EventKind.PROGRAMME_STARTED: "programme started",
    EventKind.DISCHARGED: "discharged",
}
"""What can be told by hand, in the words of forms and files."""

PATHS: Mapping[str, str] = {
    "ref": "patient.ref",
    "first_name": "patient.first_name",
    "last_name": "patient.last_name",
    "date_of_birth": "patient.date_of_birth",
    "email": "patient.email",
    "phone": "patient.phone",
    "language": "patient.language",
    "conditions": "patient.conditions",
    "subtype": "patient.attributes.subtype",
    "carer_name": "contact.name",
    "carer_phone": "contact.phone",
    "carer_email": "contact.email",
    "site": "site",
    "kind": "kind",
    "on": "starts_on",
    "at": "starts_at",
    "what": "type",
    "side": "programme.attributes.side",
}
"""Each field, and where it goes in an event; `on`, `at` and `what` go where the kind has them."""

_TEXTS = [name for name, path in PATHS.items() if path.startswith(("patient.", "contact."))]
_NEEDED = {"first_name": "Enter a first name.", "last_name": "Enter a last name.", "ref": "Enter a patient number."}
_DATED = frozenset(KINDS) - {EventKind.DISCHARGED}
_TIMED = frozenset({EventKind.BOOKED, EventKind.ATTENDED, EventKind.TREATMENT_PERFORMED})
_VISITS = frozenset({EventKind.BOOKED, EventKind.ATTENDED})
_CODED = frozenset({EventKind.TREATMENT_PERFORMED, EventKind.PROGRAMME_STARTED})
_SIDES = ("left", "right", "both")

_SHORT = ("ref", "first_name", "last_name", "carer_name", "what", "subtype")
TOO_LONG = f"This is longer than {NAME_LENGTH} characters: it would be cut off."

Wrong = dict[str, str]
"""Field -> what is wrong with it, as a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _When:
    """What the date and time come to. Empty where the kind has none."""

    day: str = ""
    at: str = ""


def read(
    typed: Mapping[str, str], clinic: Clinic, key: str, now: datetime, *, index: int = 0, is_known: bool = False
) -> Parsed | list[Rejected]:
    """The event, or every field that has to be put right. `key` makes it the one it is: told twice, it counts once.

    `is_known`: it is about a record that was chosen, so that nothing has to be said of who it is.
    """
    given = {name: value.strip() for name, value in typed.items() if value.strip()}
    wrong: Wrong = {
        name: says for name, says in _NEEDED.items() if not says_something(given.get(name, "")) and not is_known
    }
    wrong |= {name: TOO_LONG for name in _SHORT if len(given.get(name, "")) > NAME_LENGTH}
    site, kind = _site(given, clinic, wrong), _kind(given, wrong)
    when = _when(given, kind, site, now, wrong) if kind else _When()
    wrong |= _which(given, kind) if kind else {}
    wrong |= _reached(given, site.country)
    born = _born(given, site, now, wrong)
    if kind and not wrong:
        told = _told({**given, **born}, kind, site, when) | {"event_id": key, "occurred_at": now.isoformat()}
        parsed = _parsed(Raw(index, told, _fields(kind)), clinic, wrong)
        if parsed:
            return parsed
    return [Rejected(index, name, says) for name, says in wrong.items()]


def key_of(typed: Mapping[str, str]) -> str:
    """What makes a row of a file the one it is: the same row again, in whichever file, is the same event."""
    told = "\x1f".join(f"{name}={typed[name].strip()}" for name in sorted(typed) if typed[name].strip())
    return f"row-{hashlib.sha256(told.encode('utf-8', 'replace')).hexdigest()[:32]}"


def _site(given: Mapping[str, str], clinic: Clinic, wrong: Wrong) -> Site:
    """By its id or name; the first one where none is said."""
    told = given.get("site", clinic.sites[0].id).casefold()
    site = next((one for one in clinic.sites if told in (one.id.casefold(), one.name.casefold())), None)
    if site is None:
        wrong["site"] = f"There is no such site. There are: {', '.join(one.name for one in clinic.sites)}."
    return site or clinic.sites[0]


def _kind(given: Mapping[str, str], wrong: Wrong) -> EventKind | None:
    told = " ".join(given.get("kind", "").casefold().split())
    kind = next((kind for kind, words in KINDS.items() if told in (kind.value, words)), None)
    if kind is None:
        wrong["kind"] = f"Say what happened: {', '.join(KINDS.values())}."
    return kind


def _when(given: Mapping[str, str], kind: EventKind, site: Site, now: datetime, wrong: Wrong) -> _When:
    if kind not in _DATED:
        return _When()
    try:
        day = day_of(given.get("on", ""), site.country)
    except WrongTime as problem:
        wrong["on"], day = str(problem), None
    try:
        clock = clock_of(given.get("at", "")) if kind in _TIMED else None
        at = instant_of(day, clock, site.zone) if day and clock else None
    except WrongTime as problem:
        wrong["at"], at = str(problem), None
    if day is None or "at" in wrong:
        return _When()
    if says := timely(kind, day, at, now, site.zone):
        wrong["on"] = says
    return _When(day=day.isoformat(), at=at.isoformat() if at else "")


def _reached(given: Mapping[str, str], country: str) -> Wrong:
    """What of an address or a number cannot be used, for the patient or for a carer."""
    wrong: Wrong = {}
    for whose in ("", "carer_"):
        told = {name: given[whose + name] for name in ("phone", "email") if whose + name in given}
        wrong |= {whose + one.path.rpartition(".")[2]: one.message for one in with_addresses(told, "", country)[1]}
    if with_preferences({"language": given.get("language", "en")}, "")[1]:
        wrong["language"] = "Write a language like en or cy."
    return wrong


def _which(given: Mapping[str, str], kind: EventKind) -> Wrong:
    """What it was of, and for which side."""
    wrong: Wrong = {}
    if kind in _CODED and "what" not in given:
        wrong["what"] = "Say which: the name that your sequences have for it."
    side = given.get("side", "").casefold()
    if side and kind is not EventKind.PROGRAMME_STARTED:
        wrong["side"] = "Only a programme has a side: leave this empty."
    elif side and side not in _SIDES:
        wrong["side"] = "Say left, right or both."
    return wrong


def _born(given: Mapping[str, str], site: Site, now: datetime, wrong: Wrong) -> Mapping[str, str]:
    if "date_of_birth" not in given:
        return {}
    try:
        day = day_of(given["date_of_birth"], site.country)
    except WrongTime as problem:
        wrong["date_of_birth"] = str(problem)
        return {}
    if day > local_date(now, site.zone):
        wrong["date_of_birth"] = "This is still ahead. Is the year right?"
    return {"date_of_birth": day.isoformat()}


def _told(given: Mapping[str, str], kind: EventKind, site: Site, when: _When) -> dict[str, Any]:
    """As a booking system would tell it."""
    event: dict[str, Any] = {"kind": kind.value, "site": site.id, "patient": {}}
    for name in _TEXTS:
        if name in given:
            _put(event, PATHS[name], given[name])
    if "conditions" in given:
        event["patient"]["conditions"] = [one for part in given["conditions"].split(";") if (one := part.strip())]
    what = given.get("what", "")
    if kind in _VISITS:
        event["appointment"] = {"ref": _visit(given["ref"], when.day, what), "starts_at": when.at}
        event["appointment"] |= {"type": what} if what else {}
    elif kind is EventKind.TREATMENT_PERFORMED:
        event["treatment"] = {"code": what, "performed_at": when.at}
    elif kind is EventKind.PROGRAMME_STARTED:
        event["programme"] = {"code": what, "starts_on": when.day}
    if "side" in given:
        _put(event, PATHS["side"], given["side"].casefold())
    return event


def _put(event: dict[str, Any], path: str, value: str) -> None:
    *above, name = path.split(".")
    place = event
    for part in above:
        place = place.setdefault(part, {})
    place[name] = value


def _visit(ref: str, day: str, what: str) -> str:
    """A visit by hand has no number: it is this patient's of that day and type, whoever tells of it and how often."""
    told = "\x1f".join((ref, day, what.casefold()))
    return f"hand-{hashlib.sha256(told.encode('utf-8', 'replace')).hexdigest()[:24]}"


def _fields(kind: EventKind) -> Mapping[str, str]:
    """The field that each path of such an event came from."""
    above = {EventKind.TREATMENT_PERFORMED: "treatment", EventKind.PROGRAMME_STARTED: "programme"}.get(
        kind, "appointment"
    )
    times = {"appointment": "starts_at", "treatment": "performed_at", "programme": "starts_on"}
    what = f"{above}.type" if above == "appointment" else f"{above}.code"
    return {path: name for name, path in PATHS.items()} | {f"{above}.{times[above]}": "on", what: "what"}


def _parsed(raw: Raw, clinic: Clinic, wrong: Wrong) -> Parsed | None:
    """Read as any other event is."""
    outcomes = EventReader.of(clinic, SOURCE).read(raw)
    for outcome in outcomes:
        if isinstance(outcome, Rejected):
            says = outcome.message
            wrong.setdefault(outcome.path, says if says[:1].isupper() else f"This {says}")
    found = next((one for one in outcomes if isinstance(one, Parsed)), None)
    return None if wrong else found
