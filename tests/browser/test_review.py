"""From a draft to patients, in two browsers: one person writes and hands in, another reads, approves and publishes."""

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from drip.core.draft import SEQUENCE, Draft
from drip.core.role import Role
from drip.flows import draft as flow
from drip.store import accounts
from tests.browser.conftest import Console
from tests.flows.test_approval import NOW as THEN
from tests.flows.test_approval import a_person, changed, live_one
from tests.world import ADVICE, a_visit

pytestmark = pytest.mark.xdist_group("browser")

EMAIL = "after-visit/letter.email.md"
MORE = '  - id: letter\n    after: 3d\n    at: "10:00"\n    email: letter\n\nreview:'
WORDS = """---
subject: How it usually goes
preheader: The first days after your visit
---
Hello {{ patient.first_name | default("there") }},

most people are better within a week.

Any questions? Call {{ site.phone }}.
"""

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
NARROW = {"width": 320, "height": 700}


def test_what_one_writes_another_approves_and_patients_who_are_in_it_follow(
    console: Console, accessible: Callable[[Page], None]
) -> None:
    console.clock.time = THEN
    world = console.world
    world.publish(ADVICE)  # its layout is every sequence's
    live_one(world, a_person(world, "carla", Role.AUTHOR), a_person(world, "dora"))
    world.tell(a_visit("2026-06-15 09:00"))
    world.tick("2026-06-15 11:00")
    for name, role in (("anna", Role.AUTHOR), ("ben", Role.APPROVER)):
        console.add(name, role)
    with world.store.read() as tx:
        anna = accounts.named(tx, "anna")
    assert anna
    draft = changed(world, anna.person, 'after: 1d\n    at: "10:00"', "after: 1h")
    files = {**draft.files, SEQUENCE: draft.files[SEQUENCE].replace("review:", MORE), EMAIL: WORDS}
    assert isinstance(flow.save(world.app, draft.id, files, draft.edit, anna.person, THEN), Draft)

    page = console.signed_in("anna", java_script_enabled=False)
    page.goto(f"/console/drafts/{draft.id}/review")
    page.get_by_label("goes at the next opening").check()
    page.get_by_label("Note for whoever").fill("An hour is enough.")
    page.get_by_role("button", name="Hand it in").click()
    expect(page.get_by_text("Handed in. Somebody else reads it now")).to_be_visible()

    page = console.signed_in("ben", viewport=NARROW, color_scheme="light")
    page.locator("main a[href$='/review']").click()
    expect(page.get_by_text("An hour is enough.")).to_be_visible()
    expect(page.get_by_text("1 message late already")).to_be_visible()
    expect(page.frame_locator("iframe").get_by_text("better within a week")).to_be_visible()
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "too wide"
    page.get_by_label("To be reviewed again by").fill("2027-06-01")
    page.get_by_role("button", name="I have read it: approve").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Version 2 is live. Of 1 in it now, 1 patient takes it.")).to_be_visible()
    accessible(page)
    for path in ("versions/2", "versions/compare?was=1&now=2"):
        page.goto(f"/console/sequences/after-visit/{path}")
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is too wide"
    (message,) = [one for one in world.messages() if one.step == "first-message"]
    assert (message.state, f"{message.due_at:%d %H}") == ("planned", "15 11")
    assert console.complaints == []
