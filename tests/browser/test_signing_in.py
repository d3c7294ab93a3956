"""The first day of somebody who gets an account, and what the door lets in."""

from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Page, expect

from drip.core.asked import RED_FLAG
from drip.core.role import Role
from drip.flows import staff
from drip.flows.staff import NewAccount
from drip.store import records
from drip.store.records import NewTask
from tests.browser.conftest import NOW, PASSWORD, Console

pytestmark = pytest.mark.xdist_group("browser")


def test_the_first_sign_in_leads_to_a_password_of_ones_own_and_an_app(console: Console) -> None:
    given = staff.add(console.world.app, NewAccount(name="sam", full_name="Sam Okoro", role=Role.ADMIN), NOW)
    page = console.page()
    page.goto("/console")
    page.get_by_label("Name").fill("sam")
    page.get_by_label("Password").fill(given.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose your own password")
    page.get_by_label("The password you have now").fill(given.password)
    page.get_by_label("A new password").fill(PASSWORD)
    page.get_by_label("The new password again").fill(PASSWORD)
    page.get_by_role("button", name="Use this password").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up your authenticator app")
    drawn = page.locator(".qr svg path").last.bounding_box()
    assert drawn
    assert min(drawn["width"], drawn["height"]) > 150, "a phone's camera can read it"
    secret = page.locator("code.secret").inner_text().replace(" ", "")
    page.get_by_label("Code").fill(pyotp.TOTP(secret).at(console.clock.time))
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Today")
    expect(page.get_by_role("status")).to_contain_text("Your app is set up")
    assert console.complaints == []


def test_a_wrong_password_says_so_and_keeps_what_was_typed(console: Console) -> None:
    console.add("sam", Role.VIEWER)
    page = console.page()
    page.goto("/console/tasks")
    page.get_by_label("Name").fill("sam")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("is not right")
    expect(page.get_by_label("Name")).to_have_value("sam")


def test_after_signing_in_one_is_where_one_wanted_to_be_and_after_signing_out_nowhere(console: Console) -> None:
    console.add("sam", Role.VIEWER)
    page = console.signed_in("sam")
    page.goto("/console/tasks")
    expect(page.get_by_role("heading", level=1)).to_have_text("Waits for a person")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/console/tasks")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_page_that_ones_role_may_not_see_is_neither_linked_nor_shown(console: Console) -> None:
    console.add("sam", Role.VIEWER)
    page = console.signed_in("sam")
    expect(page.get_by_role("link", name="People")).to_have_count(0)
    page.goto("/console/people")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account may not do this")


def test_everything_can_be_done_without_javascript(console: Console) -> None:
    console.add("sam", Role.ADMIN)
    page = console.signed_in("sam", java_script_enabled=False)
    page.get_by_label("Why").fill("The phones are down")
    page.get_by_role("button", name="Pause all sending").click()
    expect(page.get_by_text("The phones are down (Sam Okoro)")).to_be_visible()
    page.get_by_role("link", name="Resume sending").click()
    page.get_by_role("button", name="Resume sending").click()
    expect(page.get_by_text("The phones are down")).to_have_count(0)


def test_what_was_typed_when_a_session_ended_comes_back_and_is_done_once(
    console: Console, accessible: Callable[[Page], None]
) -> None:
    console.add("sam", Role.SENDER)
    with console.world.store.write() as tx:
        records.raise_tasks(tx, [NewTask(key="k", kind=RED_FLAG, detail="my calf is hot")], NOW)
    page = console.signed_in("sam")
    page.goto("/console/tasks")
    page.get_by_label("What you did").fill("Rang her at ten: sent to A&E.")
    console.clock.time += timedelta(minutes=17)
    page.get_by_role("button", name="This is done").click()
    expect(page.get_by_role("alert")).to_contain_text("What you just pressed was not done")
    accessible(page)
    page.get_by_label("Name").fill("sam")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("is not right")
    console.clock.time += timedelta(seconds=30)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code").fill(console.code("sam"))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This was not done yet")
    expect(page.get_by_text("Rang her at ten: sent to A&E.")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Do it now").click()
    expect(page.get_by_role("status").first).to_contain_text("Done.")
    with console.world.store.read() as tx:
        assert records.open_tasks(tx) == []
