"""The contract that every booking system's adapter keeps: whatever a system does to it, patients hear the right thing.

One set of tests, run over every wire in `tests/bookings/wires`. What a system cannot say,
or cannot have gone wrong, is left out for it, by name.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from itertools import permutations
from random import Random

import pytest

from drip.bookings.parsed import Parsed
from drip.bookings.source import SourceRefuses
from drip.core.clinic import Clinic
from drip.core.model import EventKind
from drip.flows.take_in import take_in
from tests.bookings.trouble import A_MINUTE, Later, Made, Refused, Trouble
from tests.bookings.wires import Happening, What, Wire
from tests.databases import sqlite_url
from tests.world import World, a_clinic, a_world, at

CLINIC = """
clinic: {name: Harbour Clinic, phone: "+441234380345", email: care@example.org, timezone: Europe/London, country: GB}
senders: {email: {name: Harbour Clinic, address: care@example.org}, sms: {from: Harbour}}
appointment_types: {Initial assessment: initial}
sites:
  - {id: bedford, name: Bedford}
  - {id: london, name: London}
"""

REMINDERS = """
sequence: reminders
title: Before your visit
purpose: service
kind: service
enrol: {on: appointment.booked, when: appointment.type == "initial"}
anchor: appointment
ends: {on: [appointment.attended]}
steps:
  - {id: prepare, before: 3d, at: "10:00", email: prepare}
  - {id: tomorrow, before: 1d, at: "09:00", sms: tomorrow}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

AFTERCARE = """
sequence: aftercare
title: After your visit
purpose: care
kind: education
enrol: {on: appointment.attended}
anchor: appointment
steps:
  - {id: hello, after: 1d, at: "10:00", email: hello}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

NAMES = ("acuity", "calendly", "cliniko", "fhir", "generic", "hl7", "semble")
NOW = at("2026-06-10 18:00")
BOOKED = Happening(what=What.BOOKED, at=at("2026-06-01 09:00"), visit="v1", starts_at=at("2026-06-20 10:00"))
MOVED = BOOKED.then(What.MOVED, at("2026-06-02 09:00"), starts_at=at("2026-06-25 11:00"))
CANCELLED = BOOKED.then(What.CANCELLED, at("2026-06-03 09:00"))
AGAIN = BOOKED.then(What.BOOKED_AGAIN, at("2026-06-04 09:00"))


@pytest.fixture(params=NAMES)
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    """Each booking system in turn."""
    module = import_module(f"tests.bookings.wires.{request.param}")
    make: Callable[[Clinic], Wire] = module.wire
    made = make(a_clinic(CLINIC))
    yield made
    made.close()


@pytest.fixture
def clinic() -> Iterator[World]:
    """With a sequence before a visit, and one after it. On SQLite: what a system says depends on no database."""
    world = a_world(sqlite_url(), clinic=CLINIC)
    world.publish(REMINDERS, AFTERCARE)
    yield world
    world.app.close()


def says(wire: Wire, *told: Happening, now: datetime = NOW) -> list[Parsed]:
    """What the adapter makes of it, all of which can be taken in."""
    needed = {one.what for one in told}
    if not needed <= wire.says:
        pytest.skip(f"{wire.name} never says {', '.join(sorted(needed - wire.says))}")
    outcomes = wire.say(told, now)
    assert all(isinstance(one, Parsed) for one in outcomes), outcomes
    return [one for one in outcomes if isinstance(one, Parsed)]


def plan(world: World) -> list[tuple[str, str, str]]:
    """Every planned message: its step, its state, and when on London's clock."""
    return sorted(
        (one.step, f"{one.state} {one.reason}".strip(), f"{one.due_at:%m-%d %H:%M}") for one in world.messages()
    )


def applied(world: World, events: Sequence[Parsed], now: datetime = NOW) -> list[tuple[str, str, str]]:
    """The plan once these came in, one by one, and were applied."""
    for event in events:
        take_in(world.app, [event], now)
        world.tick(now.isoformat())
    return plan(world)


BEFORE_THE_VISIT = [("prepare", "planned", "06-17 09:00"), ("tomorrow", "planned", "06-19 08:00")]
BEFORE_THE_MOVED_VISIT = [("prepare", "planned", "06-22 09:00"), ("tomorrow", "planned", "06-24 08:00")]
AFTER_THE_VISIT = ("hello", "planned", "06-09 09:00")


def test_a_booking_is_planned_for(wire: Wire, clinic: World) -> None:
    assert applied(clinic, says(wire, BOOKED)) == BEFORE_THE_VISIT


def test_the_same_said_twice_changes_nothing(wire: Wire, clinic: World) -> None:
    first, again = says(wire, BOOKED, BOOKED), says(wire, BOOKED)
    assert {one.event.key for one in again} <= {one.event.key for one in first}
    assert applied(clinic, [*first, *again]) == BEFORE_THE_VISIT
    assert take_in(clinic.app, first, NOW).accepted == 0


def test_a_visit_that_moves_takes_its_messages_along(wire: Wire, clinic: World) -> None:
    assert applied(clinic, says(wire, BOOKED, MOVED)) == BEFORE_THE_MOVED_VISIT


def test_a_visit_that_moves_keeps_its_id_or_names_the_one_it_had(wire: Wire) -> None:
    was, *_, now = (one.event for one in says(wire, BOOKED, MOVED) if one.event.appointment_ref)
    assert now.appointment["replaces" if wire.gives_new_id_on_move else "ref"] == was.appointment_ref


def test_a_visit_that_is_cancelled_and_booked_again_under_a_new_id_is_written_about_once(
    wire: Wire, clinic: World
) -> None:
    anew = MOVED.then(What.BOOKED, CANCELLED.at, visit="v3")
    rows = applied(clinic, says(wire, BOOKED, CANCELLED, anew))
    assert [row for row in rows if row[1] == "planned"] == BEFORE_THE_MOVED_VISIT


def test_no_half_of_a_move_is_news_of_a_cancellation(wire: Wire) -> None:
    gone = [one for one in says(wire, BOOKED, MOVED) if one.event.kind is EventKind.CANCELLED]
    assert all(one.body.get("history") for one in gone)
    assert bool(gone) is wire.gives_new_id_on_move


def test_a_visit_that_is_cancelled_takes_its_messages_away(wire: Wire, clinic: World) -> None:
    cancelled = applied(clinic, says(wire, BOOKED, CANCELLED))
    assert {state for _, state, _ in cancelled} == {"cancelled appointment_cancelled"}


def test_a_cancellation_that_is_taken_back_brings_them_back(wire: Wire, clinic: World) -> None:
    assert applied(clinic, says(wire, BOOKED, CANCELLED, AGAIN)) == BEFORE_THE_VISIT


@pytest.mark.parametrize(
    "told",
    [(BOOKED, MOVED), (BOOKED, CANCELLED), (BOOKED, CANCELLED, AGAIN), (BOOKED, MOVED, CANCELLED)],
    ids=lambda told: ", ".join(one.what for one in told),
)
def test_in_whatever_order_it_arrives_the_plan_is_the_same(
    wire: Wire, clinic: World, told: tuple[Happening, ...]
) -> None:
    events = says(wire, *told)
    orders = list(permutations(events))
    wanted = {row for row in in_rehearsal(clinic, events) if row[1].startswith("planned")}
    for order in Random(7).sample(orders, min(len(orders), 4)):
        got = {row for row in in_rehearsal(clinic, order) if row[1].startswith("planned")}
        assert got == wanted, [one.event.kind for one in order]


def in_rehearsal(clinic: World, events: Sequence[Parsed]) -> list[tuple[str, str, str]]:
    """As `applied`, on a database that is as it was afterwards."""
    with clinic.store.rehearse() as store:
        return applied(replace(clinic, app=replace(clinic.app, store=store)), events)


WAS = at("2026-06-08 10:00")
VISITED = BOOKED.then(What.BOOKED, at("2026-06-01 09:00"), visit="v2", starts_at=WAS)
CAME = VISITED.then(What.ATTENDED, at("2026-06-08 10:50"))
DID_NOT_COME = VISITED.then(What.NO_SHOW, at("2026-06-08 10:50"))


def test_who_came_is_told_what_comes_after_a_visit(wire: Wire, clinic: World) -> None:
    says(wire, VISITED)
    assert AFTER_THE_VISIT in applied(clinic, says(wire, VISITED, CAME), now=at("2026-06-08 11:00"))


def test_who_did_not_come_is_not(wire: Wire, clinic: World) -> None:
    assert "hello" not in {step for step, _, _ in applied(clinic, says(wire, VISITED, DID_NOT_COME))}


def test_a_visit_of_which_nobody_said_who_came_starts_nothing(wire: Wire, clinic: World) -> None:
    assert "hello" not in {step for step, _, _ in applied(clinic, says(wire, VISITED))}


def test_what_is_told_long_after_is_skipped_and_never_sent(wire: Wire, clinic: World) -> None:
    late = applied(clinic, says(wire, VISITED, now=at("2026-06-09 18:00")), now=at("2026-06-09 18:00"))
    assert not [row for row in late if row[1].startswith(("planned", "accepted"))]
    assert clinic.sink.letters == []


def test_a_patient_without_a_number_hears_by_email(wire: Wire, clinic: World) -> None:
    applied(clinic, says(wire, BOOKED.then(What.BOOKED, BOOKED.at, phone=None)))
    clinic.tick("2026-06-17 10:00")
    clinic.tick("2026-06-19 09:00")
    assert [letter.to for letter in clinic.sink.letters] == ["amina@example.org"]


def test_an_appointment_of_a_type_that_we_do_not_know_is_taken_in_and_starts_only_what_fits(
    wire: Wire, clinic: World
) -> None:
    events = says(wire, BOOKED.then(What.BOOKED, BOOKED.at, type="Something else"))
    assert events
    assert applied(clinic, events) == []


def test_names_from_outside_are_data(wire: Wire, clinic: World) -> None:
    odd = "\u202eEvil http://x.example/{{ 7*7 }}"
    (name,) = {
        str(told)
        for one in says(wire, BOOKED.then(What.BOOKED, BOOKED.at, first_name=odd))
        if (told := one.event.patient.get("first_name"))
    }
    assert "http" not in name
    assert name.isprintable()


# What can be wrong with the way it is said.


def said_in(trouble: Trouble, wire: Wire) -> Made:
    """What the adapter makes of a booking that is told with this trouble."""
    if trouble not in wire.suffers:
        pytest.skip(f"{wire.name} cannot have this trouble: {trouble}")
    return wire.say_in(trouble, BOOKED, NOW)


def starts(made: Made) -> set[datetime]:
    """When the visits begin that it tells of."""
    assert isinstance(made, list), made
    told = [
        str(one.event.appointment["starts_at"]) for one in made if isinstance(one, Parsed) and one.event.appointment
    ]
    return {datetime.fromisoformat(one) for one in told}


def test_a_call_that_nobody_signed_is_not_believed(wire: Wire) -> None:
    assert said_in(Trouble.UNSIGNED, wire) == Refused()


def test_a_call_that_is_signed_with_another_key_is_not_believed(wire: Wire) -> None:
    assert said_in(Trouble.FORGED, wire) == Refused()


def test_a_call_that_was_changed_on_its_way_is_not_believed(wire: Wire) -> None:
    assert said_in(Trouble.ALTERED, wire) == Refused()


def test_a_call_that_was_long_on_its_way_is_believed(wire: Wire) -> None:
    assert starts(said_in(Trouble.SLOW, wire)) == {BOOKED.starts_at}


def test_a_call_of_another_time_is_not_believed(wire: Wire) -> None:
    assert said_in(Trouble.STALE, wire) == Refused()


def test_a_time_that_is_told_by_another_clock_is_the_same_instant(wire: Wire) -> None:
    assert starts(said_in(Trouble.WRONG_ZONE, wire)) == {BOOKED.starts_at}


def test_a_time_that_does_not_say_by_which_clock_is_never_taken_for_another(wire: Wire) -> None:
    made = said_in(Trouble.NO_ZONE, wire)
    assert made, "what is not taken in is said"
    assert starts(made) <= {BOOKED.starts_at}


def test_a_system_that_is_asked_too_often_is_left_alone_for_as_long_as_it_wants(wire: Wire) -> None:
    made = said_in(Trouble.BUSY, wire)
    assert isinstance(made, Later), made
    assert made.away.until == NOW + A_MINUTE
    assert not isinstance(made.away, SourceRefuses)


def test_a_list_that_leads_in_a_circle_is_left_and_what_it_said_is_kept(wire: Wire) -> None:
    made = said_in(Trouble.LOOPS, wire)
    assert isinstance(made, Later), made
    assert BOOKED.starts_at in starts(made.kept)
    assert made.asked < 15, made.asked
