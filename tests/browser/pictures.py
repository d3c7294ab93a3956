"""`python -m tests.browser.pictures`: the pictures of docs/images, drawn anew from what the program makes."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from drip.cli.commands import run as drip
from drip.core.role import Role
from tests.browser.a_real_clinic import NOW, a_real_clinic, change_it, hand_in, who
from tests.browser.conftest import Clock, Console
from tests.web.build import on_loopback

IMAGES = Path(__file__).parent.parent.parent / "docs" / "images"
DESK, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
TALL = ViewportSize(width=1280, height=1120)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SETTLED = 1_000
"""Milliseconds after which frames within a page are drawn."""


def main() -> None:
    """All of them."""
    found = shutil.which("chromium")
    if found is None:
        sys.exit("no Chromium: install Debian's package chromium")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        _demo(browser, Path(folder))
        _console(browser)
        browser.close()


def _demo(browser: Browser, folder: Path) -> None:
    """What the demo's patients received, and one email on a phone, light and dark."""
    drip(["demo", "--out", str(folder / "demo")])
    page = browser.new_page(viewport=DESK)
    page.goto((folder / "demo" / "index.html").as_uri())
    page.wait_for_timeout(SETTLED)
    page.screenshot(path=IMAGES / "outbox.png")
    email = folder / "email.html"
    drip(["preview", "achilles-loading-insertional", "start-here", "--channel", "email", "--html", str(email)])
    for scheme in SCHEMES:
        phone = browser.new_page(viewport=PHONE, color_scheme=scheme, device_scale_factor=1)
        phone.goto(email.as_uri())
        phone.screenshot(path=IMAGES / f"email-{scheme}.png")


def _console(browser: Browser) -> None:
    """The five pages on which most of the work is done."""
    world, clock = a_real_clinic(), Clock(NOW)
    with on_loopback(world.app, now=clock) as site:
        console = Console(world=world, url=f"http://127.0.0.1:{site.port}", clock=clock, browser=browser)
        console.add("sam", Role.ADMIN)
        draft, emma = change_it(world)
        page = console.signed_in("sam", viewport=TALL, locale="en-GB")
        page.goto(f"/console/drafts/{draft.id}")
        page.get_by_label("Step").select_option("what-to-expect")
        page.get_by_role("link", name="The sequence (YAML), line 43").first.click()
        page.locator("h1").evaluate("it => scrollTo(0, it.getBoundingClientRect().top + scrollY - 16)")
        _draw(page, "editor")
        hand_in(world, draft, emma)
        page.goto(f"/console/patients/{who(world, 'p-3025')}")
        _draw(page, "patient")
        page.set_viewport_size(DESK)
        for name, path in {
            "today": "/console",
            "tasks": "/console/tasks",
            "review": f"/console/drafts/{draft.id}/review",
        }.items():
            page.goto(path)
            _draw(page, name)
        console.close()
    world.app.close()


def _draw(page: Page, name: str) -> None:
    page.wait_for_timeout(SETTLED)
    page.screenshot(path=IMAGES / f"console-{name}.png")


if __name__ == "__main__":
    main()
