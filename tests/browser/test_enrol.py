"""Enrolling by hand in a browser: by keyboard, with every page of it usable by everybody."""

from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload, Page, expect

from drip.core.role import Role
from tests.browser.conftest import SIZES, Console
from tests.world import REMINDERS

pytestmark = pytest.mark.xdist_group("browser")

WRONG = (
    b"Number,First name,Last name,What happened,Date,Time,Email\n1,Tom,Jones,appointment booked,31/02/2026,10:00,x\n"
)


@pytest.mark.parametrize(("size", "scheme"), [("a phone", "dark"), ("a desk", "light")])
def test_a_patient_is_enrolled_by_hand(
    console: Console, accessible: Callable[[Page], None], size: str, scheme: str
) -> None:
    console.world.publish(REMINDERS)
    console.add("sam", Role.SENDER)
    width, height = SIZES[size]
    page = console.signed_in("sam", color_scheme=scheme, viewport={"width": width, "height": height})

    def usable() -> None:
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is too wide"

    def choose(content: bytes) -> None:
        file = FilePayload(name="x.csv", mimeType="text/csv", buffer=content)
        page.get_by_label("The file", exact=True).set_input_files(file)

    page.goto("/console/patients")
    page.get_by_role("link", name="Enrol somebody new").click()
    usable()
    page.get_by_label("First name").fill("Amina")
    page.get_by_label("Last name").fill("Shah")
    page.get_by_role("textbox", name="Email address", exact=True).fill("amina@example")
    page.get_by_label("Mobile number", exact=True).fill("07700 900123")
    page.get_by_label("What happened", exact=True).select_option("appointment booked")
    page.get_by_label("On which day").fill("2026-06-13")
    page.get_by_label("At what time").fill("10:00")
    page.get_by_role("button", name="Show the plan").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not an email address")
    usable()
    page.get_by_role("alert").get_by_role("link").press("Enter")
    expect(page.locator("#email")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("amina@example.org")
    page.get_by_role("button", name="Show the plan").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("What would happen")
    expect(page.get_by_text("Friday 12 June at 09:00, tomorrow")).to_be_visible()
    usable()
    page.get_by_role("button", name="Enrol Amina Shah").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Enrolled.")
    console.world.tick("2026-06-11 10:30")
    page.goto("/console/patients")
    page.get_by_label("Find a patient").fill("amina")
    page.get_by_role("button", name="Find").press("Enter")
    expect(page.get_by_role("link", name="Amina Shah", exact=True)).to_be_visible()
    usable()
    page.goto("/console/enrol/file")
    usable()
    choose(WRONG)
    page.get_by_role("button", name="Check the file").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Some cells have to be put right")
    usable()
    page.get_by_role("link", name="Choose the file again").press("Enter")
    mended = WRONG.replace(b"31/02", b"21/07").replace(b",x\n", b",tom@example.org\n")
    choose(mended)
    page.get_by_role("button", name="Check the file").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("What would happen")
    usable()
    page.get_by_role("button", name="Enrol 1 patient").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("1 row was taken in.")
    assert [one for one in console.complaints if "422" not in one] == []
