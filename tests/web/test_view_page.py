"""A message in the browser: the words as they were sent, for whoever has its link, and nothing else."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from drip.core.letter import Letter
from drip.core.model import Channel
from drip.store import patients, sent_words
from drip.store.links import LENGTH, VIEW_LENGTH, make_token, make_view_token, read_token, read_view_token
from tests.web.build import PUBLIC, Carrier, Site, on_loopback
from tests.world import ADVICE, World, a_visit, an_event, at

HOSTILE = "<b>A</b> https://evil.example/x"


@pytest.fixture
def letter(world: World, carrier: Carrier) -> Letter:
    """The email that Amina was sent."""
    world.publish(ADVICE)
    world.tell(a_visit("2026-06-11 09:00", patient={"first_name": HOSTILE}))
    for time in ("09:30", "12:00"):
        world.tick(f"2026-06-11 {time}")
    (letter,) = carrier.letters
    return letter


@pytest.fixture
def site(world: World, letter: Letter) -> Iterator[Site]:
    """The clinic's web, once it has gone."""
    with on_loopback(world.app, now=lambda: at("2026-06-11 13:00")) as site:
        yield site


@pytest.fixture
def path(letter: Letter) -> str:
    """Where its link leads, as it stands in the email itself."""
    found = re.search(re.escape(PUBLIC) + r"(/m/[\w-]+)", letter.words.text)
    assert found
    return found[1]


def test_the_link_in_an_email_shows_its_words_as_they_were_sent(site: Site, world: World, path: str) -> None:
    world.tell(an_event("patient.updated", "2026-06-11 12:30", patient={"first_name": "Zoe"}))
    world.tick("2026-06-11 12:31")
    page = site.ask("GET", path)
    for words in ("About hello", "&lt;b&gt;A&lt;/b&gt;", "Sent on Thursday 11 June 2026 by email", "Large print"):
        assert words in page.text
    assert "Zoe" not in page.text


def test_a_hostile_name_is_neither_markup_nor_a_link(site: Site, path: str) -> None:
    page = site.ask("GET", path)
    assert "<b>" not in page.text
    assert 'href="https://evil' not in page.text
    assert f'href="{PUBLIC}/p/' in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_large_print_is_one_link_away_and_a_choice_that_is_kept(site: Site, world: World, path: str) -> None:
    assert 'class="large"' not in site.ask("GET", path).text
    assert 'class="large"' in site.ask("GET", path + "?size=large").text
    with world.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
    own = "/p/" + make_token(world.store.vault, row.id, row.contacts[Channel.EMAIL], Channel.EMAIL)
    site.post_form(own, "action=choose&shown=look&wanted=large")
    world.tick("2026-06-11 13:05")
    assert 'class="large"' in site.ask("GET", path).text
    assert 'class="large"' not in site.ask("GET", path + "?size=usual").text


def test_every_link_that_is_not_ours_or_shows_nothing_gets_the_same_page(site: Site, world: World, path: str) -> None:
    with world.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
    (sent,) = [one for one in world.messages() if one.step == "hello"]
    (later,) = [one for one in world.messages() if one.step == "later"]
    vault = world.store.vault
    another = [make_view_token(vault, "ab" * 16, sent.id), make_view_token(vault, row.id, later.id)]
    broken = ["", "x", "A" * VIEW_LENGTH, path[3:-1], path[3:] + "A", path[3:20] + "/" + path[21:], *another]
    pages = {(answer.status, answer.text) for answer in (site.ask("GET", "/m/" + one) for one in broken)}
    assert len(pages) == 1
    assert "cannot be shown" in pages.pop()[1]


def test_without_a_public_address_a_mail_to_the_clinic_takes_the_pages_place(world: World, carrier: Carrier) -> None:
    alone = replace(world, app=replace(world.app, public_url=""))
    alone.publish(ADVICE)
    alone.tell(a_visit("2026-06-11 09:00"))
    for time in ("09:30", "12:00"):
        alone.tick(f"2026-06-11 {time}")
    (letter,) = carrier.letters
    assert "Read this message another way (care@example.org?subject=Please" in letter.words.text.replace("mailto:", "")
    assert "/m/" not in letter.words.text


def test_neither_kind_of_link_does_the_work_of_the_other(world: World) -> None:
    vault = world.store.vault
    stops, shows = make_token(vault, "ab" * 16, "cd" * 20, Channel.SMS), make_view_token(vault, "ab" * 16, "cd" * 16)
    assert (len(stops), len(shows)) == (LENGTH, VIEW_LENGTH)
    assert (read_token(vault, shows), read_view_token(vault, stops)) == (None, None)


def test_a_link_with_any_letter_changed_shows_nothing(world: World) -> None:
    token = make_view_token(world.store.vault, "ab" * 16, "cd" * 16)
    for place, was in enumerate(token):
        changed = token[:place] + ("A" if was != "A" else "B") + token[place + 1 :]
        assert read_view_token(world.store.vault, changed) is None


def test_while_the_database_is_away_the_page_says_so(
    site: Site, path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise OSError("amina@example.org")

    monkeypatch.setattr(sent_words, "last_attempt", away)
    page = site.ask("GET", path)
    assert (page.status, "call us" in page.text, "amina" in page.text + caplog.text) == (503, True, False)
