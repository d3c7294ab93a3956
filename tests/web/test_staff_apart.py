"""Alerts to the clinic's own people are counted apart from what patients hear, and billed like any other text."""

from collections.abc import Iterator

import pytest

from drip.core.role import Role
from drip.flows.alert import watch
from drip.flows.tally import tally
from drip.store import desk, tallies
from tests.databases import sqlite_url
from tests.web.at_the_desk import amina, at_the_desk
from tests.web.test_console import Browser
from tests.world import CLINIC, World, a_world, at

NOW = at("2026-06-11 12:00")
DAYS = "from=2026-06-11&to=2026-06-11"
NAMED = CLINIC + 'sms_price: 0.04\nalerts: {email: nurse@example.org, sms: "+447700900555"}\n'


@pytest.fixture
def world() -> Iterator[World]:
    """Amina heard by email and wrote what must not wait; two colleagues were told, each by one channel only."""
    made = a_world(sqlite_url(), clinic=NAMED)
    amina(made)
    made.tick("2026-06-11 10:00")
    made.reply("My calf is hot and swollen", "2026-06-11 10:05")
    made.tick("2026-06-11 10:06")
    watch(made.app, at("2026-06-11 10:06"))
    made.tick("2026-06-11 10:07")
    tally(made.app, NOW)
    yield made
    made.app.close()


@pytest.fixture
def viewer(world: World) -> Iterator[Browser]:
    """Somebody who may look."""
    with at_the_desk(world, Role.VIEWER) as browser:
        yield browser


def to_patients(world: World) -> list[str]:
    """The channels of what was handed over to patients."""
    return [one.channel for one in world.messages() if one.accepted_at and one.sequence != "staff-alert"]


def test_the_clinic_has_both(world: World) -> None:
    alerts = [one for one in world.messages() if one.sequence == "staff-alert"]
    assert sum(one.accepted_at is not None for one in alerts) == 2
    assert any(one.state == "skipped" for one in alerts)


def test_a_report_counts_what_went_to_patients(world: World, viewer: Browser) -> None:
    page, number = viewer.get(f"/console/reports?{DAYS}").text, len(to_patients(world))
    assert f"<b>{number}</b> handed over" in page
    assert "<b>0</b> left out" in page
    assert "staff-alert" not in viewer.get(f"/console/reports/steps.csv?{DAYS}").text
    assert f"2026-06-11,{number},{number}," in viewer.get(f"/console/reports/days.csv?{DAYS}").text
    assert len(viewer.get(f"/console/reports/left-out.csv?{DAYS}").text.splitlines()) == 1


def test_alerts_have_a_table_of_their_own(viewer: Browser) -> None:
    page = viewer.get(f"/console/reports?{DAYS}").text
    assert '<h2 id="alerts">Alerts to the clinic&#39;s own people</h2>' in page
    file = viewer.get(f"/console/reports/alerts.csv?{DAYS}").text
    assert "red-flag,sms," in file
    assert "red-flag,email," in file


def test_texts_of_both_are_billed(world: World, viewer: Browser) -> None:
    texts = viewer.get(f"/console/reports/texts.csv?{DAYS}").text
    assert "staff-alert,1," in texts
    parts = sum(1 for letter in world.sink.letters if letter.channel == "sms")
    assert f"<b>{parts}</b> parts of texts" in viewer.get(f"/console/reports?{DAYS}").text


def test_the_tally_keeps_both_and_colleagues_are_no_patients_that_heard(world: World) -> None:
    with world.store.read() as tx:
        counts = tallies.between(tx, "2026-06-11", "2026-06-11")
        assert any(one.sequence == "staff-alert" for one in counts)
        assert sum(tallies.heard(tx, "2026-06-11").values()) == 1
        by_day = tallies.by_day(tx, "2026-06-11", "2026-06-11")["2026-06-11"]
    assert sum(one.number for one in by_day) == sum(one.number for one in counts if one.sequence != "staff-alert")


def test_the_numbers_of_today_are_of_patients(world: World) -> None:
    with world.store.read() as tx:
        day = desk.count_day(tx, at("2026-06-11 00:00"), NOW, at("2026-06-12 00:00"))
    assert (day.accepted, day.left) == (len(to_patients(world)), 0)
