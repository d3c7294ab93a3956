"""A clinic's console in Chromium. Where there is none, these tests are skipped and say so."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from drip.core.role import Role
from drip.flows import staff
from drip.flows.staff import NewAccount
from drip.store import accounts
from drip.store.passwords import hashed, new_secret
from tests.databases import sqlite_url
from tests.web.build import on_loopback
from tests.world import World, a_world, at

PASSWORD = "copper walrus evening"
NOW = at("2026-06-11 10:00")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = {"a phone": (320, 640), "a desk": (1280, 900)}

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a file's tests. No longer: its event loop would be in the way of other tests' own."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium: install Debian's package chromium, or Google Chrome, to run these")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Clock:
    """The time at the clinic, which tests move."""

    time: datetime = NOW

    def __call__(self) -> datetime:
        """What it is now."""
        return self.time


@dataclass
class Console:
    """A clinic's console, and browsers at it."""

    world: World
    url: str
    clock: Clock
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    """What browsers wrote to their consoles: a page that does what it should writes nothing."""
    _secrets: dict[str, str] = field(default_factory=dict)
    _open: list[BrowserContext] = field(default_factory=list)

    def add(self, name: str, role: Role, *sites: str) -> None:
        """Somebody with a password and an authenticator app of their own."""
        new = NewAccount(name=name, full_name=f"{name.capitalize()} Okoro", role=role, sites=sites)
        person = staff.add(self.world.app, new, NOW).person
        self._secrets[name] = new_secret()
        with self.world.store.write() as tx:
            accounts.set_password(tx, person.id, hashed(PASSWORD), is_given=False)
            accounts.set_secret(tx, person.id, self._secrets[name])

    def page(self, **unusual: Any) -> Page:
        """A new browser window with nobody signed in."""
        context = self.browser.new_context(base_url=self.url, **unusual)
        context.set_default_timeout(8_000)
        self._open.append(context)
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda problem: self.complaints.append(str(problem)))
        return page

    def signed_in(self, name: str, **unusual: Any) -> Page:
        """A new browser window of somebody who has just signed in."""
        page = self.page(**unusual)
        page.goto("/console")
        self.clock.time += timedelta(seconds=30)  # no code counts twice
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Code").fill(self.code(name))
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", level=1).wait_for()
        return page

    def code(self, name: str) -> str:
        """What their app shows now."""
        return pyotp.TOTP(self._secrets[name]).at(self.clock.time)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def close(self) -> None:
        """Every window."""
        for context in self._open:
            context.close()


@contextmanager
def opened(browser: Browser) -> Iterator[Console]:
    """A small clinic's, while this lasts."""
    world, clock = a_world(sqlite_url()), Clock()
    with on_loopback(world.app, now=clock) as site:
        made = Console(world=world, url=f"http://127.0.0.1:{site.port}", clock=clock, browser=browser)
        yield made
        made.close()
    world.app.close()


@pytest.fixture
def console(browser: Browser) -> Iterator[Console]:
    """A small clinic's, for one test."""
    with opened(browser) as made:
        yield made


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Fails with what axe has against a page."""
    axe = Axe()

    def check(page: Page) -> None:
        found = axe.run(
            page, options={"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"], "iframes": False}
        )
        assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"

    return check
