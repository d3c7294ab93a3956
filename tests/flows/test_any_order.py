"""A whole day of bookings ends in the same plan, in whatever order it is told, and whenever it is applied."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drip.flows.enrol import apply_news
from drip.store import views
from tests.databases import sqlite_url
from tests.world import REMINDERS, World, a_booking, a_visit, a_world, an_event, at

CASES = 1_000 if settings().max_examples > 1_000 else 40
"""In full with `make properties`."""

AFTERCARE = """
sequence: aftercare
title: After your visit
purpose: care
kind: aftercare
enrol: {on: treatment.performed}
anchor: treatment
steps:
  - {id: rest, after: 1d, at: "10:00", email: rest}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

MISSED = """
sequence: missed
title: We missed you
purpose: service
kind: service
enrol: {on: appointment.no_show}
anchor: enrolled
steps:
  - {id: sorry, after: 1d, at: "11:00", email: sorry}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

CLINIC = """
clinic: {name: Harbour Clinic, phone: "+441234380345", email: care@example.org, timezone: Europe/London, country: GB}
senders: {email: {name: Harbour Clinic, address: care@example.org}, sms: {from: Harbour}}
treatment_types: {injection: prolotherapy}
sites:
  - {id: quay, name: Quay Street}
  - {id: hill, name: Hill Road}
"""

TODAY = "2026-06-01"
DAYS = ("2026-06-18", "2026-06-19", "2026-06-22", "2026-06-25")
TYPES = ("initial", "injection")
EVENING = f"{TODAY} 20:00"

Event = dict[str, Any]


@st.composite
def days(draw: st.DrawFn) -> list[Event]:
    """What happened today, in true order: bookings for later, moves, cancellations and returns, a visit or none."""
    told: list[Event] = []
    for visit in range(draw(st.integers(1, 3))):
        patient = {"ref": f"p-{draw(st.integers(1, 2))}", "email": "amina@example.org"}
        about = {"ref": f"v-{visit}", "type": draw(st.sampled_from(TYPES))}
        steps = draw(st.lists(st.sampled_from(["book", "move", "cancel", "site", "number"]), min_size=1, max_size=4))
        if draw(st.booleans()):
            steps.append(draw(st.sampled_from(["came", "missed"])))
        told += _of_visit(draw, visit, steps, patient, about)
    return sorted(told, key=lambda event: str(event["occurred_at"]))


def _of_visit(draw: st.DrawFn, visit: int, steps: list[str], patient: Event, about: Event) -> list[Event]:
    told = []
    for number, step in enumerate(steps):
        moment = f"{TODAY} {7 + 3 * number:02d}:{draw(st.integers(0, 59)):02d}"
        made = _step(draw, step, moment, about) | {"event_id": f"{visit}-{number}"}
        told.append(made | {"patient": {**made["patient"], **patient}})
    return told


def _step(draw: st.DrawFn, step: str, moment: str, about: Event) -> Event:
    if step in ("book", "move", "site"):
        starts_at = f"{draw(st.sampled_from(DAYS))} {draw(st.integers(9, 16)):02d}:00"
        site = draw(st.sampled_from(["quay", "hill"])) if step == "site" else "quay"
        kind = "rescheduled" if step == "move" else "booked"
        return a_booking(starts_at, told_at=moment, kind=kind, appointment=about, site=site)
    if step == "number":
        return an_event("patient.updated", moment, patient={"phone": f"+447700900{draw(st.integers(100, 999))}"})
    if step == "came":
        return a_visit(f"{TODAY} 09:00", told_at=at(moment).isoformat(), appointment=about)
    return an_event("appointment.no_show" if step == "missed" else "appointment.cancelled", moment, appointment=about)


@pytest.fixture(scope="module")
def clinic() -> World:
    """On SQLite: nothing here is about the database."""
    world = a_world(sqlite_url(), clinic=CLINIC)
    world.publish(REMINDERS, AFTERCARE, MISSED)
    return world


Plan = list[tuple[str, str, str, str]]


def plan_of(clinic: World, told: list[Event], apply_after: Callable[[], bool]) -> Plan:
    """What is planned in the end, on a database that is as it was afterwards."""
    with clinic.store.rehearse() as store:
        world = replace(clinic, app=replace(clinic.app, store=store))
        for event in told:
            world.tell(event, now=EVENING)
            if apply_after():
                apply_news(world.app, at(EVENING))
        apply_news(world.app, at(EVENING))
        with store.read() as tx:
            found = views.list_messages(tx, state="planned")
    return sorted((one.patient, one.step, one.channel, one.due_at.isoformat()) for one in found)


@pytest.mark.slow
@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
@given(told=days(), seed=st.integers(0, 10_000))
def test_a_day_ends_in_the_same_plan_in_whatever_order_it_is_told(clinic: World, told: list[Event], seed: int) -> None:
    dice = Random(seed)
    in_true_order = plan_of(clinic, told, lambda: True)
    shuffled = dice.sample(told, len(told))
    assert plan_of(clinic, shuffled, lambda: dice.random() < 0.5) == in_true_order


def test_such_days_do_come_to_something(clinic: World) -> None:
    booked = a_booking("2026-06-18 10:00", told_at=f"{TODAY} 09:00")
    came = a_visit(f"{TODAY} 09:00", appointment={"ref": "a-2", "type": "injection"})
    assert {step for _, step, _, _ in plan_of(clinic, [came, booked], lambda: True)} == {"prepare", "tomorrow", "rest"}
