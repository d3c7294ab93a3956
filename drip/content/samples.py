"""Made-up patients that every template is tried on: names that are long, short, foreign to GSM-7, or half missing."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, TypeAlias

from drip.content.context import values_for
from drip.core.clinic import Clinic, Site
from drip.core.model import Facts
from drip.core.patient import Patient

Values: TypeAlias = Mapping[str, Mapping[str, object]]

ON: Final = datetime(2026, 9, 23, 9, tzinfo=UTC)
"""A Wednesday in September: no day or month is longer to write."""

NO_FIRST_NAME: Final = "no first name"
LONG_NAME: Final = "20-letter name"
NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "short name": ("Jo", "Ng"),
    LONG_NAME: ("Bartholomewalexander", "Featherstonehaugh"),
    "name outside GSM-7": ("Zoë Łukasz", "Wójcik"),
    "no last name": ("Sam", ""),
    NO_FIRST_NAME: ("", "Shah"),
}

ATTRIBUTES: Final = ("subtype", "side", "session", "course_of")
"""What programmes and treatments are usually told with."""

_ATTRIBUTES: Final[Facts] = {"subtype": "midportion", "side": "left", "session": 2, "course_of": 3}


def sample_values(
    clinic: Clinic, site: Site, language: str = "en", answers: Facts | None = None
) -> list[tuple[str, Values]]:
    """Each sample patient by name, with everything that a template may show at this site.

    Where there are `answers`, each of them once without any and once with these.
    """
    return [
        (name, _values(clinic, site, names, language, replies))
        for name, names in NAMES.items()
        for replies in ({}, answers or {})[: 2 if answers else 1]
    ]


def _values(clinic: Clinic, site: Site, names: tuple[str, str], language: str, replies: Facts) -> Values:
    first, last = names
    told: dict[str, str] = {"first_name": first, "date_of_birth": "1970-01-01", "language": language}
    patient = Patient(facts={**_ATTRIBUTES, **told, **({"last_name": last} if last else {})})
    appointment = {
        "type": "initial",
        "starts_at": "2026-09-23T12:30:00+01:00",
        "ends_at": "2026-09-23T13:15:00+01:00",
        "practitioner": "Dr Alexandra Featherstone",
        "changed": ["time", "site", "practitioner"],
    }
    objects: dict[str, Facts] = {
        "appointment": appointment,
        "previous": {
            "starts_at": "2026-09-16T12:30:00+01:00",
            "site": max(clinic.sites, key=lambda one: len(one.name)).id,
            "practitioner": "Dr Alexandra Featherstone",
        },
        "treatment": {**_ATTRIBUTES, "code": "eswt", "performed_at": "2026-09-23T12:30:00+01:00"},
        "programme": {**_ATTRIBUTES, "code": "achilles-loading", "starts_on": "2026-09-23"},
        "replies": replies,
        "reply": {"channel": "sms", "word": "stop", "question": "pain", "value": 10},
        "alert": {"kind": "digest", "count": 12, "summary": "12 messages are held for a decision."},
    }
    return values_for(clinic, site, patient, objects, on=ON)
