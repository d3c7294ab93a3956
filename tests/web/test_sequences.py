"""Sequences in the console: what each says and when, a switch for each, and what would go on which day."""

from collections.abc import Iterator
from html import unescape

import pytest

from drip.core.role import Role
from drip.store import audit, versions
from tests.databases import sqlite_url
from tests.web.build import Site, site_at
from tests.web.test_console import NOW, signed_in
from tests.world import ADVICE, REMINDERS, World, a_visit, a_world


@pytest.fixture
def world() -> Iterator[World]:
    """Amina came at seven, and is in the one that follows a visit."""
    made = a_world(sqlite_url())
    made.publish(ADVICE, REMINDERS)
    made.tell(a_visit("2026-06-11 07:00"))
    made.tick("2026-06-11 08:00")
    yield made
    made.app.close()


site = site_at(NOW)


def test_a_sequence_tells_its_steps_in_words(world: World, site: Site) -> None:
    page = signed_in(world, site, Role.VIEWER).get("/console/sequences/advice").text
    assert "7 days after the appointment, at 09:30" in page
    assert "Whom it enrols</dt><dd>everybody who attends an appointment. Once for each appointment.</dd>" in page
    assert "Patients in it</dt><dd>1" in page
    assert "Change it" not in page


def test_whoever_sees_one_site_counts_its_patients_only(world: World, site: Site) -> None:
    with world.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE enrolments SET site = 'mill'")
    browser = signed_in(world, site, Role.VIEWER, "quay")
    assert "Patients in it</dt><dd>0" in browser.get("/console/sequences/advice").text
    assert '<td class="number">1</td>' not in browser.get("/console/sequences").text


def test_one_sequence_is_paused_with_a_reason_and_goes_on(world: World, site: Site) -> None:
    browser = signed_in(world, site, Role.ADMIN)
    browser.post("/console/sequences/advice/pause", why="")
    with world.store.read() as tx:
        assert versions.paused(tx) == {}
    browser.post("/console/sequences/advice/pause", why="A wrong number in it")
    assert "A wrong number in it (Sam Okoro)" in browser.get("/console").text
    world.tick("2026-06-11 10:30")
    assert world.states()["hello"] == "planned paused"
    browser.post("/console/sequences/advice/resume")
    with world.store.read() as tx:
        assert versions.paused(tx) == {}
        deeds = [line.deed.deed for line in audit.lines(tx, "sequence:advice")]
    assert deeds[-2:] == ["paused", "resumed"]


@pytest.mark.parametrize("path", ["", "/calendar", "/pause", "/resume", "/draft"])
def test_there_is_no_page_of_a_sequence_that_is_not_there(world: World, site: Site, path: str) -> None:
    browser = signed_in(world, site, Role.ADMIN)
    address = f"/console/sequences/nothing{path}"
    answer = browser.get(address) if path in ("", "/calendar") else browser.post(address, why="x")
    assert answer.status == 404


def test_a_draft_is_begun_once_and_gone_on_with(world: World, site: Site) -> None:
    browser = signed_in(world, site, Role.AUTHOR)
    places = {browser.post("/console/sequences/advice/draft").headers["location"] for _ in range(2)}
    assert len(places) == 1
    assert places.pop() in browser.get("/console/sequences/advice").text


def test_a_calendar_has_every_message_and_says_why_some_would_not_go(world: World, site: Site) -> None:
    browser = signed_in(world, site, Role.VIEWER)
    told = {"at": "2026-06-26T10:00", "joined": "2026-06-24T12:00"}
    page = unescape(browser.post("/console/sequences/reminders/calendar", **told).text)
    assert "1 of 2 messages would go" in page
    assert "Tuesday 23 June at 10:00, in 12 days" in page
    assert "its time had already passed when the patient joined or the date moved" in page
    assert "Thursday 25 June at 09:00, in 14 days" in page


def test_a_calendar_says_from_where_quiet_hours_moved_a_message(world: World, site: Site) -> None:
    browser = signed_in(world, site, Role.VIEWER)
    told = {"at": "2026-06-20T20:00", "joined": "2026-06-20T20:00"}
    page = unescape(browser.post("/console/sequences/advice/calendar", **told).text)
    assert "Moved from Saturday 20 June at 23:00" in page


def test_a_calendar_of_a_patient_is_their_own(world: World, site: Site) -> None:
    browser = signed_in(world, site, Role.VIEWER)
    page = unescape(browser.post("/console/sequences/advice/calendar", ref="p-1").text)
    assert "The times are this patient's own" in page
    assert "Thursday 18 June at 09:30, in 7 days" in page


@pytest.mark.parametrize("typed", ["", "nonsense", "0001-01-01T00:00", "9999-12-31T00:00", "2026-06-20T10:00+09:00"])
def test_a_calendar_takes_no_nonsense_for_a_time(world: World, site: Site, typed: str) -> None:
    browser = signed_in(world, site, Role.VIEWER)
    answer = browser.post("/console/sequences/advice/calendar", at=typed, joined=typed)
    assert answer.status == 200
    assert "3 of 3 messages would go" in answer.text
