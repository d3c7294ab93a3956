"""The page behind a patient's link: only a POST acts, and a link that is not ours does nothing and tells nothing."""

import re
from collections.abc import Callable

import pytest

from drip.core.model import Channel
from drip.core.reason import Reason
from drip.flows.stop import is_stopped
from drip.store import addresses, blind, links
from drip.store.links import Link, make_token
from tests.web.build import Site
from tests.world import World, at

PATIENT = "0123456789abcdef" * 2
ONE_CLICK = "List-Unsubscribe=One-Click"
FORGED = "A" * 88


@pytest.fixture
def link(world: World) -> Link:
    """Amina's email address, which may be used."""
    contact = blind.blind_address(world.store.vault, Channel.EMAIL, "amina@example.org")
    with world.store.write() as tx:
        addresses.ensure(tx, {contact: Channel.EMAIL})
    return Link(patient_id=PATIENT, contact_id=contact, channel=Channel.EMAIL)


@pytest.fixture
def path(world: World, link: Link) -> str:
    """Where her link leads."""
    return "/p/" + make_token(world.store.vault, link.patient_id, link.contact_id, link.channel)


def test_the_page_names_the_clinic_and_says_what_stopping_means(site: Site, path: str) -> None:
    page = site.ask("GET", path)
    assert page.status == 200
    for words in ("Harbour Clinic", "01234 380345", "Stop these emails", "no reminders"):
        assert words in page.text


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_a_scanner_that_follows_the_link_changes_nothing(
    site: Site, world: World, link: Link, path: str, method: str
) -> None:
    for query in ("", "?action=stop", "?" + ONE_CLICK):
        site.ask(method, path + query, b"" if method in ("GET", "HEAD") else ONE_CLICK.encode())
    assert not is_stopped(world.app, link)


def test_there_is_nothing_on_the_page_that_runs_or_fetches(site: Site, path: str) -> None:
    page = site.ask("GET", path)
    assert not re.search(r"<script|<img|<link|src=|@import|url\(|javascript:| on\w+=", page.text)
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_mail_programs_own_button_stops_at_once(site: Site, world: World, link: Link, path: str) -> None:
    answer = site.post_form(path, ONE_CLICK)
    assert (answer.status, answer.headers.get("location"), answer.headers.get("set-cookie")) == (200, None, None)
    assert is_stopped(world.app, link)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (
            "multipart/form-data; boundary=b",
            '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
        ),
        ("text/plain", ONE_CLICK + "\r\n"),
        ("", ONE_CLICK),
        ("application/x-www-form-urlencoded; charset=utf-8", "x=1&" + ONE_CLICK),
    ],
    ids=["multipart", "not said to be a form", "said to be nothing", "among others"],
)
def test_the_button_works_however_a_mail_program_writes_it(
    site: Site, world: World, link: Link, path: str, kind: str, body: str
) -> None:
    site.ask("POST", path, body.encode(), {"Content-Type": kind} if kind else {})
    assert is_stopped(world.app, link)


def test_the_pages_button_stops_and_offers_to_undo(site: Site, world: World, link: Link, path: str) -> None:
    page = site.post_form(path, "action=stop")
    assert is_stopped(world.app, link)
    assert 'value="undo"' in page.text


def test_undoing_starts_the_messages_again(site: Site, world: World, link: Link, path: str) -> None:
    site.post_form(path, "action=stop")
    page = site.post_form(path, "action=undo")
    assert not is_stopped(world.app, link)
    assert 'value="stop"' in page.text


def test_stopping_twice_is_stopping(site: Site, world: World, link: Link, path: str) -> None:
    assert site.post_form(path, "action=stop").text == site.post_form(path, ONE_CLICK).text
    assert is_stopped(world.app, link)


def test_an_address_that_bounced_is_not_opened_by_its_patient(site: Site, world: World, link: Link, path: str) -> None:
    with world.store.write() as tx:
        addresses.close(tx, [link.contact_id], Reason.BOUNCED, at("2026-06-11 10:00"))
    page = site.post_form(path, "action=undo")
    assert is_stopped(world.app, link)
    assert "<button" not in page.text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"action=please"),
        ("application/x-www-form-urlencoded", b"%%%&&&==\xff\x00"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=b", b"--b\r\nbroken"),
        ("application/json", b'{"action": "stop"}'),
        ("application/x-www-form-urlencoded", b"list-unsubscribe=one-click"),
    ],
)
def test_what_is_not_said_plainly_changes_nothing(
    site: Site, world: World, link: Link, path: str, kind: str, body: bytes
) -> None:
    assert site.ask("POST", path, body, {"Content-Type": kind}).status == 200
    assert not is_stopped(world.app, link)


def test_every_link_that_is_not_ours_gets_the_same_page(site: Site, path: str) -> None:
    broken = ["/p/", "/p/x", "/p/" + FORGED, path[:-1] + "~", path[:-1], path + "A", path[:20] + "/" + path[21:]]
    broken += ["/p/%00", "/p/%ff%fe", "/p/" + "A" * 3000]
    pages = {site.ask("GET", one).text for one in broken} | {site.post_form(one, ONE_CLICK).text for one in broken}
    assert len(pages) == 1
    assert "cannot be read" in pages.pop()


def test_a_link_with_any_letter_changed_stops_nothing(site: Site, world: World, link: Link, path: str) -> None:
    for place in range(len("/p/"), len(path), 7):
        letter = "A" if path[place] != "A" else "B"
        assert site.post_form(path[:place] + letter + path[place + 1 :], ONE_CLICK).status == 200
    assert not is_stopped(world.app, link)


def test_a_link_stops_one_address_and_no_other(site: Site, world: World, path: str) -> None:
    other = Link(patient_id=PATIENT, contact_id="ab" * 20, channel=Channel.EMAIL)
    site.post_form(path, ONE_CLICK)
    assert not is_stopped(world.app, other)


def test_a_link_in_a_text_speaks_of_texts(site: Site, world: World) -> None:
    page = site.ask("GET", "/p/" + make_token(world.store.vault, PATIENT, "ab" * 20, Channel.SMS))
    assert "Stop these texts" in page.text
    assert "email" not in page.text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_is_told_that_it_worked_while_the_database_is_away(
    site: Site, path: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OSError("amina@example.org")

    monkeypatch.setattr(links, "why_closed", away)
    page = site.post_form(path, "action=stop") if method == "POST" else site.ask("GET", path)
    assert (page.status, page.headers["retry-after"]) == (503, "60")
    assert "call us" in page.text
    assert "amina" not in page.text


@pytest.mark.parametrize("pieces", [False, True], ids=["announced", "in pieces"])
def test_a_form_is_small(site: Site, path: str, pieces: bool) -> None:
    body = b"x" * 33_000
    assert site.ask("POST", path, iter([body]) if pieces else body).status == 413


def test_the_page_holds_neither_token_nor_ids(site: Site, link: Link, path: str) -> None:
    page = site.ask("GET", path).text + site.post_form(path, "action=stop").text
    assert not any(secret in page for secret in (path[3:], link.patient_id, link.contact_id))


_SHOWN: dict[str, Callable[[Site, str], str]] = {
    "open": lambda site, path: site.ask("GET", path).text,
    "stopped": lambda site, path: site.post_form(path, "action=stop").text,
    "unreadable": lambda site, path: site.ask("GET", "/p/x").text,
}


@pytest.mark.parametrize("show", _SHOWN.values(), ids=_SHOWN)
def test_a_screen_reader_finds_its_way(site: Site, path: str, show: Callable[[Site, str], str]) -> None:
    page = show(site, path)
    for part in ('lang="en-GB"', "<title>", "<main>", "<h1>", 'name="viewport"'):
        assert page.count(part) == 1
    assert "$" not in page
