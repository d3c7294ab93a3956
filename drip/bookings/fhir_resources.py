"""FHIR R4 resources, checked by `fhir.resources`: only the elements that drip reads, so that no other can be at fault.

https://hl7.org/fhir/R4/ - the four resources are the same in R4B, which is what the library has.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from importlib import import_module
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from drip.bookings.schema import FIRST_YEAR, LAST_YEAR
from drip.bookings.words import cleaned

Element: TypeAlias = Mapping[str, Any]
"""One JSON object of a resource."""

READS: Mapping[str, tuple[str, ...]] = {
    "Appointment": (
        *("id", "meta", "identifier", "status", "serviceType", "appointmentType", "start", "end", "created"),
        "participant",
    ),
    "Encounter": (
        *("id", "meta", "identifier", "status", "class", "type", "serviceType", "subject", "appointment", "period"),
        *("participant", "location", "serviceProvider"),
    ),
    "Procedure": (
        *("id", "meta", "identifier", "status", "code", "subject", "encounter", "performedDateTime"),
        *("performedPeriod", "bodySite", "location"),
    ),
    "Patient": (
        *("id", "meta", "identifier", "active", "name", "telecom", "birthDate", "deceasedBoolean"),
        *("deceasedDateTime", "communication", "link"),
    ),
}
"""The resources that say something to drip, and what it reads of each."""

MOST_IN_A_LIST = 200
DEEPEST = 20
MOST_FLAWS = 10

_MUST_BE_UNDERSTOOD = ("modifierExtension", "implicitRules")
"""What changes the meaning of everything else: who does not know it must not go on reading."""

_NOT_UNDERSTOOD = "changes what the resource means in a way that drip does not know; send it without."


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a resource cannot be read. Never repeats what it says."""

    path: str
    message: str


def checked(told: Element) -> Element | list[Flaw]:
    """What drip reads of a resource of one of these types, each element as FHIR R4 has it; else what is wrong with it.

    Elements that FHIR does not know are left out.
    """
    kind = str(told["resourceType"])
    unknown = [Flaw(name, _NOT_UNDERSTOOD) for name in _MUST_BE_UNDERSTOOD if told.get(name)]
    if unknown:
        return unknown
    picked = {name: told[name] for name in ("resourceType", *READS[kind]) if told.get(name) is not None}
    flaw = _unsound(picked, "", 0)
    if flaw:
        return [flaw]
    errors = _errors(kind, picked)
    if errors and all(error["type"] == "extra_forbidden" for error in errors):
        picked = _without(picked, {error["loc"] for error in errors}, ())
        errors = _errors(kind, picked)
    return [Flaw(_path(error), _message(error)) for error in errors[:MOST_FLAWS]] if errors else picked


@lru_cache
def _model(kind: str) -> Any:
    """Half a second at the first time: the library builds its models when they are imported."""
    return getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)


def load_library() -> None:
    """Read the library's descriptions now: half a second that the first call would otherwise wait for."""
    for kind in READS:
        _model(kind)


def _errors(kind: str, picked: Element) -> list[ErrorDetails]:
    model = _model(kind)
    try:
        model.model_validate(picked)
    except ValidationError as error:
        return error.errors(include_url=False)
    except Exception:  # the library stumbles over some of what no FHIR has, such as a type that does not exist
        return [ErrorDetails(type="stumbled", loc=(), msg="", input=None)]
    return []


def _without(told: Any, unwanted: set[tuple[int | str, ...]], at: tuple[int | str, ...]) -> Any:
    if isinstance(told, dict):
        kept = {name: part for name, part in told.items() if (*at, name) not in unwanted}
        return {name: _without(part, unwanted, (*at, name)) for name, part in kept.items()}
    if isinstance(told, list):
        return [_without(part, unwanted, (*at, number)) for number, part in enumerate(told)]
    return told


_UNSOUND = re.compile("[\0\ud800-\udfff]")


def _unsound(told: object, path: str, depth: int) -> Flaw | None:
    """The first text that no patient's record can hold, or where it is nested too deeply."""
    if isinstance(told, str):
        wrong = _UNSOUND.search(told)
        return Flaw(path, "has a character that is no text (a NUL, or bytes that are not UTF-8).") if wrong else None
    if not isinstance(told, dict | list):
        return None
    if depth >= DEEPEST:
        return Flaw(path, f"is nested more than {DEEPEST} levels deep.")
    parts = list(told.items()) if isinstance(told, dict) else list(enumerate(told))
    found = (_unsound(name, path, depth + 1) or _unsound(part, _joined(path, name), depth + 1) for name, part in parts)
    return next(filter(None, found), None)


def _joined(path: str, name: int | str) -> str:
    """Names come from outside: in a path they are short and can be seen."""
    told = str(name)
    shown = told if told.isalnum() and told.isascii() and len(told) <= 100 else cleaned(told) or "?"
    return f"{path}.{shown}" if path else shown


def _path(error: ErrorDetails) -> str:
    """Without the library's own word for an object that is none."""
    path = ""
    for part in error["loc"]:
        path = _joined(path, part) if part != "root" else path
    return path


_NO_OBJECT = "must be an object: {...}."
_MISSING = "is missing; FHIR R4 requires it."
_MESSAGES = {
    "missing": _MISSING,
    "model_field_validation.missing": _MISSING,
    "string_type": "must be text.",
    "bool_type": "must be true or false.",
    "list_type": "must be a list: [...].",
    "model_validation_format": _NO_OBJECT,
    "model_type": _NO_OBJECT,
    "json_invalid": _NO_OBJECT,  # the library would read an object from within a text
}
_NOT_FHIR = "is not what FHIR R4 has here."


def _message(error: ErrorDetails) -> str:
    """The library's own words can repeat what was told."""
    return _MESSAGES.get(error["type"], _NOT_FHIR)


def said(told: Element, name: str) -> str:
    """A text; empty when nothing was said."""
    value = told.get(name)
    return value.strip() if isinstance(value, str) else ""


def one(told: Element, name: str) -> Element:
    """An object; empty when there is none."""
    value = told.get(name)
    return value if isinstance(value, dict) else {}


def every(told: Element, name: str) -> list[Element]:
    """The objects of a list."""
    value = told.get(name)
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def many(told: Element, name: str) -> list[Element]:
    """The objects of a list, as many as are ever read of one."""
    return every(told, name)[:MOST_IN_A_LIST]


def names_of(concepts: Sequence[Element]) -> list[str]:
    """Everything that some CodeableConcepts are called: the codes of each, then its displays, then its text."""
    names = []
    for concept in concepts:
        codings = many(concept, "coding")
        names += [said(coding, "code") for coding in codings] + [said(coding, "display") for coding in codings]
        names.append(said(concept, "text"))
    return [name for name in names if name]


def label_of(concepts: Sequence[Element]) -> str:
    """What people call the first concept that has a name: its text, else a display, else a code."""
    for concept in concepts:
        codings = many(concept, "coding")
        tried = [said(concept, "text"), *(said(coding, "display") for coding in codings)]
        tried += [said(coding, "code") for coding in codings]
        if label := next(filter(None, tried), ""):
            return cleaned(label)
    return ""


_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def instant_of(told: str, zone: ZoneInfo | None = None) -> datetime | None:
    """A time with an offset, in a year that can be meant; else None.

    With a zone, a whole day is its noon there: some hours wrong is better than a day.
    """
    try:
        if zone is not None and _DAY.fullmatch(told):
            return datetime.combine(date.fromisoformat(told), time(12), zone)
        at = datetime.fromisoformat(told) if len(told) > len("2026-06-15") else None
    except ValueError:
        return None
    is_sound = at is not None and at.tzinfo is not None and FIRST_YEAR <= at.year <= LAST_YEAR
    return at if is_sound else None


def is_over(period: Element, at: datetime) -> bool:
    """Whether a period ended before that day; one that ended `2014` ended with that year."""
    ended = said(period, "end")[: len("2026-06-15")]
    return bool(ended) and ended < at.date().isoformat()[: len(ended)]
