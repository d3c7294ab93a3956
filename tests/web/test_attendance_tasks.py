"""Did the patient come? Answered at the desk with one button, where the booking system did not say it."""

from collections.abc import Callable

import pytest

from drip.core.role import Role
from drip.flows.attendance import KIND
from drip.store import audit, records
from tests.web.at_the_desk import account_of, at_the_desk, deeds, waiting
from tests.world import ADVICE, World, a_booking, at


@pytest.fixture
def asking(a_clinic: Callable[..., World]) -> World:
    """Amina's visit was yesterday at nine, and nobody said whether she came."""
    world = a_clinic()
    world.publish(ADVICE)
    world.tell(a_booking("2026-06-10 09:00", appointment={"ends_at": at("2026-06-10 09:45").isoformat()}))
    world.tick("2026-06-01 10:00")
    world.tick("2026-06-11 09:55")
    assert waiting(world) == [KIND]
    return world


def task(world: World) -> str:
    """Where the question is answered."""
    with world.store.read() as tx:
        (one,) = records.open_tasks(tx)
    return f"/console/tasks/{one.id}/attendance"


def test_they_came_and_what_follows_a_visit_begins(asking: World) -> None:
    with at_the_desk(asking) as browser:
        page = browser.get("/console/tasks").text
        assert "Did the patient come to visit a-1 on Wed 10 Jun 2026 09:00?" in page
        for answer in ("They came", "They did not come", "It was cancelled"):
            assert answer in page
        told = browser.post(task(asking), came="attended", back="/console/tasks?kind=attendance_unknown")
    assert told.headers["location"] == "/console/tasks?kind=attendance_unknown"
    assert waiting(asking) == []
    asking.tick("2026-06-11 10:05")
    assert [one.step for one in asking.messages()] == ["hello", "nudge", "later"]
    with asking.store.read() as tx:
        last = [line.deed for line in audit.lines(tx) if line.deed.deed == "attendance_told"][-1]
    assert (last.who, last.detail) == (account_of(asking, Role.SENDER), {"came": "attended"})


@pytest.mark.parametrize("came", ["no-show", "cancelled"])
def test_they_did_not_come_and_nothing_begins(asking: World, came: str) -> None:
    with at_the_desk(asking) as browser:
        browser.post(task(asking), came=came)
    asking.tick("2026-06-11 10:05")
    assert (waiting(asking), asking.messages()) == ([], [])
    assert "attendance_told" in deeds(asking)


def test_an_answer_that_is_none_of_the_three_leaves_the_question_open(asking: World) -> None:
    with at_the_desk(asking) as browser:
        for came in ("", "perhaps"):
            browser.post(task(asking), came=came)
    assert waiting(asking) == [KIND]


def test_nobody_answers_for_a_patient_of_another_site_and_who_may_only_look_answers_nothing(asking: World) -> None:
    with at_the_desk(asking, Role.SENDER, "dock") as browser:
        browser.post(task(asking), came="attended")
    with at_the_desk(asking, Role.VIEWER) as browser:
        assert browser.post(task(asking), came="attended").status == 403
    assert (waiting(asking), "attendance_told" in deeds(asking)) == ([KIND], False)


def test_who_answers_second_is_told_that_it_does_not_wait_any_more(asking: World) -> None:
    with at_the_desk(asking) as browser:
        where = task(asking)
        browser.post(where, came="attended")
        second = browser.post(where, came="no-show")
    assert "does%20not%20wait%20any%20more" in second.headers["set-cookie"]
    assert deeds(asking).count("attendance_told") == 1
