"""Tasks: the most urgent first with a clock, taken on, noted, done, and taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from drip.core.asked import RED_FLAG
from drip.core.role import Role
from drip.flows import staff
from drip.flows.sign_in import SignedIn, sign_in
from drip.flows.story import tell
from drip.store import patients, records, schema, task_notes
from drip.store.staff_schema import accounts
from tests.web.at_the_desk import account_of, amina, ask, at_the_desk, colleague, deeds, waiting
from tests.web.test_console import NOW
from tests.world import World


def test_each_task_says_what_to_do_how_long_it_waits_and_whether_that_is_too_long(clinic: World) -> None:
    with clinic.store.write() as tx:
        old = [records.NewTask(key="r", kind=RED_FLAG, detail="calf is swollen")]
        records.raise_tasks(tx, old, NOW - timedelta(minutes=61))
    ask(clinic, "under_age")
    with at_the_desk(clinic, Role.VIEWER) as browser:
        page = browser.get("/console/tasks").text
    assert "waiting 1 hour" in page
    assert page.count("overdue") == 1
    assert "Record a parent" in page
    assert page.index("calf is swollen") < page.index("Record a parent")


def test_tasks_are_shown_a_page_at_a_time_and_by_kind(clinic: World) -> None:
    for number in range(27):
        ask(clinic, "runaway", key=f"runaway:{number}")
    ask(clinic, "under_age")
    with at_the_desk(clinic, Role.VIEWER) as browser:
        first, second = browser.get("/console/tasks").text, browser.get("/console/tasks?skip=25").text
        only = browser.get("/console/tasks?kind=under_age").text
    assert (first.count('class="card'), second.count('class="card'), only.count('class="card')) == (25, 3, 1)
    assert "skip=25" in first
    assert "skip=50" not in second


def test_a_red_flag_is_not_done_without_a_note_of_what_was_done(clinic: World) -> None:
    patient = amina(clinic)
    task = ask(clinic, RED_FLAG, patient, "my calf is hot and swollen")
    with at_the_desk(clinic) as browser:
        for nothing in ("  ", "\u200b", "...", "\u202e\u2060"):
            refused = browser.post(f"/console/tasks/{task}/done", note=nothing)
        assert (refused.status, waiting(clinic)) == (422, [RED_FLAG])
        assert 'role="alert"' in refused.text
        done = browser.post(f"/console/tasks/{task}/done", note="Rang her: sent to A&E.")
    assert "no%20longer%20holds%20loading%20exercises%20back" in done.headers["set-cookie"]
    assert waiting(clinic) == []
    assert deeds(clinic)[-1] == "task_done"


def test_a_card_has_the_number_to_ring_and_the_note_stands_on_the_patients_page(clinic: World) -> None:
    patient = amina(clinic)
    task = ask(clinic, RED_FLAG, patient)
    with at_the_desk(clinic) as browser:
        assert 'href="tel:+447700900123"' in browser.get("/console/tasks").text
        browser.post(f"/console/tasks/{task}/done", note="Rang her: sent to A&E.")
        assert "Rang her: sent to A&amp;E." in browser.get(f"/console/patients/{patient}").text


def test_while_another_red_flag_is_open_nothing_is_released(clinic: World) -> None:
    patient = amina(clinic)
    first, _ = ask(clinic, RED_FLAG, patient, key="red_flag:1"), ask(clinic, RED_FLAG, patient, key="red_flag:2")
    with at_the_desk(clinic) as browser:
        done = browser.post(f"/console/tasks/{first}/done", note="Rang her.")
    assert "exercises" not in done.headers["set-cookie"]


def test_what_was_done_about_a_red_flag_stands_in_the_patients_story(clinic: World) -> None:
    patient = amina(clinic)
    task = ask(clinic, RED_FLAG, patient)
    with at_the_desk(clinic) as browser:
        browser.post(f"/console/tasks/{task}/done", note="Rang her.")
    with clinic.store.read() as tx:
        story = tell(clinic.app, tx, patients.load(tx, [patient])[patient])
    notes = {line.sentence: line.notes for line in story.lines}
    assert notes["A reply that must not wait was dealt with (Sam Okoro)."] == ("Rang her.",)


def test_a_note_is_kept_sealed_and_shown_with_its_task(clinic: World) -> None:
    patient = amina(clinic)
    task = ask(clinic, "reply", patient, "Is this right?")
    with at_the_desk(clinic) as browser:
        browser.post(f"/console/tasks/{task}/note", note="<b>Left a message</b> on her phone")
        assert "&lt;b&gt;Left a message&lt;/b&gt;" in browser.get("/console/tasks").text
    with clinic.store.read() as tx:
        stored = tx.connection.exec_driver_sql("SELECT words FROM task_notes").scalar_one()
    assert b"Left a message" not in bytes(stored)
    assert waiting(clinic) == ["reply"]


def test_a_task_is_taken_on_and_given_to_a_colleague_who_finds_it_among_their_own(clinic: World) -> None:
    task = ask(clinic, "runaway")
    with at_the_desk(clinic) as browser:
        other = colleague(clinic, browser.site, Role.AUTHOR)
        browser.post(f"/console/tasks/{task}/assign", to=account_of(clinic, Role.SENDER))
        assert "written to far too often" in browser.get("/console/tasks?mine=1").text
        assert "Nothing waits" in other.get("/console/tasks?mine=1").text
        browser.post(f"/console/tasks/{task}/assign", to=account_of(clinic, Role.AUTHOR))
        assert "written to far too often" in other.get("/console/tasks?mine=1").text
    assert deeds(clinic)[-2:] == ["task_assigned", "task_assigned"]


def test_what_is_typed_when_a_task_is_given_away_goes_with_it(clinic: World) -> None:
    task = ask(clinic, "reply", amina(clinic))
    with at_the_desk(clinic) as browser:
        browser.post(f"/console/tasks/{task}/assign", mine="1", note="She asked for Joan.")
        assert "She asked for Joan." in browser.get("/console/tasks").text


def test_a_colleague_whose_app_cannot_be_unsealed_hides_no_task_and_can_be_let_in_anew(clinic: World) -> None:
    task = ask(clinic, RED_FLAG, amina(clinic), "my calf is hot")
    with at_the_desk(clinic) as browser:
        colleague(clinic, browser.site, Role.AUTHOR)
        with clinic.store.write() as tx:
            broken = update(accounts).where(accounts.c.name == "author").values(secret=b"\x04test" + bytes(40))
            tx.connection.execute(broken)
        assert "my calf is hot" in browser.get("/console/tasks").text
        browser.post(f"/console/tasks/{task}/assign", to=account_of(clinic, Role.AUTHOR))
    assert deeds(clinic)[-1] == "task_assigned"
    given = staff.give_password(clinic.app, "author", NOW)
    assert isinstance(sign_in(clinic.app, "author", given.password, "", NOW), SignedIn)


def test_a_list_with_filters_is_the_same_list_when_a_note_is_missing(clinic: World) -> None:
    task = ask(clinic, RED_FLAG, amina(clinic))
    ask(clinic, "runaway")
    with at_the_desk(clinic) as browser:
        refused = browser.post(f"/console/tasks/{task}/done", back="/console/tasks?kind=red_flag")
    assert refused.status == 422
    assert "Write down what you did" in refused.text
    assert "written to far too often" not in refused.text


def test_a_task_is_given_to_nobody_who_could_not_see_or_do_it(clinic: World) -> None:
    task = ask(clinic, "reply", amina(clinic))
    with at_the_desk(clinic) as browser:
        colleague(clinic, browser.site, Role.AUTHOR, "dock")
        colleague(clinic, browser.site, Role.VIEWER)
        for role in (Role.AUTHOR, Role.VIEWER):
            browser.post(f"/console/tasks/{task}/assign", to=account_of(clinic, role))
    assert "task_assigned" not in deeds(clinic)


def test_what_was_done_is_taken_back_within_ten_minutes(clinic: World) -> None:
    task = ask(clinic, RED_FLAG, amina(clinic))
    with at_the_desk(clinic) as browser:
        browser.post(f"/console/tasks/{task}/done", note="Rang her.")
        assert "Take it back" in browser.get("/console/tasks").text
        browser.post(f"/console/tasks/{task}/reopen")
    assert waiting(clinic) == [RED_FLAG]
    assert deeds(clinic)[-1] == "task_reopened"


def test_after_ten_minutes_it_is_too_late(clinic: World) -> None:
    task = ask(clinic, "reply")
    with clinic.store.write() as tx:
        records.finish_task(tx, task, "Sam Okoro", NOW - timedelta(minutes=11))
    with at_the_desk(clinic) as browser:
        browser.post(f"/console/tasks/{task}/reopen")
    assert waiting(clinic) == []


@pytest.mark.parametrize("deed", ["done", "note", "assign", "reopen"])
def test_a_task_of_another_site_is_neither_seen_nor_touched(clinic: World, deed: str) -> None:
    patient = amina(clinic)
    ask(clinic, "runaway")
    task = ask(clinic, "reply", patient, "my calf")
    if deed == "reopen":
        with clinic.store.write() as tx:
            records.finish_task(tx, task, "Sam Okoro", NOW)
    before = waiting(clinic)
    with at_the_desk(clinic, Role.SENDER, "dock") as browser:
        page = browser.get("/console/tasks").text
        browser.post(f"/console/tasks/{task}/{deed}", note="x", to=account_of(clinic, Role.SENDER))
    assert "my calf" not in page
    assert "Nothing waits" in page, "not even what is about nobody we know"
    assert "Take it back" not in page
    assert waiting(clinic) == before
    assert not {"task_done", "task_noted", "task_assigned", "task_reopened"} & set(deeds(clinic))


def test_words_that_nobody_needs_any_more_are_not_said_to_have_been_passed_on(clinic: World) -> None:
    patient = amina(clinic)
    task = ask(clinic, "write", patient)
    with at_the_desk(clinic) as browser:
        assert browser.post(f"/console/tasks/{task}/done", needless="1").status == 422
        browser.post(f"/console/tasks/{task}/done", needless="1", note="She read it at the desk last week.")
    assert (waiting(clinic), deeds(clinic)[-1]) == ([], "task_dropped")
    with clinic.store.read() as tx:
        story = tell(clinic.app, tx, patients.load(tx, [patient])[patient])
    assert not [line for line in story.lines if "handed over" in line.sentence]


def test_a_held_message_is_decided_about_and_not_merely_done(clinic: World) -> None:
    task = ask(clinic, "held", amina(clinic))
    with at_the_desk(clinic) as browser:
        answer = browser.post(f"/console/tasks/{task}/done", note="x")
    assert answer.headers["location"] == "/console/held"
    assert waiting(clinic) == ["held"]


def test_notes_of_a_patient_whose_record_cannot_be_unsealed_hide_no_task(clinic: World) -> None:
    patient = amina(clinic)
    task = ask(clinic, "reply", patient)
    with at_the_desk(clinic) as browser:
        browser.post(f"/console/tasks/{task}/note", note="Left a message")
        with clinic.store.write() as tx:
            (row,) = [one for one in records.open_tasks(tx) if one.id == task]
            assert task_notes.of_tasks(tx, [row], {}) == {}
            tx.connection.execute(update(schema.patients).values(facts=b"broken"))
        assert "cannot be unsealed" in browser.get("/console/tasks").text
