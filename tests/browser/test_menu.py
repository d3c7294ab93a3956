"""The menu on a phone: one short row that leaves the screen to the page, with where one is in sight."""

import pytest
from playwright.sync_api import Page, expect

from drip.core.role import Role
from tests.browser.conftest import Console

pytestmark = pytest.mark.xdist_group("browser")

LINKS = "nav[aria-label=Main] a"
SEEN = """(e => { const r = e.getBoundingClientRect();
    return r.left >= 0 && r.right <= innerWidth && e.contains(document.elementFromPoint((r.left + r.right) / 2,
    (r.top + r.bottom) / 2)) })"""
"""Whether all of something is on the screen, and nothing lies over its middle."""


CLEAR = """(e => { const r = e.getBoundingClientRect();
    return e.contains(document.elementFromPoint((r.left + r.right) / 2, (r.top + r.bottom) / 2)) })"""
"""Whether nothing lies over the middle of something, and it is on the screen."""


def comes_true(page: Page, what: str) -> None:
    """Scrolling takes a moment. The page's own rules forbid Playwright to wait for it there."""
    for _ in range(40):
        if page.evaluate(what):
            return
        page.wait_for_timeout(50)
    raise AssertionError(what)


def tops(page: Page) -> set[float]:
    """How high the menu's links stand."""
    found: list[float] = page.eval_on_selector_all(LINKS, "all => all.map(e => e.getBoundingClientRect().top)")
    return set(found)


@pytest.mark.parametrize("width", [320, 400])
@pytest.mark.parametrize("path", ["/console", "/console/outgoing", "/console/settings"])
def test_it_is_one_row_and_says_where_one_is(console: Console, width: int, path: str) -> None:
    console.add("sam", Role.ADMIN)
    page = console.signed_in("sam", viewport={"width": width, "height": 640})
    page.goto(path)
    assert len(tops(page)) == 1
    assert page.evaluate("document.querySelector('header').offsetHeight") < 130
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    comes_true(page, f"{SEEN}(document.querySelector('{LINKS}[aria-current]'))")


def test_the_keyboard_comes_to_each_of_its_links_in_sight(console: Console) -> None:
    console.add("sam", Role.ADMIN)
    page = console.signed_in("sam", viewport={"width": 320, "height": 640})
    page.goto("/console/settings")
    comes_true(page, "document.getAnimations().length === 0")
    page.keyboard.press("Tab")
    for name in ("Today", "Tasks", "Patients", "Sequences", "Outgoing", "Reports", "People", "Settings"):
        page.keyboard.press("Tab")
        link = page.locator(LINKS).filter(has_text=name)
        expect(link).to_be_focused()
        comes_true(page, f"{CLEAR}(document.activeElement)")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Settings")).to_be_visible()
    assert console.complaints == []


def test_at_a_desk_all_of_it_is_there_at_once(console: Console) -> None:
    console.add("sam", Role.ADMIN)
    page = console.signed_in("sam", viewport={"width": 1280, "height": 800})
    page.goto("/console/reports")
    assert len(tops(page)) == 1
    assert page.eval_on_selector_all(LINKS, f"all => all.map({SEEN})") == [True] * 8
