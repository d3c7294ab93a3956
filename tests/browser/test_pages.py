"""Every page of the console, light on a phone and dark at a desk: usable by everybody, and without a complaint."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from drip.core.role import Role
from tests.browser.conftest import SIZES, Console, opened
from tests.browser.every_page import FILES, addresses, lived_in, not_seen

pytestmark = pytest.mark.xdist_group("browser")

TABLES = ("steps", "days")


@pytest.fixture(scope="module")
def clinic(browser: Browser) -> Iterator[tuple[Console, dict[str, str]]]:
    """One that has seen everything, and an example of each page; nobody changes anything there."""
    with opened(browser) as console:
        console.add("sam", Role.ADMIN)
        yield console, lived_in(console.world)


def settle(page: Page, scheme: str, size: str) -> None:
    """As somebody else would see the same page."""
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")


# No rule of the style asks for a size and a scheme at once, so two of the four ways to look at a page show all of it.
@pytest.mark.parametrize(("scheme", "size"), [("light", "a phone"), ("dark", "a desk")])
def test_every_page_is_for_everybody(
    clinic: tuple[Console, dict[str, str]], accessible: Callable[[Page], None], scheme: str, size: str
) -> None:
    console, examples = clinic
    page = console.page()
    settle(page, scheme, size)
    page.goto("/console/sign-in")
    accessible(page)
    page = console.signed_in("sam")
    settle(page, scheme, size)
    wrong, frames = [], set()
    for path in addresses(console.world, examples):
        answer = page.goto(path)
        assert answer
        if answer.status != 200 and not path.endswith(("/nobody", "/no-such-page", "from=x")):
            wrong.append(f"{path}: answers {answer.status}")
        try:
            accessible(page)
        except AssertionError as problem:
            wrong.append(str(problem))
        if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            wrong.append(f"{path}: is too wide")
        frames |= {one.get_attribute("src") or "" for one in page.locator("iframe").all()}
    assert wrong == []
    assert not_seen(frames) == []
    assert [one for one in console.complaints if "404" not in one and "422" not in one] == []


def test_what_is_in_frames_and_files_is_there(clinic: tuple[Console, dict[str, str]]) -> None:
    console, _ = clinic
    page = console.signed_in("sam")
    for route in FILES:
        for name in TABLES if "{" in route else [""]:
            answer = page.request.get(route.replace("{name}", name))
            assert (answer.status, answer.headers["content-type"][:8]) == (200, "text/csv"), route


def test_how_sending_is_paused_and_resumed_is_for_everybody(
    console: Console, accessible: Callable[[Page], None]
) -> None:
    console.add("sam", Role.ADMIN)
    lived_in(console.world)
    page = console.signed_in("sam", viewport={"width": 320, "height": 640})
    page.get_by_label("Why").fill("The phones are down")
    page.get_by_role("button", name="Pause all sending").click()
    expect(page.get_by_text("The phones are down (Sam Okoro)")).to_be_visible()
    with console.world.store.write() as tx:
        late = (
            "UPDATE messages SET planned_for = '2026-06-10T08:00:00.000000Z', reason = 'paused' WHERE state = 'planned'"
        )
        tx.connection.exec_driver_sql(late)
    page.get_by_role("link", name="Resume sending").click()
    page.get_by_label("out").first.wait_for()
    for scheme in ("light", "dark"):
        settle(page, scheme, "a phone")
        accessible(page)
    assert console.complaints == []


def test_the_keyboard_alone_is_enough_from_the_door_to_a_done_task(console: Console) -> None:
    console.add("sam", Role.SENDER)
    lived_in(console.world)
    page = console.page()
    page.goto("/console/tasks")
    for word in ("sam", "copper walrus evening", ""):
        tab_to(page, "input")
        page.keyboard.type(word or console.code("sam"))
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Waits for a person").wait_for()
    tab_to(page, "textarea")
    page.keyboard.type("Rang her: she goes to A&E now.")
    tab_to(page, "button", "This is done")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("no longer holds")
    assert console.complaints == []


def tab_to(page: Page, tag: str, words: str = "") -> None:
    """Tab, and again, until the next such thing has the focus: where it is never seen, it never is."""
    for _ in range(60):
        page.keyboard.press("Tab")
        told = page.evaluate("[document.activeElement.tagName.toLowerCase(), document.activeElement.innerText]")
        assert page.evaluate("document.activeElement.matches(':focus-visible')") or told[0] == "body"
        if told[0] == tag and words in (told[1] or ""):
            return
    raise AssertionError(f"the keyboard never comes to {tag} {words}")
