"""A FHIR Patient as drip's patient: which of several names, numbers and addresses is used."""

import re
from collections.abc import Callable
from datetime import datetime

from drip.bookings.fhir_resources import Element, is_over, many, one, said
from drip.core.model import EventKind

_FIRST_NAME = ("usual", "official", "", "temp", "nickname", "anonymous")
_LAST_NAME = ("official", "usual", "", "temp", "nickname", "anonymous")
"""Which of several names is used, by its `use`; never an `old` or a `maiden` one."""

_USED = ("mobile", "home", "temp", "")
"""Of numbers and addresses. What is written about somebody's health is not for whoever answers at their work."""

_LEAST_RANK = 1_000
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?=-|$)")


def kind_of(patient: Element) -> EventKind:
    """What a Patient comes to: death, and another record in its place, end everything."""
    if said(patient, "deceasedDateTime") or patient.get("deceasedBoolean") is True:
        return EventKind.DECEASED
    if any(said(link, "type") == "replaced-by" for link in many(patient, "link")):
        return EventKind.MERGED
    return EventKind.PATIENT_UPDATED


def facts_of(patient: Element, at: datetime, *, is_copy: bool = False) -> dict[str, object]:
    """What is known of a patient at that moment, without `ref`.

    A number or address that a whole record does not have is said to be gone: it may be somebody else's by now.
    """
    names = [name for name in many(patient, "name") if not is_over(one(name, "period"), at)]
    phone, email = _phone(patient, at), _email(patient, at)
    told: dict[str, object] = {
        "first_name": _chosen(names, _FIRST_NAME, _given),
        "last_name": _chosen(names, _LAST_NAME, lambda name: said(name, "family")),
        "phone": phone,
        "email": email,
        "date_of_birth": _birth(patient),
        "language": _language(patient),
    }
    facts = {name: value for name, value in told.items() if value}
    if not is_copy and not _is_shortened(patient):
        facts = {"phone": phone or None, "email": email or None} | facts
    return facts


def _chosen(names: list[Element], order: tuple[str, ...], part: Callable[[Element], str]) -> str:
    used = [name for name in names if said(name, "use") in order]
    used.sort(key=lambda name: order.index(said(name, "use")))
    return next(filter(None, map(part, used)), "")


def _given(name: Element) -> str:
    given = name.get("given")
    return next((told.strip() for told in given if isinstance(told, str) and told.strip()), "") if given else ""


def _phone(patient: Element, at: datetime) -> str:
    """What can take a text comes first, whatever its rank."""
    found = _reached(patient, ("phone", "sms"), at)
    found.sort(key=lambda point: said(point, "use") != "mobile" and said(point, "system") != "sms")
    return said(found[0], "value").removeprefix("tel:").removeprefix("sms:") if found else ""


def _email(patient: Element, at: datetime) -> str:
    found = _reached(patient, ("email",), at)
    return said(found[0], "value").removeprefix("mailto:") if found else ""


def _reached(patient: Element, systems: tuple[str, ...], at: datetime) -> list[Element]:
    """The contact points that may be used, the one that the patient prefers first."""
    found = [
        point
        for point in many(patient, "telecom")
        if said(point, "system") in systems
        and said(point, "use") in _USED
        and said(point, "value")
        and not is_over(one(point, "period"), at)
    ]
    return sorted(found, key=_rank)


def _rank(point: Element) -> int:
    rank = point.get("rank")
    return rank if type(rank) is int else _LEAST_RANK


def _birth(patient: Element) -> str:
    """A year, or a month of a year, is not enough to say how old somebody is."""
    told = said(patient, "birthDate")
    return told if _DAY.fullmatch(told) else ""


def _language(patient: Element) -> str:
    """The one that is preferred: `cy` of `cy-GB`."""
    for spoken in many(patient, "communication"):
        if spoken.get("preferred") is True:
            for coding in many(one(spoken, "language"), "coding"):
                if found := _LANGUAGE.match(said(coding, "code")):
                    return found[0].lower()
    return ""


def _is_shortened(patient: Element) -> bool:
    """A server that was asked for less than everything says so."""
    return any(said(tag, "code") == "SUBSETTED" for tag in many(one(patient, "meta"), "tag"))
