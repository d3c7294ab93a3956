"""Every example of the sequence language's own description is read as it is meant."""

from datetime import date, time
from pathlib import Path

from drip.content.check import check
from drip.content.examples import failures, situation_of, timeline
from drip.core.duration import Duration
from drip.core.model import Channel, EventKind, Kind, Purpose, Send
from drip.core.sequence import Again, Expectation
from drip.core.walltime import wall_clock
from drip.core.window import Window
from tests.content.build import EMAIL, SMS, TODAY, a_clinic, a_folder, a_sequence, place

EARLY_ADVICE = """\
sequence: achilles-early-advice          # id: lower case, digits, hyphens
title: Achilles tendon pain - your first three weeks
purpose: care                            # service | care | safety | feedback | marketing
kind: education
enabled: true
enrol:
  on: appointment.attended               # one event kind, or a list
  when: appointment.type == 'initial' and 'achilles' in patient.conditions
  again: per_origin
  not_while_in: [surgery-postop]
anchor: appointment
window: {days: mon-fri, from: "08:00", to: "18:00"}      # default: the site's
ends:
  on: [appointment.cancelled, appointment.no_show]
  when_enrolled_in: [achilles-loading-midportion]
steps:
  - id: what-we-talked-about
    after: 3h
    email: what-we-talked-about
  - id: slow-and-steady
    after: 1d
    at: "10:00"
    sms: slow-and-steady
    expires: 2d
  - id: keep-moving
    after: 3d
    at: "09:30"
    when: patient.age >= 16
    email: keep-moving
    sms: keep-moving
    send: email_then_sms
  - id: weekly-check-in
    after: 7d
    weekday: mon
    at: "10:00"
    every: 1w
    times: 12
    sms: check-in
    purpose: feedback
review:
  author: A. Writer, physiotherapist
  approved_by: B. Reviewer
  registration: HCPC PH000000
  approved_on: 2026-11-01
  review_due: 2027-11-01
  evidence: [doi:10.1136/bjsm.2007.039545]
  interests: none declared
tests:
  - name: seen late on Friday, hears on Monday
    given: {anchor: "2026-06-12T16:30", timezone: Europe/London}
    expect:
      - {step: what-we-talked-about, channel: email, at: "2026-06-15T08:00"}
"""

CLINIC = """\
clinic: {name: ProHealth Clinic, phone: "+441234380345", email: info@prohealthclinic.co.uk, website: https://prohealthclinic.co.uk,
         timezone: Europe/London, country: GB, subdivision: ENG}     # country: phone numbers, bank holidays
window: {days: mon-fri, from: "08:00", to: "18:00"}
caps: {sms_per_day: 1, sms_per_week: 3, email_per_day: 1, email_per_week: 2}
senders: {email: {name: ProHealth Clinic, address: care@example.org}, sms: {from: ProHealth}}
consent_by_default: [service, care, safety, feedback]          # marketing can never be listed
alerts: {email: [lead@example.org], sms: ["+447700900456"]}
sites:
  - id: bedford
    name: The Village Medical Centre
    address: [Kingswood Way, Bedford, MK40 4GH]
    phone: "+441234380345"
    opening: {days: mon-fri, from: "09:00", to: "17:00"}     # for the words in messages
    closures: ["2026-12-24", {from: "2026-12-29", to: "2026-12-31"}]
appointment_types: {initial-assessment: initial, shockwave: eswt}
treatments: {shockwave: eswt, dextrose-injection: prolotherapy}
allow: {condition_words_in_sms: false, condition_words_in_subject: false, sms_parts: 1}
"""


def test_the_sequence_is_read_line_by_line() -> None:
    sequence = a_sequence(EARLY_ADVICE)
    assert (sequence.id, sequence.purpose, sequence.kind, sequence.enabled) == (
        "achilles-early-advice",
        Purpose.CARE,
        Kind.EDUCATION,
        True,
    )
    assert sequence.enrol.on == {EventKind.ATTENDED}
    assert (sequence.enrol.again, sequence.enrol.not_while_in) == (Again.PER_ORIGIN, frozenset({"surgery-postop"}))
    assert sequence.window == Window(days=frozenset(range(5)), opens=time(8), closes=time(18))
    assert sequence.ends.on == {EventKind.CANCELLED, EventKind.NO_SHOW}
    assert sequence.ends.when_enrolled_in == {"achilles-loading-midportion"}
    assert sequence.review.evidence == ("doi:10.1136/bjsm.2007.039545",)
    assert (sequence.review.registration, sequence.review.review_due) == ("HCPC PH000000", date(2027, 11, 1))
    assert sequence.examples[0].expect == (
        Expectation(step="what-we-talked-about", channel=Channel.EMAIL, at="2026-06-15T08:00"),
    )


def test_the_steps_are_read_line_by_line() -> None:
    talked, steady, moving, check_in = a_sequence(EARLY_ADVICE).steps
    assert (str(talked.offset), talked.email, talked.sms, talked.at) == ("3h", "what-we-talked-about", None, None)
    assert (steady.at, steady.expires, steady.purpose) == (time(10), Duration(days=2), Purpose.CARE)
    assert (moving.send, moving.slots, moving.when is None) == (Send.EMAIL_THEN_SMS, (Channel.EMAIL,), False)
    assert (check_in.weekday, check_in.every, check_in.times, check_in.purpose) == (0, 7, 12, Purpose.FEEDBACK)


def test_the_clinic_is_read_line_by_line() -> None:
    clinic = a_clinic(CLINIC)
    (site,) = clinic.sites
    assert (clinic.name, clinic.phone, clinic.email) == (
        "ProHealth Clinic",
        "+441234380345",
        "info@prohealthclinic.co.uk",
    )
    assert (site.name, site.address) == (
        "The Village Medical Centre",
        ("Kingswood Way", "Bedford", "MK40 4GH"),
    )
    assert site.opening == Window(days=frozenset(range(5)), opens=time(9), closes=time(17))
    assert {date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 30)} <= site.closed
    assert clinic.appointment_types == {"initial-assessment": "initial", "shockwave": "eswt"}
    assert clinic.treatments == {"shockwave": "eswt", "dextrose-injection": "prolotherapy"}
    assert Purpose.MARKETING not in clinic.consent_by_default


def test_the_example_comes_true() -> None:
    assert list(failures(a_sequence(EARLY_ADVICE), a_clinic(CLINIC))) == []


def test_the_weekly_check_in_comes_twelve_times_on_mondays() -> None:
    sequence, clinic = a_sequence(EARLY_ADVICE), a_clinic(CLINIC)
    rows = timeline(sequence, situation_of(sequence, {"anchor": "2026-06-12T16:30"}, clinic))
    walls = [wall_clock(row.due_at, clinic.zone) for row in rows if row.step == "weekly-check-in"]
    assert len(walls) == 12
    assert walls[0].isoformat() == "2026-06-22T10:00:00"
    # 31 August is a bank holiday: that week's comes on Tuesday, when the window opens.
    assert [wall.isoformat() for wall in walls if wall.weekday() != 0] == ["2026-09-01T08:00:00"]


def test_a_folder_with_these_files_has_no_errors(tmp_path: Path) -> None:
    words = "templates/achilles-early-advice/"
    files: dict[str, str | None] = {
        "clinic.yaml": CLINIC,
        "sequences/heel-advice.yaml": None,
        "templates/heel-advice/first.email.md": None,
        "templates/heel-advice/first.sms.txt": None,
        "sequences/early.yaml": EARLY_ADVICE,
        f"{words}what-we-talked-about.email.md": EMAIL,
        f"{words}slow-and-steady.sms.txt": SMS,
        f"{words}keep-moving.email.md": EMAIL,
        f"{words}keep-moving.sms.txt": SMS,
        f"{words}check-in.sms.txt": SMS,
    }
    assert [place(finding) for finding in check(a_folder(tmp_path, files), TODAY)] == [
        "sequences/early.yaml:10:18: warning: unknown-sequence",
        "sequences/early.yaml:15:22: warning: unknown-sequence",
    ]
