"""A site on another clock, and a site that not everybody sees: what the pages of a patient say then."""

from collections.abc import Iterator

import pytest

from drip.core.role import Role
from tests.databases import sqlite_url
from tests.web.build import Site, site_at
from tests.web.test_console import NOW, signed_in
from tests.web.test_patient_deeds import message, patient, said
from tests.world import ADVICE, CLINIC, World, a_visit, a_world

CLINICS = f"{CLINIC}  - {{id: dock, name: Dock Road, address: [2 Dock Road], timezone: Europe/Madrid}}\n"


@pytest.fixture
def world() -> Iterator[World]:
    """Amina came to Dock Road, which is an hour ahead of the clinic's clock, and to Quay Street."""
    made = a_world(sqlite_url(), clinic=CLINICS)
    made.publish(ADVICE)
    made.tell(a_visit("2026-06-11 07:00", site="dock"))
    made.tick("2026-06-11 08:00")
    yield made
    made.app.close()


site = site_at(NOW)


def test_a_message_is_moved_on_the_clock_of_its_site(world: World, site: Site) -> None:
    sender = signed_in(world, site, Role.SENDER)
    nudge = message(world, "nudge")
    at_night = sender.post(f"{nudge}/move", day="2026-06-12", clock="05:00").text
    assert "The next time is Friday 12 June at 08:00." in at_night
    told = said(sender.post(f"{nudge}/move", day="2026-06-12", clock="15:30"))
    assert told.startswith("It is planned for Friday 12 June at 15:30 now.")
    assert next(one.due_at for one in world.messages() if one.step == "nudge").hour == 13, "15:30 in Madrid"


def test_a_site_that_somebody_does_not_see_is_not_named_to_them(world: World, site: Site) -> None:
    world.tell(a_visit("2026-06-11 07:30", event_id="quay", site="quay", appointment={"ref": "a-2"}))
    world.tick("2026-06-11 08:15")
    assert "Quay Street" in signed_in(world, site, Role.SENDER).get(patient(world)).text
    limited = signed_in(world, site, Role.VIEWER, "dock").get(patient(world)).text
    assert ("Dock Road" in limited, "Quay Street" in limited) == (True, False)
