"""Patients whom no channel reaches: a letter to print or words to say, instead of silence."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from drip.core.asked import RED_FLAG, RING, WRITE
from drip.core.reason import Reason
from drip.core.role import Role
from drip.flows.deeds.pause import pause
from drip.flows.receive import suppress
from drip.flows.story import tell
from drip.store import patients, records, stranded, task_notes
from tests.web.at_the_desk import ask, at_the_desk, deeds, waiting
from tests.world import ADVICE, CLINIC, World, a_visit, an_event, at

SAFETY = ADVICE.replace("purpose: care", "purpose: safety")
FEEDBACK = ADVICE.replace("purpose: care", "purpose: feedback")
BOTH = ADVICE.replace(
    "{id: hello, after: 3h, email: hello}", "{id: hello, after: 3h, email: hello, sms: hello, send: both}"
)
HELD_BACK = ADVICE.replace("review:", "pause_when: [red_flag]\nreview:")
RINGS = CLINIC + "desk: {unreached: ring}\n"


def told(world: World, sequence: str = ADVICE, **patient: Any) -> World:
    """Amina came at six, and would hear at nine. Say what her record holds."""
    world.publish(sequence)
    world.tell(a_visit("2026-06-11 06:00", patient=patient))
    world.tick("2026-06-11 09:00")
    return world


def message(world: World, step: str = "hello") -> str:
    return next(one.id for one in world.messages() if one.step == step)


def sentences(world: World) -> str:
    with world.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
        return " ".join(line.sentence for line in tell(world.app, tx, row).lines)


def test_who_has_no_address_gets_a_letter(clinic: World) -> None:
    told(clinic, email=None)
    assert waiting(clinic) == [WRITE]
    page = page_of(clinic, "/console/tasks")
    assert "“Hello” of “After your first visit”. By email: no email address is known." in page
    assert "By text: this message is not written as a text." in page
    assert 'ring <a href="tel:+447700900123">' in page
    assert "No channel reaches" not in page


def test_an_address_that_is_closed_says_why_and_since_when(clinic: World) -> None:
    suppress(clinic.app, "amina@example.org", Reason.BOUNCED, at("2026-06-03 09:00"))
    told(clinic)
    assert "By email: earlier messages to this address bounced, on 3 June 2026." in page_of(clinic, "/console/tasks")


def test_safety_words_say_of_each_channel_who_closed_it(clinic: World) -> None:
    turns = SAFETY.replace("email: hello}", "email: hello, sms: hello, send: email_then_sms}")
    clinic.publish(turns)
    suppress(clinic.app, "amina@example.org", Reason.SUPPRESSED_BY_PATIENT, at("2026-06-03 09:00"))
    told(clinic, turns, phone=None)
    page = page_of(clinic, "/console/tasks")
    assert "By email: the patient asked us to stop, on 3 June 2026. By text: no mobile number is known." in page


def page_of(world: World, path: str, role: Role = Role.SENDER, *sites: str) -> str:
    with at_the_desk(world, role, *sites) as browser:
        return browser.get(path).text


def test_a_clinic_may_choose_to_ring(a_clinic: Callable[..., World]) -> None:
    assert waiting(told(a_clinic(clinic=RINGS), email=None)) == [RING]


def test_of_a_step_by_both_channels_one_task_is_raised_and_only_where_neither_goes(
    a_clinic: Callable[..., World],
) -> None:
    assert waiting(told(a_clinic(), BOTH, email=None, phone=None)) == [WRITE]


def test_where_the_other_channel_goes_nothing_is_asked(clinic: World) -> None:
    assert waiting(told(clinic, BOTH, email=None)) == []


def test_a_closed_address_is_no_address(clinic: World) -> None:
    suppress(clinic.app, "amina@example.org", Reason.BOUNCED, at("2026-06-01 09:00"))
    assert waiting(told(clinic)) == [WRITE]


@pytest.mark.parametrize("said", ["amina@example.org", "+447700900123"])
def test_who_said_stop_anywhere_is_left_alone(clinic: World, said: str) -> None:
    clinic.publish(ADVICE)
    suppress(clinic.app, said, Reason.SUPPRESSED_BY_PATIENT, at("2026-06-01 09:00"))
    assert waiting(told(clinic, email=None if said.startswith("+") else "amina@example.org")) == []


def test_nobody_is_written_to_about_feedback(clinic: World) -> None:
    assert waiting(told(clinic, FEEDBACK, email=None)) == []


def test_who_does_not_want_such_words_gets_no_letter_either(clinic: World) -> None:
    assert waiting(told(clinic, email=None, consent={"care": {"email": False}})) == []


def test_safety_words_are_passed_on_even_after_a_stop(clinic: World) -> None:
    suppress(clinic.app, "amina@example.org", Reason.SUPPRESSED_BY_PATIENT, at("2026-06-01 09:00"))
    told(clinic, SAFETY)
    assert waiting(clinic) == ["safety_not_reached"]
    assert "Hello Amina" in page_of(clinic, f"/console/letters/{message(clinic)}")


def test_the_letter_has_the_clinics_head_the_patients_name_and_the_emails_words(clinic: World) -> None:
    told(clinic, email=None)
    page = page_of(clinic, f"/console/letters/{message(clinic)}", Role.VIEWER)
    for words in ("Harbour Clinic", "1 Quay Street", "Amina Shah", "11 June 2026", "About hello", "Hello Amina."):
        assert words in page
    assert "mailto:" not in page, "nobody clicks on paper"
    assert "It was posted" not in page, "who may only look has nothing to press"
    assert deeds(clinic)[-1] == "patient_read"


def test_a_childs_letter_is_to_the_parent_or_carer(clinic: World) -> None:
    clinic.publish(ADVICE)
    sam = {"name": "Sam Shah", "phone": "+447700900124"}
    clinic.tell(a_visit("2026-06-11 06:00", patient={"date_of_birth": "2015-01-01"}, contact=sam))
    clinic.tick("2026-06-11 09:00")
    page = page_of(clinic, f"/console/letters/{message(clinic)}")
    assert "Sam Shah, parent or carer of<br>Amina Shah" in page


@pytest.mark.parametrize(("way", "says"), [("letters", "handed over as a letter"), ("calls", "said by telephone")])
def test_that_the_words_were_passed_on_stands_in_the_story(clinic: World, way: str, says: str) -> None:
    told(clinic, email=None)
    with at_the_desk(clinic) as browser:
        browser.post(f"/console/{way}/{message(clinic)}")
        browser.post(f"/console/{way}/{message(clinic)}")
    assert waiting(clinic) == []
    assert sentences(clinic).count(f"The words of a message were {says} (Sam Okoro).") == 1
    assert deeds(clinic).count("message_by_hand") == 1


def test_what_goes_by_itself_is_nobodys_to_pass_on(clinic: World) -> None:
    told(clinic)
    with at_the_desk(clinic) as browser:
        page = browser.get(f"/console/letters/{message(clinic)}").text
        browser.post(f"/console/letters/{message(clinic)}")
    assert "it is not for you to pass on" in page
    assert "Hello Amina" not in page
    assert "message_by_hand" not in deeds(clinic)


def test_what_a_red_flag_holds_back_is_not_passed_on_while_it_is_open(clinic: World) -> None:
    told(clinic, HELD_BACK, email=None)
    with clinic.store.read() as tx:
        (row,) = patients.find(tx, "p-1")
    ask(clinic, RED_FLAG, row.id)
    page = page_of(clinic, f"/console/letters/{message(clinic)}")
    assert "a safety rule holds" in page
    assert "Hello Amina" not in page


def test_words_that_nobody_approved_are_not_passed_on(clinic: World) -> None:
    told(clinic, email=None)
    live = replace(clinic, app=replace(clinic.app, live=True))
    with clinic.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE versions SET approved_by = ''")
    live = replace(live, app=replace(live.app, versions=type(clinic.app.versions)()))
    assert "no clinician of this clinic has approved" in page_of(live, f"/console/letters/{message(clinic)}")


def test_who_died_gets_no_letter(clinic: World) -> None:
    told(clinic, email=None)
    clinic.tell({**a_visit("2026-06-11 09:30"), "kind": "patient.deceased", "event_id": "died"})
    clinic.tick("2026-06-11 09:31")
    assert "the patient has died" in page_of(clinic, f"/console/letters/{message(clinic)}")


@pytest.mark.parametrize("way", ["letters", "calls"])
def test_a_message_of_another_site_is_neither_read_nor_passed_on(clinic: World, way: str) -> None:
    told(clinic, email=None)
    path = f"/console/{way}/{message(clinic)}"
    with at_the_desk(clinic, Role.SENDER, "dock") as browser:
        assert browser.get(path).status == 404
        browser.post(path)
    assert waiting(clinic) == [WRITE]
    assert not {"patient_read", "message_by_hand"} & set(deeds(clinic))


def test_what_was_passed_on_no_longer_stands_among_the_failed(clinic: World) -> None:
    suppress(clinic.app, "amina@example.org", Reason.BOUNCED, at("2026-06-01 09:00"))
    told(clinic)
    with at_the_desk(clinic) as browser:
        browser.post(f"/console/letters/{message(clinic)}")
    with clinic.store.read() as tx:
        assert stranded.waiting(tx, at("2026-06-01 00:00"), limit=9) == []


def test_while_staff_let_nothing_go_to_a_patient_the_words_are_not_passed_on_either(clinic: World) -> None:
    told(clinic, email=None)
    pause(clinic.app, clinic.messages()[0].patient_id, None, "a-1", at("2026-06-11 09:30"))
    assert "Not now: sending is paused" in page_of(clinic, f"/console/letters/{message(clinic)}")


def test_what_was_just_told_about_a_patient_is_read_before_anything_is_passed_on(clinic: World) -> None:
    told(clinic, email=None)
    clinic.tell(an_event("patient.deceased", "2026-06-11 09:30"))
    assert "Not now: something that was just told" in page_of(clinic, f"/console/letters/{message(clinic)}")


def test_words_that_came_too_late_are_taken_off_the_list_with_the_reason(clinic: World) -> None:
    told(clinic, SAFETY, email=None, phone=None)
    with clinic.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE messages SET state = 'delivered'")
        (task,) = records.open_tasks(tx)
    where = f"/console/letters/{message(clinic)}?task={task.id}"
    with at_the_desk(clinic) as browser:
        page = browser.get(where).text
        assert "it is not for you to pass on" in page
        assert "take it off the list" in page
        form = dict(re.findall(r'name="(needless|note)" value="([^"]*)"', page))
        browser.post(f"/console/tasks/{task.id}/done", **form)
        assert "take it off the list" not in browser.get(where.partition("?")[0]).text
    assert waiting(clinic) == []
    with clinic.store.read() as tx:
        notes = task_notes.of_tasks(tx, [task], {row.id: row.data_key for row in patients.find(tx, "p-1")})
    assert "not for you to pass on" in notes[task.id][0].words
