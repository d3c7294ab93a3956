"""Sequences are called by their titles and steps by words; ids stand where two would otherwise read the same."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from drip.core.role import Role
from drip.flows.switches import pause
from drip.flows.tally import tally
from drip.flows.titles import titles
from drip.store import audit
from drip.store.audit import Deed
from tests.databases import sqlite_url
from tests.web.at_the_desk import amina, at_the_desk
from tests.web.test_console import NOW, Browser
from tests.world import REMINDERS, World, a_world, at

TITLE = "After your first visit"


@pytest.fixture
def world() -> Iterator[World]:
    """Amina heard, and it was counted."""
    made = a_world(sqlite_url())
    amina(made)
    made.tick("2026-06-11 10:00")
    tally(made.app, at("2026-06-11 12:00"))
    yield made
    made.app.close()


@pytest.fixture
def admin(world: World) -> Iterator[Browser]:
    """Somebody who sees every page."""
    with at_the_desk(world, Role.ADMIN) as browser:
        yield browser


def test_a_report_names_sequences_and_steps_in_words(admin: Browser) -> None:
    page = admin.get("/console/reports?from=2026-06-01&to=2026-06-30").text
    assert f'<th scope="row">{TITLE}</th>' in page
    assert '<th scope="row">advice</th>' not in page
    assert re.search(r"<td>\s*Hello</td>", page)


def test_what_is_to_go_is_chosen_by_title_and_asked_for_by_id(admin: Browser) -> None:
    page = admin.get("/console/outgoing?days=14&sequence=advice").text
    assert f'<option value="advice" selected>{TITLE}</option>' in page
    assert '<option value="nudge">Nudge</option>' in page
    assert f"{TITLE}<br>Nudge" in page


@pytest.mark.parametrize("page", ["versions", "versions/1", "versions/compare?was=1&now=1"])
def test_versions_are_those_of_a_title(admin: Browser, page: str) -> None:
    heading = re.search(r"<h1>(.*)</h1>", admin.get(f"/console/sequences/advice/{page}").text)
    assert heading
    assert TITLE in heading[1]


def test_each_step_of_a_sequence_has_words_and_its_id_beside_them(admin: Browser) -> None:
    assert 'Nudge<br><span class="hint">nudge</span>' in admin.get("/console/sequences/advice").text


def test_the_banner_of_a_paused_sequence_says_its_title(world: World, admin: Browser) -> None:
    pause(world.app, "sequence:advice", "A typing error", NOW, who="sam")
    assert f"<strong>“{TITLE}” is paused.</strong>" in admin.get("/console/tasks").text


def test_the_audit_trail_says_which_version_by_its_number(world: World, admin: Browser) -> None:
    told = {"version": "0e001909aabb", "number": 3}
    with world.store.write() as tx:
        audit.write(tx, Deed(who="", deed="published", about="sequence:advice", detail=told), NOW)
    page = admin.get("/console/audit").text
    assert f'<a href="/console/sequences/advice">{TITLE}</a>, version 3' in page
    assert "0e001909aabb" not in page


def test_two_sequences_of_one_title_are_told_apart_and_one_that_is_gone_has_its_id_in_words(world: World) -> None:
    world.publish(REMINDERS.replace("Before your visit", TITLE))
    with world.store.read() as tx:
        named = titles(replace(world.app), tx)
    assert (named["advice"], named["reminders"]) == (f"{TITLE} (advice)", f"{TITLE} (reminders)")
    assert named["knee-exercises"] == "Knee exercises"
