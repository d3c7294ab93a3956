"""Ordinary files of a clinic; a test states only what is unusual about them."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from drip.content.check import check
from drip.content.clinic_file import load_clinic
from drip.content.finding import Finding
from drip.content.folder import Folder, read_folder
from drip.content.sequence_file import load_sequence
from drip.core.clinic import Clinic
from drip.core.sequence import Sequence

TODAY = date(2026, 12, 1)

CLINIC = """\
clinic: {name: Test Clinic, phone: "+441234380345", timezone: Europe/London, country: GB, subdivision: ENG}
sites:
  - id: bedford
    name: Village Surgery
    address: [1 High Street, Bedford]
"""

SEQUENCE = """\
sequence: heel-advice
title: Looking after your heel
purpose: care
kind: education
enrol:
  on: appointment.attended
anchor: appointment
steps:
  - id: first
    after: 1d
    at: "10:00"
    email: first
    sms: first
review:
  author: A. Writer, physiotherapist
  approved_by: B. Reviewer
  approved_on: 2026-11-01
  review_due: 2027-11-01
"""

EMAIL = """\
---
subject: Looking after yourself this week
preheader: What helps
---
Hello {{ patient.first_name | default('there') }},

Keep moving. Stop these emails: [stop]({{ links.stop }}). From {{ clinic.name }}.

{% include "shared/red-flags-leg.email.md" %}
"""

SMS = """\
{{ patient.first_name | default('Hello') }}, {{ clinic.name }}: keep moving. Questions, no more texts: {{ site.phone }}
"""

LAYOUT = """\
<mjml><mj-body><mj-section><mj-column><mj-text>{{ content }}</mj-text></mj-column></mj-section></mj-body></mjml>
"""

FILES: Mapping[str, str] = {
    "clinic.yaml": CLINIC,
    "sequences/heel-advice.yaml": SEQUENCE,
    "templates/heel-advice/first.email.md": EMAIL,
    "templates/heel-advice/first.sms.txt": SMS,
    "templates/shared/red-flags-leg.email.md": "Call {{ clinic.emergency_number }} if you cannot breathe.\n",
    "templates/layouts/email.mjml": LAYOUT,
}


def changed(text: str, *changes: tuple[str, str]) -> str:
    """The text with each first part replaced by the second; both must make a difference."""
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    return text


def a_home(home: Path, files: Mapping[str, str | None] | None = None) -> Path:
    """A clinic's folder in which nothing is wrong, but for what `files` says; None leaves a file out."""
    for name, text in {**FILES, **(files or {})}.items():
        if text is not None:
            path = home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return home


def a_folder(home: Path, files: Mapping[str, str | None] | None = None) -> Folder:
    return read_folder(a_home(home, files))


def checked(home: Path, files: Mapping[str, str | None] | None = None, *, today: date = TODAY) -> list[str]:
    """What `drip check` says, each as `file:line:col: level: rule`."""
    return [place(finding) for finding in check(a_folder(home, files), today)]


def place(finding: Finding) -> str:
    return f"{finding.path}:{finding.line}:{finding.column}: {finding.level}: {finding.rule}"


def a_sequence(text: str = SEQUENCE) -> Sequence:
    sequence, findings = load_sequence("s.yaml", text.encode())
    assert sequence is not None, findings
    return sequence


def a_clinic(text: str = CLINIC) -> Clinic:
    clinic, findings = load_clinic("clinic.yaml", text.encode())
    assert clinic is not None, findings
    return clinic
