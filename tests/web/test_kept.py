"""A form that is sent after a session has ended: nothing of it is done, and only its own writer gets it back."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from drip.core.role import Role
from drip.web.console.kept import LARGEST, Kept, sealed, unsealed
from tests.databases import sqlite_url
from tests.web.at_the_desk import account_of, ask, deeds, waiting
from tests.web.build import Site, on_loopback
from tests.web.test_console import NOW, Browser, signed_in
from tests.world import World, a_world

TYPED = "Rang her: sent to A&E."


class Clock:
    """The time at the clinic, which tests move."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def world() -> Iterator[World]:
    """A small clinic."""
    made = a_world(sqlite_url())
    yield made
    made.app.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(world: World, clock: Clock) -> Iterator[Site]:
    with on_loopback(world.app, now=clock) as made:
        yield made


@pytest.fixture
def late(world: World, site: Site, clock: Clock) -> Browser:
    """Somebody who has not clicked for more than a quarter of an hour."""
    browser = signed_in(world, site, Role.SENDER)
    clock.now = NOW + timedelta(minutes=16)
    return browser


def kept(text: str) -> str:
    """What a page to sign in holds for later."""
    found = re.search(r'name="kept" value="([^"]+)"', text)
    return found[1] if found else ""


def test_a_form_that_comes_too_late_does_nothing_and_is_kept_for_whoever_wrote_it(world: World, late: Browser) -> None:
    task = ask(world, "reply")
    before = deeds(world)
    page = late.post(f"/console/tasks/{task}/done", note=TYPED)
    assert (page.status, waiting(world), deeds(world)) == (401, ["reply"], before)
    assert "What you just pressed was not done" in page.text
    assert TYPED not in page.text
    vault, told = world.store.vault, kept(page.text)
    assert unsealed(vault, account_of(world, Role.SENDER), told) == Kept(
        path=f"/console/tasks/{task}/done", texts={"note": TYPED}
    )
    assert unsealed(vault, "somebody-else", told) is None


def test_nothing_is_kept_of_a_form_that_no_page_of_that_session_sent(late: Browser) -> None:
    page = late.post("/console/tasks/x/note", key="guessed", note=TYPED)
    assert (page.status, kept(page.text)) == (401, "")
    assert "press Back" in page.text
    assert late.post("/console/tasks/x/note", origin="https://elsewhere.example", note=TYPED).status == 403


def test_after_signing_in_one_is_where_the_form_was(site: Site, late: Browser) -> None:
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "cookie": f"drip={late.token}",
        "origin": f"http://127.0.0.1:{site.port}",
        "referer": f"http://127.0.0.1:{site.port}/console/tasks?kind=reply",
    }
    page = site.ask("POST", "/console/tasks/x/note", b"note=x", headers).text
    assert 'name="to" value="/console/tasks?kind=reply"' in page
    elsewhere = site.ask(
        "POST", "/console/tasks/x/note", b"note=x", headers | {"referer": "https://e.example/console/x"}
    )
    assert 'name="to" value="/console"' in elsewhere.text


@pytest.mark.parametrize("told", ["", "x", "AAAA", "é"])
def test_what_is_not_ours_gives_nothing_back(world: World, told: str) -> None:
    assert unsealed(world.store.vault, "p", told) is None


def test_a_very_long_form_is_not_kept(world: World) -> None:
    assert sealed(world.store.vault, "p", Kept(path="/console", texts={"note": "x" * LARGEST})) == ""
