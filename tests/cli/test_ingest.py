"""`drip ingest`: events into the inbox, each once; what is wrong is told by number and place."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.build import an_event, as_lines
from tests.cli.conftest import Drip, Rows

NOW = ("--now", "2026-06-09T11:00Z")


def ingest(drip: Drip, folder: Path, content: object, *words: str, name: str = "events.json", code: int = 0) -> Any:
    """Take in a file with this content."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return drip("ingest", path, *NOW, *words, "--json", code=code).json


def test_one_event_as_json(live: Path, drip: Drip) -> None:
    assert ingest(drip, live, an_event()) == {"accepted": 1, "duplicates": 0, "rejected": []}


def test_a_list_of_events(live: Path, drip: Drip) -> None:
    assert ingest(drip, live, [an_event(), an_event(ref="p-2")])["accepted"] == 2
    assert ingest(drip, live, []) == {"accepted": 0, "duplicates": 0, "rejected": []}


def test_one_event_a_line(live: Path, drip: Drip) -> None:
    assert ingest(drip, live, as_lines(an_event(), an_event(ref="p-2")), name="e.jsonl")["accepted"] == 2


def test_standard_input(live: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch) -> None:
    with io.TextIOWrapper(io.BytesIO(as_lines(an_event(), an_event(ref="p-2")).encode())) as typed:
        monkeypatch.setattr(sys, "stdin", typed)
        assert drip("ingest", "-", *NOW, "--json").json["accepted"] == 2


TABLE = """\
event_id,kind,occurred_at,site,patient.ref,patient.first_name,patient.email,appointment.ref,appointment.type,appointment.starts_at
e1,appointment.attended,2026-06-09T10:50:00+01:00,bedford,p-1,Amina,a@example.org,a-1,initial,2026-06-09T10:00:00+01:00
e2,appointment.attended,2026-06-09T10:50:00+01:00,bedford,p-2,Ben,b@example.org,a-2,initial,2026-06-09T10:00:00+01:00
"""


def test_a_table_with_our_own_columns(live: Path, drip: Drip) -> None:
    assert ingest(drip, live, TABLE, name="e.csv")["accepted"] == 2


def test_a_table_with_the_booking_systems_columns_and_a_mapping(live: Path, drip: Drip, rows: Rows) -> None:
    (live / "map.yaml").write_text(
        "columns: {No: event_id, When: occurred_at, Who: patient.ref, Mail: patient.email, Visit: appointment.ref,\n"
        "          Start: appointment.starts_at, What: appointment.type}\n"
        "constants: {kind: appointment.attended, site: bedford}\n"
    )
    header = "No;When;Who;Mail;Visit;Start;What;Room\n"
    row = "7;2026-06-09T10:50+01:00;p-1;a@example.org;a-1;2026-06-09T10:00+01:00;Initial-Assessment;4\n"
    assert ingest(drip, live, header + row, "--mapping", "map.yaml", name="e.csv")["accepted"] == 1
    drip("tick", *NOW)
    assert {one["sequence"] for one in rows()} == {"after-visit"}


@pytest.mark.parametrize("mapping", ["nothing.yaml", "list.yaml", "wrong.yaml", "broken.yaml"])
def test_a_mapping_that_cannot_be_used_is_wrong_usage(mapping: str, live: Path, drip: Drip) -> None:
    (live / "list.yaml").write_text("- a\n")
    (live / "wrong.yaml").write_text("No: event.number\n")
    (live / "broken.yaml").write_text("No: [\n")
    (live / "e.csv").write_text(TABLE)
    assert "--mapping" in drip("ingest", "e.csv", "--mapping", mapping, code=2).err


def test_the_good_go_in_and_the_bad_one_is_told_by_number_and_place(live: Path, drip: Drip) -> None:
    bad = an_event(ref="p-2", occurred_at="2026-06-09T10:50:00")
    document = ingest(drip, live, [an_event(), bad, an_event(ref="p-3")], code=1)
    assert list(document) == ["accepted", "duplicates", "rejected"]
    assert (document["accepted"], document["duplicates"]) == (2, 0)
    assert [list(one) for one in document["rejected"]] == [["index", "path", "message"]]
    assert (document["rejected"][0]["index"], document["rejected"][0]["path"]) == (1, "occurred_at")


def test_the_same_events_again_are_duplicates(live: Path, drip: Drip, rows: Rows) -> None:
    events = [an_event(), an_event(ref="p-2")]
    ingest(drip, live, [*events, events[0]])
    assert ingest(drip, live, events) == {"accepted": 0, "duplicates": 2, "rejected": []}


def test_the_same_event_twice_in_one_file_is_taken_once(live: Path, drip: Drip) -> None:
    assert ingest(drip, live, [an_event(), an_event()]) == {"accepted": 1, "duplicates": 1, "rejected": []}


def test_the_same_number_from_another_booking_system_is_another_event(live: Path, drip: Drip) -> None:
    ingest(drip, live, an_event(), "--source", "north")
    assert ingest(drip, live, an_event(), "--source", "south")["accepted"] == 1


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"event_id": None}, "event_id"),
        ({"kind": "appointment.dreamt"}, "kind"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"patient__ref": None}, "patient.ref"),
        ({"site": "london"}, "site"),
        ({"appointment__ref": None}, "appointment.ref"),
        ({"appointment__ends_at": "2026-06-09T09:00:00+01:00"}, "appointment.ends_at"),
        ({"patient__nickname": "Mina"}, "patient.nickname"),
        ({"patient__consent": {"gossip": {"email": True}}}, "patient.consent.gossip"),
        ({"patient__consent": {"care": {"email": "yes"}}}, "patient.consent.care.email"),
        ({"patient__conditions": "achilles"}, "patient.conditions"),
        ({"patient": None}, "patient.ref"),
    ],
)
def test_each_mistake_is_told_by_its_place(wrong: dict[str, Any], path: str, live: Path, drip: Drip) -> None:
    document = ingest(drip, live, an_event(**wrong), code=1)
    assert document["accepted"] == 0
    assert path in [one["path"] for one in document["rejected"]]


def test_what_is_rejected_does_not_repeat_the_patient(live: Path, drip: Drip) -> None:
    events = [an_event(patient__email="amina.shah@@example.org", patient__date_of_birth="Shah", kind="Shah")]
    path = live / "e.json"
    path.write_text(json.dumps(events))
    for words in ([], ["--json"], ["--dry-run"]):
        said = drip("ingest", path, *words, code=1)
        assert "amina" not in (said.out + said.err).lower()
        assert "shah" not in said.err.lower()


@pytest.mark.parametrize("content", ["nonsense", '{"a": ', "[1, 2]", '"text"', "null", "\x00", "[" * 5000])
def test_what_is_no_event_at_all_is_rejected(content: str, live: Path, drip: Drip) -> None:
    document = ingest(drip, live, content, code=1)
    assert document["accepted"] == 0
    assert document["rejected"][0]["index"] == 0


def test_an_empty_file_holds_no_events(live: Path, drip: Drip) -> None:
    assert ingest(drip, live, "") == {"accepted": 0, "duplicates": 0, "rejected": []}


@pytest.mark.parametrize("name", ["nothing.json", "."])
def test_a_file_that_cannot_be_read_is_wrong_usage(name: str, live: Path, drip: Drip) -> None:
    said = drip("ingest", name, "--json", code=2)
    assert (said.out, said.err.startswith("error: ")) == ("", True)


def test_nothing_is_decided_before_the_tick(live: Path, drip: Drip, rows: Rows) -> None:
    ingest(drip, live, an_event())
    assert rows() == []


def test_a_number_that_cannot_be_read_does_not_lose_the_event(live: Path, drip: Drip, rows: Rows) -> None:
    assert ingest(drip, live, an_event(patient__phone="no phone, sorry"))["accepted"] == 1
    drip("tick", *NOW)
    assert "address or number that could not be read" in drip("explain", "p-1").out


# --dry-run


def test_a_dry_run_tells_who_would_hear_what_and_stores_nothing(live: Path, drip: Drip, rows: Rows) -> None:
    document = ingest(drip, live, [an_event(), an_event("appointment.cancelled", ref="p-2")], "--dry-run")
    assert list(document) == ["accepted", "duplicates", "rejected", "enrolled", "messages"]
    assert (document["accepted"], document["enrolled"]) == (2, 1)
    assert {(one["patient"], one["sequence"]) for one in document["messages"]} == {("p-1", "after-visit")}
    assert rows() == []
    assert drip("tick", *NOW, "--json").json["events"] == 0
    assert drip("explain", "p-1", code=1).out == ""


def test_a_dry_run_shows_what_a_mid_course_patient_has_missed(live: Path, drip: Drip) -> None:
    (live / "e.json").write_text(json.dumps(an_event()))
    words = ("ingest", "e.json", "--dry-run", "--now", "2026-06-18T12:00Z")
    found = {
        (one["step"], one["occurrence"]): (one["state"], one["reason"])
        for one in drip(*words, "--json").json["messages"]
    }
    assert found == {
        ("hello", 1): ("skipped", "late"), ("tip", 1): ("skipped", "late"), ("grown-ups", 1): ("skipped", "late"),
        ("weekly", 1): ("skipped", "late"), ("weekly", 2): ("planned", ""), ("weekly", 3): ("planned", ""),
    }  # fmt: skip
    said = drip(*words).out
    assert "1 event is new, 1 enrolment would begin. Nothing was stored." in said
    assert "its time had already passed" in said


def test_a_dry_run_still_fails_for_what_is_rejected(live: Path, drip: Drip) -> None:
    document = ingest(drip, live, [an_event(), an_event(kind="x")], "--dry-run", code=1)
    assert (document["enrolled"], len(document["rejected"])) == (1, 1)


def test_people_are_told_in_words(live: Path, drip: Drip) -> None:
    (live / "e.json").write_text(json.dumps([an_event(), an_event(kind="x", ref="p-2")]))
    said = drip("ingest", "e.json", *NOW, code=1).out
    assert said.startswith("1 event taken in, 0 known already, 1 rejected.")
    assert "no. 2" in said


def test_of_a_table_rows_are_named_as_the_spreadsheet_numbers_them(live: Path, drip: Drip) -> None:
    (live / "e.csv").write_text("event_id,kind,occurred_at,patient.ref\n\ne-1,x,2026-06-11T09:00:00Z,p-1\n")
    for dry in ((), ("--dry-run",)):
        assert "row 3" in drip("ingest", "e.csv", *dry, *NOW, code=1).out
        document = json.loads(drip("ingest", "e.csv", *dry, *NOW, "--json", code=1).out)
        assert {(one["index"], one["row"]) for one in document["rejected"]} == {(0, 3)}


def test_a_dry_run_is_about_this_file_only(live: Path, drip: Drip) -> None:
    ingest(drip, live, an_event())
    document = ingest(drip, live, an_event(ref="p-2"), "--dry-run")
    assert document["enrolled"] == 1
    assert {one["patient"] for one in document["messages"]} == {"p-2"}


@pytest.mark.parametrize("source", ["", "drip", "north:1", "North", "a b", "../x", "x" * 41])
def test_a_booking_system_has_a_plain_name(source: str, live: Path, drip: Drip) -> None:
    (live / "e.json").write_text(json.dumps(an_event()))
    assert "--source" in drip("ingest", "e.json", "--source", source, code=2).err
