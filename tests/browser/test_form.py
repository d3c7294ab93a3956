"""A draft's form in a browser: a time is changed, and the one line that says it is shown; usable by everybody."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from drip.core.role import Role
from drip.flows import draft as flow
from drip.store import accounts
from tests.browser.conftest import NOW, SIZES, Console
from tests.world import ADVICE

pytestmark = pytest.mark.xdist_group("browser")


def a_draft(console: Console, name: str) -> str:
    """The address of a draft of the live advice."""
    console.add(name, Role.AUTHOR)
    console.world.publish(ADVICE)
    with console.world.store.read() as tx:
        account = accounts.named(tx, name)
    assert account
    return f"/console/drafts/{flow.begin(console.world.app, 'advice', account.person, NOW).id}"


def test_a_time_is_changed_and_the_one_line_is_shown(console: Console) -> None:
    draft = a_draft(console, "ana")
    page = console.signed_in("ana", java_script_enabled=False)
    page.goto(f"{draft}/form")
    page.get_by_role("link", name="nudge", exact=True).click()
    page.get_by_label("At what time").fill("ten")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("'ten' is not a clock time")
    page.get_by_role("link", name="'ten' is not a clock time").click()
    page.get_by_label("At what time").fill("09:15")
    page.get_by_role("button", name="Save").click()
    changed = page.get_by_role("region", name="Lines of sequence.yaml").get_by_role("listitem")
    expect(changed).to_have_text(
        [
            'Was line - 10: - {id: nudge, after: 1d, at: "10:00", sms: nudge}',
            'New line + 10: - {id: nudge, after: 1d, at: "09:15", sms: nudge}',
        ]
    )
    assert [one for one in console.complaints if "422" not in one] == []


@pytest.mark.parametrize(("scheme", "size"), [("light", "a desk"), ("dark", "a phone")])
def test_what_is_wrong_in_a_form_and_what_was_saved_is_for_everybody_to_see(
    console: Console, accessible: Callable[[Page], None], scheme: str, size: str
) -> None:
    draft = a_draft(console, "ana")
    width, height = SIZES[size]
    page = console.signed_in("ana", color_scheme=scheme, viewport={"width": width, "height": height})
    page.goto(f"{draft}/whole")
    page.get_by_label("To be reviewed by").fill("soon")
    page.get_by_role("button", name="Save").click()
    accessible(page)
    page.goto(f"{draft}/form/nudge")
    page.get_by_label("How many").fill("2")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Saved").wait_for()
    accessible(page)
    assert [one for one in console.complaints if "422" not in one] == []
