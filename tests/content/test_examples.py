"""A sequence's own tests, and the timeline of everything it would send."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from drip.content.check import check
from drip.content.examples import Situation, failures, objects_of, situation_of, timeline
from drip.core.clinic import hours_for
from drip.core.lifecycle import State
from drip.core.model import Channel, Facts
from drip.core.reason import Reason
from tests.content.build import CLINIC, SEQUENCE, TODAY, a_clinic, a_folder, a_sequence, changed, place

ONE_STEP = 'steps:\n  - id: first\n    after: 1d\n    at: "10:00"\n    email: first\n    sms: first\n'


def with_tests(*tests: str, sequence: str = SEQUENCE) -> str:
    return sequence + "tests:\n" + "".join(f"  - name: an example\n    {test}\n" for test in tests)


def an_example(given: str, *expected: str) -> str:
    return f"given: {given}\n    expect:\n" + "\n".join(f"      - {line}" for line in expected)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('{anchor: "2026-06-10T09:00"}', '{step: first, at: "2026-06-11T10:00"}'),
        ('{anchor: "2026-06-10T09:00"}', "{step: first, at: 2026-06-11}"),
        ('{anchor: "2026-06-10T09:00Z"}', '{step: first, channel: sms, at: "2026-06-11T09:00Z"}'),
        ('{anchor: "2026-06-12T16:30"}', '{step: first, channel: email, at: "2026-06-15T08:00"}'),
        ("{anchor: 2026-06-10}", '{step: first, at: "2026-06-11T10:00"}'),
        ('{anchor: "2026-06-10T23:30", timezone: Asia/Tokyo}', '{step: first, at: "2026-06-11T10:00+09:00"}'),
        ('{anchor: "2026-06-10T09:00", now: "2026-06-12T09:00"}', "{step: first, state: skipped, reason: late}"),
        ('{anchor: "2026-06-10T09:00", now: "2026-06-12T09:00"}', "{step: first, reason: late}"),
        ('{anchor: "2026-12-23T09:00"}', '{step: first, at: "2026-12-24T10:00"}'),
        ('{anchor: "2026-12-24T09:00"}', '{step: first, at: "2026-12-29T08:00"}'),
        ('{anchor: "2026-12-23T09:00", site: closed}', '{step: first, at: "2026-12-29T08:00"}'),
    ],
)
def test_an_example_that_comes_true_says_nothing(given: str, expected: str) -> None:
    clinic = a_clinic(CLINIC + "  - {id: closed, closures: [2026-12-24]}\n")
    assert list(failures(a_sequence(with_tests(an_example(given, expected))), clinic)) == []


def test_an_example_that_does_not_come_true_is_said_at_its_line(tmp_path: Path) -> None:
    text = with_tests(
        an_example(
            '{anchor: "2026-06-12T16:30", timezone: Europe/London}',
            '{step: first, channel: email, at: "2026-06-15T08:00"}',
            '{step: first, channel: sms, at: "2026-06-13T10:00"}',
            "{step: first, channel: sms, state: skipped, reason: late}",
            "{step: first, occurrence: 2}",
        )
    )
    findings = check(a_folder(tmp_path, {"sequences/heel-advice.yaml": text}), TODAY)
    assert [place(finding) for finding in findings] == [
        f"sequences/heel-advice.yaml:{line}:9: error: test-failed" for line in (24, 25, 26)
    ]
    assert "expected first sms planned at 2026-06-13T10:00, but got sms planned at 2026-06-15T08:00" in str(findings[0])
    assert "expected first sms skipped (late), but got sms planned at 2026-06-15T08:00" in str(findings[1])
    assert "expected first number 2 planned, but got no such message" in str(findings[2])


def test_an_example_may_say_who_the_patient_is() -> None:
    text = changed(SEQUENCE, ("    email: first\n", "    email: first\n    when: patient.age >= 16\n"))
    child = '{anchor: "2026-06-10T09:00", patient: {date_of_birth: "2010-06-11"}}'
    adult = '{anchor: "2026-06-10T09:00", patient: {age: 16}}'
    tests = with_tests(
        an_example(child, "{step: first, state: skipped, reason: condition}"),
        an_example(adult, "{step: first, state: planned}"),
        an_example('{anchor: "2026-06-10T09:00"}', "{step: first, state: planned}"),
        sequence=text,
    )
    assert list(failures(a_sequence(tests), a_clinic())) == []


def test_an_example_that_cannot_be_worked_out_is_said_at_what_is_given() -> None:
    text = with_tests(an_example('{anchor: "2026-06-10T09:00", patient: {date_of_birth: soon}}', "{step: first}"))
    (mistake,) = failures(a_sequence(text), a_clinic())
    assert (mistake.loc, mistake.rule) == (("tests", 0, "given"), "test-failed")


def test_attributes_stand_beside_an_objects_own_names() -> None:
    told: Facts = {"patient": {"attributes": {"subtype": "insertional", "age": 3}, "age": 40}, "treatment": "odd"}
    objects = objects_of(told, datetime(2026, 6, 10, tzinfo=UTC).date(), site_id="bedford")
    assert objects["patient"]["subtype"] == "insertional"
    assert objects["patient"]["age"] == 40
    assert objects["treatment"] == {}
    assert objects["site"] == {"id": "bedford"}


STEPS = """\
steps:
  - {id: b, after: 1d, at: 10:00, sms: b, purpose: feedback}
  - {id: a, after: 1d, at: 10:00, email: a, sms: a}
  - {id: z, after: 1d, at: 10:00, sms: z, purpose: safety}
  - {id: late, after: 0m, sms: late}
  - {id: adults, after: 2d, sms: adults, when: patient.age > 17}
  - {id: one, after: 2d, at: 09:00, email: one, sms: one, send: sms_then_email}
"""


def test_a_timeline_is_in_the_order_in_which_messages_go() -> None:
    sequence = a_sequence(changed(SEQUENCE, (ONE_STEP, STEPS)))
    (site,) = a_clinic().sites
    anchor = datetime(2026, 6, 9, 9, tzinfo=UTC)
    situation = Situation(
        anchor=anchor,
        hours=hours_for(sequence, site, None),
        now=datetime(2026, 6, 9, 9, 30, tzinfo=UTC),
        objects={"patient": {"age": 15}},
    )
    assert [(row.step, row.channel, row.state, row.reason) for row in timeline(sequence, situation)] == [
        ("late", Channel.SMS, State.SKIPPED, Reason.LATE),
        ("z", Channel.SMS, State.PLANNED, Reason.NONE),
        ("a", Channel.EMAIL, State.PLANNED, Reason.NONE),
        ("a", Channel.SMS, State.PLANNED, Reason.NONE),
        ("b", Channel.SMS, State.PLANNED, Reason.NONE),
        ("one", Channel.SMS, State.PLANNED, Reason.NONE),
        ("adults", Channel.SMS, State.SKIPPED, Reason.CONDITION),
    ]


def test_without_a_patient_every_condition_is_taken_to_hold() -> None:
    sequence = a_sequence(changed(SEQUENCE, (ONE_STEP, STEPS)))
    situation = situation_of(sequence, {"anchor": "2026-06-09T10:00"}, a_clinic())
    assert situation.objects is None
    assert all(row.reason is not Reason.CONDITION for row in timeline(sequence, situation))


def test_the_patients_own_clock_decides_where_the_visit_does_not() -> None:
    sequence = a_sequence(changed(SEQUENCE, ("anchor: appointment", "anchor: programme")))
    given: Facts = {"anchor": "2026-06-09", "patient": {"timezone": "America/New_York"}}
    assert str(situation_of(sequence, given, a_clinic()).hours.zone) == "America/New_York"
    at_visit = a_sequence(SEQUENCE)
    assert str(situation_of(at_visit, given, a_clinic()).hours.zone) == "Europe/London"
    told: Facts = {**given, "timezone": "Asia/Tokyo"}
    assert str(situation_of(at_visit, told, a_clinic()).hours.zone) == "Asia/Tokyo"
