"""What a person chose for one message outlives a pause: its time, and that it goes again."""

from drip.core.reason import Reason
from drip.flows.deeds.move import move
from drip.flows.deeds.undo import undo
from drip.flows.switches import Resumed, pause, resume
from drip.store import by_staff
from tests.flows.deeds.build import SAM, amina, number, the
from tests.world import ADVICE, World, a_visit, at


def advised(clinic: World) -> None:
    """Amina came on Wednesday at nine; "hello" is planned for twelve, "later" in a week at half past nine."""
    clinic.publish(ADVICE)
    clinic.tell(a_visit("2026-06-03 09:00"))
    clinic.tick("2026-06-03 09:30")


def paused(clinic: World, now: str) -> None:
    pause(clinic.app, "everything", "the phones are down", at(now), who=SAM)


def resumed(clinic: World, now: str) -> Resumed | None:
    return resume(clinic.app, "everything", at(now), who=SAM)


def test_what_staff_moved_to_today_is_not_late_however_long_ago_it_was_planned(clinic: World) -> None:
    advised(clinic)
    move(clinic.app, the(clinic, "hello").id, at("2026-06-04 15:00"), SAM, at("2026-06-03 10:00"))
    paused(clinic, "2026-06-04 14:00")
    clinic.tick("2026-06-04 15:00")
    assert clinic.states()["hello"] == "planned paused"
    resumed(clinic, "2026-06-04 16:00")
    clinic.tick("2026-06-04 16:01")
    assert clinic.states()["hello"] == "accepted"


def test_what_staff_moved_to_an_earlier_day_goes_when_sending_goes_on(clinic: World) -> None:
    advised(clinic)
    move(clinic.app, the(clinic, "later").id, at("2026-06-04 15:00"), SAM, at("2026-06-03 10:00"))
    paused(clinic, "2026-06-04 14:00")
    clinic.tick("2026-06-04 15:00")
    resumed(clinic, "2026-06-04 16:00")
    clinic.tick("2026-06-04 16:01")
    assert clinic.states()["later"] == "accepted", "not only in a week, when it had been planned"


def test_what_staff_moved_further_waits_for_that_time_after_a_pause(clinic: World) -> None:
    advised(clinic)
    paused(clinic, "2026-06-03 11:00")
    clinic.tick("2026-06-03 12:00")
    move(clinic.app, the(clinic, "hello").id, at("2026-06-05 15:00"), SAM, at("2026-06-03 12:30"))
    clinic.tick("2026-06-04 15:00")
    resumed(clinic, "2026-06-04 16:00")
    clinic.tick("2026-06-04 16:01")
    assert clinic.states()["hello"] == "planned moved_by_staff"
    clinic.tick("2026-06-05 15:00")
    assert clinic.states()["hello"] == "accepted"


def test_taking_back_the_second_move_leaves_the_first_though_a_pause_came_between(clinic: World) -> None:
    advised(clinic)
    hello = the(clinic, "hello").id
    move(clinic.app, hello, at("2026-06-03 14:00"), SAM, at("2026-06-03 10:00"))
    paused(clinic, "2026-06-03 11:00")
    clinic.tick("2026-06-03 14:00")
    done = number(move(clinic.app, hello, at("2026-06-03 16:00"), SAM, at("2026-06-03 14:30")))
    assert undo(clinic.app, amina(clinic), done, SAM, at("2026-06-03 14:31")) is None
    with clinic.store.read() as tx:
        message = by_staff.message(tx, hello)
    assert message
    assert (message.reason, message.chosen_for) == (Reason.PAUSED, at("2026-06-03 14:00"))


def test_a_move_that_was_taken_back_leaves_nothing_of_its_time(clinic: World) -> None:
    advised(clinic)
    done = number(move(clinic.app, the(clinic, "hello").id, at("2026-06-05 15:00"), SAM, at("2026-06-03 10:00")))
    assert undo(clinic.app, amina(clinic), done, SAM, at("2026-06-03 10:05")) is None
    paused(clinic, "2026-06-03 11:00")
    clinic.tick("2026-06-03 12:00")
    assert resumed(clinic, "2026-06-04 11:00") == Resumed(woken=1, skipped=1)
