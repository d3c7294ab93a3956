"""How soon a preview follows what is typed: `python -m benchmarks.preview`. Needs Chromium.

The shipped sequences, a real server, a browser, all on this machine. A lap begins with the last letter typed and ends
when the page shows it: the pause in which the page waits for more, the round trip, the check of the file and its words,
the drawing.
"""

import shutil
import sys

from playwright.sync_api import Page, sync_playwright

from benchmarks.measure import Line, percentile, row
from drip.core.role import Role
from tests.browser.a_real_clinic import CHANGED, NOW, a_real_clinic, change_it
from tests.browser.conftest import Clock, Console
from tests.web.build import on_loopback

LAPS = 20
GOAL = 500.0
"""Milliseconds: what feels like it follows."""

STEP = "what-to-expect"
TYPED = """([field, letters, shown]) => new Promise(done => {
  const box = document.querySelector(field), began = performance.now();
  const look = () => document.querySelector(shown)?.textContent.includes(letters)
    ? done(performance.now() - began) : requestAnimationFrame(look);
  box.setRangeText(letters, box.value.trimEnd().length, box.value.trimEnd().length, "end");
  box.dispatchEvent(new Event("input", {bubbles: true}));
  look();
})"""
"""Types into a field and resolves to the milliseconds until the preview holds what was typed."""


def main() -> None:
    """A text of the shipped aftercare, typed on twenty times."""
    found = shutil.which("chromium")
    if found is None:
        sys.exit("no Chromium: install Debian's package chromium")
    world, clock = a_real_clinic(), Clock(NOW)
    draft, _ = change_it(world)
    with sync_playwright() as playwright, on_loopback(world.app, now=clock) as site:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        console = Console(world=world, url=f"http://127.0.0.1:{site.port}", clock=clock, browser=browser)
        console.add("sam", Role.AUTHOR)
        page = console.signed_in("sam")
        page.goto(f"/console/drafts/{draft.id}")
        page.get_by_label("Step").select_option(STEP)
        laps = [_lap(page, number) for number in range(LAPS)]
        browser.close()
    world.app.close()
    for percent in (50, 95):
        sys.stdout.write(row(_told(f"typed words are shown, p{percent}", percentile(laps, percent))))


def _told(what: str, measured: float) -> Line:
    return Line(what=what, database="SQLite", measured=measured, unit="ms", goal=GOAL, less_is_better=True)


def _lap(page: Page, number: int) -> float:
    """One word typed, once what was typed before it is on the page."""
    field = f'textarea[name="file:{CHANGED}/{STEP}.sms.txt"]'
    page.wait_for_timeout(GOAL)
    took = page.evaluate(TYPED, [field, f" w{number:02}.", "#reading-text"])
    return float(took)


if __name__ == "__main__":
    main()
