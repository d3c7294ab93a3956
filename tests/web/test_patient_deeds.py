"""What the console lets staff do for one patient, who may do it, and for whom."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

import pytest

from drip.core.role import Role
from drip.store import accounts, audit
from tests.databases import sqlite_url
from tests.web.build import Answer, Site, on_loopback
from tests.web.test_console import NOW, Browser, signed_in
from tests.world import ADVICE, REMINDERS, World, a_booking, a_visit, a_world


class Clock:
    """The time at the clinic, which tests move."""

    now = NOW

    def __call__(self) -> object:
        return self.now


@pytest.fixture
def world() -> Iterator[World]:
    """Amina came at seven, heard at ten, hears tomorrow and in a week, and is booked for the 18th. It is ten."""
    made = a_world(sqlite_url())
    made.publish(ADVICE, REMINDERS)
    made.tell(
        a_booking("2026-06-18 10:00", told_at="2026-06-10 09:00", appointment={"ref": "a-2"}),
        a_visit("2026-06-11 07:00", patient={"last_name": "<i>Shah</i>"}),
    )
    for time in ("08:00", "10:00"):
        made.tick(f"2026-06-11 {time}")
    yield made
    made.app.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(world: World, clock: Clock) -> Iterator[Site]:
    with on_loopback(world.app, now=clock) as site:
        yield site


@pytest.fixture
def sender(world: World, site: Site) -> Browser:
    """Somebody who may act, of every site."""
    return signed_in(world, site, Role.SENDER)


def patient(world: World) -> str:
    """Where her page is."""
    return f"/console/patients/{world.messages()[0].patient_id}"


def message(world: World, step: str) -> str:
    """Where the page of a message of hers is."""
    return f"/console/messages/{next(one.id for one in world.messages() if one.step == step)}"


def said(answer: Answer) -> str:
    """The sentence after a deed."""
    assert answer.status == 303
    _, _, told = answer.headers["set-cookie"].partition("said=")
    return unquote(told.partition(";")[0])


def state(world: World, step: str) -> str:
    return world.states()[step]


def test_her_page_says_who_she_is_what_was_and_what_comes(world: World, sender: Browser) -> None:
    page = sender.get(patient(world)).text
    for told in (
        "Amina &lt;i&gt;Shah&lt;/i&gt;",
        "2 Mar 1979, 47 years old",
        "amina@example.org",
        "+447700900123",
        "English",
        "Quay Street",
        "yes, by the clinic&#39;s rule",
        "no, by the clinic&#39;s rule",
        "The next message goes <time>Friday 12 June at 10:00, tomorrow</time>",
        "Enrolled in “After your first visit” (version 1)",
        "The email “Hello” of “After your first visit” was handed to sink.",
        "Change this date",
    ):
        assert told in page, told
    today, planned = page.index('id="today"'), page.index('id="planned"')
    assert today < page.index("email “Hello” of") < planned < page.index("email “Later” of")


def test_who_may_only_see_is_offered_nothing_to_do(world: World, site: Site) -> None:
    viewer = signed_in(world, site, Role.VIEWER)
    page = viewer.get(patient(world)).text
    assert "Leave out" not in page
    assert "They asked us to stop" not in page
    assert viewer.post(f"{message(world, 'nudge')}/skip").status == 403
    assert state(world, "nudge") == "planned"


def test_what_goes_to_a_stopped_address_says_that_it_will_not(world: World, sender: Browser) -> None:
    told = said(sender.post(f"{patient(world)}/stop", what="emails"))
    assert told == "No more emails go there, from now on. You can undo this until 10:10, below."
    page = sender.get(patient(world)).text
    assert "“Later” of “After your first visit” is planned. As things stand nothing goes there: the patient" in page
    assert "amina@example.org: nothing goes there, the patient asked us to stop" in page


def test_whoever_shares_an_address_is_told_of_before_it_is_stopped(world: World, sender: Browser) -> None:
    assert "reached at the same" not in sender.get(patient(world)).text
    world.tell(a_visit("2026-06-11 07:00", event_id="bo", patient={"ref": "p-2", "phone": None}))
    world.tick("2026-06-11 10:00")
    page = sender.get(patient(world)).text
    assert "1 other patient is reached at the same email address: it stops for them as well." in page


def test_a_stop_that_is_undone_for_one_way_only_says_which_stays_stopped(world: World, sender: Browser) -> None:
    sender.post(f"{patient(world)}/stop", what="all")
    world.reply("STOP", "2026-06-11 10:01")
    number = sender.get(patient(world)).text.partition('name="number" value="')[2].partition('"')[0]
    told = said(sender.post(f"{patient(world)}/undo", number=number))
    assert told == "Undone in part: texts stay stopped, because something else has changed since."


def test_a_message_is_left_out_and_brought_back_by_two_forms(world: World, sender: Browser) -> None:
    told = said(sender.post(f"{message(world, 'nudge')}/skip"))
    assert told == "It was left out. You can undo this until 10:10, below."
    assert state(world, "nudge") == "skipped skipped_by_staff"
    page = sender.get(patient(world)).text
    assert "The text “Nudge” was left out, by Sam Okoro." in page
    number = page.partition('name="number" value="')[2].partition('"')[0]
    assert said(sender.post(f"{patient(world)}/undo", number=number)) == "Undone: it is as it was before."
    assert state(world, "nudge") == "planned"
    assert "Done just now" not in sender.get(patient(world)).text


@pytest.mark.parametrize("number", ["", "x", "0", "-1", "²", "9" * 30])
def test_no_undo_of_what_nobody_did(world: World, sender: Browser, number: str) -> None:
    told = said(sender.post(f"{patient(world)}/undo", number=number))
    assert told == "Nothing was undone: the ten minutes for that are over, or it was undone already."


def test_the_page_of_a_message_says_what_would_hold_it_back(world: World, sender: Browser, clock: Clock) -> None:
    assert "It goes within a minute or so." in sender.get(message(world, "nudge")).text
    capped = sender.get(message(world, "later")).text
    assert "because the patient had already heard from us often enough. It asks again on Friday 12 June" in capped
    sender.post(f"{patient(world)}/pause")
    assert "because sending is paused." in sender.get(message(world, "nudge")).text
    with world.store.read() as tx:
        assert {line.deed.deed for line in audit.lines(tx) if "message" in line.deed.deed} == {"message_read"}


def test_sent_now_it_goes_at_the_next_tick(world: World, sender: Browser) -> None:
    told = said(sender.post(f"{message(world, 'nudge')}/send-now"))
    assert told.startswith("It goes as soon as nothing holds it back.")
    world.tick("2026-06-11 10:01")
    assert state(world, "nudge") == "accepted"
    late = said(sender.post(f"{message(world, 'nudge')}/skip"))
    assert late == "Nothing was changed: it is too late, the message is on its way or has gone."
    assert "it is accepted" in sender.get(message(world, "nudge")).text


def test_a_message_is_moved_within_its_hours_and_elsewhere_the_page_says_when_it_could(
    world: World, sender: Browser
) -> None:
    at_night = sender.post(f"{message(world, 'nudge')}/move", day="2026-06-12", clock="05:00")
    assert at_night.status == 422
    assert 'role="alert"' in at_night.text
    assert "no messages go at that time. The next time is Friday 12 June at 08:00." in at_night.text
    assert 'value="05:00"' in at_night.text
    assert sender.post(f"{message(world, 'nudge')}/move", day="soon", clock="x").status == 422
    assert sender.post(f"{message(world, 'nudge')}/move", day="0001-01-01", clock="00:00").status == 422
    told = said(sender.post(f"{message(world, 'nudge')}/move", day="2026-06-12", clock="15:30"))
    assert told.startswith("It is planned for Friday 12 June at 15:30 now.")
    assert "a member of staff chose this time" in sender.get(patient(world)).text


def test_a_patient_is_paused_until_a_day_or_until_somebody_resumes(world: World, sender: Browser) -> None:
    assert said(sender.post(f"{patient(world)}/pause", until="yesterday")) == "Nothing was changed: that is no date."
    assert said(sender.post(f"{patient(world)}/pause", until="9999-12-31")) == "Nothing was changed: that is no date."
    assert said(sender.post(f"{patient(world)}/pause", until="2026-06-01")).startswith("Nothing was changed")
    told = said(sender.post(f"{patient(world)}/pause", until="2026-06-20"))
    assert told == "Messages to this patient are paused until Saturday 20 June at 00:00."
    page = sender.get(patient(world)).text
    assert "Sam Okoro paused them on Thursday 11 June at 10:00, until Saturday 20 June at 00:00." in page
    assert "banner paused" not in sender.get("/console").text, "one patient's pause is not everybody's banner"
    assert said(sender.post(f"{patient(world)}/resume")).startswith("Messages go to this patient again")
    assert said(sender.post(f"{patient(world)}/resume")) == "Messages to this patient were not paused."


def test_a_sequence_is_ended_and_no_other_words_choose_what_is_stopped(world: World, sender: Browser) -> None:
    enrolment = next(one.enrolment for one in world.messages() if one.sequence == "advice")
    assert said(sender.post(f"{patient(world)}/end", enrolment=enrolment)).startswith("The sequence has ended")
    assert state(world, "nudge") == "cancelled ended_by_staff"
    assert said(sender.post(f"{patient(world)}/end", enrolment="x")).startswith("Nothing was changed")
    assert said(sender.post(f"{patient(world)}/stop", what="x")).startswith("Nothing was changed: choose")


def test_a_date_is_changed_only_once_what_it_moves_was_seen(world: World, sender: Browser) -> None:
    enrolment = next(one.enrolment for one in world.messages() if one.sequence == "reminders")
    form = f"{patient(world)}/date"
    assert 'value="2026-06-18"' in sender.get(f"{form}?of={enrolment}").text
    shown = sender.post(form, of=enrolment, day="2026-06-25", clock="10:00")
    assert (shown.status, "Nothing has been changed yet" in shown.text) == (200, True)
    assert "Wednesday 17 June at 09:00" in shown.text
    assert "Wednesday 24 June at 09:00" in shown.text
    assert next(one.due_at for one in world.messages() if one.step == "tomorrow").day == 17
    assert sender.post(form, of=enrolment, day="2026-06-01", clock="10:00").status == 422
    assert sender.post(form, of=enrolment, day="", clock="").status == 422
    told = said(sender.post(form, of=enrolment, day="2026-06-25", clock="10:00", sure="yes"))
    assert told == "Changed: it is Thursday 25 June at 10:00 now. To undo this, change it back."
    assert next(one.due_at for one in world.messages() if one.step == "tomorrow").day == 24
    assert "A member of staff wrote down that the appointment was moved" in sender.get(patient(world)).text


def test_a_time_that_a_colleague_chose_is_named_before_a_new_date_takes_it(world: World, sender: Browser) -> None:
    enrolment = next(one.enrolment for one in world.messages() if one.sequence == "reminders")
    sender.post(f"{message(world, 'tomorrow')}/move", day="2026-06-16", clock="11:00")
    shown = sender.post(f"{patient(world)}/date", of=enrolment, day="2026-06-25", clock="10:00").text
    assert "<td>Tuesday 16 June at 11:00</td>" in shown
    assert "Wednesday 24 June at 09:00 The time that a colleague chose is lost." in shown
    assert "other messages stay as planned" in shown
    assert shown.index("Tuesday 16 June at 11:00") < shown.index("other messages stay as planned")


def test_the_words_of_a_message_are_read_as_they_were_sent_and_that_is_written_down(world: World, site: Site) -> None:
    viewer = signed_in(world, site, Role.VIEWER)
    page = viewer.get(f"{message(world, 'hello')}/words").text
    assert "Hello Amina." in page
    assert "About hello" in page
    with world.store.read() as tx:
        assert "message_read" in [line.deed.deed for line in audit.lines(tx)]
    assert "Its words are not kept" in viewer.get(f"{message(world, 'later')}/words").text


def test_who_has_sites_of_their_own_does_nothing_for_other_patients(world: World, sender: Browser) -> None:
    enrolment, before = world.messages()[0].enrolment, world.messages()
    paths = {f"{patient(world)}/{name}" for name in ("pause", "resume", "stop", "end", "undo", "date")}
    paths |= {f"{message(world, 'nudge')}/{name}" for name in ("skip", "send-now", "move")}
    with world.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE enrolments SET site = 'quay'")
        account = accounts.named(tx, "sender")
        assert account
        accounts.change(tx, replace(account.person, sites=frozenset({"dock"})))
    told = {"what": "all", "of": enrolment, "enrolment": enrolment, "day": "2026-06-25", "clock": "10:00"}
    for path in sorted(paths):
        answer = sender.post(path, **told, sure="yes")
        assert answer.status == 404, path
        assert "Amina" not in answer.text
    for path in (f"{patient(world)}/date?of={enrolment}", message(world, "nudge"), f"{message(world, 'hello')}/words"):
        assert sender.get(path).status == 404, path
    assert world.messages() == before
    with world.store.read() as tx:
        about = f"patient:{before[0].patient_id}"
        assert list(audit.lines(tx, about)) == []


@pytest.mark.parametrize("name", ["pause", "resume", "stop", "end", "undo", "date"])
def test_another_sites_form_does_nothing_for_a_patient(world: World, sender: Browser, name: str) -> None:
    assert sender.post(f"{patient(world)}/{name}", origin="https://evil.example").status == 403
    assert sender.post(f"{patient(world)}/{name}", key="0" * 32).status == 403


def test_after_ten_minutes_the_page_offers_no_undo(world: World, sender: Browser, clock: Clock) -> None:
    sender.post(f"{message(world, 'nudge')}/skip")
    clock.now = NOW + timedelta(minutes=10)
    assert "Done just now" not in sender.get(patient(world)).text


def test_the_clinics_own_people_are_nobodys_patients(world: World, sender: Browser) -> None:
    with world.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE patients SET source = 'staff'")
    assert sender.post(f"{patient(world)}/pause").status == 404
    assert "Leave out" not in sender.get(patient(world)).text
