"""`drip timeline`: every message with its time, as the contract has it, without a database."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.build import REVIEW, a_clinic, an_event
from tests.cli.conftest import Drip

KEYS = ["step", "occurrence", "channel", "due_at", "local", "state", "reason"]
VISIT = ("--anchor", "2026-06-09T10:00+01:00")


def lines(drip: Drip, sequence: str, *words: str | Path) -> list[dict[str, Any]]:
    """The messages of a timeline."""
    found: list[dict[str, Any]] = drip("timeline", sequence, *words, "--json").json["messages"]
    return found


def told(messages: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What matters of each message, short."""
    return [
        (one["step"], one["occurrence"], one["channel"], one["local"][:16], one["state"], one["reason"])
        for one in messages
    ]


def test_the_json_is_as_the_contract_has_it_key_by_key(clinic: Path, drip: Drip) -> None:
    said = drip("timeline", "after-visit", *VISIT, "--json")
    assert list(said.json) == ["sequence", "version", "messages"]
    assert (said.json["sequence"], said.json["version"], said.err) == ("after-visit", None, "")
    assert all(list(one) == KEYS for one in said.json["messages"])
    assert said.json["messages"][0] == {
        "step": "hello", "occurrence": 1, "channel": "email", "due_at": "2026-06-09T12:00:00Z",
        "local": "2026-06-09T13:00:00+01:00", "state": "planned", "reason": "",
    }  # fmt: skip


def test_every_due_time_is_utc_and_the_same_instant_as_the_local_one(clinic: Path, drip: Drip) -> None:
    for one in lines(drip, "after-visit", *VISIT):
        assert one["due_at"].endswith("Z")
        local = datetime.fromisoformat(one["local"])
        assert local.utcoffset() == timedelta(hours=1)
        assert local == datetime.fromisoformat(one["due_at"])


def test_a_timeline_is_ordered_by_time_and_repeats_are_numbered(clinic: Path, drip: Drip) -> None:
    assert told(lines(drip, "after-visit", *VISIT)) == [
        ("hello", 1, "email", "2026-06-09T13:00", "planned", ""),
        ("tip", 1, "sms", "2026-06-10T10:00", "planned", ""),
        ("grown-ups", 1, "email", "2026-06-11T10:00", "planned", ""),
        ("weekly", 1, "sms", "2026-06-17T10:00", "planned", ""),
        ("weekly", 2, "sms", "2026-06-24T10:00", "planned", ""),
        ("weekly", 3, "sms", "2026-07-01T10:00", "planned", ""),
    ]


def test_ties_go_by_purpose_then_by_the_order_of_steps(
    tmp_path: Path, drip: Drip, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = """\
steps:
  - {id: second, after: 1d, at: "10:00", sms: tip}
  - {id: last, after: 1d, at: "10:00", sms: tip, purpose: feedback}
  - {id: third, after: 24h, sms: tip}
  - {id: first, after: 1d, at: "10:00", sms: tip, purpose: safety}
"""
    head = "sequence: after-visit\ntitle: T\npurpose: care\nkind: education\n"
    head += "enrol: {on: appointment.attended}\nanchor: appointment\n"
    monkeypatch.chdir(a_clinic(tmp_path / "ties", sequences={"after-visit": head + steps + REVIEW}))
    assert [one["step"] for one in lines(drip, "after-visit", *VISIT)] == ["first", "second", "third", "last"]


def test_what_was_due_before_the_enrolment_is_skipped_as_late(clinic: Path, drip: Drip) -> None:
    found = lines(drip, "after-visit", *VISIT, "--now", "2026-06-10T09:00:01Z")
    assert told(found)[:3] == [
        ("hello", 1, "email", "2026-06-09T13:00", "skipped", "late"),
        ("tip", 1, "sms", "2026-06-10T10:00", "skipped", "late"),
        ("grown-ups", 1, "email", "2026-06-11T10:00", "planned", ""),
    ]


def test_what_is_due_at_the_very_moment_of_enrolment_is_planned(clinic: Path, drip: Drip) -> None:
    assert lines(drip, "after-visit", *VISIT, "--now", "2026-06-09T12:00:00Z")[0]["state"] == "planned"


def test_a_time_without_an_offset_is_read_in_the_given_zone(clinic: Path, drip: Drip) -> None:
    found = lines(drip, "after-visit", "--anchor", "2026-06-09T10:00", "--timezone", "America/New_York")
    assert (found[0]["due_at"], found[0]["local"]) == ("2026-06-09T17:00:00Z", "2026-06-09T13:00:00-04:00")


def test_without_a_zone_it_is_read_on_the_sites_clock(clinic: Path, drip: Drip) -> None:
    assert lines(drip, "after-visit", "--anchor", "2026-06-09T10:00")[0]["due_at"] == "2026-06-09T12:00:00Z"
    found = lines(drip, "after-visit", "--anchor", "2026-06-09T10:00", "--site", "perth")
    assert (found[0]["due_at"], found[0]["local"]) == ("2026-06-09T05:00:00Z", "2026-06-09T13:00:00+08:00")


def test_the_moment_of_enrolment_may_be_without_an_offset_too(clinic: Path, drip: Drip) -> None:
    words = ("--anchor", "2026-06-09T10:00", "--now", "2026-06-09T13:30", "--timezone", "Europe/London")
    assert lines(drip, "after-visit", *words)[0]["reason"] == "late"


def test_a_date_alone_is_the_opening_of_that_day(clinic: Path, drip: Drip) -> None:
    assert lines(drip, "after-visit", "--anchor", "2026-06-09")[0]["local"] == "2026-06-09T11:00:00+01:00"


def test_a_timeline_across_the_end_of_summer_time_keeps_the_clock_time(clinic: Path, drip: Drip) -> None:
    found = lines(drip, "after-visit", "--anchor", "2026-10-13T09:00+01:00")
    weekly = [one["local"] for one in found if one["step"] == "weekly"]
    assert weekly == ["2026-10-21T10:00:00+01:00", "2026-10-28T10:00:00+00:00", "2026-11-04T10:00:00+00:00"]


def test_before_a_monday_visit_the_reminder_comes_on_friday(clinic: Path, drip: Drip) -> None:
    found = lines(drip, "before-visit", "--anchor", "2026-06-15T10:00+01:00", "--now", "2026-06-01T09:00Z")
    assert [(one["step"], one["channel"], one["local"][:16]) for one in found] == [
        ("get-ready", "email", "2026-06-12T09:00"),
        ("get-ready", "sms", "2026-06-12T09:00"),
        ("remember", "sms", "2026-06-12T10:00"),
    ]


def test_without_the_moment_of_enrolment_steps_before_the_anchor_are_late(clinic: Path, drip: Drip) -> None:
    assert {one["reason"] for one in lines(drip, "before-visit", *VISIT)} == {"late"}


# --patient


def a_file(folder: Path, content: object) -> Path:
    """A --patient file."""
    path = folder / "patient.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_condition_that_does_not_hold_is_skipped(clinic: Path, drip: Drip) -> None:
    child = a_file(clinic, {"patient": {"date_of_birth": "2012-01-01"}})
    found = {
        one["step"]: (one["state"], one["reason"]) for one in lines(drip, "after-visit", *VISIT, "--patient", child)
    }
    assert found["grown-ups"] == ("skipped", "condition")
    assert found["hello"] == ("planned", "")


def test_a_condition_that_holds_is_planned_and_age_is_at_the_anchor(clinic: Path, drip: Drip) -> None:
    for born, state in (("2008-06-09", "planned"), ("2008-06-10", "skipped")):
        path = a_file(clinic, {"patient": {"date_of_birth": born}})
        found = {one["step"]: one["state"] for one in lines(drip, "after-visit", *VISIT, "--patient", path)}
        assert found["grown-ups"] == state


def test_a_whole_event_serves_as_the_patients_file(clinic: Path, drip: Drip) -> None:
    path = a_file(clinic, an_event())
    assert {one["state"] for one in lines(drip, "after-visit", *VISIT, "--patient", path)} == {"planned"}


@pytest.mark.parametrize(
    "content",
    [
        "", "[]", "nonsense", '"text"', '{"patient": []}', '{"patient": {"date_of_birth": "1979-02-30"}}',
        '{"patient": {"date_of_birth": 1979}}', '{"patient": {"attributes": "none"}}',
        '{"appointment": {"starts_at": "Shah at ten"}}', '{"appointment": {"starts_at": "2026-06-09T10:00"}}',
        "[" * 9999,
    ],
)  # fmt: skip
def test_a_patients_file_that_cannot_be_read_is_refused_without_repeating_it(
    content: str, clinic: Path, drip: Drip
) -> None:
    for words in (("timeline", "after-visit", *VISIT), ("preview", "after-visit", "hello")):
        said = drip(*words, "--patient", a_file(clinic, content), code=2)
        assert said.err.startswith("error: --patient ")
        assert "Shah" not in said.err
        assert said.out == ""


@pytest.mark.parametrize("name", ["nothing.json", "."])
def test_a_patients_file_that_is_not_there_is_refused(name: str, clinic: Path, drip: Drip) -> None:
    assert drip("timeline", "after-visit", *VISIT, "--patient", name, code=2).err.startswith("error: --patient ")


# mistakes


@pytest.mark.parametrize(
    "words",
    [
        ("--anchor", "soon"), ("--anchor", ""), ("--anchor", "2026-02-30"), ("--anchor", "2026-06-09T25:00"),
        (*VISIT, "--now", "later"), (*VISIT, "--timezone", "Mars/Olympus"), (*VISIT, "--timezone", "../etc/passwd"),
        (*VISIT, "--site", "london"),
        (*VISIT, "--site", ""), (*VISIT, "--timezone", ""), (*VISIT, "--now", ""),
        ("--anchor", "0001-01-01"), ("--anchor", "9999-12-31T23:00Z"), (),
    ],
)  # fmt: skip
def test_a_wrong_option_is_named(words: tuple[str, ...], clinic: Path, drip: Drip) -> None:
    said = drip("timeline", "after-visit", *words, "--json", code=2)
    assert said.out == ""
    assert "--" in said.err


def test_a_sequence_that_is_not_there_gets_a_suggestion(clinic: Path, drip: Drip) -> None:
    assert "did you mean after-visit?" in drip("timeline", "after-visits", *VISIT, code=2).err
    assert "before-visit" in drip("timeline", "zzz", *VISIT, code=2).err


def test_a_broken_sequence_is_the_contents_fault(clinic: Path, drip: Drip) -> None:
    (clinic / "sequences/after-visit.yaml").write_text("sequence: after-visit\n")
    said = drip("timeline", "after-visit", *VISIT, code=1)
    assert "sequences/after-visit.yaml:1:1: error: " in said.err


def test_people_get_a_calendar_and_a_list(clinic: Path, drip: Drip) -> None:
    said = drip("timeline", "after-visit", *VISIT, "--now", "2026-06-10T12:00Z")
    assert "week of" in said.out
    assert "4 messages would go, 2 would be skipped." in said.out


def test_a_timeline_makes_no_database(clinic: Path, drip: Drip) -> None:
    drip("timeline", "after-visit", *VISIT)
    assert not (clinic / "drip.db").exists()


def test_a_calendar_page_has_a_box_for_each_message_with_its_words(clinic: Path, drip: Drip) -> None:
    drip("timeline", "after-visit", *VISIT, "--page", "plan.html")
    page = (clinic / "plan.html").read_text()
    assert page.count("<details") == len(lines(drip, "after-visit", *VISIT))
    assert "Hello Amina" in page
