"""A small clinic's folder and the events of its patients: the ordinary; tests state the unusual."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from drip.cli.shipped import shipped

Event: TypeAlias = dict[str, Any]

CLINIC = """\
clinic: {name: Hill Clinic, phone: "+441234380345", email: hello@example.org, timezone: Europe/London, country: GB,
         subdivision: ENG}
window: {days: mon-fri, from: "08:00", to: "18:00"}
senders: {email: {name: Hill Clinic, address: care@example.org}, sms: {from: HillClinic}}
sites:
  - {id: bedford, name: Bedford, address: ["1 High Street, Bedford"]}
  - {id: perth, name: Perth, timezone: Australia/Perth}
appointment_types: {initial-assessment: initial}
"""

REVIEW = """\
review: {author: A. Writer, approved_by: B. Reviewer, approved_on: 2026-01-01, review_due: 2099-01-01}
"""

AFTER_VISIT = (
    """\
sequence: after-visit
title: After your visit
purpose: care
kind: education
enrol: {on: appointment.attended, when: "appointment.type == 'initial'"}
anchor: appointment
steps:
  - {id: hello, after: 3h, email: hello}
  - {id: tip, after: 1d, at: "10:00", sms: tip}
  - {id: grown-ups, after: 2d, at: "10:00", when: patient.age >= 18, email: hello}
  - {id: weekly, after: 8d, at: "10:00", every: 1w, times: 3, sms: tip}
"""
    + REVIEW
)

BEFORE_VISIT = (
    """\
sequence: before-visit
title: Before your visit
purpose: service
kind: service
enrol: {on: appointment.booked}
anchor: appointment
steps:
  - {id: get-ready, before: 3d, at: "09:00", email: get-ready, sms: remember}
  - {id: remember, before: 1d, at: "10:00", sms: remember}
"""
    + REVIEW
)

EMAIL = """\
---
subject: {subject}
---
Hello {{{{ patient.first_name | default('there') }}}}, this is {{{{ clinic.name }}}}. {words}

You can [stop these emails]({{{{ links.stop }}}}).
"""

TEMPLATES = {
    "after-visit/hello.email.md": EMAIL.format(subject="After your visit", words="Thank you for coming."),
    "after-visit/tip.sms.txt": "{{ clinic.name }}: a little every day. To stop, call {{ site.phone }}\n",
    "before-visit/get-ready.email.md": EMAIL.format(subject="Your visit", words="Please bring your shoes."),
    "before-visit/remember.sms.txt": "{{ clinic.name }}: see you {{ appointment.starts_at | date }}. {{ site.phone }}",
}


def a_clinic(folder: Path, *, sequences: Mapping[str, str] | None = None) -> Path:
    """A clinic's folder with two sequences, or with these."""
    (folder / "sequences").mkdir(parents=True)
    (folder / "clinic.yaml").write_text(CLINIC)
    for name, text in (sequences or {"after-visit": AFTER_VISIT, "before-visit": BEFORE_VISIT}).items():
        (folder / "sequences" / f"{name}.yaml").write_text(text)
    for name, text in TEMPLATES.items():
        path = folder / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    shutil.copytree(shipped("templates") / "layouts", folder / "templates" / "layouts")
    return folder


def rewrite(path: Path, old: str, new: str) -> None:
    """Change some words of a file; the words must be there."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def an_event(kind: str = "appointment.attended", *, ref: str = "p-1", **told: Any) -> Event:
    """What the booking system tells. `patient_`, `appointment_` name what differs; None leaves something out."""
    patient: Event = {
        "ref": ref,
        "first_name": "Amina",
        "last_name": "Shah",
        "email": f"{ref}@example.org",
        "phone": f"+447700900{sum(map(ord, ref)) % 1000:03}",
        "date_of_birth": "1979-03-02",
        "language": "en",
    }
    appointment: Event = {
        "ref": f"a-{ref}",
        "type": "initial",
        "starts_at": "2026-06-09T10:00:00+01:00",
        "ends_at": "2026-06-09T10:45:00+01:00",
    }
    event: Event = {
        "event_id": f"{kind}-{ref}",
        "kind": kind,
        "occurred_at": "2026-06-09T10:50:00+01:00" if kind == "appointment.attended" else "2026-06-01T09:00:00Z",
        "site": "bedford",
        "patient": patient,
        "appointment": appointment,
    }
    for name, value in told.items():
        place, _, key = name.partition("__")
        target, key = (event[place], key) if key else (event, place)
        target[key] = value
        if value is None:
            del target[key]
    if not kind.startswith("appointment."):
        del event["appointment"]
    return event


def as_lines(*events: Event) -> str:
    """One event a line."""
    return "".join(json.dumps(event) + "\n" for event in events)
