"""What the console's reports say, to whom, and what leaves as a file."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from drip.core.role import Role
from drip.flows.tally import tally
from drip.store import accounts, audit
from tests.databases import sqlite_url
from tests.web.build import Site, on_loopback
from tests.web.test_console import Browser, signed_in
from tests.world import ADVICE, CLINIC, World, a_visit, a_world, at

NOW = at("2026-06-12 12:00")


@pytest.fixture
def world() -> Iterator[World]:
    """Amina heard yesterday by email and today by text; it has been counted. A part of a text costs 4 pence."""
    made = a_world(sqlite_url(), clinic=CLINIC + "sms_price: 0.04\n")
    made.publish(ADVICE)
    made.tell(a_visit("2026-06-11 09:00"))
    for time in ("2026-06-11 10:00", "2026-06-11 12:30", "2026-06-12 11:00"):
        made.tick(time)
    tally(made.app, NOW)
    yield made
    made.app.close()


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    """Its web."""
    with on_loopback(world.app, now=lambda: at("2026-06-11 10:00")) as site:
        yield site


@pytest.fixture
def browser(world: World, site: Site) -> Browser:
    """Somebody who may look."""
    return signed_in(world, site, Role.VIEWER)


DAYS = "from=2026-06-01&to=2026-06-30"


def test_a_report_says_what_came_of_each_step_and_what_texts_cost(browser: Browser) -> None:
    page = browser.get(f"/console/reports?{DAYS}").text
    assert "<b>2</b> due" in page
    assert "<b>1</b> parts of texts" in page
    assert "<b>0.04</b> cost of texts" in page
    assert "counted <time>Fri 12 Jun 12:00</time>" in page


def test_who_has_sites_of_their_own_sees_only_their_numbers(world: World, site: Site, browser: Browser) -> None:
    with world.store.write() as tx:
        account = accounts.named(tx, "viewer")
        assert account
        accounts.change(tx, replace(account.person, sites=frozenset({"dock"})))
    assert "<b>0</b> due" in browser.get(f"/console/reports?{DAYS}").text
    assert "nudge" not in browser.get(f"/console/reports/steps.csv?{DAYS}").text


def test_a_file_is_for_a_spreadsheet_and_that_it_was_taken_is_written_down(world: World, browser: Browser) -> None:
    file = browser.get(f"/console/reports/steps.csv?{DAYS}")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.headers["content-disposition"] == 'attachment; filename="drip-steps-2026-06-01-2026-06-30.csv"'
    assert "advice,nudge,sms,1,1,0,1,0,0,0,0,After your first visit,Nudge" in file.text
    assert ",opted out,sequence in words,step in words" in file.text
    with world.store.read() as tx:
        (line,) = audit.lines(tx, "report:steps")
    assert line.deed.deed == "report_exported"
    assert browser.get("/console/reports/nothing.csv").status == 404


@pytest.mark.parametrize("table", ["steps", "left-out", "providers", "texts", "patients", "days"])
def test_every_table_can_be_taken_along(browser: Browser, table: str) -> None:
    assert browser.get(f"/console/reports/{table}.csv?{DAYS}").status == 200


@pytest.mark.parametrize(
    "query", ["from=2026-06-30&to=2026-06-01", "from=x&to=y", "from=2026-06-01", "from=2001-01-01&to=2026-06-01"]
)
def test_days_that_make_no_period_are_said_to_be_wrong(browser: Browser, query: str) -> None:
    page = browser.get(f"/console/reports?{query}")
    assert page.status == 422
    assert 'role="alert"' in page.text


@pytest.mark.parametrize("query", ["", "days=7", "days=90", "days=x", "days=100000"])
def test_a_period_is_one_of_the_usual_ones(browser: Browser, query: str) -> None:
    assert browser.get(f"/console/reports?{query}").status == 200
