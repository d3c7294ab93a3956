"""What is planned for the next days: soonest first, a page at a time, and of one's own sites only."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from drip.core.role import Role
from drip.flows.deeds.pause import pause
from drip.store import accounts, ahead
from drip.store.ahead import Wanted
from tests.databases import sqlite_url
from tests.web.build import Site, site_at
from tests.web.test_console import Browser, signed_in
from tests.world import ADVICE, World, a_visit, a_world, at

NOW = at("2026-06-11 10:00")
WEEKS = Wanted(until=at("2026-07-01 00:00"))


def lived(world: World) -> World:
    """Amina hears today at noon, tomorrow by text, and in a week."""
    world.publish(ADVICE)
    world.tell(a_visit("2026-06-11 09:00"))
    world.tick("2026-06-11 09:30")
    return world


@pytest.fixture
def world() -> Iterator[World]:
    """A small clinic with one patient."""
    made = lived(a_world(sqlite_url()))
    yield made
    made.app.close()


site = site_at(NOW)


@pytest.fixture
def browser(world: World, site: Site) -> Browser:
    """Somebody who may look."""
    return signed_in(world, site, Role.VIEWER)


def steps(clinic: World, wanted: Wanted = WEEKS) -> list[str]:
    """The steps that are found."""
    with clinic.store.read() as tx:
        return [one.step for one in ahead.page(tx, wanted, None, 50)]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"hello", "nudge"}),
        ("days=1", {"hello"}),
        ("days=14", {"hello", "nudge", "later"}),
        ("day=2026-06-12", {"nudge"}),
        ("day=2026-06-11", {"hello"}),
        ("days=14&channel=sms", {"nudge"}),
        ("days=14&purpose=safety", set()),
        ("days=14&sequence=advice&site=quay", {"hello", "nudge", "later"}),
        ("days=14&site=dock", set()),
        ("days=x&day=x&channel=x&purpose=x&after=x", {"hello", "nudge"}),
    ],
)
def test_the_page_shows_what_was_asked_for(browser: Browser, query: str, shown: set[str]) -> None:
    page = browser.get(f"/console/outgoing?{query}").text
    assert {step for step in ("hello", "nudge", "later") if f"<br>{step.capitalize()}" in page} == shown


def test_a_time_is_said_on_the_clock_and_from_now(browser: Browser) -> None:
    page = browser.get("/console/outgoing?days=14").text
    assert "Thursday 11 June at 12:00, today" in page
    assert "Friday 12 June at 10:00, tomorrow" in page
    assert "Thursday 18 June at 09:30, in 7 days" in page


def test_who_has_sites_of_their_own_sees_only_their_messages(world: World, browser: Browser) -> None:
    with world.store.write() as tx:
        account = accounts.named(tx, "viewer")
        assert account
        accounts.change(tx, replace(account.person, sites=frozenset({"dock"})))
    for query in ("days=14", "days=14&site=quay"):
        page = browser.get(f"/console/outgoing?{query}").text
        assert "p-1" not in page
        assert "0 are planned" in page


def test_an_address_that_is_closed_is_marked_and_not_counted(world: World, browser: Browser) -> None:
    world.reply("STOP", "2026-06-11 09:45")
    page = browser.get("/console/outgoing").text
    assert "will not go</span> the patient asked us to stop" in page
    assert "1 is planned" in page


def test_a_page_goes_on_where_the_last_one_ended(clinic: World) -> None:
    lived(clinic)
    with clinic.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE messages SET due_at = (SELECT min(due_at) FROM messages)")
    found: list[str] = []
    place = None
    for _ in range(3):
        with clinic.store.read() as tx:
            (one,) = ahead.page(tx, WEEKS, place, 1)
        found.append(one.step)
        place = one.place
    assert sorted(found) == ["hello", "later", "nudge"], "each once, although all are due at the same moment"


def test_messages_of_one_step_are_found_on_either_database(clinic: World) -> None:
    lived(clinic)
    assert steps(clinic) == ["hello", "nudge", "later"]
    assert steps(clinic, replace(WEEKS, step="nudge", sites={"quay"})) == ["nudge"]
    assert steps(clinic, replace(WEEKS, since=NOW + timedelta(days=2))) == ["later"]
    with clinic.store.read() as tx:
        assert ahead.count(tx, WEEKS, 100) == 3
        assert ahead.count(tx, WEEKS, 2) == 2


def test_what_a_pause_of_the_patient_holds_back_says_so(world: World, browser: Browser) -> None:
    assert browser.get("/console/outgoing").text.count(">paused</span>") == 0
    pause(world.app, world.messages()[0].patient_id, at("2026-06-12 00:00"), "sam", NOW)
    page = browser.get("/console/outgoing").text
    assert page.count(">paused</span>") == 1, "what comes after its end is not held back by it"
    assert page.index("<br>Hello") < page.index(">paused</span>") < page.index("<br>Nudge")


def test_today_and_what_is_planned_stand_before_what_was(world: World, site: Site) -> None:
    page = signed_in(world, site, Role.SENDER).get(f"/console/patients/{world.messages()[0].patient_id}").text
    assert page.index('<h2 id="today"') < page.index('<h2 id="planned"') < page.index('<h2 id="before"')
