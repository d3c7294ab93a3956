"""Made-up patients that every template is tried on: names that are long, short, foreign to GSM-7, or half missing."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from drip.content.context import values_for
from drip.core.clinic import Clinic, Site
from drip.core.model import Facts
from drip.core.patient import Patient

Values: TypeAlias = Mapping[str, Mapping[str, object]]

ON: Final = datetime(2026, 9, 23, 9, tzinfo=UTC)
"""A Wednesday in September: no day or month is longer to write."""

NO_FIRST_NAME: Final = "no first name"
_VISIT_AT: Final = datetime.fromisoformat("2026-09-23T12:30:00+01:00")
VISIT: Final = timedelta(minutes=45)

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


def sample_patient(names: tuple[str, str], language: str = "en") -> Patient:
    """Somebody of this name."""
    first, last = names
    told: dict[str, str] = {"first_name": first, "date_of_birth": "1970-01-01", "language": language}
    return Patient(facts={**_ATTRIBUTES, **told, **({"last_name": last} if last else {})})


def sample_objects(clinic: Clinic, at: datetime, replies: Facts) -> dict[str, Facts]:
    """A visit, a treatment and a programme of theirs, all at that time."""
    practitioner = "Dr Alexandra Featherstone"
    return {
        "appointment": {
            "type": "initial",
            "starts_at": at.isoformat(),
            "ends_at": (at + VISIT).isoformat(),
            "practitioner": practitioner,
            "changed": ["time", "site", "practitioner"],
        },
        "previous": {
            "starts_at": (at - timedelta(days=7)).isoformat(),
            "site": max(clinic.sites, key=lambda one: len(one.name)).id,
            "practitioner": practitioner,
        },
        "treatment": {**_ATTRIBUTES, "code": "eswt", "performed_at": at.isoformat()},
        "programme": {**_ATTRIBUTES, "code": "achilles-loading", "starts_on": at.date().isoformat()},
        "replies": replies,
        "reply": {"channel": "sms", "word": "stop", "question": "pain", "value": 10},
        "alert": {"kind": "digest", "count": 12, "summary": "12 messages are held for a decision."},
    }


def _values(clinic: Clinic, site: Site, names: tuple[str, str], language: str, replies: Facts) -> Values:
    objects = sample_objects(clinic, _VISIT_AT, replies)
    return values_for(clinic, site, sample_patient(names, language), objects, on=ON)
