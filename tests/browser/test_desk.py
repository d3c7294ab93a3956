"""The clinic's desk, as people work at it: a letter is printed, and nothing of the page around it."""

import pytest
from playwright.sync_api import expect

from drip.core.asked import RED_FLAG
from drip.core.handover import Fault, Outcome, Refused, Unknown
from drip.core.letter import Letter
from drip.core.role import Role
from drip.store import patients, records
from drip.store.records import NewTask
from tests.browser.conftest import NOW, Console
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


def test_of_a_letter_only_the_letter_is_printed(console: Console) -> None:
    console.add("sam", Role.SENDER)
    page = console.signed_in("sam")
    message = busy(console.world)
    page.goto(f"/console/letters/{message}")
    page.emulate_media(media="print")
    expect(page.get_by_label("The letter")).to_be_visible()
    for words in ("A letter to print", "Print this page", "It was posted", "Sign out", "Test mode"):
        expect(page.get_by_text(words).first).to_be_hidden()
