"""The clinic's desk, as people work at it: a red flag is answered, a held message decided, a letter printed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from drip.core.asked import RED_FLAG
from drip.core.handover import Fault, Outcome, Refused, Unknown
from drip.core.letter import Letter
from drip.core.role import Role
from drip.store import patients, records
from drip.store.records import NewTask
from tests.browser.conftest import NOW, SIZES, Console
from tests.world import ADVICE, World, a_visit

pytestmark = pytest.mark.xdist_group("browser")


def answer(letter: Letter) -> Outcome:
    """Emails are lost on the way, texts refused."""
    return Unknown("reset") if "@" in letter.to else Refused(Fault.ADDRESS)


def busy(world: World) -> str:
    """A held email, a refused text, a letter to post, a reply and a red flag. The id of the message for the letter."""
    world.sink.answer = answer
    world.publish(ADVICE.replace('after: 1d, at: "10:00", sms', "after: 3h, sms"))
    world.tell(a_visit("2026-06-11 05:30"))
    bo = {"ref": "p-2", "email": None, "phone": "+447700900222"}
    world.tell(a_visit("2026-06-11 05:30", patient=bo, event_id="bo", appointment={"ref": "a-2"}))
    world.reply("Can I run <b>now</b>?", "2026-06-11 08:00")
    for time in ("08:30", "08:45", "09:10"):
        world.tick(f"2026-06-11 {time}")
    with world.store.write() as tx:
        (row,) = patients.find(tx, "p-1")
        flag = NewTask(key="red_flag:1", kind=RED_FLAG, patient_id=row.id, data_key=row.data_key, detail="calf is hot")
        records.raise_tasks(tx, [flag], NOW)
    return next(one.id for one in world.messages() if one.reason == "no_address")


def test_a_red_flag_is_answered_with_a_note_and_a_held_message_decided(console: Console) -> None:
    console.add("sam", Role.SENDER)
    busy(console.world)
    page = console.signed_in("sam")
    page.get_by_role("link", name="Tasks").click()
    card = page.locator(".card.urgent")
    card.get_by_role("button", name="This is done").click()
    expect(page.get_by_role("alert")).to_contain_text("Write down what you did")
    page.get_by_label("What you did").fill("Rang her: she goes to A&E now.")
    card.get_by_role("button", name="This is done").click()
    expect(page.get_by_role("status")).to_contain_text("no longer holds loading exercises back")
    expect(page.locator(".card.urgent")).to_have_count(0)
    page.get_by_role("link", name="Held 1").click()
    page.get_by_role("button", name="It went").first.click()
    expect(page.get_by_role("status")).to_contain_text("Noted: it went")
    assert console.world.states()["hello"] != "held unresolved"


@pytest.mark.parametrize(("scheme", "size"), [("light", "a phone"), ("dark", "a desk")])
def test_the_desk_is_for_everybody(
    console: Console, accessible: Callable[[Page], None], scheme: str, size: str
) -> None:
    console.add("sam", Role.ADMIN)
    message = busy(console.world)
    (amina,) = {one.patient_id for one in console.world.messages() if one.patient == "p-1"}
    width, height = SIZES[size]
    page = console.signed_in("sam", color_scheme=scheme, viewport={"width": width, "height": height})
    paths = ("tasks", "tasks?mine=1&kind=reply", "replies", "replies?who=unknown", "failed", "held")
    for path in (*paths, f"patients/{amina}/replies", f"letters/{message}", f"calls/{message}"):
        page.goto(f"/console/{path}")
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is too wide"
    assert console.complaints == []


def test_of_a_letter_only_the_letter_is_printed(console: Console) -> None:
    console.add("sam", Role.SENDER)
    page = console.signed_in("sam")
    message = busy(console.world)
    page.goto(f"/console/letters/{message}")
    page.emulate_media(media="print")
    expect(page.get_by_label("The letter")).to_be_visible()
    for words in ("A letter to print", "Print this page", "It was posted", "Sign out", "Test mode"):
        expect(page.get_by_text(words).first).to_be_hidden()
