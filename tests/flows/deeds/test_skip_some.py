"""A member of staff leaves several messages out at once: each is looked at, written down and taken back by itself."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, update

from drip.core.by_staff import Obstacle, Refused
from drip.core.role import Person, Role
from drip.flows.deeds.scene import Done
from drip.flows.deeds.skip import skip_some, weigh
from drip.flows.deeds.undo import undo
from drip.flows.gate import pass_gate
from drip.flows.gated import Gated
from drip.store import audit, patients, schema
from tests.flows.deeds.build import in_hand, number
from tests.flows.deeds.test_skip_and_move import at_once
from tests.world import ADVICE, CLINIC, World, a_visit, at

SAM = Person(id="a1", name="sam", full_name="Sam Okoro", role=Role.SENDER)
QUAY = Person(id="a2", name="quinn", full_name="Quinn Lee", role=Role.SENDER, sites=frozenset({"quay"}))
NOW = at("2026-06-03 10:00")

TWO_SITES = CLINIC + '  - {id: dock, name: Dock Road, address: [2 Dock Road], phone: "+441234380346"}\n'
LATER, OVER = Refused(Obstacle.TOO_LATE), Refused(Obstacle.OVER)


def visited(clinic: World, number: int = 2, **told: Any) -> World:
    """So many came on Wednesday at nine; nothing has gone: each hears at twelve, tomorrow, and in a week."""
    clinic.publish(ADVICE)
    clinic.tell(*(_a_visit_of(one, **told) for one in range(number)))
    clinic.tick("2026-06-03 09:30")
    return clinic


def _a_visit_of(one: int, **told: Any) -> dict[str, Any]:
    patient = {"ref": f"p-{one}", "email": f"p{one}@example.org", "phone": f"+4477009001{one:02d}"}
    return a_visit("2026-06-03 09:00", event_id=f"e-{one}", patient=patient, appointment={"ref": f"a-{one}"}, **told)


@pytest.fixture
def two(clinic: World) -> World:
    """Two patients who came."""
    return visited(clinic)


def of(clinic: World, step: str) -> list[str]:
    """The ids of all messages of a step."""
    return [one.id for one in clinic.messages() if one.step == step]


def deeds(clinic: World) -> list[tuple[str, str]]:
    """What the audit says was done for patients, and for whom; its chain is whole."""
    with clinic.store.read() as tx:
        assert audit.verify(tx) is None
        told = [(line.deed.deed, line.deed.about) for line in audit.lines(tx)]
    return [(deed, about) for deed, about in told if about.startswith("patient:")]


def by_state(came: Mapping[str, Done | Refused]) -> list[str]:
    """`done`, or why not, in no order."""
    return sorted("done" if isinstance(one, Done) else one.why.value for one in came.values())


def test_all_that_was_chosen_never_goes_and_the_rest_does(two: World) -> None:
    assert by_state(skip_some(two.app, of(two, "hello"), SAM, NOW)) == ["done", "done"]
    two.tick("2026-06-03 12:00")
    assert two.states()["hello"] == "skipped skipped_by_staff"
    two.tick("2026-06-04 10:00")
    assert [first for _, first in two.heard()] == ["Amina, Harbour Clinic here: nudge"] * 2


def test_each_has_its_own_line_by_which_it_alone_is_undone(two: World) -> None:
    came = skip_some(two.app, of(two, "hello"), SAM, NOW)
    whose = {one.id: one.patient_id for one in two.messages()}
    assert deeds(two) == [("message_skipped", f"patient:{whose[one]}") for one in sorted(came)]
    first, second = sorted(came)
    assert undo(two.app, whose[first], number(came[first]), SAM.id, at("2026-06-03 10:09")) is None
    states = {one.id: one.state for one in two.messages()}
    assert (states[first], states[second]) == ("planned", "skipped")


def test_of_several_those_that_can_be_left_out_are_and_each_other_says_why_not(two: World) -> None:
    lease, ready = in_hand(two, "2026-06-03 12:00")
    assert pass_gate(two.app, lease, ready[:1], at("2026-06-03 12:00")).passed
    gone, in_time = ready[0].claimed.id, ready[1].claimed.id
    chosen = [gone, in_time, "nobody's"]
    came = skip_some(two.app, chosen, SAM, at("2026-06-03 12:00"))
    assert (came[gone], isinstance(came[in_time], Done), came["nobody's"]) == (LATER, True, OVER)


def test_what_was_left_out_already_says_so_and_is_not_written_down_twice(two: World) -> None:
    skip_some(two.app, of(two, "hello"), SAM, NOW)
    assert by_state(skip_some(two.app, of(two, "hello"), SAM, NOW)) == ["left_out_already", "left_out_already"]
    assert len(deeds(two)) == 2


def test_to_weigh_it_answers_what_the_deed_would_come_to_and_changes_nothing(two: World) -> None:
    skip_some(two.app, of(two, "later")[:1], SAM, NOW)
    before, chosen = two.messages(), [*of(two, "hello"), *of(two, "later")[:1], "nobody's"]
    weighed = weigh(two.app, chosen, SAM)
    assert {one: what.why_not for one, what in weighed.items() if what.why_not} == {
        chosen[2]: Refused(Obstacle.LEFT_OUT_ALREADY),
        "nobody's": OVER,
    }
    assert [what.scene.step.id for what in weighed.values() if what.scene] == ["hello", "hello", "later"]
    assert two.messages() == before


def test_whoever_sees_one_site_leaves_out_nothing_of_another_and_learns_nothing_of_it(
    a_clinic: Callable[..., World],
) -> None:
    clinic = visited(a_clinic(clinic=TWO_SITES), 1, site="dock")
    clinic.tell(_a_visit_of(1, site="quay"))
    clinic.tick("2026-06-03 09:40")
    theirs = {one.patient: one.id for one in clinic.messages() if one.step == "hello"}
    chosen = [*theirs.values(), "nobody's"]
    weighed = weigh(clinic.app, chosen, QUAY)
    assert weighed[theirs["p-0"]] == weighed["nobody's"]
    came = skip_some(clinic.app, chosen, QUAY, NOW)
    assert isinstance(came[theirs["p-1"]], Done)
    assert came[theirs["p-0"]] == came["nobody's"] == OVER
    assert [one.id for one in clinic.messages() if one.state == "skipped"] == [theirs["p-1"]]
    assert len(deeds(clinic)) == 1


def test_a_message_to_the_clinics_own_people_is_not_left_out_with_others(two: World) -> None:
    with two.store.write() as tx:
        tx.connection.execute(update(schema.patients).values(source=patients.STAFF))
    assert by_state(skip_some(two.app, of(two, "hello"), SAM, NOW)) == ["over", "over"]


def test_a_record_that_cannot_be_unsealed_keeps_no_other_message_from_being_left_out(two: World) -> None:
    chosen, sealed = of(two, "hello"), two.messages()[0].patient_id
    unreadable = [one.id for one in two.messages() if one.step == "hello" and one.patient_id == sealed]
    with two.store.write() as tx:
        broken = update(schema.patients).where(schema.patients.c.id == sealed)
        tx.connection.execute(broken.values(facts=b"\0" * 40))
    why_not = {one: what.why_not for one, what in weigh(two.app, chosen, SAM).items() if what.why_not}
    came = skip_some(two.app, chosen, SAM, NOW)
    assert why_not == dict.fromkeys(unreadable, Refused(Obstacle.UNREADABLE))
    assert by_state(came) == ["done", "unreadable"]
    assert came[unreadable[0]] == Refused(Obstacle.UNREADABLE)


def test_nothing_chosen_is_nothing_done(two: World) -> None:
    assert skip_some(two.app, [], SAM, NOW) == {}
    assert weigh(two.app, [], SAM) == {}


def test_many_take_no_more_statements_than_a_few(clinic: World) -> None:
    visited(clinic, 34)
    chosen = of(clinic, "hello")

    def statements(some: list[str]) -> int:
        seen: list[str] = []
        note = lambda _c, _u, statement, *_: seen.append(statement)  # noqa: E731
        event.listen(clinic.store.engine, "before_cursor_execute", note)
        assert by_state(skip_some(clinic.app, some, QUAY, NOW)) == ["done"] * len(some)
        event.remove(clinic.store.engine, "before_cursor_execute", note)
        return len(seen)

    statements(chosen[:1])
    assert statements(chosen[1:4]) == statements(chosen[4:])


def test_two_who_leave_out_the_same_page_at_once_do_it_once(a_postgres_clinic: Callable[..., World]) -> None:
    clinic = visited(a_postgres_clinic(), 12)
    chosen = of(clinic, "hello")
    one, other = at_once(
        partial(skip_some, clinic.app, chosen, SAM, NOW), partial(skip_some, clinic.app, chosen[::-1], QUAY, NOW)
    )
    assert isinstance(one, Mapping)
    assert isinstance(other, Mapping)
    assert sorted(by_state(one) + by_state(other)) == ["done"] * 12 + ["left_out_already"] * 12
    assert len(deeds(clinic)) == 12


def test_leaving_out_a_page_and_the_gate_never_both_win(a_postgres_clinic: Callable[..., World]) -> None:
    clinic, now = visited(a_postgres_clinic(), 8), at("2026-06-03 12:00")
    lease, ready = in_hand(clinic, "2026-06-03 12:00")
    chosen = [one.claimed.id for one in ready]
    came, gated = at_once(
        partial(skip_some, clinic.app, chosen[::-1], SAM, now), partial(pass_gate, clinic.app, lease, ready, now)
    )
    assert isinstance(came, Mapping)
    assert isinstance(gated, Gated)
    went = {one.attempt.message_id for one in gated.passed}
    assert {one for one, what in came.items() if not isinstance(what, Done)} == went
