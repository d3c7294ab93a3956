"""Planned messages are ticked and left out together: first what that comes to, then the deed, for whoever may."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

import pytest

from drip.core.role import Role
from drip.store import audit
from tests.web.at_the_desk import colleague
from tests.web.build import Answer, Site, on_loopback
from tests.web.test_console import NOW, Browser, send, signed_in
from tests.world import ADVICE, CLINIC, REMINDERS, World, a_booking, a_visit

DOCK = '  - {id: dock, name: Dock Road, address: [2 Dock Road], phone: "+441234380346"}\n'
SAFETY = ADVICE.replace("purpose: care", "purpose: safety").replace("sequence: advice", "sequence: warnings")
PAGE, FORM = "/console/outgoing", "/console/outgoing/leave-out"


@pytest.fixture
def clinic(a_clinic: Callable[..., World]) -> World:
    """Amina, of Quay Street, came at seven and is booked for the 18th; Bo came at Dock Road. It is ten."""
    made = a_clinic(clinic=CLINIC + DOCK)
    made.publish(ADVICE, REMINDERS)
    made.tell(a_booking("2026-06-18 10:00", told_at="2026-06-10 09:00", appointment={"ref": "a-2"}))
    made.tell(a_visit("2026-06-11 09:00", patient={"last_name": "<i>Shah</i>"}))
    bo = {"ref": "p-2", "first_name": "Bo", "last_name": "Lind", "email": "bo@example.org", "phone": "+447700900222"}
    made.tell(a_visit("2026-06-11 09:00", event_id="bo", patient=bo, appointment={"ref": "a-3"}, site="dock"))
    made.tick("2026-06-11 09:40")
    return made


@pytest.fixture
def site(clinic: World) -> Iterator[Site]:
    """Its web, where it is always ten."""
    with on_loopback(clinic.app, now=lambda: NOW) as made:
        yield made


@pytest.fixture
def sender(clinic: World, site: Site) -> Browser:
    """Somebody who may act, of every site."""
    return signed_in(clinic, site, Role.SENDER)


def the(clinic: World, step: str, patient: str = "p-1") -> str:
    """The id of a message."""
    return next(one.id for one in clinic.messages() if (one.step, one.patient) == (step, patient))


def ticks(*ids: str, **more: str) -> dict[str, str]:
    """A form in which these are ticked."""
    return {f"tick-{one}": "yes" for one in ids} | more


def sure(*ids: str, **more: str) -> dict[str, str]:
    """The form of somebody who has read what would happen."""
    return ticks(*ids, sure="yes", **more)


def said(answer: Answer) -> str:
    """The sentence after a deed."""
    assert answer.status == 303
    _, _, told = answer.headers["set-cookie"].partition("said=")
    return unquote(told.partition(";")[0])


def states(clinic: World) -> set[str]:
    """How all messages stand."""
    return {f"{one.state} {one.reason}".strip() for one in clinic.messages()}


def skipped(clinic: World) -> list[str]:
    """The ids of messages that staff left out, as the audit has them."""
    with clinic.store.read() as tx:
        return [line.deed.detail["message"] for line in audit.lines(tx) if line.deed.deed == "message_skipped"]


def boxes(page: str) -> list[str]:
    """The ids of the messages that have a box."""
    return re.findall(r'type="checkbox"[^>]* name="tick-(\w+)"', page)


def test_each_row_leads_to_its_message_and_has_a_box_that_says_what_it_is(clinic: World, sender: Browser) -> None:
    page = sender.get(f"{PAGE}?days=1").text
    hello = the(clinic, "hello")
    assert f'<a href="/console/messages/{hello}">After your first visit<br>Hello' in page
    what = "Email “Hello” of “After your first visit”"
    label = f"{what} to Amina &lt;i&gt;Shah&lt;/i&gt; (p-1), Thursday 11 June at 12:00, today"
    assert f'<label class="unseen" for="tick-{hello}">{label}</label>' in page
    assert sorted(boxes(page)) == sorted([hello, the(clinic, "hello", "p-2")])


def test_what_is_ticked_is_left_out_only_once_it_was_read_what_that_comes_to(clinic: World, sender: Browser) -> None:
    chosen = the(clinic, "hello"), the(clinic, "nudge", "p-2"), the(clinic, "tomorrow")
    page = sender.post(FORM, **ticks(*chosen))
    assert page.status == 200
    for told in (
        "Leave out 3 messages?",
        "3 messages to 2 patients will not go",
        "The text “Nudge” of “After your first visit”",
        "Bo Lind (p-2)",
        "Friday 12 June at 10:00, tomorrow",
        "Leave out all 3",
    ):
        assert told in page.text, told
    assert states(clinic) == {"planned"}
    told = said(sender.post(FORM, **sure(*chosen)))
    assert told == "3 messages were left out. You can undo each until 10:10, on its patient's page."
    assert sorted(skipped(clinic)) == sorted(chosen)
    assert {one.id for one in clinic.messages() if one.reason == "skipped_by_staff"} == set(chosen)


def test_what_somebody_needs_stands_first_and_the_others_can_go_without_it(clinic: World, sender: Browser) -> None:
    clinic.publish(SAFETY)
    clinic.tell(a_visit("2026-06-11 09:00", event_id="safe", appointment={"ref": "a-9"}))
    clinic.tick("2026-06-11 09:45")
    warning = next(one.id for one in clinic.messages() if (one.sequence, one.step) == ("warnings", "later"))
    reminder, nudge = the(clinic, "tomorrow"), the(clinic, "nudge", "p-2")
    page = sender.post(FORM, **ticks(warning, reminder, nudge)).text
    graver, others = page.index('id="graver"'), page.index('id="others"')
    assert "Think about these 2 first" in page
    assert graver < page.index("Words about safety") < others
    assert graver < page.index("It is about a visit") < others < page.index("“Nudge”")
    *_, without = page.split("<form")
    assert "Leave out only the other one" in without
    assert re.findall(r'name="tick-(\w+)"', without) == [nudge]


def test_what_was_sent_meanwhile_stays_sent_and_the_answer_says_so(clinic: World, sender: Browser) -> None:
    hello, nudge = the(clinic, "hello"), the(clinic, "nudge")
    sender.post(FORM, **ticks(hello, nudge))
    clinic.tick("2026-06-11 12:00")
    page = sender.post(FORM, **ticks(hello, nudge)).text
    assert "Cannot be left out any more" in page
    assert "too late, on its way or gone" in page
    assert "1 message to 1 patient will not go" in page
    told = said(sender.post(FORM, **sure(hello, nudge)))
    assert told == (
        "1 message was left out. You can undo this until 10:10, on its patient's page. "
        "Not left out now: 1 (too late, on its way or gone: 1)."
    )
    assert skipped(clinic) == [nudge]
    assert clinic.states()["hello"].startswith("accepted")


def test_pressed_twice_it_is_done_once_and_the_second_answer_says_that_it_was_done(
    clinic: World, sender: Browser
) -> None:
    chosen = the(clinic, "hello"), the(clinic, "nudge")
    sender.post(FORM, **sure(*chosen))
    told = said(sender.post(FORM, **sure(*chosen)))
    assert told == "Nothing was left out. Not left out now: 2 (left out already: 2)."
    assert sorted(skipped(clinic)) == sorted(chosen)
    again = sender.post(FORM, **ticks(*chosen)).text
    assert "Nothing of this can be left out" in again
    assert "left out already" in again
    assert 'name="sure"' not in again


def test_another_sites_messages_are_neither_left_out_nor_named(clinic: World, site: Site) -> None:
    quay = colleague(clinic, site, Role.SENDER, "quay")
    hers, his = the(clinic, "nudge"), the(clinic, "nudge", "p-2")
    asked, unknown = quay.post(FORM, **ticks(hers, his)).text, quay.post(FORM, **ticks(hers, "0" * 32)).text
    assert asked == unknown
    assert "1 message to 1 patient will not go" in asked
    told = said(quay.post(FORM, **sure(hers, his)))
    assert told.endswith("Not left out now: 1 (not planned any more: 1).")
    assert skipped(clinic) == [hers]


def test_who_may_only_see_has_no_boxes_and_leaves_nothing_out(clinic: World, site: Site) -> None:
    viewer = signed_in(clinic, site, Role.VIEWER)
    page = viewer.get(PAGE).text
    assert "<br>Hello" in page
    assert boxes(page) == []
    for words in ("Leave out those ticked", "Tick all on this page", "/console/messages/"):
        assert words not in page
    assert viewer.post(FORM, **ticks(the(clinic, "hello"))).status == 403
    assert viewer.post(FORM, **sure(the(clinic, "hello"))).status == 403
    assert viewer.post(f"{PAGE}/tick").status == 403
    assert states(clinic) == {"planned"}


ODD = ("", "x", "' OR 1=1", "../../etc/passwd", "<script>alert(1)</script>", "a\0b", "\u202e\U0001f600", "9" * 5_000)


def test_whatever_stands_in_the_place_of_an_id_nothing_falls_over_and_nothing_goes_missing(
    clinic: World, sender: Browser
) -> None:
    for form in (ticks(*ODD), sure(*ODD), ticks(), sure(), sure(*map(str, range(51))), sure(*map(str, range(1_900)))):
        answer = sender.post(FORM, **form)
        assert answer.status in (200, 303)
        assert "<script>alert" not in answer.text
    assert said(sender.post(FORM, **sure(*map(str, range(51))))) == (
        "Nothing was left out: it can be no more than 50 at once."
    )
    assert said(sender.post(FORM)) == "Nothing was left out: tick what is to be."
    assert said(sender.post(FORM, **sure(the(clinic, "nudge"), *ODD))).startswith("1 message was left out.")
    assert skipped(clinic) == [the(clinic, "nudge")]


def test_more_than_a_page_at_once_is_refused_as_a_whole(clinic: World, sender: Browser) -> None:
    told = said(sender.post(FORM, **sure(the(clinic, "nudge"), *map(str, range(50)))))
    assert told.startswith("Nothing was left out")
    assert states(clinic) == {"planned"}


def test_a_form_from_elsewhere_leaves_nothing_out(clinic: World, sender: Browser) -> None:
    form = sure(the(clinic, "hello"))
    assert sender.post(FORM, origin="https://evil.example", **form).status == 403
    assert send(sender.site, FORM, form, cookie=f"drip={sender.token}").status == 403
    assert states(clinic) == {"planned"}


def test_each_is_undone_on_its_patients_page(clinic: World, sender: Browser) -> None:
    hers, his = the(clinic, "nudge"), the(clinic, "nudge", "p-2")
    sender.post(FORM, **sure(hers, his))
    patient = next(f"/console/patients/{one.patient_id}" for one in clinic.messages() if one.id == hers)
    page = sender.get(patient).text
    assert "The text “Nudge” was left out, by Sam Okoro." in page
    number = page.partition('name="number" value="')[2].partition('"')[0]
    assert said(sender.post(f"{patient}/undo", number=number)) == "Undone: it is as it was before."
    assert {one.id: one.state for one in clinic.messages() if one.id in (hers, his)} == {
        hers: "planned",
        his: "skipped",
    }


def test_the_list_says_what_was_just_left_out_and_where_it_is_undone(
    clinic: World, site: Site, sender: Browser
) -> None:
    hers = the(clinic, "nudge")
    sender.post(FORM, **sure(hers))
    patient = next(one.patient_id for one in clinic.messages() if one.id == hers)
    link = f'<a href="/console/patients/{patient}">Amina &lt;i&gt;Shah&lt;/i&gt; (p-1)</a>: the text “Nudge”.'
    assert f"{link} You can undo it there until 10:10." in sender.get(PAGE).text
    assert link not in signed_in(clinic, site, Role.AUTHOR).get(PAGE).text, "it was somebody else"
    with clinic.store.read() as tx:
        (number,) = (line.number for line in audit.lines(tx) if line.deed.deed == "message_skipped")
    sender.post(f"/console/patients/{patient}/undo", number=str(number))
    assert "Left out by you just now" not in sender.get(PAGE).text


def test_whoever_has_acted_is_where_they_were_in_the_list(clinic: World, sender: Browser) -> None:
    where = {"days": "14", "channel": "sms", "after": "2026-06-11T11:00:00+00:00~0"}
    back = f"{PAGE}?days=14&channel=sms&after=2026-06-11T11%3A00%3A00%2B00%3A00~0"
    page = sender.post(FORM, **ticks(the(clinic, "nudge"), **where)).text
    assert back.replace("&", "&amp;") in page
    for name, value in where.items():
        assert f'name="{name}" value="{value}"' in page
    assert sender.post(FORM, **sure(the(clinic, "nudge"), **where)).headers["location"] == back
    assert sender.post(FORM, **where).headers["location"] == back
    listed = sender.get(back).text
    assert [f'name="{name}" value="{value}"' in listed for name, value in where.items()] == [True] * 3


def test_all_on_a_page_are_ticked_by_a_button_and_nothing_else_changes(clinic: World, sender: Browser) -> None:
    page = sender.post(f"{PAGE}/tick", days="14", channel="sms").text
    assert page.count(" checked>") == len(boxes(page)) == 3
    assert '<option value="sms" selected>' in page
    assert " checked>" not in sender.get(f"{PAGE}?days=14&channel=sms").text
    assert states(clinic) == {"planned"}


def test_one_step_of_a_sequence_is_found_on_the_page(clinic: World, sender: Browser) -> None:
    assert 'name="step"' not in sender.get(PAGE).text
    page = sender.get(f"{PAGE}?days=14&sequence=advice&step=nudge").text
    assert '<option value="nudge" selected>' in page
    assert sorted(boxes(page)) == sorted([the(clinic, "nudge"), the(clinic, "nudge", "p-2")])


def test_a_message_to_the_clinics_own_people_has_no_box_and_no_link(clinic: World, sender: Browser) -> None:
    with clinic.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE patients SET source = 'staff'")
    page = sender.get(PAGE).text
    assert "<br>Hello" in page
    assert boxes(page) == []
    assert "/console/messages/" not in page
