"""The values that fill a template's gaps: who, where and when, as a patient reads them."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import quote

import phonenumbers

from drip.core.clinic import Clinic, Site
from drip.core.condition import Objects
from drip.core.emergency import Emergency
from drip.core.model import Facts
from drip.core.patient import Patient
from drip.core.window import WEEKDAYS, Window

Values: TypeAlias = dict[str, Mapping[str, object]]

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def values_for(clinic: Clinic, site: Site, patient: Patient, objects: Objects, *, on: datetime) -> Values:
    """Everything a template may name, for one patient at an instant. Visit times are on the site's clock."""
    return {
        "patient": _patient(patient, on.astimezone(site.zone).date()),
        "appointment": _appointment(objects.get("appointment", {}), site),
        "previous": _previous(objects.get("previous", {}), clinic, site),
        "treatment": _timed(objects.get("treatment", {}), site, {"performed_at"}, code="", performed_at=None),
        "programme": _timed(objects.get("programme", {}), site, {"starts_on"}, code="", starts_on=None),
        "replies": objects.get("replies", {}),
        "reply": {"channel": "", "word": "", "question": "", "value": None, **objects.get("reply", {})},
        "alert": {"kind": "", "count": 0, "summary": "", **objects.get("alert", {})},
        **clinic_values(clinic, site),
    }


def _patient(patient: Patient, today: date) -> Mapping[str, object]:
    facts = patient.facts
    first, last = str(facts.get("first_name") or ""), str(facts.get("last_name") or "")
    named = {"first_name": first, "last_name": last, "full_name": f"{first} {last}".strip()}
    return {"language": "en", **facts, **named, "age": patient.age_on(today)}


def _appointment(facts: Facts, site: Site) -> Mapping[str, object]:
    times = {"starts_at", "ends_at", "booked_at"}
    return _timed(facts, site, times, type="", practitioner="", starts_at=None, ends_at=None, changed=())


def _previous(facts: Facts, clinic: Clinic, site: Site) -> Mapping[str, object]:
    """What was told of a visit before it moved: its time on the site's clock, and the name of its place."""
    told = _timed(facts, site, {"starts_at"}, practitioner="", starts_at=None)
    place = facts.get("site")
    return {**told, "site": clinic.site(place).name if isinstance(place, str) else ""}


def _timed(facts: Facts, site: Site, times: AbstractSet[str], **known: object) -> Mapping[str, object]:
    """The facts, with what is always there, and their own times on the site's clock. Attributes stay as told."""
    return {**known, **{name: _time(value, site) if name in times else value for name, value in facts.items()}}


def _time(value: object, site: Site) -> object:
    if not isinstance(value, str):
        return value
    if "T" not in value:
        return date.fromisoformat(value)
    return datetime.fromisoformat(value).astimezone(site.zone)


@lru_cache(maxsize=64)
def _clinic_values(
    clinic_name: str, phone: str, email: str, website: str, country: str, help_there: Emergency
) -> Mapping[str, object]:
    return {
        "name": clinic_name,
        "phone": national(phone, country),
        "email": email,
        "website": website,
        "emergency_number": help_there.number,
        "emergency_department": help_there.department,
        "urgent_line": help_there.urgent_line,
        "urgent_website": help_there.urgent_website,
        "relay_prefix": help_there.relay_prefix,
    }


def clinic_values(clinic: Clinic, site: Site) -> Values:
    """What is the same for every patient of a site. Urgent help is that of the site's own place."""
    about = (clinic.name, clinic.phone, clinic.email, clinic.website, clinic.country)
    return {
        "clinic": _clinic_values(*about, site.emergency),
        "site": {
            "name": site.name,
            "address": ", ".join(site.address),
            "phone": national(site.phone or clinic.phone, site.country),
            "opening": in_words(site.opening or site.window),
        },
        "links": links(clinic),
    }


def links(clinic: Clinic) -> Mapping[str, object]:
    """Where a patient stops, changes or sees messages: by a mail to the clinic, unless we have a public address."""
    return _links(clinic.email)


@lru_cache(maxsize=64)
def _links(email: str) -> Mapping[str, object]:
    mail = f"mailto:{email}?subject="
    return {
        "preferences": mail + quote("Change my messages"),
        "stop": mail + quote("Stop my messages"),
        "view": mail + quote("Please send me this message again"),
    }


@lru_cache(maxsize=256)
def national(phone: str, country: str) -> str:
    """A number as people dial it at home: `01234 380345`."""
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return phone
    at_home = phonenumbers.region_code_for_country_code(number.country_code or 0) == country
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, style.NATIONAL if at_home else style.INTERNATIONAL)


def in_words(opening: object) -> str:
    """`Monday to Friday, 9am to 5pm`."""
    if not isinstance(opening, Window):
        return "every day, at any time"
    return f"{_days(sorted(opening.days))}, {_clock(opening.opens)} to {_clock(opening.closes)}"


def _days(days: list[int]) -> str:
    if len(days) == len(WEEKDAYS):
        return "every day"
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return f"{DAY_NAMES[days[0]]} to {DAY_NAMES[days[-1]]}"
    names = [DAY_NAMES[day] for day in days]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _clock(clock: time) -> str:
    at = datetime.combine(date(2000, 1, 1), clock, UTC)
    hour, minutes = at.hour % 12 or 12, f":{at.minute:02d}" if at.minute else ""
    return f"{hour}{minutes}{'am' if at.hour < 12 else 'pm'}"
