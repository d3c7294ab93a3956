"""HL7 version 2: messages about visits and patients, as interface engines write them into files and pipes."""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drip.bookings import hl7_file
from drip.bookings.csv_file import MappingError
from drip.bookings.hl7_file import read_file
from drip.bookings.parsed import Outcome, Parsed, Rejected
from drip.bookings.registry import reader_of
from drip.core.clinic import BookingSystem, Clinic
from drip.core.model import EventKind

SEGMENTS = {
    "MSH": r"MSH|^~\&|DIARY|KINGSWAY|DRIP||20260601100000+0100||SIU^S12^SIU_S12|M-17|P|2.5.1",
    "SCH": "SCH|P-9|F-42|||||ROUTINE|IA^Initial assessment^L|45|min|||||||||||||||Booked",
    "TQ1": "TQ1|1||||||20260611100000+0100|20260611104500+0100",
    "PID": "PID|1||H-301^^^WARD^MR~9990001112^^^NHS^NH||Shah^Amina^K||19790302|F|||||07700900123^PRN^CP",
    "RGS": "RGS|1|A",
    "AIS": "AIS|1|A|PHY^Physiotherapy|20260611100000+0100|||45|min",
    "AIL": "AIL|1|A|ROOM 2^^^Kingsway",
    "AIP": "AIP|1|A|PR3^Bain^Morag",
}

Read = Callable[..., list[Outcome]]
One = Callable[..., Parsed]


def a_message(**changed: str | None) -> str:
    """An ordinary booking; a segment that is given takes the place of the ordinary one, None takes it away."""
    segments = {**SEGMENTS, **changed}
    return "\r".join(segment for segment in segments.values() if segment is not None)


def a_trigger(trigger: str, status: str = "", **changed: str | None) -> str:
    """The same visit, about another thing that happened to it."""
    header = SEGMENTS["MSH"].replace("S12", trigger).replace("M-17", f"M-{trigger}{status}")
    return a_message(**{"MSH": header, "SCH": SEGMENTS["SCH"].replace("Booked", status or "Booked"), **changed})


def a_patient(trigger: str = "A31", **changed: str | None) -> str:
    """Something about the patient and no visit."""
    header = SEGMENTS["MSH"].replace("SIU^S12^SIU_S12", f"ADT^{trigger}^ADT_A05")
    parts = {"MSH": header, "PID": SEGMENTS["PID"], **changed}
    return "\r".join(segment for segment in parts.values() if segment is not None)


@pytest.fixture(scope="module")
def hl7_clinic(clinic: Clinic) -> Clinic:
    """What the engine calls our sites."""
    return replace(clinic, bookings={"hl7": BookingSystem(sites={"Kingsway": "leith", "Back Bay": "boston"})})


@pytest.fixture
def read(hl7_clinic: Clinic) -> Read:
    """Reads messages."""

    def reading(told: str | bytes, **how: Any) -> list[Outcome]:
        return read_file(told if isinstance(told, bytes) else told.encode(), hl7_clinic, "hl7", **how)

    return reading


@pytest.fixture
def one(read: Read) -> One:
    """The only event of what is read."""

    def reading(told: str | bytes, **how: Any) -> Parsed:
        (outcome,) = read(told, **how)
        assert isinstance(outcome, Parsed), outcome
        return outcome

    return reading


def test_a_booking_is_read_whole(one: One) -> None:
    read = one(a_message())
    assert (read.event.kind, read.patient_ref, read.event.site) == (EventKind.BOOKED, "H-301", "leith")
    assert read.event.occurred_at.isoformat() == "2026-06-01T10:00:00+01:00"
    assert read.event.patient == {
        "ref": "H-301", "first_name": "Amina", "last_name": "Shah", "phone": "+447700900123", "phone_problem": None,
        "date_of_birth": "1979-03-02",
    }  # fmt: skip
    assert read.event.appointment == {
        "ref": "F-42", "type": "Physiotherapy", "practitioner": "PR3",
        "starts_at": "2026-06-11T10:00:00+01:00", "ends_at": "2026-06-11T10:45:00+01:00",
    }  # fmt: skip


KINDS = {
    ("S12", ""): EventKind.BOOKED,
    ("S13", ""): EventKind.RESCHEDULED,
    ("S14", ""): EventKind.BOOKED,
    ("S15", ""): EventKind.CANCELLED,
    ("S16", ""): EventKind.CANCELLED,
    ("S17", ""): EventKind.CANCELLED,
    ("S26", ""): EventKind.NO_SHOW,
    ("S14", "Cancelled"): EventKind.CANCELLED,
    ("S14", "Noshow"): EventKind.NO_SHOW,
    ("S14", "NO SHOW"): EventKind.NO_SHOW,
    ("S14", "Complete"): EventKind.ATTENDED,
    ("S13", "Dc"): EventKind.CANCELLED,
    ("S12", "Whatever"): EventKind.BOOKED,
}


@pytest.mark.parametrize(("trigger", "status"), KINDS)
def test_what_happened_goes_by_the_trigger_and_the_status(trigger: str, status: str, one: One) -> None:
    assert one(a_trigger(trigger, status)).event.kind is KINDS[trigger, status]


@pytest.mark.parametrize("status", ["Pending", "Waitlist", "Blocked"])
def test_a_visit_that_has_no_time_yet_says_nothing(status: str, read: Read) -> None:
    assert read(a_trigger("S12", status)) == []


@pytest.mark.parametrize("about", ["ORU^R01", "ADT^A01", "SIU^S18", "SIU", "", "ACK^S12"])
def test_messages_about_other_things_say_nothing(about: str, read: Read) -> None:
    assert read(a_message(MSH=SEGMENTS["MSH"].replace("SIU^S12^SIU_S12", about))) == []


FRAMES: dict[str, Callable[[str], bytes]] = {
    "CR": lambda text: text.encode(),
    "LF": lambda text: text.replace("\r", "\n").encode(),
    "CRLF": lambda text: text.replace("\r", "\r\n").encode(),
    "on a wire": lambda text: b"\x0b" + text.encode() + b"\r\x1c\r",
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "a batch": lambda text: b"FHS|^~\\&|X\rBHS|^~\\&|X\r" + text.encode() + b"\rBTS|1\rFTS|1\r",
    "blank lines and spaces": lambda text: b"\n\n " + text.replace("\r", "\n\n  ").encode() + b"\n",
    "other segments": lambda text: text.replace(
        "RGS|1|A", "NTE|1||Bring a towel\rZZZ|1\roddly broken\rRGS|1|A"
    ).encode(),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_a_message_is_the_same_however_it_is_framed(frame: Callable[[str], bytes], one: One) -> None:
    assert one(frame(a_message())).body["appointment"] == one(a_message()).body["appointment"]


def test_ends_of_lines_do_not_make_another_event_of_it(one: One) -> None:
    keys = {one(FRAMES[name](a_message())).event.key for name in ("CR", "LF", "CRLF", "on a wire", "a batch")}
    assert keys == {one(a_message()).event.key}


def test_the_event_is_called_by_the_messages_own_number(one: One) -> None:
    assert one(a_message()).event.key.startswith("M-17:")


def test_a_number_that_is_used_again_is_another_event(one: One) -> None:
    later = a_message(MSH=SEGMENTS["MSH"].replace("20260601", "20260602"))
    assert one(later).event.key != one(a_message()).event.key


def test_files_may_be_put_together_even_if_one_does_not_end_its_last_line(read: Read) -> None:
    kinds = [one.event.kind for one in read(a_message() + a_trigger("S15") + "\n") if isinstance(one, Parsed)]
    assert kinds == [EventKind.BOOKED, EventKind.CANCELLED]


def test_many_messages_are_read_in_order_and_a_broken_one_loses_no_other(read: Read) -> None:
    broken = a_trigger("S13", MSH=SEGMENTS["MSH"].replace("^~\\&", "^^^"))
    whole = "\r".join([a_message(), broken, a_trigger("S15")])
    first, wrong, last = read(whole)
    assert isinstance(wrong, Rejected)
    assert wrong.index == 1
    assert [one.index for one in (first, last) if isinstance(one, Parsed)] == [0, 2]


TIMES = {
    "odd offset behind Greenwich": ("20260611034500-0615", "2026-06-11T11:00:00+01:00"),
    "no offset in winter": ("20261211110000", "2026-12-11T11:00:00+00:00"),
    "to the minute": ("202606111100", "2026-06-11T11:00:00+01:00"),
    "to the microsecond": ("20260611110000.1234+0100", "2026-06-11T11:00:00+01:00"),
}


@pytest.mark.parametrize(("written", "kept"), TIMES.values(), ids=TIMES)
def test_a_time_is_read_with_its_offset_or_on_the_sites_clock(written: str, kept: str, one: One) -> None:
    assert one(a_message(TQ1=f"TQ1|1||||||{written}")).event.appointment["starts_at"] == kept


def test_a_time_without_offset_is_on_the_clock_of_the_site_that_is_named(one: One) -> None:
    read = one(a_message(AIL="AIL|1|A|ROOM 2^^^Back Bay", TQ1="TQ1|1||||||20260611110000"))
    assert (read.event.site, read.event.appointment["starts_at"]) == ("boston", "2026-06-11T11:00:00-04:00")


@pytest.mark.parametrize("written", ["2026", "20260631100000", "20260611250000", "soon", "20260601100000+9900", ""])
def test_a_visit_without_a_time_that_can_be_read_is_refused_by_its_place(written: str, read: Read) -> None:
    (wrong,) = read(a_message(TQ1=f"TQ1|1||||||{written}", AIS=None))
    assert isinstance(wrong, Rejected)
    assert wrong.path == "TQ1-7 or AIS-4"


PLACES: dict[str, tuple[dict[str, str | None], str, str | None]] = {
    "TQ1 before all others": ({}, "10:00", "10:45"),
    "AIS and how long": (
        {"TQ1": None, "AIS": "AIS|1|A|PHY^Physio|20260611113000+0100|||1|h"}, "11:30", "12:30",
    ),
    "SCH-9 for how long": (
        {"TQ1": "TQ1|1||||||20260611130000+0100", "SCH": "SCH||F-42|||||||30|M"}, "13:00", "13:30",
    ),
    "a person's time": ({"TQ1": None, "AIS": None, "AIP": "AIP|1|A|PR3|||20260611140000+0100"}, "14:00", "14:45"),
    "SCH-11": (
        {"TQ1": None, "AIS": None, "AIP": None, "SCH": "SCH||F-42|||||||||^^^20260611150000+0100^20260611151500+0100"},
        "15:00", "15:15",
    ),
    "an end before the start": (
        {"TQ1": "TQ1|1||||||20260611100000+0100|20260611090000+0100", "SCH": "SCH||F-42"}, "10:00", None,
    ),
    "a length nobody understands": (
        {"TQ1": "TQ1|1||||||20260611100000+0100", "SCH": "SCH||F-42|||||||2|fortnights", "AIS": None}, "10:00", None,
    ),
    "what is taken away": (
        {"TQ1": None, "AIS": "AIS|1|D|X|20260611080000+0100\rAIS|2|A|PHY|20260611090000+0100|||20|min"},
        "09:00", "09:20",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "start", "end"), PLACES.values(), ids=PLACES)
def test_the_time_is_found_wherever_it_is_written(
    changed: dict[str, str | None], start: str, end: str | None, one: One
) -> None:
    visit: Any = one(a_message(**changed)).event.appointment
    assert visit["starts_at"] == f"2026-06-11T{start}:00+01:00"
    assert visit.get("ends_at") == (f"2026-06-11T{end}:00+01:00" if end else None)


REFS = {
    "filler": ("SCH|P-9|F-42", "F-42"),
    "placer": ("SCH|P-9", "P-9"),
    "one of a series": ("SCH|P-9|F-42|3", "F-42/3"),
    "of a name space": ("SCH||F-42^X", "F-42"),
}


@pytest.mark.parametrize(("segment", "ref"), REFS.values(), ids=REFS)
def test_a_visit_is_known_by_the_number_of_who_books_it(segment: str, ref: str, one: One) -> None:
    assert one(a_message(SCH=segment)).event.appointment_ref == ref


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"AIS": "AIS|1|A|PHY^New patient"}, "initial"),
        ({"AIS": "AIS|1|A|follow up^Anything"}, "review"),
        ({"SCH": "SCH||F-42||||||FOLLOW UP"}, "review"),
        ({"SCH": "SCH||F-42|||||New Patient"}, "initial"),
        ({"AIS": "AIS|1|A|initial^Something else"}, "initial"),
        ({"AIS": "AIS|1|A|PHY"}, "PHY"),
        ({"AIS": None}, "Initial assessment"),
        ({"AIS": None, "SCH": "SCH||F-42"}, None),
    ],
)
def test_the_type_is_the_first_code_or_name_that_the_clinic_knows(
    changed: dict[str, str | None], kind: str | None, one: One
) -> None:
    assert one(a_message(**changed)).event.appointment.get("type") == kind


def test_many_systems_write_people_among_the_resources(one: One) -> None:
    assert one(a_message(AIP="AIG|1|A|PR8^Bain")).event.appointment["practitioner"] == "PR8"


SITES = {
    "facility": ("AIL|1|A|X^Y^^Kingsway", "leith"),
    "point of care": ("AIL|1|A|back bay^Y", "boston"),
    "group": ("AIL|1|A|X||Back Bay", "boston"),
    "unknown": ("AIL|1|A|X^Y^^Elsewhere", "leith"),
}


@pytest.mark.parametrize(("segment", "site"), SITES.values(), ids=SITES)
def test_the_site_is_found_by_any_name_that_the_clinic_has_mapped(segment: str, site: str, one: One) -> None:
    assert one(a_message(AIL=segment)).event.site == site  # where nothing else fits, the sender's facility


def test_a_place_that_nobody_mapped_is_left_out(clinic: Clinic) -> None:
    (read,) = read_file(a_message().encode(), clinic, "hl7")
    assert isinstance(read, Parsed)
    assert read.event.site is None


def phones(*told: str) -> str:
    """Amina with these in PID-13."""
    return "|".join([*SEGMENTS["PID"].split("|")[:13], "~".join(told)])


@pytest.mark.parametrize(
    ("told", "phone", "email"),
    [
        (["01314960111^PRN^PH", "07700900456^PRN^CP"], "+447700900456", None),
        (["01314960111"], "+441314960111", None),
        (["01314960111^WPN^PH"], None, None),
        (["^PRN^CP^^44^7700^900456"], "+447700900456", None),
        (["^PRN^CP^^^^^^^^^07700900456"], "+447700900456", None),
        (["^NET^Internet^amina@example.org"], None, "amina@example.org"),
        (["amina@example.org^NET"], None, "amina@example.org"),
        (["^PRN^X.400^amina@example.org", "07700900456^ORN^MD"], "+447700900456", "amina@example.org"),
        (["01314960111^PRN^FX"], None, None),
    ],
)
def test_a_mobile_number_comes_first_and_nobody_is_reached_at_work(
    told: list[str], phone: str | None, email: str | None, one: One
) -> None:
    patient = one(a_message(PID=phones(*told))).event.patient
    assert (patient.get("phone"), patient.get("email")) == (phone, email)


def test_two_quotes_take_a_value_away_and_an_empty_field_says_nothing(one: One) -> None:
    gone: Any = one(a_message(PID=f"{phones(chr(34) * 2)}")).body["patient"]
    silent: Any = one(a_message(PID=phones(""))).body["patient"]
    assert (gone["phone"], "phone" in silent) == (None, False)
    assert one(a_message(PID='PID|1||H-301||Shah^Amina||""')).event.patient["date_of_birth"] is None


def test_what_is_escaped_becomes_what_it_stands_for(one: One) -> None:
    told = SEGMENTS["PID"].replace(
        "Shah^Amina", r"O\T\Shah \S\ \F\ \R\ \E\^Am\XC3A9\ina \.br\K\H\x\N\ \Z9\ \.sk9999999\ "
    )
    patient = one(a_message(PID=told)).event.patient
    assert (patient["last_name"], patient["first_name"]) == ("O&Shah ^ | ~ \\", "Améina Kx")


def test_other_characters_may_divide(one: One) -> None:
    told = a_message().translate(str.maketrans("|^~", "!:;"))
    assert one(told).event.patient["last_name"] == "Shah"


CHARSETS = {
    "UTF-8": ("", "utf-8"),
    "UTF-8, named": ("UNICODE UTF-8", "utf-8"),
    "Latin-1, not named": ("", "latin-1"),
    "Latin-1": ("8859/1", "latin-1"),
    "Greek": ("8859/7", "iso8859_7"),
    "a name we do not know": ("KOI8-R", "utf-8"),
    "wrongly named": ("ASCII", "utf-8"),
    "several": ("8859/1~8859/7", "latin-1"),
}


@pytest.mark.parametrize(("named", "used"), CHARSETS.values(), ids=CHARSETS)
def test_names_are_read_in_the_characters_they_are_written_in(named: str, used: str, one: One) -> None:
    name = "Αμίνα" if used == "iso8859_7" else "Zoë"
    header = f"{SEGMENTS['MSH']}||||||{named}"
    told = a_message(MSH=header, PID=SEGMENTS["PID"].replace("Amina", name))
    assert one(told.encode(used)).event.patient["first_name"] == name


def test_the_first_number_is_the_patients(one: One) -> None:
    assert one(a_message()).patient_ref == "H-301"


def test_a_mapping_says_whose_number_to_go_by(one: One, read: Read) -> None:
    assert one(a_message(), mapping={"PID-3:NHS": "patient.ref"}).patient_ref == "9990001112"
    (wrong,) = read(a_message(), mapping={"PID-3:ELSEWHERE": "patient.ref"})
    assert isinstance(wrong, Rejected)
    assert wrong.path == "PID-3"


@pytest.mark.parametrize(
    "mapping",
    [
        {"PID-3": "patient.ref"},
        {"PID-4:X": "patient.ref"},
        {"PID-3:X": "event_id"},
        {"PID-3:": "patient.ref"},
        {"PID-3:X": "patient.ref", "more": "x"},
        {"columns": {}},
    ],
)
def test_a_mapping_that_says_anything_else_is_a_fault_of_the_settings(mapping: dict[str, Any], read: Read) -> None:
    with pytest.raises(MappingError, match="PID-3:AUTHORITY"):
        read(a_message(), mapping=mapping)


@pytest.mark.parametrize("trigger", ["A08", "A28", "A31"])
def test_news_of_a_patient_is_taken_without_a_visit(trigger: str, one: One) -> None:
    read = one(a_patient(trigger))
    assert (read.event.kind, read.event.appointment, read.patient_ref) == (EventKind.PATIENT_UPDATED, {}, "H-301")


def test_a_merged_number_ends_and_the_other_is_brought_up_to_date(read: Read) -> None:
    kept, merged = read(a_patient("A40", MRG="MRG|H-300^^^WARD^MR"))
    assert isinstance(kept, Parsed)
    assert isinstance(merged, Parsed)
    assert (kept.event.kind, kept.patient_ref) == (EventKind.PATIENT_UPDATED, "H-301")
    assert (merged.event.kind, merged.patient_ref) == (EventKind.MERGED, "H-300")


DEATHS = {
    "PID-30": ("|" * 18 + "Y", True),
    "PID-29": ("|" * 17 + "20260530", True),
    "denied": ("|" * 17 + "20260530|N", False),
}


@pytest.mark.parametrize(("more", "has_died"), DEATHS.values(), ids=DEATHS)
def test_a_death_is_told_beside_whatever_the_message_is_about(more: str, has_died: bool, read: Read) -> None:
    person = "|".join(SEGMENTS["PID"].split("|")[:13])
    kinds = [one.event.kind for one in read(a_message(PID=person + more)) if isinstance(one, Parsed)]
    assert kinds == [EventKind.BOOKED, *([EventKind.DECEASED] if has_died else [])]


def test_a_childs_parent_is_the_one_to_write_to(one: One) -> None:
    kin = "NK1|1|Old^Gran|GRP|||07700900999\rNK1|2|Shah^Sam|FTH^Father||07700900124^PRN^CP~^NET^^sam@example.org"
    assert one(a_patient(NK1=kin)).event.contact == {
        "name": "Sam Shah", "relation": "parent", "phone": "+447700900124", "email": "sam@example.org",
        "phone_problem": None, "email_problem": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"PID": None}, "PID-3"),
        ({"SCH": None}, "SCH-2"),
        ({"MSH": SEGMENTS["MSH"].replace("20260601100000+0100", "")}, "MSH-7"),
        ({"PID": SEGMENTS["PID"].replace("19790302", "1979")}, "PID-7"),
        ({"PID": SEGMENTS["PID"].replace("H-301", "H\x01301")}, "PID-3"),
    ],
)
def test_what_is_missing_or_cannot_be_true_is_told_by_its_field(
    changed: dict[str, str | None], path: str, read: Read
) -> None:
    (wrong,) = read(a_message(**changed))
    assert isinstance(wrong, Rejected)
    assert wrong.path == path


@pytest.mark.parametrize(
    "told", ["Dear clinic", "{}", "PID|1", "M\0S\0H\0|\0", "MSH", "MSH|", "MSH|^~\\&", "MSHa^~\\&a"]
)
def test_what_is_not_hl7_is_refused(told: str, read: Read) -> None:
    (wrong,) = read(told)
    assert isinstance(wrong, Rejected)


def test_an_empty_file_holds_nothing(read: Read) -> None:
    assert read("") == read("\r\n\x0b\x1c \r") == []


@pytest.mark.parametrize(
    "extra", ["NTE|" + "x" * 1_100_000, "PID|" + "^~&|" * 20_000, "\r".join(["AIS|1"] * 20_000)],
    ids=["a large text", "many divisions", "many segments"],
)  # fmt: skip
def test_a_message_that_is_too_large_is_refused_quickly(extra: str, read: Read) -> None:
    began = time.process_time()
    first, wrong = read(f"{a_message()}\r{a_message()}\r{extra}")
    assert isinstance(first, Parsed)
    assert isinstance(wrong, Rejected)
    assert "larger" in wrong.message
    assert time.process_time() - began < 5


def test_a_line_of_many_beginnings_is_taken_apart_quickly(read: Read) -> None:
    began = time.process_time()
    assert all(isinstance(one, Rejected) for one in read("MSH|^~\\&|" * 2_000 + "SIU"))
    assert time.process_time() - began < 5


def test_a_large_note_about_the_visit_is_not_read(one: One) -> None:
    assert one(a_message() + "\rNTE|1||" + "x" * 200_000).event.kind is EventKind.BOOKED


def test_a_file_that_is_too_large_is_refused_whole(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hl7_file, "MOST_BYTES", 100)
    (wrong,) = read(a_message())
    assert isinstance(wrong, Rejected)
    assert "in parts" in wrong.message


def test_reading_stops_after_as_many_messages_as_a_file_may_have(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hl7_file, "MOST_EVENTS", 2)
    *good, wrong = read("\r".join([a_message()] * 4))
    assert [type(one) for one in (*good, wrong)] == [Parsed, Parsed, Rejected]


def test_what_was_sent_is_kept_with_each_event(one: One) -> None:
    assert one(a_message() + "\rNTE|1||Bring a towel").raw == (a_message() + "\rNTE|1||Bring a towel").encode()


def test_nothing_personal_shows_in_logs_rejections_or_what_was_read(
    read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    told = SEGMENTS["PID"].replace("Amina", r"Canary\\ \Xzz\ \C12\ \M1\ \.spx\ \Q\ ").replace("19790302", "Canary")
    with caplog.at_level(logging.DEBUG):
        outcomes = read(a_message(PID=told)) + read(a_message(PID=told.replace("Canary|F", "19790302|F")))
    assert len(outcomes) == 2
    assert "Canary" not in repr(outcomes) + caplog.text


def test_the_reader_is_found_by_its_name() -> None:
    assert reader_of("hl7") is read_file


LINES = [*SEGMENTS.values(), "MRG|1", "NK1|1|a^b|MTH", a_patient("A40"), "FHS|^~\\&"]
SPLINTERS = ["|", "^", "~", "&", "\\", "\0", "é", '""', "9" * 30]
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.sampled_from(SPLINTERS)), max_size=6)


@given(told=st.lists(st.builds(lambda line, changes: _changed(line, changes), st.sampled_from(LINES), CHANGES)))
def test_any_message_is_read_or_refused(told: list[str], hl7_clinic: Clinic) -> None:
    check("\r".join(told).encode(), hl7_clinic)


@given(data=st.binary() | st.binary().map(lambda raw: b"MSH|^~\\&|" + raw))
def test_any_bytes_are_read_or_refused(data: bytes, hl7_clinic: Clinic) -> None:
    check(data, hl7_clinic)


def _changed(line: str, changes: list[tuple[float, str]]) -> str:
    for share, put in changes:
        place = int(share * len(line))
        line = line[:place] + put + line[place:]
    return line


def check(data: bytes, clinic: Clinic) -> None:
    for outcome in read_file(data, clinic, "hl7"):
        assert isinstance(outcome, Parsed | Rejected)
        if isinstance(outcome, Parsed):
            json.dumps(outcome.body, allow_nan=False).encode()
