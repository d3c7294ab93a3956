"""What is planned is ticked and left out: usable by everybody on a phone, and by keyboard and forms alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from drip.core.role import Role
from tests.browser.conftest import SIZES, Console
from tests.browser.test_pages import tab_to
from tests.world import ADVICE, REMINDERS, a_booking, a_visit

pytestmark = pytest.mark.xdist_group("browser")


def planned(console: Console) -> None:
    """Amina came and is booked again, so that messages of two kinds are planned; Sam may act."""
    world = console.world
    world.publish(ADVICE, REMINDERS)
    booked = a_booking("2026-06-18 10:00", told_at="2026-06-10 09:00", appointment={"ref": "a-2"})
    world.tell(booked, a_visit("2026-06-11 09:00"))
    world.tick("2026-06-11 09:40")
    console.add("sam", Role.SENDER)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_leaving_out_comes_to_is_for_everybody(
    console: Console, accessible: Callable[[Page], None], scheme: str
) -> None:
    planned(console)
    width, height = SIZES["a phone"]
    page = console.signed_in("sam", color_scheme=scheme, viewport={"width": width, "height": height})

    def check(what: str) -> None:
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{what} is too wide"

    tick_all(page)
    check("all ticked")
    page.get_by_role("button", name="Leave out those ticked").click()
    page.get_by_role("heading", level=1, name="Leave out 5 messages?").wait_for()
    check("what that comes to")
    colleague = page.context.new_page()
    tick_all(colleague)
    page.get_by_role("button", name="Leave out only the other 3").click()
    expect(page.get_by_role("status")).to_contain_text("3 messages were left out.")
    expect(page.get_by_role("checkbox")).to_have_count(2)
    check("left out")
    colleague.get_by_role("button", name="Leave out those ticked").click()
    colleague.get_by_role("heading", name="Cannot be left out any more").wait_for()
    accessible(colleague)
    colleague.get_by_role("button", name="Leave out all 2").click()
    expect(colleague.get_by_role("status")).to_contain_text("2 messages were left out.")
    assert console.complaints == []


def test_a_message_is_left_out_by_keyboard_alone(console: Console) -> None:
    planned(console)
    page = console.signed_in("sam", viewport={"width": 320, "height": 640})
    page.goto("/console/outgoing?days=1")
    tab_to_box(page)
    page.keyboard.press("Space")
    expect(page.get_by_label("Email “Hello” of “After your first visit” to Amina Shah (p-1)")).to_be_checked()
    tab_to(page, "button", "Leave out those ticked")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Leave out 1 message?").wait_for()
    tab_to(page, "button", "Leave it out")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("1 message was left out.")
    assert console.world.states()["hello"] == "skipped skipped_by_staff"
    assert console.complaints == []


def tick_all(page: Page) -> None:
    """All that is planned."""
    page.goto("/console/outgoing?days=14")
    page.get_by_role("button", name="Tick all on this page").click()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(5)


def tab_to_box(page: Page) -> None:
    """Tab, and again, until a box has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type === 'checkbox'"):
            return
    raise AssertionError("the keyboard never comes to a box")
