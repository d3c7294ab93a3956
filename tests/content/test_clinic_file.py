"""clinic.yaml: the clinic's own facts, and what it is told when they cannot be right."""

from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from drip.content.clinic_file import load_clinic
from drip.content.finding import Finding
from drip.core.clinic import Allowed, Caps, Clinic, Senders
from drip.core.desk import Desk
from drip.core.model import Purpose
from drip.core.window import ANY, Window
from tests.content.build import CLINIC, a_clinic, changed

OFFICE_HOURS = Window(days=frozenset(range(5)), opens=time(8), closes=time(18))


def with_site(line: str) -> str:
    return CLINIC + f"    {line}\n"


def findings_of(text: str) -> list[Finding]:
    clinic, findings = load_clinic("clinic.yaml", text.encode())
    assert clinic is None
    return findings


def the_finding(text: str) -> Finding:
    (finding,) = findings_of(text)
    return finding


def test_four_facts_are_enough() -> None:
    clinic = a_clinic("clinic: {name: A, timezone: Europe/London, country: GB}\nsites: [{id: main}]\n")
    assert clinic.consent_by_default == {Purpose.SERVICE, Purpose.CARE, Purpose.SAFETY, Purpose.FEEDBACK}
    assert clinic.senders == Senders(email_name="A")
    assert clinic.allow == Allowed()
    assert clinic.desk == Desk()
    (site,) = clinic.sites
    assert (site.name, site.phone, site.address) == ("A", "", ())
    assert (site.window, site.opening, site.caps) == (OFFICE_HOURS, OFFICE_HOURS, Caps())
    assert date(2026, 12, 25) in site.closed


def test_everything_a_clinic_may_say_is_read() -> None:
    clinic = a_clinic(
        """\
clinic: {name: A, phone: 01234 380345, email: info@example.org, website: https://example.org, timezone: Europe/London,
         country: GB, subdivision: ENG}
window: {days: mon-sat, from: "09:00", to: "17:00"}
caps: {sms_per_day: 2, email_per_week: 1}
senders: {email: {name: B, address: care@example.org, reply_to: replies@example.org}, sms: {from: ProHealth}}
consent_by_default: [service, safety]
alerts: {email: lead@example.org, sms: ["+447700900456"]}
sites:
  - id: bedford
    name: Village
    address: [Kingswood Way, Bedford]
    phone: "+441234380345"
    opening: {days: mon-fri, from: "09:00", to: "17:00"}
    closures: ["2026-12-24", {from: "2026-12-29", to: "2026-12-31"}]
  - {id: paris, country: FR, timezone: Europe/Paris, window: any, caps: {sms_per_day: 1}, phone: "01 42 68 53 00"}
appointment_types: {initial-assessment: initial}
treatments: {shockwave: eswt}
interlocks: {after_steroid: 21d, operations: [day-surgery]}
allow: {condition_words_in_sms: true, condition_words_in_subject: false, sms_parts: 2}
desk: {red_flags_within: 30m, tasks_within: 1d12h, unreached: ring}
sms_price: 0.0395
"""
    )
    assert clinic.sms_price == 0.0395
    assert (clinic.phone, clinic.alert_numbers) == ("+441234380345", ("+447700900456",))
    assert (clinic.alert_emails, clinic.website) == (("lead@example.org",), "https://example.org")
    assert clinic.senders == Senders(
        email_name="B", email_address="care@example.org", reply_to="replies@example.org", sms_from="ProHealth"
    )
    assert clinic.consent_by_default == {Purpose.SERVICE, Purpose.SAFETY}
    assert (clinic.appointment_types, clinic.treatments) == ({"initial-assessment": "initial"}, {"shockwave": "eswt"})
    assert clinic.interlocks.after_steroid == timedelta(days=21)
    assert clinic.interlocks.operations == {"surgery", "gastroc_recession", "day_surgery"}, "it adds to what always is"
    assert clinic.allow == Allowed(condition_words_in_sms=True, sms_parts=2)
    assert clinic.desk == Desk(
        red_flags_within=timedelta(minutes=30), tasks_within=timedelta(hours=36), unreached="ring"
    )
    bedford, paris = clinic.sites
    assert bedford.window == Window(days=frozenset(range(6)), opens=time(9), closes=time(17))
    assert bedford.caps == Caps(sms_per_day=2, email_per_week=1)
    assert bedford.address == ("Kingswood Way", "Bedford")
    assert (paris.zone, paris.window, paris.opening) == (ZoneInfo("Europe/Paris"), ANY, None)
    assert paris.caps == Caps(sms_per_day=1, email_per_week=1)
    assert paris.phone == "+33142685300"
    assert date(2026, 7, 14) in paris.closed
    assert date(2026, 7, 14) not in bedford.closed


def test_the_first_site_is_the_default_one() -> None:
    clinic = a_clinic(CLINIC + "  - {id: london}\n")
    assert clinic.site("london").id == "london"
    assert clinic.site(None).id == clinic.site("elsewhere").id == "bedford"


def test_closures_are_single_days_or_days_in_a_row() -> None:
    (site,) = a_clinic(with_site('closures: ["2026-12-24", {from: 2026-12-29, to: 2026-12-31}]')).sites
    days = [date(2026, 12, 23) + timedelta(days=n) for n in range(10)]
    assert [day.day for day in days if day in site.closed] == [24, 25, 26, 28, 29, 30, 31, 1]


@pytest.mark.parametrize(
    ("text", "day", "closed"),
    [
        (CLINIC, date(2019, 12, 25), True),
        (CLINIC, date(2045, 12, 25), True),
        (CLINIC, date(2026, 8, 31), True),
        (CLINIC, date(2026, 12, 28), True),
        (changed(CLINIC, ("ENG", "SCT")), date(2026, 8, 31), False),
        (changed(CLINIC, ("ENG", "SCT")), date(2026, 11, 30), True),
        (changed(CLINIC, ("ENG", "NIR")), date(2026, 7, 13), True),
        (with_site("subdivision: SCT"), date(2026, 11, 30), True),
        (with_site("country: US"), date(2026, 7, 3), True),
        (with_site("country: US"), date(2026, 8, 31), False),
        (CLINIC + "bank_holidays: false\n", date(2026, 12, 25), False),
        (with_site("bank_holidays: false"), date(2026, 12, 25), False),
        (with_site("bank_holidays: true\nbank_holidays: false"), date(2026, 12, 25), True),
    ],
)
def test_bank_holidays_are_those_of_the_place(text: str, day: date, closed: bool) -> None:
    assert (day in a_clinic(text).sites[0].closed) is closed


@pytest.mark.parametrize(
    ("before", "after", "line", "column", "rule", "says"),
    [
        ("name: Test Clinic, ", "", 1, 9, "missing-key", "`name` is missing"),
        ("timezone: Europe/London, ", "", 1, 9, "missing-key", "`timezone` is missing"),
        ("Europe/London", "Europe/Lodon", 1, 63, "wrong-value", "no time zone 'Europe/Lodon'"),
        ("country: GB", "country: England", 1, 87, "wrong-value", "two letters"),
        ("country: GB, subdivision: ENG", "country: XX", 1, 87, "bank-holidays", "bank_holidays: false"),
        ("ENG", "ENGX", 1, 104, "bank-holidays", "did you mean `ENG`?"),
        ("ENG", "CA", 1, 104, "bank-holidays", "write one of ENG"),
        ('"+441234380345"', '"1234"', 1, 36, "phone", "not a phone number"),
        ("sites:\n", "sites: []\nx:\n", 2, 8, "wrong-value", "at least one"),
        ("id: bedford", "id: Bedford", 3, 9, "wrong-value", "is not an id"),
        ("sites:", "window: {days: mon, from: 9am, to: 17:00}\nsites:", 2, 27, "wrong-value", "clock time"),
        ("sites:", "caps: {sms_per_day: many}\nsites:", 2, 21, "wrong-value", "whole number"),
        ("sites:", "consent_by_default: [care, marketing]\nsites:", 2, 21, "wrong-value", "never sent by default"),
        ("sites:", "alerts: {email: [nobody]}\nsites:", 2, 18, "wrong-value", "not an email address"),
        ("sites:", 'alerts: {sms: ["12"]}\nsites:', 2, 16, "phone", "not a phone number"),
        ("sites:", "senders: {sms: {from: ProHealthClinic}}\nsites:", 2, 23, "wrong-value", "cannot send texts"),
        ("sites:", "senders: {email: {name: x}}\nsites:", 2, 18, "missing-key", "`address`"),
        ("sites:", "allow: {sms_part: 2}\nsites:", 2, 9, "unknown-key", "did you mean `sms_parts`?"),
        ("sites:", "treatments: {a: [b]}\nsites:", 2, 17, "wrong-value", "one text here"),
        ("sites:", "interlocks: {after_steroid: 0d}\nsites:", 2, 29, "wrong-value", "write 1d to 365d"),
        ("sites:", "desk: {tasks_within: soon}\nsites:", 2, 22, "wrong-value", "such as 30m, 4h or 2d"),
        ("sites:", "desk: {red_flags_within: 1m}\nsites:", 2, 26, "wrong-value", "write 5m to 30d"),
        ("sites:", "desk: {unreached: pigeon}\nsites:", 2, 19, "wrong-value", "ring"),
        ("sites:", "sms_price: -1\nsites:", 2, 12, "wrong-value", "is no price"),
        ("sites:", "sms_price: cheap\nsites:", 2, 12, "wrong-value", "is not a number"),
        ("sites:", "treatment: {a: b}\nsites:", 2, 1, "unknown-key", "did you mean `treatments`?"),
        ("name: Test Clinic", "name: Test Clinic, website: example", 1, 38, "wrong-value", "https://"),
    ],
)
def test_a_wrong_line_is_said_at_its_place(
    before: str, after: str, line: int, column: int, rule: str, says: str
) -> None:
    findings = findings_of(changed(CLINIC, (before, after)))
    assert (findings[0].line, findings[0].column, findings[0].rule) == (line, column, rule)
    assert says in findings[0].message


@pytest.mark.parametrize(
    ("site", "column", "rule", "says"),
    [
        ('phone: "12"', 12, "phone", "not a phone number"),
        ("timezone: Mars/Base", 15, "wrong-value", "no time zone"),
        ("subdivision: XYZ", 18, "bank-holidays", "write one of ENG"),
        ("closures: [2026-12-32]", 16, "wrong-value", "year-month-day"),
        ("closures: [{from: 2026-12-31, to: 2026-12-29}]", 39, "closure", "earlier date first"),
        ("closures: [{from: 2026-12-31}]", 16, "missing-key", "`to`"),
        ("opening: {days: mon, from: 09:00, to: 09:00}", 43, "wrong-value", "the same time"),
        ("openings: x", 5, "unknown-key", "did you mean `opening`?"),
    ],
)
def test_a_wrong_site_is_said_at_its_place(site: str, column: int, rule: str, says: str) -> None:
    finding = the_finding(with_site(site))
    assert (finding.line, finding.column, finding.rule) == (6, column, rule)
    assert says in finding.message


def test_each_site_has_its_own_id() -> None:
    finding = the_finding(CLINIC + "  - id: bedford\n")
    assert (finding.line, finding.column, finding.rule) == (6, 9, "duplicate-site")


def test_a_site_may_tighten_the_caps_and_never_loosen_them() -> None:
    text = CLINIC + "    caps: {sms_per_day: 3, sms_per_week: 1}\ncaps: {sms_per_day: 2, sms_per_week: 2}\n"
    finding = the_finding(text)
    assert (finding.line, finding.column, finding.rule) == (6, 25, "caps")
    assert a_clinic(changed(text, ("sms_per_day: 3", "sms_per_day: 1"))).sites[0].caps.sms_per_week == 1


@pytest.mark.parametrize(
    ("number", "warned"),
    [("+441234380345", False), ("+447700900456", False), ("+15555550123", False), ("+440000000000", True)],
)
def test_a_number_that_no_network_gives_out_is_warned_about(number: str, warned: bool) -> None:
    clinic, findings = load_clinic("clinic.yaml", changed(CLINIC, ("+441234380345", number)).encode())
    assert isinstance(clinic, Clinic)
    expected: list[Any] = [("warning", "phone", 1, 36)] if warned else []
    assert [(finding.level, finding.rule, finding.line, finding.column) for finding in findings] == expected


@pytest.mark.parametrize(
    "source", [b"", b"[]", b"clinic: x\nsites: x\n", b"sites: {a: b}\ncaps: []\nalerts: {sms: {}}\n"]
)
def test_a_clinic_that_makes_no_sense_is_told_so(source: bytes) -> None:
    clinic, findings = load_clinic("clinic.yaml", source)
    assert clinic is None
    assert findings
