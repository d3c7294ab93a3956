"""What a clinic calls the sites, types and treatments that a FHIR server has its own codes and names for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from drip.bookings.fhir_bundle import Entry, Records
from drip.bookings.fhir_resources import Element, label_of, many, names_of, one, said
from drip.bookings.generic import EventReader
from drip.bookings.our_names import site_of, type_of

_PLACES = ("Location", "HealthcareService", "Organization")
"""Where a visit can be said to be, the most exact first."""

_SIDES = {"left": re.compile(r"(?i)\bleft\b"), "right": re.compile(r"(?i)\bright\b")}
_BOTH = re.compile(r"(?i)\b(?:both|bilateral)\b")


def site_at(reader: EventReader, entry: Entry, records: Records) -> str:
    """Our site of the first place that clinic.yaml knows; empty when it knows none."""
    found = [_Place.of(reference, entry, records) for reference in _places(entry.told)]
    places = sorted((place for place in found if place), key=lambda place: _PLACES.index(place.kind))
    return site_of(reader.clinic, reader.source, [name for place in places for name in place.names])


def visit_type(reader: EventReader, told: Element) -> str:
    """The first of a visit's types that clinic.yaml knows; else what people call it."""
    concepts = [*_concepts(told, "serviceType"), *_concepts(told, "appointmentType"), *_concepts(told, "type")]
    return type_of(reader.clinic, [*names_of(concepts), label_of(concepts)])


def treatment_in(reader: EventReader, told: Element) -> str:
    """The first code, display or text that clinic.yaml knows; else what people call it."""
    known, concepts = reader.treatments, [one(told, "code")]
    names = (name for name in names_of(concepts) if name in known or name.casefold() in known)
    return next(names, "") or label_of(concepts)


def _concepts(told: Element, name: str) -> list[Element]:
    """FHIR has one of some, and a list of others: an Encounter's serviceType, an Appointment's."""
    return many(told, name) or [one(told, name)]


def _places(told: Element) -> list[Element]:
    """Every reference that may say where something was."""
    found = [one(part, "actor") for part in many(told, "participant")]
    found += [one(part, "location") for part in many(told, "location")]
    return [*found, one(told, "location"), one(told, "serviceProvider")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    kind: str
    names: Sequence[str]

    @classmethod
    def of(cls, reference: Element, entry: Entry, records: Records) -> "_Place | None":
        """Many servers only display where something is, without a record of the place."""
        meant, found = records.meant(reference, entry), records.find(reference, entry)
        kind = meant.kind if meant else _PLACES[0]
        if kind not in _PLACES:
            return None
        ids = [f"{meant.kind}/{meant.ref}", meant.ref] if meant else []
        return cls(kind=kind, names=[*ids, said(reference, "display"), said(found.told, "name") if found else ""])


def practitioner_of(entry: Entry, records: Records) -> str:
    """The id of the first person of the clinic who takes part; empty when nobody is named."""
    for part in many(entry.told, "participant"):
        meant = records.meant(one(part, "actor") or one(part, "individual"), entry)
        if meant and meant.kind in ("Practitioner", "PractitionerRole"):
            return meant.ref
    return ""


def side_of(told: Element) -> str:
    """`left` or `right`, where the place of a treatment, or else its name, says one and only one of them."""
    for concepts in (many(told, "bodySite"), [one(told, "code")]):
        words = " ".join(names_of(concepts))
        sides = [side for side, word in _SIDES.items() if word.search(words)]
        if sides or _BOTH.search(words):
            return sides[0] if len(sides) == 1 and not _BOTH.search(words) else ""
    return ""
