"""What the clinic's settings say, in words, to whoever runs it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from drip.core.role import Role
from tests.databases import sqlite_url
from tests.web.build import Carrier, on_loopback
from tests.web.test_console import NOW, signed_in
from tests.world import ADVICE, CLINIC, World, a_world

SITES = (
    CLINIC
    + """
  - {id: dock, name: Dock Road, window: any, closures: ["2026-06-18"]}
caps: {sms_per_day: 1, sms_per_week: 2}
alerts: {email: [lead@harbour.clinic]}
sms_price: 0.04
"""
)


def page(world: World) -> str:
    """The page, as an admin sees it."""
    with on_loopback(world.app, now=lambda: NOW) as site:
        return signed_in(world, site, Role.ADMIN).get("/console/settings").text


@pytest.fixture
def made() -> Iterator[Any]:
    """Makes clinics, and closes them afterwards."""
    worlds: list[World] = []

    def make(clinic: str = SITES, **app: Any) -> World:
        worlds.append(a_world(sqlite_url(), clinic=clinic, **app))
        return worlds[-1]

    yield make
    for world in worlds:
        world.app.close()


def test_the_page_says_what_drip_goes_by_and_where_that_is_changed(made: Any) -> None:
    told = page(made(allow_list=frozenset({"a@example.org"})))
    for says in (
        "only the 1 address on the allow list",
        "DRIP_LIVE",
        "Harbour Clinic, care@example.org",
        "lead@harbour.clinic",
        "0.04",
        "Dock Road",
        "Thu 18 Jun 2026",
        "at any time",
        "1 a day, 2 in a week",
    ):
        assert says in told, says
    assert "Look at this" not in told


def test_what_would_keep_alerts_from_staff_or_words_from_patients_is_said(made: Any) -> None:
    told = page(made(CLINIC, live=True))
    assert "Nobody would hear of a red flag at once" in told
    assert "drip is live, but email would reach nobody" in told


def test_a_review_that_is_near_is_said(made: Any) -> None:
    world = made()
    world.publish(ADVICE.replace("2037-01-01", "2026-06-20"))
    assert "advice: review due on 20 Jun 2026" in page(world)


def test_a_provider_is_told_by_what_it_can_do(made: Any) -> None:
    world = made()
    road = (Carrier(),)
    world.app = replace(world.app, providers=dict.fromkeys(world.app.providers, road))
    assert "carrier (reaches nobody, confirms, hears replies)" in page(world)
