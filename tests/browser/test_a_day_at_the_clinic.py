"""Days at a clinic, from end to end: words are written and approved, a patient hears, writes back, is helped."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from drip.core.handover import Accepted, Outcome, Unknown
from drip.core.letter import Letter
from drip.core.role import Role
from tests.browser.conftest import Console
from tests.browser.test_editor import to_after
from tests.flows.test_approval import NOW as THEN
from tests.flows.test_approval import a_person, live_one
from tests.world import ADVICE, World, a_visit, at

pytestmark = pytest.mark.xdist_group("browser")

BO: dict[str, Any] = {
    "patient": {"ref": "p-2", "first_name": "Bo", "last_name": "Lind", "email": None, "phone": "+447700900222"},
    "appointment": {"ref": "a-2"},
    "event_id": "bo",
}


def answer(letter: Letter) -> Outcome:
    """What becomes of Bo's text, nobody can tell."""
    return Unknown("reset") if letter.to.endswith("222") else Accepted(f"ref-{letter.attempt_id}")


@pytest.fixture
def clinic(console: Console) -> Iterator[World]:
    """One sequence is live, and Amina is in it since yesterday's visit."""
    console.clock.time = THEN
    world = console.world
    world.publish(ADVICE.replace("attended", "no_show"))  # its layout is every sequence's
    live_one(world, a_person(world, "carla", Role.AUTHOR), a_person(world, "dora"))
    world.tell(a_visit("2026-06-15 09:00"))
    world.tick("2026-06-15 11:00")
    world.sink.answer = answer
    yield world
    assert console.complaints == []


def author_changes_a_sequence(page: Page) -> None:
    """Broken, told so, mended, looked at, handed in."""
    page.get_by_role("link", name="Sequences").click()
    page.get_by_role("link", name="After your visit").click()
    page.get_by_role("button", name="Change it").click()
    to_after(page)
    page.keyboard.press("Delete")
    expect(page.locator("#findings")).to_contain_text("did you mean `after`")
    page.keyboard.type("e")
    for key in ("End", "Backspace", "Backspace"):
        page.keyboard.press(key)
    page.keyboard.type("2d")
    expect(page.locator("#findings")).to_contain_text("Nothing has to be put right")
    page.get_by_label("Text first-message").press_sequentially("Well done! ")
    expect(page.locator(".bubble")).to_contain_text("Well done!")
    page.get_by_role("button", name="Save").first.click()
    page.get_by_role("link", name="Review and hand in").click()
    page.get_by_label("Note for whoever").fill("Two days are kinder.")
    page.get_by_role("button", name="Hand it in").click()
    expect(page.get_by_role("status")).to_contain_text("Handed in")


def colleague_approves_and_publishes(page: Page) -> None:
    """By the link on the first page."""
    page.locator("main a[href$='/review']").click()
    expect(page.get_by_text("1 patient is in it now")).to_be_visible()
    page.get_by_label("To be reviewed again by").fill("2027-06-01")
    page.get_by_role("button", name="I have read it: approve").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status")).to_contain_text("Version 2 is live. Of 1 in it now, 1 patient takes it.")


def desk_sees_who_was_enrolled(page: Page) -> None:
    """On the patient's own page."""
    page.get_by_role("link", name="Patients").click()
    page.get_by_label("Find a patient").fill("bo lind")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Bo Lind", exact=True).click()
    planned = page.get_by_role("listitem").filter(has_text="The text “First message” of “After your visit” is planned")
    expect(planned).to_contain_text("Wed 17 Jun 10:00")


def desk_answers_a_red_flag(page: Page) -> None:
    """From the first page to what was done, in words."""
    page.get_by_role("link", name="Today").click()
    page.get_by_role("link", name="Words that must not wait").click()
    card = page.locator(".card.urgent")
    expect(card).to_contain_text("my calf is hot and swollen")
    card.get_by_label("What you did").fill("Rang her: she goes to A&E now.")
    card.get_by_role("button", name="This is done").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator(".card.urgent")).to_have_count(0)


def desk_decides_a_held_message(page: Page) -> None:
    """Bo says that it came."""
    page.get_by_role("link", name="Held 1").click()
    page.get_by_role("button", name="It went").click()
    expect(page.get_by_role("status")).to_contain_text("Noted: it went")


def desk_stops_and_thinks_again(page: Page) -> None:
    """It was the other patient who asked."""
    page.get_by_role("link", name="Patients").click()
    page.get_by_label("Find a patient").fill("p-1")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Amina Shah", exact=True).click()
    page.get_by_label("What are we to stop?").select_option("all")
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_text("Neither texts nor emails")).to_be_visible()
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_role("status")).to_contain_text("as it was before")


def test_words_are_written_and_approved_and_patients_hear_and_are_heard(console: Console, clinic: World) -> None:
    for name, role in (("anna", Role.AUTHOR), ("ben", Role.APPROVER), ("sam", Role.SENDER)):
        console.add(name, role)
    author_changes_a_sequence(console.signed_in("anna"))
    colleague_approves_and_publishes(console.signed_in("ben"))
    clinic.tell(a_visit("2026-06-15 12:00", **BO))
    clinic.tick("2026-06-15 12:35")
    console.clock.time = at("2026-06-15 12:40")
    desk_sees_who_was_enrolled(console.signed_in("sam"))
    for time in ("2026-06-17 10:00", "2026-06-17 10:20", "2026-06-17 10:45"):
        clinic.tick(time)
    assert ("+447700900123", "Well done!") in [(to, words[:10]) for to, words in clinic.heard()]
    clinic.reply("my calf is hot and swollen", "2026-06-17 10:50")
    clinic.tick("2026-06-17 10:55")
    console.clock.time = at("2026-06-17 11:00")
    desk = console.signed_in("sam")
    desk_answers_a_red_flag(desk)
    desk_decides_a_held_message(desk)
    desk_stops_and_thinks_again(desk)
