"""Sending oneself a test, from saying where one gets it to seeing that a provider took it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from drip.core.role import Role
from drip.store import accounts
from tests.databases import sqlite_url
from tests.web.build import Site, site_at
from tests.web.test_console import NOW, Browser, signed_in
from tests.world import ADVICE, World, a_visit, a_world


@pytest.fixture
def world() -> Iterator[World]:
    """Amina is in the sequence."""
    made = a_world(sqlite_url())
    made.publish(ADVICE)
    made.tell(a_visit("2026-06-11 09:00"))
    made.tick("2026-06-11 09:30")
    yield made
    made.app.close()


site = site_at(NOW)


@pytest.fixture
def author(world: World, site: Site) -> Browser:
    """Somebody who writes, and has shown which address is theirs."""
    browser = signed_in(world, site, Role.AUTHOR)
    page = browser.post("/console/me/address", channel="email", to="sam@example.org").text
    sealed = page.partition('name="sealed" value="')[2].partition('"')[0]
    code = world.sink.letters.pop().words.text[:8]
    assert "That is not the code" in browser.post("/console/me/address/code", sealed=sealed, code="x").text
    assert browser.post("/console/me/address/code", sealed=sealed, code=code).status == 303
    return browser


HELLO = "advice::hello:email"


def test_an_author_tries_a_message_on_themselves(world: World, author: Browser) -> None:
    assert "You get tests by email" in author.get("/console/test-send").text
    assert author.post("/console/test-send", what=HELLO, sample="0").headers["location"] == "/console/test-send"
    (letter,) = world.sink.letters
    assert (letter.to, letter.words.subject) == ("sam@example.org", "[Test] About hello")


def test_a_patient_of_another_site_cannot_be_used(world: World, author: Browser) -> None:
    assert author.post("/console/test-send", what=HELLO, ref="p-1").status == 303
    with world.store.write() as tx:
        account = accounts.named(tx, "author")
        assert account
        accounts.change(tx, replace(account.person, sites=frozenset({"dock"})))
    page = author.post("/console/test-send", what=HELLO, ref="p-1")
    assert page.status == 422
    assert "No patient of your sites" in page.text
    assert page.text == author.post("/console/test-send", what=HELLO, ref="p-1").text
    assert len(world.sink.letters) == 1


@pytest.mark.parametrize("what", ["", "x", "advice::hello:fax", "advice::nothing:email", ":::email", "a:b:c:email"])
def test_what_cannot_be_tried_says_why(world: World, author: Browser, what: str) -> None:
    page = author.post("/console/test-send", what=what)
    assert page.status == 422
    assert 'role="alert"' in page.text
    assert world.sink.letters == []


def test_an_address_that_cannot_be_read_gets_no_code(world: World, site: Site) -> None:
    page = signed_in(world, site, Role.AUTHOR).post("/console/me/address", channel="sms", to="12")
    assert "No code was sent: that cannot be read" in page.text


def test_an_empty_address_takes_it_away(author: Browser) -> None:
    author.post("/console/me/address", channel="email", to="")
    assert "You have no address for tests yet" in author.get("/console/test-send").text
