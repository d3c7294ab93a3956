"""The patient's page says what holds their messages back, and promises none that would not go."""

from collections.abc import Callable, Iterator

import pytest

from drip.core.asked import RED_FLAG
from drip.core.role import Role
from drip.flows import switches
from tests.databases import sqlite_url
from tests.web.at_the_desk import ask
from tests.web.build import Site, site_at
from tests.web.test_console import NOW, Browser, signed_in
from tests.web.test_patient_deeds import patient
from tests.world import ADVICE, World, a_visit, a_world

HEEDS = ADVICE.replace("review:", "pause_when: [red_flag]\nreview:")


@pytest.fixture
def world() -> Iterator[World]:
    """Amina came at seven, and would hear tomorrow and in a week."""
    made = a_world(sqlite_url())
    made.publish(HEEDS)
    made.tell(a_visit("2026-06-11 07:00"))
    for time in ("08:00", "10:00"):
        made.tick(f"2026-06-11 {time}")
    yield made
    made.app.close()


site = site_at(NOW)


@pytest.fixture
def sender(world: World, site: Site) -> Browser:
    return signed_in(world, site, Role.SENDER)


def test_with_nothing_in_the_way_the_next_message_is_named(world: World, sender: Browser) -> None:
    page = sender.get(patient(world)).text
    assert "The next message goes <time>Friday 12 June at 10:00" in page
    assert "held back" not in page


@pytest.mark.parametrize(
    ("hold", "why"),
    [
        (lambda world, sender: sender.post(f"{patient(world)}/pause"), "messages to this patient are paused"),
        (
            lambda world, _: switches.pause(world.app, "everything", "snow", NOW, who="sam"),
            "all sending is paused",
        ),
        (lambda world, _: switches.pause(world.app, "sequence:advice", "", NOW, who="sam"), "its sequence is paused"),
        (lambda world, _: ask(world, RED_FLAG, world.messages()[0].patient_id), "a red flag is open"),
    ],
    ids=["a pause of the patient", "a pause of everything", "a pause of the sequence", "a red flag"],
)
def test_what_holds_messages_back_is_said_instead(
    world: World, sender: Browser, hold: Callable[[World, Browser], object], why: str
) -> None:
    hold(world, sender)
    page = sender.get(patient(world)).text
    assert "The next message" not in page
    assert f"Nothing goes as things stand: {why}" in page
    assert page.count(f"As things stand it does not go: {why}") == 2


def test_what_comes_after_a_pause_is_not_held_back_by_it(world: World, sender: Browser) -> None:
    sender.post(f"{patient(world)}/pause", until="2026-06-15")
    page = sender.get(patient(world)).text
    assert "The next message that nothing holds back goes <time>Thursday 18 June at 09:30" in page
    assert page.count("As things stand it does not go") == 1


def test_an_open_red_flag_stands_at_the_top_of_the_page(world: World, sender: Browser) -> None:
    assert "A red flag is open" not in sender.get(patient(world)).text
    ask(world, RED_FLAG, world.messages()[0].patient_id, "calf is hot")
    page = sender.get(patient(world)).text
    assert page.index("<strong>A red flag is open.</strong>") < page.index("Date of birth")
    assert 'href="/console/tasks?kind=red_flag"' in page
