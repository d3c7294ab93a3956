"""A conversation: the patient's own words stand out, and our long emails are folded until somebody wants them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from drip.core.role import Role
from tests.browser.conftest import SIZES, Console
from tests.world import ADVICE, a_visit

pytestmark = pytest.mark.xdist_group("browser")

WORDS = "Ring us with any question."


def a_conversation(console: Console) -> str:
    """Amina heard by email and text, and wrote. Where that is read."""
    world = console.world
    world.publish(ADVICE)
    world.sources["advice/hello.email.md"] += f"\n\n{WORDS}\n"
    world.publish(ADVICE.replace('after: 1d, at: "10:00", sms', "after: 2h, sms"))
    world.tell(a_visit("2026-06-11 06:00"))
    for time in ("07:00", "08:00", "09:00"):
        world.tick(f"2026-06-11 {time}")
    world.reply("Can I run now?", "2026-06-11 09:10")
    world.tick("2026-06-11 09:11")
    return f"/console/patients/{world.messages()[0].patient_id}/replies"


@pytest.mark.parametrize(("scheme", "size"), [("light", "a phone"), ("dark", "a desk")])
def test_an_email_of_ours_is_folded_and_unfolds(
    console: Console, accessible: Callable[[Page], None], scheme: str, size: str
) -> None:
    console.add("sam", Role.SENDER)
    width, height = SIZES[size]
    page = console.signed_in("sam", color_scheme=scheme, viewport={"width": width, "height": height})
    page.goto(a_conversation(console))
    expect(page.get_by_text("Can I run now?")).to_be_visible()
    expect(page.get_by_text(WORDS)).to_be_hidden()
    accessible(page)
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(WORDS)).to_be_visible()
    accessible(page)
    assert console.complaints == []


def test_on_paper_all_of_it_is_there(console: Console) -> None:
    console.add("sam", Role.SENDER)
    page = console.signed_in("sam")
    page.goto(a_conversation(console))
    page.emulate_media(media="print")
    expect(page.get_by_text(WORDS)).to_be_visible()
    expect(page.get_by_text("Can I run now?")).to_be_visible()
