"""`python -m tests.browser.pictures`: the pictures of docs/images, drawn anew from what the program makes."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from drip.cli.commands import run as drip
from drip.core.role import Role
from tests.browser.conftest import Clock, Console
from tests.browser.test_pages import lived_in
from tests.databases import sqlite_url
from tests.web.build import on_loopback
from tests.world import a_world, at

IMAGES = Path(__file__).parent.parent.parent / "docs" / "images"
DESK, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
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
    """Today and a patient's story."""
    world, clock = a_world(sqlite_url()), Clock(at("2026-06-11 13:00"))
    with on_loopback(world.app, now=clock) as site:
        console = Console(world=world, url=f"http://127.0.0.1:{site.port}", clock=clock, browser=browser)
        console.add("sam", Role.ADMIN)
        patient = lived_in(world)
        page = console.signed_in("sam", viewport=DESK)
        page.screenshot(path=IMAGES / "console-today.png")
        page.goto(f"/console/patients/{patient}")
        page.screenshot(path=IMAGES / "console-patient.png")
        console.close()
    world.app.close()


if __name__ == "__main__":
    main()
