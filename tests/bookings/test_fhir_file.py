"""Files of FHIR: a resource, a Bundle, a list, or one a line; those in one file know each other."""

import json
import re
from pathlib import Path

import pytest

from drip.bookings import fhir_file
from drip.bookings.parsed import Parsed
from drip.bookings.registry import reader_of
from drip.core.clinic import Clinic
from tests.bookings.fhir_told import a_bundle, a_patient, an_appointment, an_encounter, events, read, rejected, said

VISIT, PATIENT = json.dumps(an_appointment()), json.dumps(a_patient())
BOTH: list[tuple[str, ...]] = [("appointment.booked", "1"), ("patient.updated", "1")]
FILES: dict[str, tuple[str | bytes, list[tuple[str, ...]]]] = {
    "nothing": ("", []),
    "white space": (" \n\n", []),
    "resource": (VISIT, BOTH[:1]),
    "resource over many lines": (json.dumps(an_appointment(), indent=2), BOTH[:1]),
    "byte order mark": (b"\xef\xbb\xbf" + VISIT.encode(), BOTH[:1]),
    "bundle": (json.dumps(a_bundle(an_appointment(), a_patient()), indent=1), BOTH),
    "list": (f"[{VISIT}, {PATIENT}]", BOTH),
    "lines": (f"{VISIT}\n{PATIENT}\n", BOTH),
    "lines with blanks": (f"\r\n{VISIT}\r\n\r\n{PATIENT}", BOTH),
    "bundle a line": ("\n".join(json.dumps(a_bundle(one)) for one in (an_appointment(), a_patient())), BOTH),
    "broken line": (f"{VISIT}\n{{oops\n{PATIENT}", [BOTH[0], ("",), BOTH[1]]),
    "not UTF-8 in one line": (
        VISIT.encode().replace(b"First", b"F\xedrst") + b"\n" + PATIENT.encode(),
        [("serviceType.0.text",), BOTH[1]],
    ),
    "XML": ("<Bundle/>", [("",)]),
    "none of these": ("Dear clinic", [("",)]),
}


@pytest.mark.parametrize(("told", "expected"), FILES.values(), ids=FILES)
def test_a_file_gives_every_good_resource_and_the_place_of_every_bad_one(
    told: str | bytes, expected: list[tuple[str, ...]], clinic: Clinic
) -> None:
    outcomes = read(told.encode() if isinstance(told, str) else told, clinic)
    assert said(outcomes) == expected
    if len(expected) > 1:
        assert [one.index for one in outcomes] == list(range(len(expected)))


def test_a_file_of_lines_is_known_by_its_name(clinic: Clinic) -> None:
    broken = f"{{oops\n{PATIENT}".encode()
    assert said(read(broken, clinic, "Patient.NDJSON")) == [("",), BOTH[1]]
    assert said(read(broken, clinic, "x.json")) == [("",)]


def test_patients_and_encounters_in_one_file_are_known(clinic: Clinic) -> None:
    told = f"{VISIT}\n{PATIENT}\n{json.dumps(an_encounter(appointment=...))}"
    found = events(told.encode(), clinic)
    assert [one.event.patient["first_name"] for one in found] == ["Morag"] * 3


def test_the_file_that_is_shown_can_be_taken_in(clinic: Clinic) -> None:
    page = (Path(__file__).parents[2] / "docs" / "bookings" / "fhir.md").read_text()
    *_, shown = re.findall(r"^```json\n(.*?)^```", page, re.S | re.M)
    visit, patient = events(shown.encode(), clinic)
    assert visit.event.patient == patient.event.patient
    assert visit.event.patient["first_name"] == "Amina"


def test_the_source_is_on_the_list(clinic: Clinic) -> None:
    (one,) = reader_of("fhir")(VISIT.encode(), clinic, "fhir", mapping={"Client": "patient.ref"})
    assert isinstance(one, Parsed)
    assert one.source == "fhir"


def test_a_file_that_is_too_large_is_refused_whole(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fhir_file, "MOST_BYTES", 100)
    (one,) = rejected(an_appointment(), clinic)
    assert "send it in parts" in one.message


def test_a_file_of_too_many_resources_is_refused_whole(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fhir_file, "MOST_RESOURCES", 1)
    assert len(events(an_appointment(), clinic)) == 1
    (one,) = rejected(a_bundle(an_appointment(), a_patient()), clinic)
    assert "send them in parts" in one.message
