"""`drip tick`, `drip messages`, `drip explain`, `drip forecast`: what went, what will go, and why."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.build import an_event, as_lines
from tests.cli.conftest import Drip, Rows, Tell

COUNTS = [
    "events",
    "enrolled",
    "planned",
    "claimed",
    "accepted",
    "not_taken",
    "deferred",
    "skipped",
    "suppressed",
    "expired",
    "cancelled",
    "invalid",
    "failed",
    "unknown",
    "held",
    "receipts",
    "replies",
]
KEYS = [
    "id",
    "patient",
    "enrolment",
    "sequence",
    "version",
    "step",
    "occurrence",
    "channel",
    "due_at",
    "state",
    "reason",
    "attempts",
    "provider",
    "provider_ref",
    "accepted_at",
]


# tick


def test_a_tick_with_nothing_to_do_still_has_every_count(live: Path, drip: Drip) -> None:
    said = drip("tick", "--now", "2026-06-09T11:00Z", "--json")
    assert list(said.json) == COUNTS
    assert set(said.json.values()) == {0}
    assert said.err == ""


def test_a_tick_counts_what_it_did(live: Path, tell: Tell, drip: Drip) -> None:
    first = tell(an_event(), an_event(ref="p-2"), now="2026-06-09T11:00Z").json
    assert {name: number for name, number in first.items() if number} == {"events": 2, "enrolled": 2, "planned": 12}
    second = drip("tick", "--now", "2026-06-09T12:00Z", "--json").json
    assert {name: number for name, number in second.items() if number} == {"claimed": 2, "accepted": 2}


def test_a_second_tick_at_the_same_instant_does_nothing(live: Path, tell: Tell, drip: Drip, rows: Rows) -> None:
    tell(an_event(), now="2026-06-09T12:30Z")
    before = rows()
    assert set(drip("tick", "--now", "2026-06-09T12:30Z", "--json").json.values()) == {0}
    assert rows() == before


def test_a_tick_in_words(live: Path, tell: Tell, drip: Drip) -> None:
    tell(an_event(), now="2026-06-09T11:00Z")
    assert drip("tick", "--now", "2026-06-09T12:00Z").out == "1 claimed, 1 accepted\n"
    assert drip("tick", "--now", "2026-06-09T12:00Z").out == "Nothing was due.\n"


@pytest.mark.parametrize(
    "now", ["soon", "2026-06-09", "2026-06-09T12:00", "0001-01-01T00:00Z", "9999-12-31T23:59Z", ""]
)
def test_a_moment_that_is_none_is_wrong_usage(now: str, live: Path, drip: Drip) -> None:
    for words in (["tick"], ["forecast"], ["ingest", "x.json"], ["publish"]):
        assert "--now" in drip(*words, "--now", now, code=2).err


def test_the_words_that_went_are_in_the_outbox(live: Path, tell: Tell, drip: Drip) -> None:
    tell(an_event(), now="2026-06-09T12:00Z")
    found = [path for path in (live / "outbox").rglob("*") if path.is_file()]
    assert any("Thank you for coming." in path.read_text(errors="replace") for path in found)


def test_time_may_jump_over_many_messages(live: Path, tell: Tell, drip: Drip, rows: Rows) -> None:
    tell(an_event(), now="2026-06-09T11:00Z")
    drip("tick", "--now", "2026-08-01T12:00Z")
    assert {one["state"] for one in rows()} == {"expired"}
    assert {one["reason"] for one in rows()} == {"expired"}


def test_a_provider_that_cannot_be_reached_is_exit_3_and_the_message_waits(
    live: Path, tell: Tell, drip: Drip, rows: Rows
) -> None:
    tell(an_event(), now="2026-06-09T11:00Z")
    (live / "outbox").write_text("a file where the folder should be")
    said = drip("tick", "--now", "2026-06-09T12:00Z", "--json", code=3)
    assert (said.json["not_taken"], said.json["accepted"]) == (1, 0)
    assert "did not take 1 message" in said.err
    first = rows()[0]
    assert (first["step"], first["state"], first["reason"]) == ("hello", "planned", "provider_down")
    (live / "outbox").unlink()
    assert drip("tick", "--now", "2026-06-09T13:00Z", "--json").json["accepted"] == 1


# messages


def test_the_json_of_messages_is_as_the_contract_has_it_key_by_key(live: Path, tell: Tell, drip: Drip) -> None:
    tell(an_event(), now="2026-06-09T12:00Z")
    document = drip("messages", "--json").json
    assert list(document) == ["messages"]
    assert all(list(one) == KEYS for one in document["messages"])
    went, planned = document["messages"][:2]
    assert (went["patient"], went["sequence"], went["step"], went["occurrence"]) == ("p-1", "after-visit", "hello", 1)
    assert (went["channel"], went["due_at"], went["state"], went["reason"]) == (
        "email",
        "2026-06-09T12:00:00Z",
        "accepted",
        "",
    )
    assert (went["attempts"], went["provider"], went["accepted_at"]) == (1, "folder", "2026-06-09T12:00:00Z")
    assert isinstance(went["provider_ref"], str)
    assert (planned["state"], planned["attempts"], planned["provider_ref"], planned["accepted_at"]) == (
        "planned",
        0,
        None,
        None,
    )
    assert len(went["version"]) == 64


def test_messages_can_be_chosen_by_state(live: Path, tell: Tell, rows: Rows, drip: Drip) -> None:
    tell(an_event(), now="2026-06-09T12:00Z")
    assert [one["step"] for one in rows("--state", "accepted")] == ["hello"]
    assert len(rows("--state", "planned")) == 5
    assert rows("--state", "held") == []
    assert "choose from planned, " in drip("messages", "--state", "lost", code=2).err


def test_messages_can_be_chosen_by_patient(live: Path, tell: Tell, rows: Rows, drip: Drip) -> None:
    tell(an_event(), an_event(ref="p-2"), now="2026-06-09T12:00Z")
    assert {one["patient"] for one in rows("--patient", "p-2")} == {"p-2"}
    assert {one["patient"] for one in rows("--patient", "generic:p-2")} == {"p-2"}
    assert "nobody is known as 'p-9'" in drip("messages", "--patient", "p-9", code=1).err
    assert "nobody is known" in drip("messages", "--patient", "", code=1).err


def test_a_reference_that_two_booking_systems_use_must_say_which(live: Path, drip: Drip, rows: Rows) -> None:
    for source, last_name in (("north", "Shah"), ("south", "Ahmed")):
        (live / "e.json").write_text(json.dumps(an_event(patient__last_name=last_name)))
        drip("ingest", "e.json", "--source", source, "--now", "2026-06-09T11:00Z")
    drip("tick", "--now", "2026-06-09T11:00Z")
    for command in (["messages", "--patient", "p-1"], ["explain", "p-1"]):
        said = drip(*command, code=2)
        assert "north:p-1, south:p-1" in said.err
    assert {one["patient"] for one in rows("--patient", "north:p-1")} == {"p-1"}
    assert len(rows("--patient", "north:p-1")) == 6
    assert drip("explain", "south:p-1", "--json").json["patient"] == "p-1"


def test_a_reference_is_printed_as_it_was_given(live: Path, tell: Tell, rows: Rows, drip: Drip) -> None:
    ref = "[/bold] P:1 \u00e9"
    tell(an_event(ref=ref, patient__email="a@example.org", patient__phone=None), now="2026-06-09T11:00Z")
    assert {one["patient"] for one in rows("--patient", ref)} == {ref}
    for words in (["messages"], ["explain", ref], ["forecast", "--now", "2026-06-09T11:00Z"]):
        assert ref in drip(*words).out


def test_messages_in_words(live: Path, tell: Tell, drip: Drip) -> None:
    assert drip("messages").out == "No messages.\n"
    tell(an_event(), now="2026-06-10T12:00Z")
    lines = drip("messages").out.splitlines()
    assert len(lines) == 7
    assert "its time had already passed" in lines[1]


def test_tables_hold_no_names_and_addresses(live: Path, tell: Tell, drip: Drip) -> None:
    tell(an_event(), now="2026-06-09T12:00Z")
    for words in (["messages"], ["explain", "p-1"], ["forecast", "--now", "2026-06-09T12:00Z"], ["doctor"]):
        said = drip(*words, code=1 if words == ["doctor"] else 0)
        assert not re.search(r"Amina|Shah|@example|4477009", said.out + said.err)


# explain


def test_a_patients_story_in_json_key_by_key(live: Path, tell: Tell, drip: Drip) -> None:
    tell(an_event(), now="2026-06-09T12:00Z")
    story = drip("explain", "p-1", "--json").json
    assert list(story) == ["patient", "story", "messages"]
    assert story["patient"] == "p-1"
    assert all(list(line) == ["at", "kind", "sentence"] for line in story["story"])
    assert {line["kind"] for line in story["story"]} == {"event", "enrolment", "message"}
    assert [line["at"] for line in story["story"]] == sorted(line["at"] for line in story["story"])
    assert all(list(one) == KEYS for one in story["messages"])


def test_a_patients_story_in_words(live: Path, tell: Tell, drip: Drip) -> None:
    tell(an_event(), now="2026-06-09T12:00Z")
    said = drip("explain", "p-1").out
    assert "We were told that the patient came to the appointment." in said
    assert "Enrolled in \u201cAfter your visit\u201d" in said
    assert "was handed to folder" in said


def test_a_patient_whom_nothing_was_sent_has_a_story_too(live: Path, tell: Tell, drip: Drip) -> None:
    tell(an_event(appointment__type="review"), now="2026-06-09T12:00Z")
    assert drip("explain", "p-1", "--json").json["messages"] == []


# forecast


def test_a_forecast_looks_as_far_ahead_as_it_is_told(live: Path, tell: Tell, drip: Drip) -> None:
    tell(an_event(), now="2026-06-09T11:00Z")
    document = drip("forecast", "--days", "2", "--now", "2026-06-09T11:00Z", "--json").json
    assert list(document) == ["from", "days", "messages", "played", "notes", "would_go", "would_not_go"]
    assert (document["from"], document["days"]) == ("2026-06-09T11:00:00Z", 2)
    assert [one["step"] for one in document["messages"]] == ["hello", "tip", "grown-ups"]
    assert all(list(one) == KEYS for one in document["messages"])
    said = drip("forecast", "--days", "2", "--now", "2026-06-09T11:00Z").out
    assert "2 emails and 1 text to 1 patient" in said
    assert "The texts come to about 1 part." in said


def test_a_forecast_as_a_page_tells_how_much_and_of_nobody(live: Path, tell: Tell, drip: Drip) -> None:
    tell(an_event(), now="2026-06-09T11:00Z")
    drip("forecast", "--days", "2", "--now", "2026-06-09T11:00Z", "--page", "ahead.html", "--sms-price", "0.04")
    page = (live / "ahead.html").read_text()
    assert re.search(r"Cost of texts.{1,60}0\.04", page, re.DOTALL)
    assert "<b>2</b> <span>would go</span>" in page
    assert "Tue 9 June 2026: " in page
    assert "p-1" not in page


def test_a_text_of_two_parts_is_billed_as_two_in_a_forecast(live: Path, tell: Tell, drip: Drip) -> None:
    words = live / "templates" / "after-visit" / "tip.sms.txt"
    words.write_text(words.read_text().rstrip() + " One thing more, and another." * 5 + "\n")
    clinic = live / "clinic.yaml"
    clinic.write_text(clinic.read_text() + "\nallow: {sms_parts: 3}\n")
    drip("publish", "--now", "2026-05-02T09:00Z")
    tell(an_event(), now="2026-06-09T11:00Z")
    assert "about 2 parts" in drip("forecast", "--days", "2", "--now", "2026-06-09T11:00Z").out


def test_a_forecast_says_of_each_message_why_it_would_not_go(live: Path, tell: Tell, drip: Drip) -> None:
    tell(an_event(patient__date_of_birth="2009-01-01"), now="2026-06-09T11:00Z")
    document = drip("forecast", "--days", "2", "--now", "2026-06-09T11:00Z", "--json").json
    assert [one["step"] for one in document["would_go"]] == ["hello", "tip"]
    assert [(one["step"], one["why"]) for one in document["would_not_go"]] == [
        ("grown-ups", "the step's condition was not met")
    ]
    said = drip("forecast", "--days", "2", "--now", "2026-06-09T11:00Z", "--page", "ahead.html").out
    assert "1 message would not go: the step's condition was not met." in said
    assert "What would not go" in (live / "ahead.html").read_text()


def test_a_forecast_of_the_plan_alone_says_what_is_not_in_it(live: Path, tell: Tell, drip: Drip) -> None:
    tell(an_event(), now="2026-06-09T11:00Z")
    asked = ("forecast", "--days", "2", "--now", "2026-06-09T11:00Z", "--plan-only")
    assert "Only the plan: caps and conditions are not in it." in drip(*asked).out
    document = drip(*asked, "--json").json
    assert document["played"] is False
    assert "would_go" not in document


def test_a_forecast_that_cannot_be_played_shows_the_plan_and_says_so(
    live: Path, tell: Tell, drip: Drip, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(an_event(), now="2026-06-09T11:00Z")
    monkeypatch.setattr("tempfile.tempdir", str(live / "no-such-folder"))
    said = drip("forecast", "--days", "2", "--now", "2026-06-09T11:00Z").out
    assert "2 emails and 1 text to 1 patient" in said
    assert "It could not be played here (FileNotFoundError)." in " ".join(said.split())


def test_an_empty_forecast_says_so(live: Path, drip: Drip) -> None:
    assert drip("forecast", "--days", "1").out == "Nothing is planned for the next 1 day.\n"
    assert drip("forecast", "--json").json["messages"] == []


def test_many_patients_at_once(live: Path, drip: Drip, rows: Rows) -> None:
    (live / "e.jsonl").write_text(as_lines(*(an_event(ref=f"p-{n}") for n in range(60))))
    drip("ingest", "e.jsonl", "--now", "2026-06-09T11:00Z")
    counts = drip("tick", "--now", "2026-06-09T12:00Z", "--json").json
    assert (counts["events"], counts["enrolled"], counts["accepted"]) == (60, 60, 60)
    assert len(rows("--state", "accepted")) == 60
