"""The stop switches: `drip suppress`, `drip pause`, `drip resume`."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.build import an_event
from tests.cli.conftest import Drip, Rows, Tell

NOON = ("--now", "2026-06-09T12:00Z")


@pytest.fixture
def enrolled(live: Path, tell: Tell) -> Path:
    """One patient, of whom an email is due at noon and a text the next morning."""
    tell(an_event(patient__phone="07700 900123", patient__email="Amina.Shah@Example.org"), now="2026-06-09T11:00Z")
    return live


def of(rows: Rows, step: str) -> tuple[str, str]:
    """State and reason of the first message of a step."""
    return next((one["state"], one["reason"]) for one in rows() if one["step"] == step)


@pytest.mark.parametrize(
    "address",
    ["Amina.Shah@example.org", "Amina.Shah@EXAMPLE.ORG", "amina.shah@example.org", " Amina.Shah@example.org "],
)
def test_a_closed_email_address_gets_nothing_more(address: str, enrolled: Path, drip: Drip, rows: Rows) -> None:
    assert drip("suppress", address).out == "Nothing will be sent there any more (1 patient reached there).\n"
    assert drip("tick", *NOON, "--json").json["suppressed"] == 1
    assert of(rows, "hello") == ("suppressed", "suppressed_by_patient")


@pytest.mark.parametrize(
    "number", ["07700 900123", "+447700900123", "+44 7700 900 123", "07700-900-123", "0044 7700 900123"]
)
def test_a_closed_number_gets_nothing_more_however_it_is_written(
    number: str, enrolled: Path, drip: Drip, rows: Rows
) -> None:
    drip("suppress", number)
    drip("tick", *NOON)
    drip("tick", "--now", "2026-06-10T09:00Z")
    assert of(rows, "hello") == ("accepted", "")
    assert of(rows, "tip") == ("suppressed", "suppressed_by_patient")


def test_closing_it_again_is_no_news(enrolled: Path, drip: Drip) -> None:
    drip("suppress", "a@example.org")
    assert drip("suppress", "a@example.org").out.startswith("That address was closed already (nobody is known by it")


def test_why_an_address_is_closed_can_be_said(enrolled: Path, drip: Drip, rows: Rows) -> None:
    drip("suppress", "Amina.Shah@example.org", "--reason", "bounced")
    drip("tick", *NOON)
    assert of(rows, "hello") == ("suppressed", "bounced")
    assert "--reason" in drip("suppress", "b@example.org", "--reason", "rude", code=2).err


@pytest.mark.parametrize("address", ["nobody", "a@", "@example.org", "12", "", "a@b@c.org"])
def test_what_is_no_address_is_refused_and_not_repeated(address: str, enrolled: Path, drip: Drip) -> None:
    said = drip("suppress", address, code=2)
    assert said.err == "error: that is neither an email address nor a phone number that can be read\n"


def test_a_closed_address_stays_closed_whatever_a_booking_says(
    enrolled: Path, drip: Drip, rows: Rows, tell: Tell
) -> None:
    drip("suppress", "Amina.Shah@example.org")
    news = an_event("patient.updated", occurred_at="2026-06-09T11:30Z", patient__email="Amina.Shah@example.org",
                    patient__consent={"care": {"email": True}})  # fmt: skip
    tell(news, now="2026-06-09T12:00Z")
    assert of(rows, "hello") == ("suppressed", "suppressed_by_patient")


def test_while_everything_is_paused_messages_wait_and_go_afterwards(
    enrolled: Path, drip: Drip, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert drip("pause").out == "Paused everything. `drip resume` goes on.\n"
    assert drip("tick", *NOON, "--json").json["accepted"] == 0
    assert of(rows, "hello") == ("planned", "paused")
    monkeypatch.setattr("drip.clock.now", lambda: datetime(2026, 6, 9, 12, 1, tzinfo=UTC))
    assert drip("resume").out == "Resumed; 1 message waits to go.\n"
    assert drip("tick", *NOON, "--json").json["accepted"] == 1
    assert of(rows, "hello") == ("accepted", "")


def test_one_sequence_can_be_paused(enrolled: Path, drip: Drip, rows: Rows, tell: Tell) -> None:
    tell(an_event("appointment.booked", ref="p-2", appointment__starts_at="2026-06-18T10:00+01:00",
                  appointment__ends_at=None), now="2026-06-09T11:00Z")  # fmt: skip
    drip("pause", "after-visit", "--why", "a mistake in the words")
    drip("tick", *NOON)
    assert of(rows, "hello") == ("planned", "paused")
    drip("tick", "--now", "2026-06-15T08:00Z")
    assert of(rows, "get-ready") == ("accepted", "")
    assert drip("resume", "before-visit").out == "It was not paused.\n"
    drip("resume", "after-visit")


def test_what_is_paused_too_long_expires(enrolled: Path, drip: Drip, rows: Rows) -> None:
    drip("pause")
    drip("tick", *NOON)
    drip("tick", "--now", "2026-06-20T12:00Z")
    assert of(rows, "hello") == ("expired", "paused")
    assert of(rows, "weekly")[0] == "expired"


def test_what_a_pause_has_made_late_is_left_out_unless_one_says_otherwise(
    enrolled: Path, drip: Drip, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    drip("pause")
    drip("tick", *NOON)
    monkeypatch.setattr("drip.clock.now", lambda: datetime(2026, 6, 10, 6, tzinfo=UTC))
    assert drip("resume").out == "Resumed; 0 messages wait to go, 1 late one left out.\n"
    assert of(rows, "hello") == ("skipped", "resumed_late")


def test_late_ones_go_when_one_says_so(enrolled: Path, drip: Drip, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    drip("pause")
    drip("tick", *NOON)
    monkeypatch.setattr("drip.clock.now", lambda: datetime(2026, 6, 10, 6, tzinfo=UTC))
    assert drip("resume", "--late", "send").out == "Resumed; 1 message waits to go.\n"


def test_pausing_and_resuming_twice_is_harmless(enrolled: Path, drip: Drip) -> None:
    drip("pause")
    drip("pause")
    drip("resume")
    assert drip("resume").out == "It was not paused.\n"


def test_a_sequence_that_is_not_live_cannot_be_paused(enrolled: Path, drip: Drip) -> None:
    for command in ("pause", "resume"):
        assert "after-visit, before-visit" in drip(command, "nothing", code=2).err


def test_a_stop_and_a_pause_show_at_once(enrolled: Path, drip: Drip) -> None:
    patient = drip("messages", "--json").json["messages"][0]["patient"]
    drip("suppress", "Amina.Shah@example.org")
    assert "No more emails go to this patient: the patient asked us to stop." in drip("explain", patient).out
    drip("pause", "--why", "a typo")
    checks = {one["name"]: one for one in drip("doctor", "--json", code=1).json["checks"]}
    assert checks["sending"]["ok"] is False
    assert "a typo" in checks["sending"]["says"]


def test_a_choice_that_there_is_not_names_those_that_there_are(live: Path, drip: Drip) -> None:
    assert "--late 'soon': choose skip or send" in drip("resume", "--late", "soon", code=2).err


def test_that_an_address_was_closed_by_a_command_is_in_the_audit_trail_without_the_address(
    enrolled: Path, drip: Drip
) -> None:
    before = drip("audit", "verify", "--json").json["lines"]
    for _ in range(2):
        drip("suppress", "Amina.Shah@example.org")
    assert drip("audit", "verify", "--json").json["lines"] == before + 1, "the second time nothing was done"
    with sqlite3.connect(enrolled / "drip.db") as database:
        (deed, detail) = database.execute("SELECT deed, detail FROM audit ORDER BY number DESC LIMIT 1").fetchone()
    assert deed == "address_closed"
    assert "example" not in detail
