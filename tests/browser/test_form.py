"""A draft's form in a browser: a time or a question is changed, and its lines are shown; usable by everybody."""

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


def test_a_step_is_given_a_question_without_javascript(console: Console) -> None:
    draft = a_draft(console, "ana")
    page = console.signed_in("ana", java_script_enabled=False)
    page.goto(f"{draft}/form/nudge")
    page.get_by_role("link", name="Let it ask a question").click()
    page.get_by_label("Name of the question").fill("since")
    page.get_by_label("With what").select_option("One of some words")
    page.get_by_label("The words to choose from").fill("better\nstop")
    page.get_by_role("button", name="Let it ask this").click()
    page.get_by_role("alert").get_by_role("link", name="always heard as STOP").click()
    page.get_by_label("The words to choose from").fill("better\nworse, bad")
    page.get_by_label("Somebody here must see it if").fill("answer == 'worse'")
    page.get_by_role("button", name="Let it ask this").click()
    changed = page.get_by_role("region", name="Lines of sequence.yaml").get_by_role("listitem")
    expect(changed.last).to_contain_text(
        "sms: nudge, ask: {id: since, answer: choice, choices: [better, [worse, bad]], task_if: answer == 'worse'}}"
    )
    page.get_by_label("What its words are called").fill("take-care")
    page.get_by_label("If", exact=True).fill("answer == 'worse'")
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("link", name="take-care").click()
    page.get_by_label("The text").fill("We will ring you.")
    page.get_by_role("button", name="Save").click()
    words = page.get_by_role("region", name="Lines of advice/take-care.sms.txt")
    expect(words).to_contain_text("We will ring you.")
    assert [one for one in console.complaints if "422" not in one] == []


@pytest.mark.parametrize(("scheme", "size"), [("light", "a desk"), ("dark", "a phone")])
def test_a_question_and_shared_words_are_for_everybody_to_see(
    console: Console, accessible: Callable[[Page], None], scheme: str, size: str
) -> None:
    console.world.sources["shared/line.email.md"] = "Call us on Monday.\n"
    letter = '---\nsubject: Hello\n---\nHello.\n\n{% include "shared/line.email.md" %}\n'
    console.world.sources["advice/hello.email.md"] = letter
    draft = a_draft(console, "ana")
    width, height = SIZES[size]
    page = console.signed_in("ana", color_scheme=scheme, viewport={"width": width, "height": height})

    def good() -> None:
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is too wide"

    page.goto(f"{draft}/form/nudge/ask")
    good()
    page.get_by_label("Name of the question").fill("Worst pain")
    page.get_by_role("button", name="Let it ask this").click()
    page.get_by_role("alert").wait_for()
    good()
    page.get_by_label("Name of the question").fill("pain")
    page.get_by_role("button", name="Let it ask this").click()
    page.get_by_role("heading", name="Saved").wait_for()
    page.get_by_label("What its words are called").fill("take-care")
    page.get_by_role("button", name="Add it").click()
    page.get_by_text("Remove take-care").click()
    page.get_by_text("Take it away").click()
    good()
    page.get_by_role("link", name="take-care").click()
    good()
    for path in ("/form/hello", ""):
        page.goto(f"{draft}{path}")
        page.get_by_text("Shared words: shared/line.email.md").click()
        expect(page.get_by_text("Call us on Monday.").first).to_be_visible()
        good()
    assert [one for one in console.complaints if "422" not in one] == []
