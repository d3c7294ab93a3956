"""A clinic's month in seconds, with invented patients, through the real flows: what is promised is kept."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from drip.app import read_clinic
from drip.bookings.generic import read_events
from drip.bookings.parsed import Parsed
from drip.content.folder import read_folder
from drip.core.caps import Usage
from drip.core.clinic import Clinic
from drip.core.model import Channel, Purpose
from drip.core.question import AnswerKind, Question
from drip.core.sequence import Sequence
from drip.simulation import Report, run_simulation
from drip.simulation.answers import Respondents
from drip.simulation.lives import Life, invent_lives
from drip.simulation.people import phone
from drip.simulation.report import together
from drip.simulation.share import run_share
from drip.simulation.tables import tables
from drip.simulation.volume import Volume
from drip.simulation.words import words_of
from drip.store import addresses
from tests.world import ADVICE, CLINIC, REMINDERS, templates_for

EXERCISES = """
sequence: exercises
title: Two weeks of exercise
purpose: care
kind: loading
enrol:
  on: programme.started
  when: programme.code == 'loading' and patient.subtype in ['upper', 'lower'] and 'sore' in patient.conditions
  again: one_at_a_time
anchor: programme
ends: {on: [programme.ended, patient.discharged]}
pause_when: [surgery]
steps:
  - {id: daily, after: 1d, at: "10:00", every: 1d, times: 14, sms: daily, email: daily, send: both}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""
"""More than the caps allow."""

SAFETY = """
sequence: safety
title: When to get help
purpose: safety
kind: safety
enrol: {on: enrolment.started, when: enrolment.kind == 'loading', again: {after: 56d}}
anchor: enrolled
steps:
  - {id: help, after: 0m, email: help, sms: help, send: email_then_sms}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

SEQUENCES = (ADVICE, REMINDERS, EXERCISES, SAFETY)

START = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clinic's folder, with a sequence of each sort."""
    folder = tmp_path_factory.mktemp("clinic")
    sequences = {f"sequences/{text.split()[1]}.yaml": text for text in SEQUENCES}
    templates = {f"templates/{path}": text for path, text in templates_for(*SEQUENCES).items()}
    for path, text in {"clinic.yaml": CLINIC, **sequences, **templates}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def a_simulation(home: Path, **unusual: Any) -> Report:
    return run_simulation(home, **{"patients": 10, "days": 30, "seed": 3, **unusual})


def without_times(report: Report) -> dict[str, Any]:
    told = report.as_json()
    del told["seconds"]
    return told


def broken(report: Report) -> set[str]:
    return {one["promise"] for one in report.as_json()["promises"] if not one["kept"]}


@pytest.fixture(scope="module")
def report(home: Path) -> Report:
    return a_simulation(home)


@pytest.fixture(scope="module")
def clinic(home: Path) -> Clinic:
    return read_clinic(home)


@pytest.fixture(scope="module")
def sequences(home: Path) -> list[Sequence]:
    return [file.sequence for file in read_folder(home).sequences if file.sequence]


def lives(clinic: Clinic, sequences: list[Sequence], seed: int = 1, patients: int = 300) -> list[Life]:
    return list(invent_lives(clinic, sequences, numbers=range(patients), start=START, days=60, seed=seed))


def test_every_promise_is_kept(report: Report) -> None:
    assert broken(report) == set()
    assert report.kept


def test_every_planned_message_is_accounted_for(report: Report) -> None:
    told = report.as_json()["messages"]
    assert told["planned"] == told["went"] + told["ended_with_a_reason"] + told["still_ahead"]
    assert told["went"] == sum(report.as_json()["per_day"].values()) > 0


def test_the_same_seed_gives_the_same_report(home: Path, report: Report) -> None:
    assert without_times(a_simulation(home)) == without_times(report)


def test_another_seed_invents_other_patients(clinic: Clinic, sequences: list[Sequence]) -> None:
    ones, others = (lives(clinic, sequences, seed, patients=20) for seed in (1, 2))
    assert [life.person.facts for life in ones] != [life.person.facts for life in others]


def test_a_patient_is_the_same_among_few_and_among_many(clinic: Clinic, sequences: list[Sequence]) -> None:
    assert lives(clinic, sequences, patients=5) == lives(clinic, sequences, patients=20)[:5]


def test_days_are_shown_as_they_pass_and_nothing_is_left_on_the_disk(home: Path) -> None:
    shown: list[int] = []
    before = set(Path(gettempdir()).glob("drip-simulation-*"))
    a_simulation(home, patients=2, days=10, at_day=shown.append)
    assert shown == sorted(shown)
    assert 0 <= shown[0] <= shown[-1] <= 10
    assert set(Path(gettempdir()).glob("drip-simulation-*")) <= before


def test_broken_caps_and_a_stop_that_is_not_heeded_are_noticed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Usage, "has_room", lambda *_: True)
    monkeypatch.setattr(addresses, "lock", lambda *_: {})
    told = a_simulation(home, patients=24, seed=STOPPING_SEED)
    assert broken(told) == {"caps kept", "nothing went after a stop"}
    assert all(one["examples"] for one in told.as_json()["promises"] if not one["kept"])


STOPPING_SEED = 384
"""Somebody says STOP early enough to be written to again if nobody listened."""


def test_every_invented_event_is_one_that_booking_systems_may_send(clinic: Clinic, sequences: list[Sequence]) -> None:
    lines = [arrival.line for life in lives(clinic, sequences) for arrival in life.arrivals]
    outcomes = read_events(b"\n".join(lines), clinic, "simulation", filename="simulation.jsonl")
    kinds = Counter(one.event.kind.value for one in outcomes if isinstance(one, Parsed))
    assert kinds.total() == len(lines)
    assert kinds.keys() >= {
        "appointment.booked", "appointment.rescheduled", "appointment.cancelled", "appointment.no_show",
        "appointment.attended", "programme.started", "programme.ended", "treatment.performed", "patient.updated",
        "patient.discharged", "patient.deceased",
    }  # fmt: skip


def test_some_events_come_late_and_some_come_twice(clinic: Clinic, sequences: list[Sequence]) -> None:
    arrivals = [arrival for life in lives(clinic, sequences) for arrival in life.arrivals]
    parsed = read_events(b"\n".join(one.line for one in arrivals), clinic, "simulation", filename="simulation.jsonl")
    late = [
        arrival.at - one.event.occurred_at
        for arrival, one in zip(arrivals, parsed, strict=True)
        if isinstance(one, Parsed)
    ]
    assert min(late) == timedelta()
    assert max(late) >= timedelta(days=8)
    assert any(number > 1 for number in Counter(one.line for one in arrivals).values())


def test_nobody_invented_could_be_anybody(clinic: Clinic, sequences: list[Sequence]) -> None:
    for life in lives(clinic, sequences):
        assert life.person.facts.get("email", "@example.org").endswith("@example.org")
        assert life.person.facts.get("phone", "+447700900").startswith(("+447700900", "ask"))


def test_numbers_are_shared_only_when_there_are_none_left() -> None:
    numbers = [phone(number) for number in range(81_000)]
    assert len(set(numbers)) == 81_000
    assert phone(81_000) == phone(1_000)


def test_patients_are_told_of_in_the_words_that_the_sequences_ask_about(sequences: list[Sequence]) -> None:
    words = words_of(sequences, ["ref", "conditions"])
    assert words.programmes == ("loading",)
    assert words.conditions == ("sore",)
    assert words.attributes == {"subtype": ("lower", "upper")}
    assert words.interlocks == ("surgery",)


def test_tables_say_what_the_document_says(report: Report) -> None:
    shown = dict(tables(report))
    assert all(len(row) == len(rows[0]) for rows in shown.values() for row in rows)
    assert ["caps kept", "yes", "", ""] in shown["Promises"]
    assert [row[2] for row in shown["Messages"] if row[0] == "together"] == [
        f"{report.as_json()['messages']['planned']:,}"
    ]


def test_no_name_and_no_address_is_in_the_report(report: Report) -> None:
    told = repr(report) + str(report.as_json()) + str(tables(report))
    assert "example.org" not in told
    assert "+447700900" not in told
    assert report.asked.zone == ZoneInfo("Europe/London")


def test_two_shares_together_count_what_both_counted(home: Path, report: Report) -> None:
    asked = replace(report.asked, patients=10)
    halves = [run_share(home, asked, numbers) for numbers in (range(5), range(5, 10))]
    sent = [half.tally.volume.total for half in halves]
    whole = together(halves)
    assert whole.as_json()["messages"]["went"] == sum(sent) == whole.tally.volume.total
    assert sum(whole.tally.per_patient.messages.values()) == 10
    assert whole.kept


QUESTION = Question(id="pain", answer=AnswerKind.NUMBER, least=0, most=10)


def test_some_who_are_asked_answer_what_was_asked_and_always_the_same() -> None:
    def answers() -> list[str]:
        asked = Respondents({("check-in", "ask"): QUESTION}, seed=1)
        replies = [asked.reply(QUESTION, Channel.SMS, f"+4477009{n:05}", START) for n in range(200)]
        return [reply.text for reply in replies if reply]

    given = answers()
    assert given == answers()
    assert 80 < len(given) < 140
    assert {text for text in given if text.isdigit()} <= {str(number) for number in range(11)}


def test_a_busiest_minute_is_the_one_in_which_most_wanted_to_go() -> None:
    volume = Volume(zone=ZoneInfo("Europe/London"))
    for seconds in (0, 59, 60):
        volume.add(START + timedelta(seconds=seconds), Purpose.CARE, Channel.SMS)
    assert volume.busiest_minute() == (START, 2)
    assert volume.by_hour() == {(0, 1): 3}, "on the clinic's clock"
