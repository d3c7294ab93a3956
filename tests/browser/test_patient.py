"""One patient's page and what can be done there: usable by everybody, and by keyboard and form alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from drip.core.role import Role
from tests.browser.conftest import SIZES, Console
from tests.world import ADVICE, REMINDERS, a_booking, a_visit

pytestmark = pytest.mark.xdist_group("browser")


def a_patient(console: Console, advice: str = ADVICE) -> str:
    """Where Amina's page is: one message has gone, others are planned, her next visit is booked."""
    world = console.world
    world.publish(advice, REMINDERS)
    world.tell(
        a_booking("2026-06-18 10:00", told_at="2026-06-10 09:00", appointment={"ref": "a-2"}),
        a_visit("2026-06-11 07:00"),
    )
    for time in ("08:00", "10:00"):
        world.tick(f"2026-06-11 {time}")
    return f"/console/patients/{world.messages()[0].patient_id}"


@pytest.mark.parametrize(("scheme", "size"), [("light", "a phone"), ("dark", "a desk")])
def test_a_patients_pages_are_for_everybody(
    console: Console, accessible: Callable[[Page], None], scheme: str, size: str
) -> None:
    patient = a_patient(console)
    console.add("sam", Role.SENDER)
    width, height = SIZES[size]
    page = console.signed_in("sam", color_scheme=scheme, viewport={"width": width, "height": height})

    def check(what: str) -> None:
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{what} is too wide"

    page.goto(patient)
    page.get_by_role("button", name="Leave out Nudge").click()
    page.get_by_text("It was left out.").wait_for()
    page.get_by_label("What are we to stop?").select_option("all")
    page.get_by_role("button", name="Write it down").click()
    page.get_by_text("Neither texts nor emails").wait_for()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("heading", name="Let messages go again").wait_for()
    check("paused, stopped and left out")
    page.get_by_role("link", name="Move or send now Later").click()
    page.get_by_label("Time").fill("03:00")
    page.get_by_role("button", name="Move it").click()
    page.get_by_role("alert").wait_for()
    check("a message")
    page.frame_locator("iframe").get_by_text("Hello Amina.").wait_for()
    page.goto(patient)
    page.get_by_role("link", name="Read it hello").click()
    check("its words")
    page.goto(patient)
    page.get_by_role("link", name="Change this date").click()
    page.get_by_label("New day").fill("2026-06-25")
    page.get_by_role("button", name="Show what that moves").click()
    page.get_by_role("heading", name="What it moves").wait_for()
    check("a new date")
    assert [one for one in console.complaints if "422" not in one] == []


def test_what_was_done_is_undone_by_keyboard_alone(console: Console) -> None:
    patient = a_patient(console)
    console.add("sam", Role.SENDER)
    page = console.signed_in("sam", java_script_enabled=False)
    page.goto(patient)
    page.get_by_role("button", name="Leave out Nudge").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("You can undo this until")
    page.get_by_role("button", name="Undo The text “Nudge” was left out").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("as it was before")
    assert console.world.states()["nudge"] == "planned"


@pytest.mark.parametrize(("scheme", "size"), [("dark", "a phone"), ("light", "a desk")])
def test_safety_words_are_read_before_they_are_left_out_without_a_script(
    console: Console, accessible: Callable[[Page], None], scheme: str, size: str
) -> None:
    patient = a_patient(console, ADVICE.replace("purpose: care", "purpose: safety"))
    console.add("sam", Role.SENDER)
    width, height = SIZES[size]
    viewport = {"width": width, "height": height}
    page = console.signed_in("sam", java_script_enabled=False, color_scheme=scheme, viewport=viewport)
    page.goto(patient)
    page.get_by_role("button", name="Leave out Nudge").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Leave out words about safety?")
    expect(page.get_by_text("Amina, Harbour Clinic here: nudge")).to_be_visible()
    page.get_by_role("link", name="without changing anything").click()
    assert console.world.states()["nudge"] == "planned"
    page.get_by_role("link", name="Move or send now Later").click()
    expect(page.frame_locator("iframe").get_by_text("Hello Amina.")).to_be_visible()
    page.get_by_role("button", name="Leave it out").press("Enter")
    page.get_by_role("heading", name="Leave out words about safety?").wait_for()
    expect(page.frame_locator("iframe").get_by_text("Hello Amina.")).to_be_visible()
    page.get_by_role("button", name="I have read it: leave it out").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("It was left out. You can undo this until")
    scripted = console.signed_in("sam", color_scheme=scheme, viewport=viewport)
    scripted.goto(patient)
    scripted.get_by_role("button", name="Leave out Nudge").click()
    scripted.get_by_role("heading", name="Leave out words about safety?").wait_for()
    accessible(scripted)
    assert scripted.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert console.complaints == []
