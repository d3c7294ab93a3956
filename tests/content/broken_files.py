"""For each rule of `drip check`, files that break it, and where it says so."""

from collections.abc import Mapping
from typing import TypeAlias

from tests.content.build import CLINIC, EMAIL, SEQUENCE, SMS, changed

Files: TypeAlias = Mapping[str, str | bytes | None]
Change: TypeAlias = tuple[str, str]

S, C = "sequences/heel-advice.yaml", "clinic.yaml"
E, T = "templates/heel-advice/first.email.md", "templates/heel-advice/first.sms.txt"
SHARED, LAYOUT = "templates/shared/red-flags-leg.email.md", "templates/layouts/email.mjml"
STEP = "    after: 1d\n"
ASKING = changed(SEQUENCE, ("    email: first\n", ""), ("purpose: care", "purpose: feedback"))


def seq(*changes: Change) -> dict[str, str | None]:
    return {S: changed(SEQUENCE, *changes)}


def clinic(*changes: Change) -> dict[str, str | None]:
    return {C: changed(CLINIC, *changes)}


def email(*changes: Change) -> dict[str, str | None]:
    return {E: changed(EMAIL, *changes)}


def said(words: str) -> dict[str, str | None]:
    return email(("Keep moving.", words))


def sms(*changes: Change) -> dict[str, str | None]:
    return {T: changed(SMS, *changes)}


def asking(ask: str) -> dict[str, str | None]:
    """A step that asks, from a number that hears replies."""
    number = 'senders: {sms: {from: "+447700900123"}}\n'
    return {S: changed(ASKING, (STEP, f"{STEP}    ask: {ask}\n")), C: CLINIC + number, E: None, SHARED: None}


def beside(*changes: Change, first: tuple[Change, ...] = ()) -> dict[str, str | None]:
    """A second sequence with words of its own."""
    other = changed(SEQUENCE, ("heel-advice", "zz"), *changes)
    words = {"templates/zz/first.email.md": EMAIL, "templates/zz/first.sms.txt": SMS}
    return {S: changed(SEQUENCE, *first), "sequences/zz.yaml": other, **words}


def when(condition: str) -> dict[str, str | None]:
    return seq(("attended\n", f'attended\n  when: "{condition}"\n'))


RULES: dict[str, list[tuple[Files, str]]] = {
    # Files that can be read
    "missing": [({C: None}, f"{C}:1:1: error")],
    "too-large": [({S: b"x" * 300_000}, f"{S}:1:1: error")],
    "encoding": [({T: b"caf\xe9"}, f"{T}:1:1: error")],
    "yaml-encoding": [({S: b"sequence: caf\xe9"}, f"{S}:1:14: error")],
    "yaml-empty": [({S: ""}, f"{S}:1:1: error")],
    "yaml-syntax": [({S: "a: [\n"}, f"{S}:2:1: error")],
    "yaml-tab": [({S: "a:\tb\n"}, f"{S}:1:3: error")],
    "yaml-character": [({S: "a: b\u200e\u202e\n"}, f"{S}:1:6: error")],
    "yaml-key": [({S: "[a]: b\n"}, f"{S}:1:1: error")],
    "yaml-duplicate-key": [(seq(("title:", "sequence: x\ntitle:")), f"{S}:2:1: error")],
    "yaml-depth": [({S: "a: " + "[" * 30 + "]" * 30}, f"{S}:1:23: error")],
    "yaml-anchor": [(seq(("purpose: care", "purpose: &x care")), f"{S}:3:10: error")],
    "yaml-alias": [(seq(("purpose: care", "purpose: &x care"), ("kind: education", "kind: *x")), f"{S}:4:7: error")],
    "yaml-tag": [(seq(("purpose: care", "purpose: !!str care")), f"{S}:3:10: error")],
    "yaml-directive": [({S: "%YAML 1.1\n---\na: b\n"}, f"{S}:1:1: error")],
    "yaml-documents": [({S: "a: b\n---\nc: d\n"}, f"{S}:2:1: error")],
    "unknown-key": [
        (seq(("title:", "titel:")), f"{S}:2:1: error"),
        (clinic(("sites:", "site:")), f"{C}:2:1: error"),
    ],
    "missing-key": [(seq(("anchor: appointment\n", "")), f"{S}:1:1: error")],
    "wrong-shape": [(seq(("steps:\n", "steps: x\nother:\n")), f"{S}:8:8: error")],
    "wrong-value": [(seq(("purpose: care", "purpose: cure")), f"{S}:3:10: error")],
    # The clinic's own file
    "phone": [
        (clinic(("+441234380345", "12")), f"{C}:1:36: error"),
        (clinic(("+441234380345", "+440000000000")), f"{C}:1:36: warning"),
    ],
    "emergency": [(clinic(("country: GB, subdivision: ENG", "country: BR")), f"{C}:1:87: error")],
    "bank-holidays": [(clinic(("ENG", "ENGX")), f"{C}:1:104: error")],
    "closure": [
        ({C: CLINIC + "    closures: [{from: 2026-12-31, to: 2026-12-29}]\n"}, f"{C}:6:39: error"),
    ],
    "caps": [({C: CLINIC + "    caps: {sms_per_day: 3}\ncaps: {sms_per_day: 2}\n"}, f"{C}:6:25: error")],
    "duplicate-site": [({C: CLINIC + "  - id: bedford\n"}, f"{C}:6:9: error")],
    "booking-site": [({C: CLINIC + "bookings: {cliniko: {sites: {x: york}}}\n"}, f"{C}:6:33: error")],
    # Sequences
    "duplicate-sequence": [({"sequences/zz.yaml": SEQUENCE}, "sequences/zz.yaml:1:11: error")],
    "duplicate-step": [(seq(("review:", "  - {id: first, after: 2d, sms: first}\nreview:")), f"{S}:14:10: error")],
    "one-offset": [
        (seq((STEP, f"{STEP}    before: 1d\n")), f"{S}:11:5: error"),
        (seq((STEP, ""), ('    at: "10:00"\n', "")), f"{S}:9:5: error"),
    ],
    "clock-time": [(seq(("after: 1d", "after: 3h")), f"{S}:11:9: error")],
    "repeat": [
        (seq((STEP, f"{STEP}    times: 3\n")), f"{S}:11:5: error"),
        (seq((STEP, f"{STEP}    every: 1w\n")), f"{S}:11:5: error"),
        (seq((STEP, f"{STEP}    every: 3h\n    times: 2\n")), f"{S}:11:12: error"),
    ],
    "expires": [
        (
            seq(("after: 1d", "before: 1d\n    expires: 1d"), ("appointment.attended", "appointment.booked")),
            f"{S}:11:5: error",
        )
    ],
    "if-closed": [
        (
            seq(("after: 1d", "before: 1d\n    if_closed: before"), ("appointment.attended", "appointment.booked")),
            f"{S}:11:5: error",
        )
    ],
    "no-words": [(seq(("    email: first\n    sms: first\n", "")), f"{S}:9:5: error")],
    "reminder": [(seq((STEP, f"{STEP}    reminder: true\n")), f"{S}:11:5: error")],
    "own-name": [(seq(("attended\n", "attended\n  not_while_in: [heel-advice]\n")), f"{S}:7:18: error")],
    "unknown-step": [
        (
            {S: SEQUENCE + "tests: [{name: x, given: {anchor: 2026-06-01}, expect: [{step: frist}]}]\n"},
            f"{S}:19:64: error",
        )
    ],
    "unknown-sequence": [(seq(("anchor:", "ends: {when_enrolled_in: [gone]}\nanchor:")), f"{S}:7:27: warning")],
    "kind-missing": [(seq(("kind: education\n", "")), f"{S}:1:1: warning")],
    "second-confirmation": [
        (
            beside(("appointment.attended", "reply.stop"), first=(("appointment.attended", "reply.stop"),)),
            "sequences/zz.yaml:6:7: error",
        )
    ],
    "template-missing": [(seq(("email: first", "email: frist")), f"{S}:12:12: error")],
    "language-missing": [({"templates/heel-advice/first.cy.sms.txt": SMS}, f"{S}:12:12: warning")],
    "test-failed": [
        (
            {
                S: SEQUENCE
                + "tests: [{name: x, given: {anchor: 2026-06-01}, expect: [{step: first, at: 2026-06-09}]}]\n"
            },
            f"{S}:19:57: error",
        )
    ],
    # Conditions, and steps that never arrive
    "condition": [(when("patient.age >"), f"{S}:7:23: error")],
    "unknown-fact": [
        (when("'achilles' in patient.conditons"), f"{S}:7:24: error"),
        (when("appointment.practitioner_id == 'x'"), f"{S}:7:10: warning"),
        (when("site.town == 'x'"), f"{S}:7:10: error"),
        (when("reply.word == 'stop'"), f"{S}:7:10: error"),
        (
            {
                S: SEQUENCE
                + "tests: [{name: x, given: {anchor: 2026-06-01,\n  patient: {emial: x}}, expect: [{step: first}]}]\n"
            },
            f"{S}:20:13: error",
        ),
        (seq((STEP, f"{STEP}    when: patient.langauge == 'cy'\n")), f"{S}:11:11: error"),
    ],
    "unknown-word": [
        (
            {**when("appointment.type == 'intial'"), C: CLINIC + "appointment_types: {new-patient: initial}\n"},
            f"{S}:7:9: warning",
        )
    ],
    "never-holds": [
        (when("patient.age > 18 and patient.age < 16"), f"{S}:7:9: error"),
        (when("patient.side == 'left' and patient.side in ['right', 'both']"), f"{S}:7:9: error"),
        (
            seq(
                ("attended\n", "attended\n  when: \"treatment.code == 'eswt'\"\n"),
                (STEP, f"{STEP}    when: treatment.code == 'prolotherapy'\n"),
            ),
            f"{S}:12:11: error",
        ),
    ],
    "never-sent": [
        (seq(("after: 1d", "before: 1d")), f"{S}:10:5: error"),
        (seq(("after: 1d", "before: 1d"), ("anchor: appointment", "anchor: enrolled")), f"{S}:10:5: error"),
    ],
    "always-ended": [
        (
            seq(
                ("appointment.attended", "appointment.booked"),
                (
                    "anchor: appointment\n",
                    "anchor: appointment\nends: {on: [appointment.attended, appointment.no_show]}\n",
                ),
            ),
            f"{S}:11:5: warning",
        ),
        (
            beside(("after: 1d", "after: 2d"), first=(("anchor:", "ends: {when_enrolled_in: [zz]}\nanchor:"),)),
            f"{S}:7:27: warning",
        ),
    ],
    "always-capped": [
        ({C: CLINIC + "caps: {sms_per_day: 0}\n"}, f"{S}:13:10: warning"),
        (
            seq(("review:", '  - {id: second, after: 1d, at: "11:00", expires: 1h, sms: first}\nreview:'))
            | {C: CLINIC + "caps: {sms_per_week: 1}\n"},
            f"{S}:14:60: warning",
        ),
    ],
    # Sequences beside each other
    "loading-collision": [
        (
            beside(("education", "loading"), ("after: 1d", "after: 2d"), first=(("education", "loading"),)),
            "sequences/zz.yaml:5:1: warning",
        ),
        (
            beside(
                ("education", "loading"),
                ("appointment.attended", "programme.started"),
                first=(("education", "loading"),),
            ),
            "sequences/zz.yaml:5:1: warning",
        ),
    ],
    "same-day": [(beside(), "sequences/zz.yaml:9:5: warning")],
    # Questions
    "duplicate-question": [
        (
            {
                **asking("{id: pain, answer: number}"),
                S: changed(
                    ASKING,
                    (STEP, f"{STEP}    ask: {{id: pain, answer: number}}\n"),
                    ("review:", "  - {id: two, after: 2d, sms: first, ask: {id: pain, answer: number}}\nreview:"),
                ),
            },
            f"{S}:14:48: error",
        )
    ],
    "answer-range": [(asking("{id: pain, answer: number, min: 5, max: 1}"), f"{S}:11:50: error")],
    "answer-choices": [(asking("{id: pain, answer: choice}"), f"{S}:11:29: error")],
    "answer-open": [(asking("{id: pain, answer: number, open_for: 90d}"), f"{S}:11:47: error")],
    "task-if": [(asking("{id: pain, answer: number, max: 3, task_if: answer > 5}"), f"{S}:11:54: error")],
    "then": [(asking("{id: pain, answer: number, then: [{sms: first}, {sms: first}]}"), f"{S}:11:58: error")],
    "after-silence": [
        (asking("{id: pain, answer: number, after_silence: {times: 2, every: 2w}}"), f"{S}:11:37: error"),
    ],
    "one-way-sender": [
        ({**asking("{id: pain, answer: number}"), C: CLINIC + "senders: {sms: {from: Clinic}}\n"}, f"{S}:11:5: error"),
        (
            {**sms(("keep moving", "reply 1")), C: CLINIC + "senders: {sms: {from: Clinic}}\n"},
            f"{T}:1:65: warning",
        ),
    ],
    "question-differs": [
        (
            {
                **asking("{id: pain, answer: number}"),
                "sequences/zz.yaml": changed(
                    ASKING, ("heel-advice", "zz"), (STEP, "    after: 2d\n    ask: {id: pain, answer: days}\n")
                ),
                "templates/zz/first.sms.txt": SMS,
            },
            "sequences/zz.yaml:11:15: warning",
        )
    ],
    "unknown-question": [(when("replies.pian > 3"), f"{S}:7:9: warning")],
    # Review
    "review-missing": [({S: SEQUENCE[: SEQUENCE.index("review:")]}, f"{S}:1:1: error")],
    "review-awaiting": [(seq(("B. Reviewer", "awaiting")), f"{S}:16:16: warning")],
    "review-incomplete": [
        (seq(("  review_due: 2027-11-01\n", "")), f"{S}:15:3: error"),
        (seq(("B. Reviewer", "awaiting"), ("  review_due: 2027-11-01\n", "")), f"{S}:15:3: warning"),
    ],
    "review-expired": [(seq(("2027-11-01", "2026-11-30")), f"{S}:18:15: error")],
    "review-soon": [(seq(("2027-11-01", "2026-12-20")), f"{S}:18:15: warning")],
    "review-dates": [
        (seq(("2027-11-01", "2025-11-01")), f"{S}:18:15: error"),
        (seq(("2026-11-01", "2026-12-02")), f"{S}:17:16: warning"),
    ],
    "four-eyes": [(seq(("B. Reviewer", "a. writer")), f"{S}:16:16: error")],
    # Templates
    "template-syntax": [(said("Keep {{ moving."), f"{E}:7:6: error")],
    "template-not-allowed": [(said("{% for x in y %}"), f"{E}:7:1: error")],
    "template-header": [(email(("subject: Looking after yourself this week\n", "")), f"{E}:1:1: error")],
    "template-render": [(said("See you {{ appointment.starts_at }}."), f"{E}:1:1: error")],
    "template-unused": [({"templates/heel-advice/old.sms.txt": SMS}, "templates/heel-advice/old.sms.txt:1:1: warning")],
    "unknown-variable": [(said("Hi {{ patient.frist_name }}."), f"{E}:7:7: error")],
    "unknown-include": [(said('{% include "shared/x.email.md" %}'), f"{E}:7:1: error")],
    "include-loop": [({SHARED: '{% include "shared/red-flags-leg.email.md" %}\n'}, f"{SHARED}:1:1: error")],
    "include-depth": [
        (
            {
                SHARED: '{% include "shared/p1.email.md" %}\n',
                **{
                    f"templates/shared/p{n}.email.md": f'{{% include "shared/p{n + 1}.email.md" %}}\n'
                    for n in range(1, 7)
                },
                "templates/shared/p7.email.md": "Enough.\n",
            },
            "templates/shared/p4.email.md:1:1: error",
        )
    ],
    "unknown-layout": [({LAYOUT: None}, f"{E}:1:1: error")],
    "layout": [({LAYOUT: "<mjml>{{ content }}"}, f"{LAYOUT}:1:1: error")],
    "if-crosses": [(said("{% if patient.age > 3 %}One.\n\nTwo.{% endif %}"), f"{E}:7:1: error")],
    "link": [(said("[here](page)"), f"{E}:7:8: error")],
    "no-first-name": [
        (email((" | default('there')", "")), f"{E}:5:10: warning"),
        (sms((" | default('Hello')", "")), f"{T}:1:4: warning"),
    ],
    # What words may not say
    "missing-identity": [(email(("From {{ clinic.name }}.", "")), f"{E}:1:1: error")],
    "missing-opt-out": [(email(("[stop]({{ links.stop }})", "call")), f"{E}:1:1: error")],
    "missing-red-flags": [
        ({**email(('{% include "shared/red-flags-leg.email.md" %}', "")), SHARED: None}, f"{E}:1:1: warning"),
        (
            {
                **email(('{% include "shared/red-flags-leg.email.md" %}', "")),
                **seq(("kind: education", "kind: aftercare")),
            },
            f"{E}:1:1: error",
        ),
    ],
    "condition-word": [
        (sms(("keep moving", "your Achilles")), f"{T}:1:70: error"),
        (email(("yourself", "your tendon")), f"{E}:2:29: error"),
        (email(("What helps", "After surgery")), f"{E}:3:18: error"),
    ],
    "claim": [(said("A permanent fix."), f"{E}:7:3: error")],
    "insertional-safety": [
        ({**when("patient.subtype == 'insertional'"), **said("Drop your heel.")}, f"{E}:7:1: error"),
    ],
    "short-link": [(sms(("keep moving", "https://bit.ly/x1")), f"{T}:1:73: error")],
    "hard-coded-help": [
        (sms(("keep moving", "call 111")), f"{T}:1:70: warning"),
        (said("Call 999 or go to A&E."), f"{E}:7:6: warning"),
        (said("Use 111.nhs.uk."), f"{E}:7:5: warning"),
    ],
    # How words are written
    "sms-parts": [(sms(("keep moving", "keep moving. " * 7)), f"{T}:1:1: error")],
    "sms-ucs2": [
        (sms(("keep moving", "it\u2019s fine")), f"{T}:1:67: error"),
        (
            {"templates/heel-advice/first.cy.sms.txt": changed(SMS, ("keep moving", "dŵr"))},
            "templates/heel-advice/first.cy.sms.txt:1:66: warning",
        ),
    ],
    "bare-link": [
        (sms(("keep moving", "www.example.org")), f"{T}:1:65: warning"),
        (said("See http://example.org/x now."), f"{E}:7:5: warning"),
    ],
    "unwritten": [
        (said("[say here what to know]"), f"{E}:7:1: error"),
        (sms(("keep moving", "[Say here what to do]")), f"{T}:1:65: error"),
    ],
    "exclamation-mark": [(said("Well done!"), f"{E}:7:6: warning")],
    "emoji": [(said("Well done \U0001f44d."), f"{E}:7:11: warning")],
    "long-sentence": [(said("One " + "more " * 20 + "time."), f"{E}:7:1: warning")],
    "long-word": [(said("Please commence."), f"{E}:7:8: warning")],
    "hard-to-read": [
        (said("Physiological rehabilitation necessitates individualised supervision. " * 12), f"{E}:1:1: warning")
    ],
    # Against what is live: further down
    "step-renamed": [],
    "step-removed": [],
    "sequence-gone": [],
}

BY_HAND = {
    "unreadable": "permissions do not hold for everybody who runs tests",
    "not-a-file": "a pipe cannot be made everywhere",
    "outside": "a link cannot be made everywhere",
    "yaml-size": "a file as large is refused before it is read",
    "unknown-template": "a step's template always has the right ending",
}
"""Rules that no file of text can break, and why. Each is tested where it is written."""
