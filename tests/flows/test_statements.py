"""A hundred take as many statements as ten: what grows with the rows is never the number of round trips."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from drip.app import Limits
from drip.flows.deeds.pause import pause
from drip.flows.enrol import replan
from drip.flows.long_pauses import look_at_pauses
from drip.flows.send import send_batch
from drip.store import events
from tests.world import ADVICE, REMINDERS, World, a_booking, a_visit, at

FEW, MANY = 10, 100


def test_planning_a_hundred_enrolments_takes_no_more_statements_than_ten(clinic: World) -> None:
    clinic.publish(ADVICE)
    _planned(clinic, range(1), a_visit("2026-06-11 10:00"))  # what is read once is read here
    few = _planned(clinic, range(1, 1 + FEW), a_visit("2026-06-11 10:00"))
    many = _planned(clinic, range(100, 100 + MANY), a_visit("2026-06-11 10:00"))
    assert few == many


def test_moving_a_hundred_visits_takes_no_more_statements_than_ten(clinic: World) -> None:
    clinic.publish(REMINDERS)
    everyone = range(FEW + MANY + 1)
    _planned(clinic, everyone, a_booking("2026-06-18 10:00"))
    _planned(clinic, everyone[:1], a_booking("2026-06-23 10:00", kind="rescheduled"))
    few = _planned(clinic, everyone[1 : 1 + FEW], a_booking("2026-06-23 10:00", kind="rescheduled"))
    many = _planned(clinic, everyone[1 + FEW :], a_booking("2026-06-23 10:00", kind="rescheduled"))
    assert few == many


def test_sending_a_hundred_messages_takes_no_more_statements_than_ten(clinic: World) -> None:
    clinic.publish(ADVICE)
    _planned(clinic, range(1 + FEW + MANY), a_visit("2026-06-11 10:00"))
    _sent(clinic, 1)
    assert _sent(clinic, FEW) == _sent(clinic, MANY)
    assert len(clinic.sink.letters) == 1 + FEW + MANY


def test_asking_about_a_hundred_pauses_takes_no_more_statements_than_ten(clinic: World) -> None:
    clinic.publish(ADVICE)
    everyone = FEW + MANY
    _planned(clinic, range(everyone), a_visit("2026-06-11 10:00"))
    people = sorted({one.patient_id for one in clinic.messages()})
    for number, one in enumerate(people):
        pause(clinic.app, one, None, "a1", at("2026-06-11 11:00") + timedelta(days=number >= FEW))
    few = _asked(clinic, "2026-06-25 11:00", FEW)
    assert few == _asked(clinic, "2026-06-26 11:00", MANY)


def _asked(clinic: World, now: str, number: int) -> int:
    """How many statements ask whether so many pauses are still meant."""
    with _statements(clinic) as seen:
        asked = look_at_pauses(clinic.app, at(now))
    assert asked == number
    return len(seen)


def _planned(clinic: World, numbers: range, told: dict[str, Any]) -> int:
    """How many statements plan what these patients' news asks for."""
    clinic.tell(*(_about(number, told) for number in numbers))
    with clinic.store.read() as tx:
        waiting = events.patients_with_news(tx, len(numbers))
    assert len(waiting) == len(numbers)
    with _statements(clinic) as seen, clinic.store.write() as tx:
        replan(clinic.app, tx, waiting, at("2026-06-11 10:31"))
    return len(seen)


def _sent(clinic: World, number: int) -> int:
    """How many statements send a batch of so many."""
    with _statements(clinic) as seen:
        sent = send_batch(replace(clinic.app, limits=Limits(batch=number)), at("2026-06-11 13:00"))
    assert sent
    assert sent.counts["accepted"] == number
    return len(seen)


def _about(number: int, told: dict[str, Any]) -> dict[str, Any]:
    """The same event about another patient, with an appointment, an address and a number of their own."""
    patient = {"ref": f"p-{number}", "email": f"p{number}@example.org", "phone": f"+447700900{number:03d}"}
    return {
        **told,
        "event_id": f"{told['event_id']}-{number}",
        "patient": told["patient"] | patient,
        "appointment": told["appointment"] | {"ref": f"a-{number}"},
    }


@contextmanager
def _statements(clinic: World) -> Iterator[list[str]]:
    """Every statement that goes to the database meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(clinic.store.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(clinic.store.engine, "before_cursor_execute", note)
