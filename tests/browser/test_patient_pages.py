"""Every page that patients reach by a link, light and dark, on a phone and at a desk: usable by everybody."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page

from drip.core.model import Channel
from drip.store import patients
from drip.store.links import make_token, make_view_token
from tests.browser.conftest import SIZES, Console
from tests.world import ADVICE, World, a_visit

pytestmark = pytest.mark.xdist_group("browser")


HELLO = "---\nsubject: {subject}\npreheader: -\n---\n{subject}, {{{{ patient.first_name }}}}.\n"


def link_of(world: World, language: str = "en") -> str:
    """Where the link in Amina's emails leads, after her first message."""
    for code, subject in (("cy", "Helo"), ("pl", "Dzień dobry")):
        world.sources[f"advice/hello.{code}.email.md"] = HELLO.format(subject=subject)
    world.publish(ADVICE)
    world.tell(a_visit("2026-06-11 09:00", patient={"last_name": "<b>" + "W" * 80, "language": language}))
    for time in ("09:30", "12:00"):
        world.tick(f"2026-06-11 {time}")
    with world.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
    return "/p/" + make_token(world.store.vault, row.id, row.contacts[Channel.EMAIL], Channel.EMAIL)


def message_of(world: World) -> str:
    """Where her first email can be read again."""
    (sent,) = [one for one in world.messages() if one.step == "hello"]
    with world.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
    return "/m/" + make_view_token(world.store.vault, row.id, sent.id)


@pytest.mark.parametrize(("scheme", "size"), [("light", "a phone"), ("dark", "a desk")])
def test_every_patients_page_is_for_everybody(
    console: Console, accessible: Callable[[Page], None], scheme: str, size: str
) -> None:
    width, height = SIZES[size]
    page = console.page(color_scheme=scheme, viewport={"width": width, "height": height})

    def check(what: str) -> None:
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{what} is too wide"

    page.goto(link_of(console.world))
    check("the page")
    page.get_by_label("Advice about your care").last.uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved.").wait_for()
    check("what was saved")
    assert not page.get_by_label("Advice about your care").last.is_checked()
    page.get_by_label("Large print").check()
    page.get_by_role("button", name="Save language and format").click()
    page.locator("body.large").wait_for()
    check("large print")
    page.get_by_label("What happened?").fill("Not meant for me.")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Thank you.").wait_for()
    check("a complaint")
    page.get_by_role("button", name="Stop these emails").click()
    page.get_by_role("heading", name="Stopped").wait_for()
    check("stopped")
    console.clock.time += timedelta(minutes=1)
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Stop these emails").wait_for()
    for path in ("/p/broken", "/m/broken", "/", message_of(console.world)):
        page.goto(path)
        check(path[:3])
    page.get_by_role("link", name="Large print").click()
    page.get_by_role("link", name="Usual size").wait_for()
    check("a message in large print")
    assert console.complaints == []


@pytest.mark.parametrize("language", ["cy", "pl"])
def test_who_reads_welsh_or_polish_can_use_every_page(
    console: Console, accessible: Callable[[Page], None], language: str
) -> None:
    page = console.page(viewport={"width": 320, "height": 640})
    for path in (link_of(console.world, language), message_of(console.world)):
        page.goto(path)
        page.locator(f"html[lang={language}]").wait_for(state="attached")
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path[:3]} is too wide"
    assert console.complaints == []
