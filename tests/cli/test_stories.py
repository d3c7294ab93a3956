"""What befalls a patient, told by the booking system and seen in `drip messages`."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.build import an_event, rewrite
from tests.cli.conftest import Drip, Rows, Tell

BOOKED = "appointment.booked"
THEN = "2026-06-01T09:30Z"
AFTER = "2026-06-09T11:00Z"


def states(rows: Rows, *words: str) -> dict[str, tuple[str, str]]:
    """State and reason by step and channel; the last row of each."""
    return {f"{one['step']}/{one['channel']}": (one["state"], one["reason"]) for one in rows(*words)}


def later(kind: str, occurred_at: str, **told: Any) -> dict[str, Any]:
    """News of the same appointment."""
    return an_event(kind, event_id=f"{kind}-{occurred_at}", occurred_at=occurred_at, **told)


def republish(drip: Drip) -> None:
    drip("publish", "--now", "2026-05-02T09:00Z")


def test_an_appointment_with_both_channels_brings_two_messages(tell: Tell, drip: Drip, rows: Rows) -> None:
    tell(an_event(BOOKED), now=THEN)
    drip("tick", "--now", "2026-06-05T08:00Z")
    assert states(rows) == {
        "get-ready/email": ("accepted", ""),
        "get-ready/sms": ("accepted", ""),
        "remember/sms": ("planned", ""),
    }


def test_a_cancelled_appointment_cancels_what_is_still_planned(tell: Tell, drip: Drip, rows: Rows) -> None:
    tell(an_event(BOOKED), now=THEN)
    drip("tick", "--now", "2026-06-05T08:00Z")
    assert tell(later("appointment.cancelled", "2026-06-05T09:00Z"), now="2026-06-05T09:05Z").json["cancelled"] == 1
    assert states(rows)["remember/sms"] == ("cancelled", "appointment_cancelled")
    assert states(rows)["get-ready/sms"] == ("accepted", "")
    drip("tick", "--now", "2026-06-08T09:00Z")
    assert len(rows("--state", "accepted")) == 2


def test_a_cancellation_that_comes_with_the_tick_wins(tell: Tell, drip: Drip, rows: Rows) -> None:
    tell(an_event(BOOKED), now=THEN)
    assert tell(later("appointment.cancelled", "2026-06-05T07:59Z"), now="2026-06-05T08:00Z").json["accepted"] == 0
    assert rows("--state", "accepted") == []


def test_an_appointment_booked_again_after_its_cancellation_is_planned_again(tell: Tell, rows: Rows) -> None:
    tell(an_event(BOOKED), now=THEN)
    tell(later("appointment.cancelled", "2026-06-02T09:00Z"), now="2026-06-02T09:05Z")
    tell(later(BOOKED, "2026-06-03T09:00Z"), now="2026-06-03T09:05Z")
    assert {state for state, _ in states(rows).values()} == {"planned"}


def test_a_cancellation_that_overtakes_its_booking_still_counts(tell: Tell, rows: Rows) -> None:
    tell(later("appointment.cancelled", "2026-06-02T09:00Z"), now="2026-06-02T09:05Z")
    tell(an_event(BOOKED), now="2026-06-02T09:10Z")
    assert rows("--state", "planned") == []


def test_a_moved_appointment_moves_what_is_unsent(tell: Tell, rows: Rows) -> None:
    tell(an_event(BOOKED), now=THEN)
    moved = later("appointment.rescheduled", "2026-06-03T09:00Z", appointment__starts_at="2026-06-17T10:00:00+01:00",
                  appointment__ends_at=None)  # fmt: skip
    tell(moved, now="2026-06-03T09:05Z")
    assert [(one["step"], one["channel"], one["due_at"]) for one in rows("--state", "planned")] == [
        ("get-ready", "email", "2026-06-12T08:00:00Z"),
        ("get-ready", "sms", "2026-06-12T08:00:00Z"),
        ("remember", "sms", "2026-06-16T09:00:00Z"),
    ]


def test_what_was_sent_for_the_old_day_is_sent_again_for_the_new_one(tell: Tell, drip: Drip, rows: Rows) -> None:
    tell(an_event(BOOKED), now=THEN)
    drip("tick", "--now", "2026-06-05T08:00Z")
    moved = later("appointment.rescheduled", "2026-06-05T09:00Z", appointment__starts_at="2026-06-24T10:00:00+01:00",
                  appointment__ends_at=None)  # fmt: skip
    tell(moved, now="2026-06-05T09:05Z")
    ready = [(one["due_at"], one["state"]) for one in rows() if one["step"] == "get-ready" and one["channel"] == "sms"]
    assert ready == [("2026-06-05T08:00:00Z", "accepted"), ("2026-06-19T08:00:00Z", "planned")]


def test_somebody_who_did_not_come_hears_no_more_of_it(live: Path, tell: Tell, drip: Drip, rows: Rows) -> None:
    sequence = live / "sequences/before-visit.yaml"
    rewrite(sequence, "anchor: appointment\n", "anchor: appointment\nends: {on: [appointment.no_show]}\n")
    rewrite(sequence, "review:", '  - {id: how-was-it, after: 1d, at: "10:00", sms: remember}\nreview:')
    republish(drip)
    tell(an_event(BOOKED), now=THEN)
    tell(later("appointment.no_show", "2026-06-09T10:00Z"), now="2026-06-09T10:05Z")
    assert states(rows)["how-was-it/sms"] == ("cancelled", "no_show")


def test_a_patient_who_comes_late_to_us_misses_what_is_past(tell: Tell, rows: Rows) -> None:
    tell(an_event(), now="2026-06-10T12:00Z")
    found = states(rows)
    assert found["hello/email"] == found["tip/sms"] == ("skipped", "late")
    assert found["grown-ups/email"] == ("planned", "")


def test_a_patient_who_refused_emails_gets_none(tell: Tell, drip: Drip, rows: Rows) -> None:
    tell(an_event(patient__consent={"care": {"email": False}}), now=AFTER)
    drip("tick", "--now", "2026-06-10T09:00Z")
    assert states(rows)["hello/email"] == ("skipped", "no_consent")
    assert states(rows)["tip/sms"] == ("accepted", "")


@pytest.mark.parametrize(("field", "step"), [("phone", "tip/sms"), ("email", "hello/email")])
def test_a_patient_without_an_address_is_skipped(field: str, step: str, tell: Tell, drip: Drip, rows: Rows) -> None:
    event = an_event()
    del event["patient"][field]
    tell(event, now=AFTER)
    drip("tick", "--now", "2026-06-09T12:00Z")
    drip("tick", "--now", "2026-06-10T09:00Z")
    assert states(rows)[step] == ("skipped", "no_address")


def test_a_child_without_a_carer_is_not_written_to_and_staff_are_asked(tell: Tell, drip: Drip, rows: Rows) -> None:
    tell(an_event(patient__date_of_birth="2015-01-01"), now=AFTER)
    drip("tick", "--now", "2026-06-09T12:00Z")
    assert states(rows)["hello/email"] == ("skipped", "under_age")
    assert "under 16" in drip("explain", "p-1").out


def test_a_childs_carer_is_written_to_instead(live: Path, tell: Tell, drip: Drip, rows: Rows) -> None:
    carer = {"name": "Sam Shah", "relation": "parent", "email": "sam@example.org"}
    tell(an_event(patient__date_of_birth="2015-01-01", contact=carer), now=AFTER)
    drip("tick", "--now", "2026-06-09T12:00Z")
    assert states(rows)["hello/email"] == ("accepted", "")
    words = "".join(path.read_text(errors="replace") for path in (live / "outbox").rglob("*") if path.is_file())
    assert "sam@example.org" in words
    assert "p-1@example.org" not in words


def test_nothing_is_sent_to_someone_who_has_died(tell: Tell, drip: Drip, rows: Rows) -> None:
    tell(an_event(), now=AFTER)
    tell(later("patient.deceased", "2026-06-09T11:30Z"), now="2026-06-09T12:00Z")
    assert set(states(rows).values()) == {("cancelled", "deceased")}


def test_one_text_a_day_and_the_next_waits_for_the_next_opening(live: Path, tell: Tell, drip: Drip, rows: Rows) -> None:
    sequence = live / "sequences/after-visit.yaml"
    rewrite(sequence, 'grown-ups, after: 2d, at: "10:00", when: patient.age >= 18, email: hello',
            'second, after: 1d, at: "11:00", sms: tip')  # fmt: skip
    republish(drip)
    tell(an_event(), now=AFTER)
    drip("tick", "--now", "2026-06-10T09:00Z")
    assert drip("tick", "--now", "2026-06-10T10:00Z", "--json").json["deferred"] == 1
    second = next(one for one in rows() if one["step"] == "second")
    assert (second["state"], second["reason"], second["due_at"]) == ("planned", "capped", "2026-06-11T07:00:00Z")
    drip("tick", "--now", "2026-06-11T07:00Z")
    assert states(rows)["second/sms"] == ("accepted", "")


def test_a_condition_is_asked_at_the_moment_of_sending(tell: Tell, drip: Drip, rows: Rows) -> None:
    tell(an_event(), now=AFTER)
    assert states(rows)["grown-ups/email"] == ("planned", "")
    news = later("patient.updated", "2026-06-10T09:00Z", patient__date_of_birth="2009-01-01")
    tell(news, now="2026-06-10T12:00Z")
    drip("tick", "--now", "2026-06-11T09:00Z")
    assert states(rows)["grown-ups/email"] == ("skipped", "condition")


def test_words_that_fail_for_one_patient_do_not_hold_up_the_others(
    live: Path, tell: Tell, drip: Drip, rows: Rows
) -> None:
    rewrite(live / "templates/after-visit/hello.email.md", "Thank you",
            "{% if patient.last_name == 'Zeta' %}{{ replies.pain }}{% endif %}Thank you")  # fmt: skip
    republish(drip)
    tell(an_event(), an_event(ref="p-2", patient__last_name="Zeta"), now=AFTER)
    counts = drip("tick", "--now", "2026-06-09T12:00Z", "--json").json
    assert (counts["accepted"], counts["invalid"]) == (1, 1)
    assert states(rows, "--patient", "p-1")["hello/email"] == ("accepted", "")
    assert states(rows, "--patient", "p-2")["hello/email"] == ("invalid", "template_error")
    assert "could not be worded" in drip("explain", "p-2").out


def test_a_visit_elsewhere_counts_on_that_sites_clock(tell: Tell, rows: Rows) -> None:
    away = an_event(site="perth", appointment__starts_at="2026-06-09T10:00:00+08:00", appointment__ends_at=None,
                    occurred_at="2026-06-09T10:50:00+08:00")  # fmt: skip
    tell(away, now="2026-06-09T03:00Z")
    assert rows()[0]["due_at"] == "2026-06-09T05:00:00Z"


def test_someone_whom_the_sequence_is_not_for_is_not_enrolled(tell: Tell, rows: Rows) -> None:
    assert tell(an_event(appointment__type="review"), now=AFTER).json["enrolled"] == 0
    assert rows() == []


def test_the_booking_systems_own_word_for_a_visit_is_understood(tell: Tell) -> None:
    assert tell(an_event(appointment__type="Initial-Assessment"), now=AFTER).json["enrolled"] == 1
