"""What a planned message says stands where somebody decides about it; safety is left out only once that was read."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from drip.core.choice import Choice
from drip.core.model import Channel
from drip.core.role import Role
from drip.flows.choose import choose
from drip.store import audit, patients
from drip.store.links import Link
from tests.web.at_the_desk import at_the_desk, colleague
from tests.web.test_console import NOW
from tests.world import ADVICE, CLINIC, World, a_visit

DOCK = CLINIC + '  - {id: dock, name: Dock Road, address: [2 Dock Road], phone: "+441234380346"}\n'
SAFETY = ADVICE.replace("purpose: care", "purpose: safety")
HELD_BACK = ADVICE.replace("review:", "pause_when: [red_flag]\nreview:")


def planned(world: World, sequence: str = ADVICE, **patient: Any) -> World:
    """Amina came at nine: an email at twelve, a text tomorrow, an email in a week."""
    world.publish(sequence)
    world.tell(a_visit("2026-06-11 09:00", patient={"last_name": "<i>Shah</i>"} | patient))
    world.tick("2026-06-11 09:40")
    return world


def message(world: World, step: str) -> str:
    return f"/console/messages/{next(one.id for one in world.messages() if one.step == step)}"


def read(world: World) -> list[str]:
    """The messages that somebody read, as the audit has them."""
    with world.store.read() as tx:
        return [line.deed.detail["message"] for line in audit.lines(tx) if line.deed.deed == "message_read"]


def test_a_text_is_shown_as_its_patient_would_read_it_with_its_parts_and_what_it_is_for(clinic: World) -> None:
    path = message(planned(clinic), "nudge")
    with at_the_desk(clinic) as browser:
        page = browser.get(path).text
    for told in ("Amina, Harbour Clinic here: nudge", "by text: 1 part.", "care: advice", "After your first visit"):
        assert told in page, told
    assert read(clinic) == [path.rpartition("/")[2]]


def test_an_email_is_shown_as_it_looks_in_a_frame_for_whoever_asked_and_as_plain_words(clinic: World) -> None:
    path = message(planned(clinic), "hello")
    with at_the_desk(clinic) as browser:
        page = browser.get(path).text
        (frame,) = re.findall(r'<iframe sandbox src="([^"]+)"', page)
        assert "Hello Amina." in browser.get(frame).text
        assert "Hello Amina." not in colleague(clinic, browser.site, Role.AUTHOR).get(frame).text
    assert '<p class="subject">About hello</p>' in page
    assert re.search(r'<p class="quote">[^<]*Hello Amina\.', page)


def test_who_wants_plain_emails_is_shown_as_reading_one(clinic: World) -> None:
    planned(clinic)
    with clinic.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
    link = Link(patient_id=row.id, contact_id=row.contacts[Channel.EMAIL], channel=Channel.EMAIL)
    assert choose(clinic.app, link, Choice(wants_plain_emails=True), NOW)
    clinic.tick("2026-06-11 10:00")
    with at_the_desk(clinic) as browser:
        page = browser.get(message(clinic, "hello")).text
    assert "<iframe" not in page
    assert "Hello Amina." in page


def test_a_name_is_nothing_but_words(clinic: World) -> None:
    clinic.sources["advice/nudge.sms.txt"] = "Dear {{ patient.full_name }}"
    path = message(planned(clinic), "nudge")
    with at_the_desk(clinic) as browser:
        assert "Dear Amina &lt;i&gt;Shah&lt;/i&gt;" in browser.get(path).text


@pytest.mark.parametrize("sequence", [ADVICE, SAFETY], ids=["advice", "safety"])
def test_what_waits_for_approval_says_so(a_clinic: Callable[..., World], sequence: str) -> None:
    world = planned(a_clinic(live=True), sequence.replace("B. Reader", "awaiting"))
    with at_the_desk(world) as browser:
        assert "Nobody has approved these words yet." in browser.get(message(world, "nudge")).text


def test_safety_that_falls_back_is_shown_in_the_words_approved_before(a_clinic: Callable[..., World]) -> None:
    world = a_clinic(live=True)
    world.publish(SAFETY)
    world.sources["advice/nudge.sms.txt"] = "Nobody approved this"
    planned(world, SAFETY.replace("B. Reader", "awaiting"))
    with at_the_desk(world) as browser:
        page = browser.get(message(world, "nudge")).text
    assert "Harbour Clinic here: nudge" in page
    assert "the last words that were approved" in page
    assert "Nobody approved this" not in page


def test_what_holds_a_message_back_does_not_hold_back_its_words(clinic: World) -> None:
    path = message(planned(clinic, HELD_BACK), "hello")
    clinic.reply("My calf is hot and swollen", "2026-06-11 09:50")
    clinic.tick("2026-06-11 12:01")
    assert clinic.states()["hello"] == "planned interlock"
    with at_the_desk(clinic) as browser:
        assert "Hello Amina." in browser.get(path).text


def test_words_that_cannot_be_made_say_why(clinic: World) -> None:
    clinic.sources["advice/nudge.sms.txt"] = "{{ patient.first_name }}, you are in {{ patient.ward }}"
    planned(clinic)
    with at_the_desk(clinic) as browser:
        page = browser.get(message(clinic, "nudge")).text
    assert "Its words could not be made" in page
    assert "ward" in page
    assert read(clinic) == []


def test_a_step_that_turns_is_shown_by_the_way_it_would_go(clinic: World) -> None:
    both = ADVICE.replace("after: 3h, email: hello}", "after: 3h, email: hello, sms: hello, send: email_then_sms}")
    planned(clinic, both, email=None)
    with at_the_desk(clinic) as browser:
        page = browser.get(message(clinic, "hello")).text
        assert "Amina, Harbour Clinic here: hello" in page


@pytest.mark.parametrize("form", [{}, {"sure": ""}, {"sure": "no"}])
def test_safety_words_are_shown_before_they_are_left_out_and_nothing_is_changed_till_then(
    clinic: World, form: dict[str, str]
) -> None:
    path = message(planned(clinic, SAFETY), "nudge")
    with at_the_desk(clinic) as browser:
        asked = browser.post(f"{path}/skip", **form)
        assert asked.status == 200
        for told in ("is about safety", "Amina, Harbour Clinic here: nudge", 'name="sure" value="yes"'):
            assert told in asked.text, told
        assert clinic.states()["nudge"] == "planned"
        assert read(clinic) == [path.rpartition("/")[2]]
        done = browser.post(f"{path}/skip", sure="yes")
    assert "It was left out." in unquote(done.headers["set-cookie"])
    assert clinic.states()["nudge"] == "skipped skipped_by_staff"


def test_the_purpose_of_the_step_counts_not_that_of_its_sequence(clinic: World) -> None:
    planned(clinic, ADVICE.replace("sms: nudge}", "sms: nudge, purpose: safety}"))
    with at_the_desk(clinic) as browser:
        assert browser.post(f"{message(clinic, 'later')}/skip").status == 303
        assert browser.post(f"{message(clinic, 'nudge')}/skip").status == 200
        assert "you are asked once more" in browser.get(message(clinic, "nudge")).text


def test_of_safety_words_that_are_left_out_already_nobody_is_asked(clinic: World) -> None:
    path = message(planned(clinic, SAFETY), "nudge")
    with at_the_desk(clinic) as browser:
        browser.post(f"{path}/skip", sure="yes")
        again = browser.post(f"{path}/skip")
    assert "it had been left out already" in unquote(again.headers["set-cookie"])


def test_of_other_sites_patients_nothing_is_read_here(a_clinic: Callable[..., World]) -> None:
    world = planned(a_clinic(clinic=DOCK), SAFETY)
    path = message(world, "nudge")
    with at_the_desk(world, Role.SENDER, "dock") as browser:
        answers = [browser.get(path), browser.post(f"{path}/skip"), browser.post(f"{path}/skip", sure="yes")]
    assert [one.status for one in answers] == [404, 404, 404]
    assert not [one for one in answers if "Amina" in one.text]
    assert (read(world), world.states()["nudge"]) == ([], "planned")


def test_who_may_only_see_is_not_asked_either(clinic: World) -> None:
    path = message(planned(clinic, SAFETY), "nudge")
    with at_the_desk(clinic, Role.VIEWER) as browser:
        assert browser.post(f"{path}/skip").status == 403
    assert read(clinic) == []
