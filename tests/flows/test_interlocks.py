"""Loading exercises stop for what makes them dangerous, and staff can see why."""

from typing import Any

import pytest

from drip.flows.enrol import apply_news
from drip.flows.gate import pass_gate
from drip.flows.prepare import UNWORDED, prepare
from drip.flows.story import tell
from drip.store import outgoing, patients, records
from tests.flows.test_races import a_lease
from tests.world import ADVICE, World, a_visit, an_event, at

LOADING = """
sequence: loading
title: Twelve weeks
purpose: care
kind: loading
enrol: {on: programme.started, when: programme.code == 'loading'}
anchor: programme
steps:
  - {id: third-day, after: 0d, at: "10:00", every: 3d, times: 20, email: third-day}
review: {author: A. Writer, approved_by: B. Reader, review_due: 2037-01-01}
"""

HEEL = LOADING.replace("sequence: loading", "sequence: heel").replace("'loading'", "'heel'").replace("Twelve", "Ten")


def started(day: str, code: str = "loading", **programme: Any) -> dict[str, Any]:
    """A clinician starts a programme that day."""
    told = {"code": code, "starts_on": day, "attributes": programme}
    patient = {"attributes": {"subtype": "insertional"}}
    return an_event("programme.started", f"{day} 08:00", programme=told, patient=patient)


def sentences(clinic: World) -> str:
    with clinic.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
        return "\n".join(line.sentence for line in tell(clinic.app, tx, row).lines)


def of_day(clinic: World, number: int) -> str:
    (one,) = [one for one in clinic.messages() if one.occurrence == number]
    return f"{one.state} {one.reason}".strip()


def test_loading_stops_on_the_morning_of_an_operation_and_ends_with_it(clinic: World) -> None:
    clinic.publish(LOADING)
    operation = {"ref": "op", "type": "surgery", "starts_at": at("2026-06-18 14:00").isoformat()}
    clinic.tell(started("2026-06-15"), an_event("appointment.booked", "2026-06-15 09:00", appointment=operation))
    for day in (15, 18):
        clinic.tick(f"2026-06-{day} 10:00")
    assert [of_day(clinic, number) for number in (1, 2)] == ["accepted", "planned interlock"], "four hours before it"
    cleared = {"attributes": {"physio_started": "2026-06-19"}}
    clinic.tell(an_event("patient.updated", "2026-06-18 16:00", patient=cleared))
    clinic.tick("2026-06-19 10:00")
    assert {of_day(clinic, number) for number in (2, 3, 20)} == {"cancelled surgery"}
    clinic.tell(started("2026-06-22"))
    clinic.tick("2026-06-22 10:00")
    assert len(clinic.sink.letters) == 2, "a programme that a clinician starts once the exercises may begin"
    told = sentences(clinic)
    assert "From here on loading exercises are held back: an operation." in told
    assert "From here on an operation no longer holds loading exercises back." in told
    assert "“Twelve weeks” ended: an operation ends a loading programme" in told


def test_staff_can_see_which_programme_ended_another_and_are_asked_for_the_side(clinic: World) -> None:
    clinic.publish(LOADING, HEEL)
    clinic.tell(started("2026-06-15", side="left"))
    clinic.tick("2026-06-15 10:00")
    clinic.tell(started("2026-06-16", code="heel"))
    clinic.tick("2026-06-16 10:00")
    assert {one.sequence for one in clinic.messages(state="planned")} == {"heel"}
    told = sentences(clinic)
    assert "“Twelve weeks” ended: another loading programme was started for what may be the same side." in told
    assert "Staff are asked which side each programme is for" in told
    with clinic.store.read() as tx:
        assert [task.kind for task in records.open_tasks(tx)] == ["programme_replaced"]


@pytest.mark.parametrize("applied", [True, False], ids=["known by then", "still in the inbox"])
def test_a_death_stops_a_message_that_is_claimed_and_not_yet_called(applied: bool, clinic: World) -> None:
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-11 10:00"))
    clinic.tick("2026-06-11 10:31")
    now, lease = at("2026-06-11 13:00"), a_lease()
    with clinic.store.write() as tx:
        claimed = outgoing.claim(tx, lease, now, 10)
    ready, _ = prepare(clinic.app, claimed, now)
    clinic.tell(an_event("patient.deceased", "2026-06-11 12:59"))
    if applied:
        apply_news(clinic.app, now)
    assert pass_gate(clinic.app, lease, ready, now).passed == []
    clinic.tick("2026-06-11 13:05")
    assert clinic.sink.letters == []
    assert set(clinic.states().values()) == {"cancelled deceased"}


def test_words_are_not_made_each_time_while_something_holds_them_back(clinic: World) -> None:
    """A letter that goes once nothing does is worded as it then stands."""
    clinic.publish(LOADING)
    injected = {"code": "steroid-injection", "performed_at": at("2026-06-14 09:00").isoformat()}
    clinic.tell(an_event("treatment.performed", "2026-06-14 09:00", treatment=injected), started("2026-06-15"))
    clinic.tick("2026-06-15 10:00")
    assert of_day(clinic, 1) == "planned interlock"
    with clinic.store.write() as tx:
        assert outgoing.claim(tx, a_lease(), at("2026-06-16 09:00"), 10) == [], "nobody asks within the day"
        held = outgoing.claim(tx, a_lease(), at("2026-06-16 10:00"), 10)
    (ready,), _ = prepare(clinic.app, held, at("2026-06-16 10:00"))
    assert ready.words is UNWORDED


def test_what_was_held_back_goes_in_full_words_in_the_tick_in_which_it_may(clinic: World) -> None:
    clinic.publish(LOADING)
    fractured = {"attributes": {"subtype": "insertional"}, "conditions": ["fracture"]}
    clinic.tell({**started("2026-06-15"), "patient": {**started("2026-06-15")["patient"], **fractured}})
    clinic.tick("2026-06-15 10:00")
    assert of_day(clinic, 1) == "planned interlock"
    clinic.tell(an_event("patient.updated", "2026-06-15 10:30", patient={"conditions": []}))
    clinic.tick("2026-06-15 11:00")
    assert of_day(clinic, 1) == "accepted"
    assert "Hello Amina." in clinic.sink.letters[0].words.text
