"""Sequence files: what clinicians write, and what they are told when it cannot be read."""

from datetime import date, time, timedelta
from typing import Any

import pytest

from drip.core.condition import Attribute, Compare, Literal
from drip.core.duration import Duration
from drip.core.model import AnchorKind, Channel, EventKind, Kind, Purpose, Send
from drip.core.sequence import Again, Expectation
from drip.core.window import ANY, Window
from tests.content.build import SEQUENCE, a_sequence, changed

STEP = '  - id: first\n    after: 1d\n    at: "10:00"\n    email: first\n    sms: first\n'


def with_step(step: str) -> str:
    return changed(SEQUENCE, (STEP, step))


def test_a_short_sequence_has_sensible_defaults() -> None:
    sequence = a_sequence()
    assert (sequence.id, sequence.title) == ("heel-advice", "Looking after your heel")
    assert sequence.enabled
    assert sequence.window is None
    assert sequence.enrol.again is Again.PER_ORIGIN
    assert sequence.steps[0].channels == (Channel.EMAIL, Channel.SMS)
    assert sequence.steps[0].purpose is Purpose.CARE
    assert sequence.steps[0].send is Send.BOTH
    assert not sequence.review.is_awaited


@pytest.mark.parametrize(
    ("before", "after", "name", "value"),
    [
        ("kind: education", "kind: postop", "kind", Kind.POSTOP),
        ("kind: education", "kind: education\nenabled: false", "enabled", False),
        ("anchor: appointment", "anchor: programme", "anchor", AnchorKind.PROGRAMME),
        ("anchor: appointment", "anchor: appointment\nwindow: any", "window", ANY),
        (
            "anchor: appointment",
            'anchor: appointment\nwindow: {days: [mon, wed-thu], from: "20:00", to: "06:00"}',
            "window",
            Window(days=frozenset({0, 2, 3}), opens=time(20), closes=time(6)),
        ),
        (
            "anchor: appointment",
            "anchor: appointment\nwindow:\n  days: sat-mon\n  from: 08:00\n  to: 18:00",
            "window",
            Window(days=frozenset({5, 6, 0}), opens=time(8), closes=time(18)),
        ),
        ("anchor: appointment", "anchor: appointment\npause_when: surgery", "pause_when", frozenset({"surgery"})),
        (
            "anchor: appointment",
            "anchor: appointment\npause_when: [rupture, red_flag, steroid_injection]",
            "pause_when",
            frozenset({"rupture", "red_flag", "steroid_injection"}),
        ),
    ],
)
def test_a_sequence_says(before: str, after: str, name: str, value: Any) -> None:
    assert getattr(a_sequence(changed(SEQUENCE, (before, after))), name) == value


@pytest.mark.parametrize(
    ("written", "again", "after"),
    [
        ("never", Again.NEVER, None),
        ("per_origin", Again.PER_ORIGIN, None),
        ("one_at_a_time", Again.ONE_AT_A_TIME, None),
        ("{after: 90d}", Again.AFTER, Duration(days=90)),
    ],
)
def test_a_patient_may_be_enrolled_again(written: str, again: Again, after: Duration | None) -> None:
    text = changed(SEQUENCE, ("  on: appointment.attended", f"  on: appointment.attended\n  again: {written}"))
    enrol = a_sequence(text).enrol
    assert (enrol.again, enrol.again_after) == (again, after)


def test_enrolling_and_ending_go_by_one_event_or_several() -> None:
    text = changed(
        SEQUENCE,
        ("on: appointment.attended", "on: [appointment.booked, enrolment.ended]\n  not_while_in: surgery-postop"),
        ("anchor:", "ends: {on: patient.discharged, when_enrolled_in: [a, b-2]}\nanchor:"),
    )
    sequence = a_sequence(text)
    assert sequence.enrol.on == {EventKind.BOOKED, EventKind.ENROLMENT_ENDED}
    assert sequence.enrol.not_while_in == {"surgery-postop"}
    assert sequence.ends.on == {EventKind.DISCHARGED}
    assert sequence.ends.when_enrolled_in == {"a", "b-2"}


@pytest.mark.parametrize(
    ("step", "name", "value"),
    [
        ("after: 1d12h", "offset", Duration(days=1, elapsed=timedelta(hours=12))),
        ("after: 0m", "offset", Duration()),
        ("before: 1d", "before", True),
        ("{after: 2w, at: 09:30}", "at", time(9, 30)),
        ("{after: 7d, weekday: mon}", "weekday", 0),
        ("{before: 1w, every: 1d, times: 7}", "every", 1),
        ("{after: 7d, every: 2w, times: 400}", "times", 400),
        ("{after: 7d, every: 1w, until: 84d}", "until", Duration(days=84)),
        ("{after: 1d, when: patient.age >= 16}", "when", Compare("gteq", Attribute("patient", "age"), Literal(16))),
        ("{after: 1d, purpose: feedback}", "purpose", Purpose.FEEDBACK),
        ("{after: 1d, expires: 2d}", "expires", Duration(days=2)),
        ("{after: 1d, if_late: send}", "send_if_late", True),
        ("{after: 1d, if_late: skip}", "send_if_late", False),
        ("{after: 3d, if_closed: before}", "goes_early", True),
        ("{after: 3d, if_closed: after}", "goes_early", False),
        ("{after: 1d, critical: true}", "critical", True),
        ("{after: 1d, email: b, send: sms_then_email}", "send", Send.SMS_THEN_EMAIL),
    ],
)
def test_a_step_says(step: str, name: str, value: Any) -> None:
    line = f"{{{step}}}" if not step.startswith("{") else step
    text = with_step("  - " + changed(line, ("{", "{id: a, sms: a, ")) + "\n")
    assert getattr(a_sequence(text).steps[0], name) == value


def test_a_review_names_who_when_and_why() -> None:
    text = changed(
        SEQUENCE,
        (
            "  review_due: 2027-11-01\n",
            "  review_due: 2027-11-01\n  evidence: doi:10.1/x\n  registration: HCPC PH000000\n",
        ),
    )
    review = a_sequence(text).review
    assert review.author == "A. Writer, physiotherapist"
    assert (review.approved_on, review.review_due) == (date(2026, 11, 1), date(2027, 11, 1))
    assert (review.evidence, review.registration) == (("doi:10.1/x",), "HCPC PH000000")


def test_content_without_a_review_counts_as_awaiting_one() -> None:
    assert a_sequence(SEQUENCE[: SEQUENCE.index("review:")]).review.is_awaited
    assert a_sequence(changed(SEQUENCE, ("B. Reviewer", "awaiting"))).review.is_awaited


def test_an_example_is_kept_with_its_numbers() -> None:
    tests = """\
tests:
  - name: a child
    given: {anchor: "2026-06-12T16:30", timezone: Europe/London, patient: {age: 15, code: "15"}}
    expect:
      - {step: first, channel: sms, at: "2026-06-15T08:00"}
      - {step: first, occurrence: 1, reason: late}
"""
    (example,) = a_sequence(SEQUENCE + tests).examples
    assert example.given == {
        "anchor": "2026-06-12T16:30",
        "timezone": "Europe/London",
        "patient": {"age": 15, "code": "15"},
    }
    assert example.expect == (
        Expectation(step="first", channel=Channel.SMS, at="2026-06-15T08:00"),
        Expectation(step="first", state="skipped", reason="late"),
    )
