"""Writing a sequence: what is wrong is said in words, a preview follows what is typed, the keyboard is enough."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, expect

from drip.core.draft import SEQUENCE
from drip.core.role import Person, Role
from drip.flows import draft as flow
from drip.flows.draft import NewSequence, begin_new
from tests.browser.conftest import NOW, SIZES, Console
from tests.world import ADVICE

pytestmark = pytest.mark.xdist_group("browser")

ANNA = Person(id="a" * 32, name="anna", full_name="Anna Berg", role=Role.AUTHOR)
WITHIN = 500
"""Milliseconds from the last letter to the new preview."""


@pytest.fixture
def address(console: Console) -> str:
    """Where a new sequence is being written."""
    console.world.publish(ADVICE)
    draft = begin_new(console.world.app, NewSequence(id="knee", title="Knee"), ANNA, NOW)
    console.add("sam", Role.AUTHOR)
    return f"/console/drafts/{draft.id}"


def to_after(page: Page) -> None:
    """By the keyboard alone, to the `e` of the step's `after`."""
    lines = page.locator("textarea[data-editor]").input_value().split("\n")
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+Home")
    for _ in range(next(n for n, line in enumerate(lines) if line.lstrip().startswith("aft"))):
        page.keyboard.press("ArrowDown")
    for _ in "    aft":
        page.keyboard.press("ArrowRight")


def test_a_mistake_is_said_in_words_and_gone_once_it_is_mended(console: Console, address: str) -> None:
    page = console.signed_in("sam")
    page.goto(address)
    expect(page.locator("#findings")).to_contain_text("Nothing has to be put right")
    to_after(page)
    page.keyboard.press("Delete")
    finding = page.locator("#findings li", has_text="did you mean `after`")
    expect(finding).to_be_visible()
    expect(page.locator(".cm-lint-marker-error").first).to_be_visible()
    expect(page.locator("#preview-trouble")).to_be_visible()
    expect(page.locator("#reading-text .bubble")).to_be_visible()  # what was good stays
    finding.get_by_role("link").click()
    assert page.evaluate("document.activeElement.classList.contains('cm-content')")
    to_after(page)
    page.keyboard.type("e")
    expect(page.locator("#findings")).to_contain_text("Nothing has to be put right")
    expect(page.locator("#preview-trouble")).to_be_hidden()
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("status").first).to_contain_text("Saved")
    assert console.complaints == []


def test_a_text_is_counted_as_it_is_typed_within_half_a_second(console: Console, address: str) -> None:
    page = console.signed_in("sam")
    page.goto(address)
    expect(page.locator(".counts")).to_contain_text("1 part")
    page.get_by_label("Text first-message").focus()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("x" * 100)
    began = time.perf_counter()
    expect(page.locator(".counts")).to_contain_text("As shown: 2 parts")
    assert (time.perf_counter() - began) * 1000 < WITHIN
    page.keyboard.insert_text("\u2019")
    expect(page.locator(".counts")).to_contain_text("right single quotation mark")
    page.keyboard.insert_text("{{ patient.")
    expect(page.locator("#reading-text .trouble")).to_be_visible()
    expect(page.locator("#reading-text .bubble")).to_contain_text("xxx")
    assert console.complaints == []


def test_nobody_leaves_unsaved_words_by_accident(console: Console, address: str) -> None:
    page = console.signed_in("sam")
    page.goto(address)
    page.get_by_label("Text first-message").press_sequentially("x")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("link", name="Today").click()
    page.wait_for_timeout(200)
    assert asked == ["beforeunload"]
    assert address in page.url


def test_the_keyboard_gets_into_the_editor_and_out_again(console: Console, address: str) -> None:
    page = console.signed_in("sam")
    page.goto(address)
    page.locator(".cm-content").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "file:knee/first-message.sms.txt"
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.classList.contains('cm-content')")


def test_without_scripts_the_button_checks_and_shows_what_is_not_saved(console: Console, address: str) -> None:
    page = console.signed_in("sam", java_script_enabled=False)
    page.goto(address)
    page.get_by_label("Text first-message").fill("Hello {{ patient.frist_name }} \u2019")
    page.get_by_role("button", name="Check").first.click()
    expect(page.locator("#findings")).to_contain_text("did you mean `patient.first_name`")
    expect(page.get_by_label("Text first-message")).to_have_value("Hello {{ patient.frist_name }} \u2019")
    page.get_by_label("Text first-message").fill("Hello {{ patient.first_name }} \u2019")
    page.get_by_role("button", name="Check").first.click()
    expect(page.locator(".bubble mark")).to_have_text("Amina")


@pytest.mark.parametrize(("scheme", "size"), [("light", "a phone"), ("dark", "a desk")])
def test_what_is_wrong_and_what_a_colleague_saved_meanwhile_is_for_everybody_to_see(
    console: Console, accessible: Callable[[Page], None], address: str, scheme: str, size: str
) -> None:
    console.add("una", Role.ADMIN)
    width, height = SIZES[size]
    page = console.signed_in("una", color_scheme=scheme, viewport={"width": width, "height": height})
    page.goto(address)
    to_after(page)
    page.keyboard.press("Delete")
    expect(page.locator("#findings li").first).to_be_visible()
    accessible(page)
    assert console.complaints == []
    draft_id = address.rpartition("/")[2]
    flow.save(console.world.app, draft_id, {SEQUENCE: "# Anna was quicker\n"}, 1, ANNA, NOW)
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing of yours was saved")
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "two texts are too wide"
