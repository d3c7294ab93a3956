"""What clinicians are told when a sequence file cannot be read as it stands."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drip.content.finding import Finding
from drip.content.sequence_file import load_sequence
from tests.content.build import SEQUENCE, changed

STEP = '  - id: first\n    after: 1d\n    at: "10:00"\n    email: first\n    sms: first\n'


def with_step(step: str) -> str:
    return changed(SEQUENCE, (STEP, step))


def findings_of(text: str) -> list[Finding]:
    sequence, findings = load_sequence("s.yaml", text.encode())
    assert sequence is None
    return findings


def the_finding(text: str) -> Finding:
    (finding,) = findings_of(text)
    return finding


@pytest.mark.parametrize(
    ("step", "column", "rule", "says"),
    [
        ("{id: a, sms: a}", 5, "one-offset", "add `after: 3d` or `before: 1d`"),
        ("{id: a, sms: a, after: 1d, before: 2d}", 32, "one-offset", "exclude each other"),
        ("{id: a, sms: a, after: 3h, at: 10:00}", 36, "clock-time", "whole days or weeks only"),
        ("{id: a, sms: a, after: 1d30m, at: 10:00}", 39, "clock-time", "1d30m has hours or minutes"),
        ("{id: a, after: 1d}", 5, "no-words", "add `email:` or `sms:`"),
        ("{id: a, sms: a, after: 1d, send: both}", 32, "no-words", "chooses between two"),
        ("{id: a, sms: a, after: 1d, every: 3h, times: 2}", 39, "repeat", "whole days or weeks"),
        ("{id: a, sms: a, after: 1d, every: 0d, times: 2}", 39, "repeat", "whole days or weeks"),
        ("{id: a, sms: a, after: 1d, every: 1d}", 32, "repeat", "exactly one of `times: 12` and `until: 84d`"),
        ("{id: a, sms: a, after: 1d, every: 1d, times: 2, until: 9d}", 32, "repeat", "exactly one"),
        ("{id: a, sms: a, after: 1d, times: 2}", 32, "repeat", "needs `every: 1w`"),
        ("{id: a, sms: a, after: 1d, until: 9d}", 32, "repeat", "needs `every: 1w`"),
        ("{id: a, sms: a, after: 1d, every: 1d, until: 400d}", 50, "repeat", "more than 400 times"),
        ("{id: a, sms: a, after: 1d, every: 1d, times: 401}", 50, "wrong-value", "from 1 to 400"),
        ("{id: a, sms: a, after: 1d, every: 1d, times: 0}", 50, "wrong-value", "from 1 to 400"),
        ("{id: a, sms: a, after: soon}", 28, "wrong-value", "10m, 3h, 2d, 6w"),
        ("{id: a, sms: a, after: 12h1d}", 28, "wrong-value", "10m, 3h, 2d, 6w"),
        ("{id: a, sms: a, after: 1d, at: 9:30}", 36, "wrong-value", "09:30"),
        ("{id: a, sms: a, after: 1d, at: 24:00}", 36, "wrong-value", "not a clock time"),
        ("{id: a, sms: a, after: 1d, weekday: monday}", 41, "wrong-value", "mon, tue"),
        ("{id: a, sms: a, before: 1d, expires: 2d}", 33, "expires", "always expires at its anchor"),
        ("{id: a, sms: a, before: 1d, reminder: true}", 33, "reminder", "only a `service` message"),
        ("{id: a, sms: a, after: 1d, purpose: service, reminder: true}", 50, "reminder", "goes `before` a visit"),
        ("{id: a, sms: a, before: 1d, reminder: yes}", 43, "wrong-value", "neither true nor false"),
        ("{id: First, sms: a, after: 1d}", 10, "wrong-value", "lower case letters"),
        ("{id: a_b, sms: a, after: 1d}", 10, "wrong-value", "lower case letters"),
        ("{id: a, sms: ../x, after: 1d}", 18, "wrong-value", "lower case letters"),
        ("{sms: a, after: 1d}", 5, "missing-key", "`id` is missing"),
        ("{id: a, sms: a, after: 1d, critical: yes}", 42, "wrong-value", "neither true nor false"),
        ("{id: a, sms: a, after: 1d, if_late: perhaps}", 41, "wrong-value", "'send' or 'skip'"),
        ("{id: a, sms: a, after: 1d, if_closed: early}", 43, "wrong-value", "'before' or 'after'"),
        ("{id: a, sms: a, before: 1d, if_closed: before}", 33, "if-closed", "always moves back"),
        ("{id: a, sms: a, after: 1d, send: sms_first}", 38, "wrong-value", "write one of both"),
        ("{id: a, sms: a, after: 1d, purpose: saftey}", 41, "wrong-value", "did you mean `safety`?"),
        ("{id: a, sms: a, after: 1d, wehn: x}", 32, "unknown-key", "did you mean `when`?"),
        ("{id: a, sms: a, after: 1d, zzz: x}", 32, "unknown-key", "`zzz` is not a key here: after, ask, at"),
        ("{id: a, sms: a, after: 1d, when: patient.age >}", 51, "condition", "column 14 of the condition"),
        ('{id: a, sms: a, after: 1d, when: "foo.x == 1"}', 39, "condition", "`foo` is not known"),
        ("{id: a, sms: a, after: 1d, when: [x]}", 38, "wrong-value", "one text"),
        ("{id: a, sms: [a], after: 1d}", 18, "wrong-value", "one text here"),
        ("{id: a, sms: '', after: 1d}", 18, "wrong-value", "nothing is written here"),
        ("a", 5, "wrong-shape", "a mapping belongs here"),
    ],
)
def test_a_wrong_step_is_said_at_its_place(step: str, column: int, rule: str, says: str) -> None:
    finding = the_finding(with_step(f"  - {step}\n"))
    assert (finding.line, finding.column, finding.level, finding.rule) == (9, column, "error", rule)
    assert says in finding.message


@pytest.mark.parametrize(
    ("before", "after", "line", "column", "rule", "says"),
    [
        ("title:", "titel:", 2, 1, "unknown-key", "did you mean `title`?"),
        ("sequence: heel-advice\n", "", 1, 1, "missing-key", "`sequence` is missing"),
        ("heel-advice", "Heel Advice", 1, 11, "wrong-value", "is not an id"),
        ("purpose: care", "purpose: advice", 3, 10, "wrong-value", "write one of safety, service"),
        ("kind: education", "kind: educaton", 4, 7, "wrong-value", "did you mean `education`?"),
        ("appointment.attended", "appointment.atended", 6, 7, "wrong-value", "did you mean `appointment.attended`?"),
        ("appointment.attended", "[]", 6, 7, "wrong-value", "at least one"),
        ("appointment.attended", "[patient.deceased, x]", 6, 26, "wrong-value", "'x' is not known here"),
        ("attended\n", "attended\n  again: often\n", 7, 10, "wrong-value", "write one of never"),
        ("attended\n", "attended\n  again: after\n", 7, 10, "wrong-value", "{after: 90d}"),
        ("attended\n", "attended\n  again: {before: 9d}\n", 7, 10, "wrong-value", "{after: 90d}"),
        ("attended\n", "attended\n  not_while_in: heel-advice\n", 7, 17, "own-name", "cannot exclude or end itself"),
        ("anchor: appointment", "anchor: apointment", 7, 9, "wrong-value", "did you mean `appointment`?"),
        ("anchor: appointment\n", "", 1, 1, "missing-key", "`anchor` is missing"),
        ("anchor:", "window: none\nanchor:", 7, 9, "wrong-value", "write `any`, or {days: mon-fri"),
        (
            "anchor:",
            "window: {days: mon-fri, from: 08:00, to: 08:00}\nanchor:",
            7,
            42,
            "wrong-value",
            "the same time",
        ),
        (
            "anchor:",
            "window: {days: mon-fry, from: 08:00, to: 09:00}\nanchor:",
            7,
            16,
            "wrong-value",
            "'fry' is not a day",
        ),
        ("anchor:", "window: {days: mon-fri, from: 08:00}\nanchor:", 7, 9, "missing-key", "`to` is missing"),
        ("anchor:", "window: {day: mon, days: mon, from: 08:00, to: 09:00}\nanchor:", 7, 10, "unknown-key", "`days`"),
        ("anchor:", "pause_when: fever\nanchor:", 7, 13, "wrong-value", "write one of fracture"),
        ("anchor:", "ends: {when_enrolled_in: [x, heel-advice]}\nanchor:", 7, 30, "own-name", "end itself"),
        ("anchor:", "enabled: yes\nanchor:", 7, 10, "wrong-value", "neither true nor false"),
        ("B. Reviewer", "a.  writer", 16, 16, "four-eyes", "nobody approves their own words"),
        ("  author: A. Writer, physiotherapist\n", "", 15, 3, "missing-key", "`author` is missing"),
        ("2027-11-01", "2026-10-01", 18, 15, "review-dates", "put it later"),
        ("2027-11-01", "1 November", 18, 15, "wrong-value", "year-month-day"),
        ("2027-11-01", "2027-02-30", 18, 15, "wrong-value", "year-month-day"),
    ],
)
def test_a_wrong_line_is_said_at_its_place(
    before: str, after: str, line: int, column: int, rule: str, says: str
) -> None:
    finding = the_finding(changed(SEQUENCE, (before, after)))
    assert (finding.line, finding.column, finding.rule) == (line, column, rule)
    assert says in finding.message


@pytest.mark.parametrize(
    ("test", "line", "column", "rule", "says"),
    [
        ("{name: x, given: {}, expect: [{step: first}]}", 20, 22, "missing-key", "`anchor`"),
        ("{name: x, given: {anchor: soon}, expect: [{step: first}]}", 20, 31, "wrong-value", "not a date or time"),
        (
            "{name: x, given: {anchor: 2026-06-12, timezone: London}, expect: [{step: first}]}",
            20,
            53,
            "wrong-value",
            "Europe/London",
        ),
        ("{name: x, given: {anchor: 2026-06-12}, expect: []}", 20, 52, "wrong-value", "at least one"),
        ("{name: x, given: {anchor: 2026-06-12}, expect: [{step: b}]}", 20, 60, "unknown-step", "name one of first"),
    ],
)
def test_a_wrong_example_is_said_at_its_place(test: str, line: int, column: int, rule: str, says: str) -> None:
    finding = the_finding(SEQUENCE + f"tests:\n  - {test}\n")
    assert (finding.line, finding.column, finding.rule) == (line, column, rule)
    assert says in finding.message


def test_step_ids_are_used_once() -> None:
    finding = the_finding(changed(SEQUENCE, ("review:", "  - {id: first, after: 2d, sms: b}\nreview:")))
    assert (finding.line, finding.column, finding.rule) == (14, 10, "duplicate-step")


def test_everything_wrong_in_a_file_is_said_at_once() -> None:
    text = changed(
        SEQUENCE,
        ("purpose: care", "purpse: care"),
        ("after: 1d", "after: 1d\n    before: 2d"),
        ("B. Reviewer", "A. Writer"),
        ("appointment.attended", "appointment.atended"),
        ("review:", "  - {id: first, after: 2d, sms: b}\nreview:"),
    )
    assert {(finding.rule, finding.line) for finding in findings_of(text)} == {
        ("unknown-key", 3),
        ("wrong-value", 6),
        ("one-offset", 11),
        ("duplicate-step", 15),
        ("four-eyes", 18),
    }


def test_a_finding_reads_as_one_line() -> None:
    finding = the_finding(changed(SEQUENCE, ("title:", "titel:")))
    assert str(finding) == "s.yaml:2:1: error: unknown-key: `titel` is not a key here, did you mean `title`?"


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words\n"])
def test_a_file_that_is_no_mapping_is_said_to_be_none(text: str) -> None:
    assert (the_finding(text).rule, the_finding(text).line) == ("wrong-shape", 1)


_LINES = SEQUENCE.splitlines(keepends=True)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_edit_of_a_file_makes_the_reader_raise(data: st.DataObject) -> None:
    lines = list(_LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        n = data.draw(st.integers(0, len(lines) - 1))
        line = lines[n]
        cut = data.draw(st.integers(0, len(line)))
        lines[n] = (
            line[:cut] + data.draw(st.sampled_from(["", "[]", "{}", ": ", "x", "\n", "{after: 1d}", "- "])) + line[cut:]
        )
    sequence, findings = load_sequence("s.yaml", "".join(lines).encode())
    assert sequence is not None or any(finding.level == "error" for finding in findings)
