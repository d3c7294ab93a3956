"""Enrolling by hand, at the console: the plan first, then the deed, once, and by nobody who may not."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from drip.core.role import Role
from drip.flows import foresee
from drip.store import accounts, audit, events, patients
from tests.databases import sqlite_url
from tests.web.build import Answer, Site, site_at
from tests.web.test_console import NOW, Browser, signed_in
from tests.world import ADVICE, REMINDERS, World, a_booking, a_visit, a_world, an_event, at

NEW = {
    "draft": "0" * 32,
    "first_name": "Amina",
    "last_name": "Shah",
    "date_of_birth": "1979-03-02",
    "email": "amina@example.org",
    "phone": "07700 900123",
    "kind": "appointment.booked",
    "what": "initial",
    "on": "2026-06-13",
    "at": "10:00",
    "site": "quay",
}
"""The day after tomorrow: what goes three days before is over."""

TWO_SITES = """
clinic: {name: Harbour Clinic, phone: "+441234380345", email: care@example.org, website: https://example.org,
         timezone: Europe/London, country: GB, subdivision: ENG}
senders: {email: {name: Harbour Clinic, address: care@example.org}, sms: {from: Harbour}}
sites:
  - {id: quay, name: Quay Street, address: [1 Quay Street], phone: "+441234380345"}
  - {id: dock, name: Dock Road, address: [2 Dock Road], phone: "+441234380346"}
"""


@pytest.fixture
def world() -> Iterator[World]:
    """A clinic with two sites and two sequences, and no patients yet."""
    made = a_world(sqlite_url(), clinic=TWO_SITES)
    made.publish(ADVICE, REMINDERS)
    yield made
    made.app.close()


site = site_at(NOW)


@pytest.fixture
def sender(world: World, site: Site) -> Browser:
    """Somebody who may enrol, at all sites."""
    return signed_in(world, site, Role.SENDER)


def at_site(world: World, site: Site, role: Role, name: str) -> Browser:
    """Somebody of one site."""
    browser = signed_in(world, site, role)
    with world.store.write() as tx:
        account = accounts.named(tx, role.value)
        assert account
        accounts.change(tx, replace(account.person, sites=frozenset({name})))
    return browser


def known(world: World) -> str:
    """Amina of the booking system, who came to a visit this morning; her id."""
    world.tell(a_visit("2026-06-11 07:00"))
    world.tick("2026-06-11 08:00")
    (patient,) = {one.patient_id for one in world.messages()}
    return patient


def words(answer: Answer) -> str:
    """A page's text, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def stored(world: World) -> int:
    """How many events were taken in by hand."""
    with world.store.read() as tx:
        row = tx.connection.exec_driver_sql("SELECT count(*) FROM events WHERE source = 'console'").one()
    return int(row[0])


def sheet(browser: Browser, content: bytes, *, name: str = "file", path: str = "/check") -> Answer:
    """A file is sent, as a browser sends it."""
    parts = [("key", browser.key.encode(), ""), (name, content, '; filename="x.csv"' if name == "file" else "")]
    body = b"".join(
        b'--cut\r\nContent-Disposition: form-data; name="'
        + one.encode()
        + b'"'
        + file.encode()
        + b"\r\n\r\n"
        + told
        + b"\r\n"
        for one, told, file in parts
    )
    headers = {
        "content-type": "multipart/form-data; boundary=cut",
        "cookie": f"drip={browser.token}",
        "origin": f"http://127.0.0.1:{browser.site.port}",
    }
    return browser.site.ask("POST", f"/console/enrol/file{path}", body + b"--cut--\r\n", headers)


HEADER = "Number,First name,Last name,Date of birth,Email,Phone,What happened,Date,Time,Type,Site\r\n"
ROW = "1001,Amina,Shah,1979-03-02,amina@example.org,07700 900123,appointment booked,2026-06-19,10:00,initial,\r\n"
OTHER = "1002,Tom,Jones,20/11/1984,,07700 900124,Appointment attended,11/06/2026,09:00,initial,Quay Street\r\n"


def test_the_plan_is_shown_first_with_every_time_and_what_is_missed(world: World, sender: Browser) -> None:
    page = words(sender.post("/console/enrol/plan", **NEW))
    assert "Amina Shah, born 2 March 1979" in page
    assert "Saturday 13 June at 10:00, in 2 days" in page
    assert "Before your visit" in page
    assert "Friday 12 June at 09:00, tomorrow text tomorrow yes" in page
    assert "Wednesday 10 June at 10:00, yesterday email prepare no because its time had already passed" in page
    assert stored(world) == 0
    with world.store.read() as tx:
        assert patients.find(tx, "C-00000000") == []


def test_confirming_enrols_once_however_often_the_button_is_pressed(world: World, sender: Browser) -> None:
    first, second = (sender.post("/console/enrol", **NEW) for _ in range(2))
    assert (first.status, second.status) == (303, 303)
    world.tick("2026-06-11 10:01")
    assert stored(world) == 1
    assert world.states() == {"prepare": "skipped late", "tomorrow": "planned"}
    with world.store.read() as tx:
        (row,) = patients.find(tx, "C-00000000")
        deeds = [line.deed for line in audit.lines(tx, f"patient:{row.id}")]
    assert [one.deed for one in deeds] == ["enrolled_by_hand"]
    assert "Amina" not in str(deeds)


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("email", "amina@", "This is not an email address that mail can be sent to"),
        ("phone", "12", "This is not a telephone number that can be dialled"),
        ("first_name", "", "Enter a first name."),
        ("kind", "", "Say what happened"),
        ("on", "2026-02-31", "This is not a date"),
        ("on", "2025-06-13", "This has passed"),
        ("on", "2062-06-13", "more than two years ahead"),
        ("at", "", "Enter a time of the day"),
        ("date_of_birth", "2027-01-01", "This is still ahead"),
        ("site", "nowhere", "There is no such site"),
        ("side", "left", "Only a programme has a side"),
        ("carer_email", "nobody", "This is not an email address"),
    ],
)
def test_what_cannot_be_used_is_refused_beside_its_field(
    world: World, sender: Browser, field: str, typed: str, says: str
) -> None:
    for path in ("/console/enrol/plan", "/console/enrol"):
        answer = sender.post(path, **{**NEW, field: typed})
        assert answer.status == 422
        assert re.search(f'<p class="wrong" id="{field}-wrong">[^<]*{says}', answer.text), "beside the field"
        assert f'<a href="#{field}">' in answer.text, "and in the summary"
        assert 'value="Shah"' in answer.text, "nothing has to be typed again"
    assert stored(world) == 0


def test_what_was_typed_can_be_changed_after_the_plan_was_seen(sender: Browser) -> None:
    page = sender.post("/console/enrol/change", **NEW)
    assert (page.status, 'value="Shah"' in page.text) == (200, True)


def test_a_patient_who_was_found_keeps_their_record(world: World, sender: Browser) -> None:
    patient = known(world)
    assert f'href="/console/enrol?patient={patient}"' in sender.get(f"/console/patients/{patient}").text
    form = sender.get(f"/console/enrol?patient={patient}")
    assert "Amina Shah" in form.text
    assert 'value="amina@example.org"' in form.text
    told = {name: NEW[name] for name in ("draft", "kind", "what", "on", "at", "site")}
    changed = {**told, "patient": patient, "email": "new@example.org", "phone": "07700 900123"}
    page = words(sender.post("/console/enrol/plan", **changed))
    assert "They are in this already, and stay in it: After your first visit" in page
    assert sender.post("/console/enrol", **changed).headers["location"] == f"/console/patients/{patient}"
    world.tick("2026-06-11 10:01")
    with world.store.read() as tx:
        rows = patients.load(tx, [patient])
        (last,) = events.histories(tx, {patient: rows[patient].data_key})[patient][1:]
    assert rows[patient].patient.facts["email"] == "new@example.org"
    assert set(last.body["patient"]) == {"ref", "email"}, "what is known already is not said again"  # type: ignore[arg-type]
    assert {one.patient_id for one in world.messages()} == {patient}


def test_somebody_who_is_known_under_another_number_is_pointed_out(world: World, sender: Browser) -> None:
    patient = known(world)
    page = sender.post("/console/enrol/plan", **NEW)
    assert "Somebody of the same name and date of birth is known already" in page.text
    assert f"/console/patients/{patient}" in page.text


def test_a_closed_address_is_said_before_anybody_confirms(world: World, sender: Browser) -> None:
    known(world)
    world.reply("STOP", "2026-06-11 09:00")
    page = words(sender.post("/console/enrol/plan", **NEW))
    assert "Nothing goes to this phone number: the patient asked us to stop." in page
    assert "text tomorrow no because the patient asked us to stop" in page


def test_what_begins_nothing_says_so_and_cannot_be_confirmed(sender: Browser) -> None:
    page = sender.post("/console/enrol/plan", **{**NEW, "kind": "treatment.performed", "on": "2026-06-10"})
    assert "They would join nothing." in page.text
    assert ">Enrol Amina Shah</button>" not in page.text


def test_a_viewer_enrols_nobody(world: World, site: Site) -> None:
    viewer = signed_in(world, site, Role.VIEWER)
    assert viewer.get("/console/enrol").status == 403
    assert viewer.post("/console/enrol", **NEW).status == 403
    assert sheet(viewer, (HEADER + ROW).encode(), name="content", path="").status == 403
    assert stored(world) == 0


def test_who_is_of_one_site_enrols_nobody_at_another(world: World, site: Site) -> None:
    patient = known(world)
    browser = at_site(world, site, Role.SENDER, "dock")
    assert 'value="quay"' not in browser.get("/console/enrol").text
    assert browser.post("/console/enrol", **NEW).status == 422
    assert browser.get(f"/console/enrol?patient={patient}").status == 404
    assert browser.post("/console/enrol", **{**NEW, "patient": patient, "site": "dock"}).status == 404
    page = words(browser.post("/console/enrol/plan", **{**NEW, "site": "dock"}))
    assert "known already" not in page, "nor are they told of anybody there"
    assert stored(world) == 0
    for _ in range(2):
        assert browser.post("/console/enrol", **{**NEW, "site": "dock"}).status == 303
    assert stored(world) == 1


@pytest.fixture
def typed(world: World) -> World:
    """A live sequence that begins for some types only, with words in two languages."""
    first = "enrol: {on: appointment.booked, when: appointment.type == 'initial' and 'achilles' in patient.conditions}"
    for name in ("prepare.email.md", "tomorrow.sms.txt"):
        world.sources[f"starts/{name}"] = world.sources[f"reminders/{name}"]
    world.sources["starts/tomorrow.cy.sms.txt"] = "Helo, {{ clinic.name }}"
    world.publish(STARTS.replace("enrol: {}", first))
    return world


STARTS = REMINDERS.replace("reminders", "starts").replace(
    "enrol: {on: [appointment.booked, appointment.rescheduled]}", "enrol: {}"
)


@pytest.mark.usefixtures("typed")
def test_the_form_offers_what_the_live_sequences_know(sender: Browser) -> None:
    page = sender.get("/console/enrol").text
    assert '<option value="initial" label="initial (appointment)">' in page
    assert '<datalist id="conditions-known"><option value="achilles">' in page
    assert '<option value="cy">Cymraeg</option>' in page


def test_a_type_that_no_sequence_knows_is_said_before_anything_is_stored(typed: World, sender: Browser) -> None:
    page = words(sender.post("/console/enrol/plan", **{**NEW, "what": "initail", "conditions": "heel"}))
    assert "No sequence starts for this type: initail. Known: initial." in page
    assert "No sequence asks for this condition: heel. Known: achilles." in page
    assert "Is it spelt right?" in page
    assert stored(typed) == 0
    right = words(sender.post("/console/enrol/plan", **{**NEW, "conditions": "achilles"}))
    assert "No sequence" not in right


def test_where_no_sequence_asks_for_a_type_none_is_misspelt(sender: Browser) -> None:
    assert "Is it spelt right?" not in words(sender.post("/console/enrol/plan", **{**NEW, "what": "anything"}))


def test_what_nothing_is_known_of_is_said_in_its_own_cell_of_a_file(typed: World, sender: Browser) -> None:
    head = HEADER.replace("Site", "Site,Language")
    mistyped, right = ROW.replace("initial,", "initail,,ga"), OTHER.replace("Street", "Street,cy")
    page = sheet(sender, (head + mistyped + right).encode())
    assert page.status == 200
    assert re.search(r"<td>initail<p><strong>Is this right\?</strong> No sequence starts for this type", page.text)
    assert "There are no words in this language: ga. Known: cy, en." in words(page)
    assert "1 row has a word that nothing is known of" in words(page)
    assert "(row 2)" in words(page)
    wrong = sheet(sender, (head + ROW.replace("initial,", "initial,,Welsh!")).encode())
    assert "Write one of: cy, en." in words(wrong)
    assert "one of: cy, en" in words(sender.get("/console/enrol/file"))
    assert stored(typed) == 0


def test_a_form_from_elsewhere_enrols_nobody(world: World, sender: Browser) -> None:
    assert sender.post("/console/enrol", origin="https://evil.example", **NEW).status == 403
    assert sender.post("/console/enrol", **{**NEW, "key": "0" * 32}).status == 403
    assert stored(world) == 0


def test_what_a_person_types_is_only_words(sender: Browser) -> None:
    page = sender.post("/console/enrol/plan", **{**NEW, "last_name": "<script>alert(1)</script>"})
    assert "<script" not in page.text


def test_a_file_is_checked_row_by_row_and_then_enrolled_once(world: World, sender: Browser) -> None:
    content = (HEADER + ROW + OTHER).encode("utf-8-sig")
    page = sheet(sender, content)
    assert page.status == 200
    assert "2 rows are right" in words(page)
    assert "20 November 1984 07700 900124 Appointment attended Thursday 11 June 2026 09:00" in words(page)
    assert "Before your visit 1 2 0" in words(page), "one patient, two messages, none missed"
    assert stored(world) == 0
    (kept,) = re.findall(r'name="content" value="([^"]*)"', page.text)
    for _ in range(2):
        assert sheet(sender, html.unescape(kept).encode(), name="content", path="").status == 303
    world.tick("2026-06-11 10:01")
    assert stored(world) == 2
    assert "2 rows were taken in before" in words(sheet(sender, content))
    with world.store.read() as tx:
        assert [line.deed.deed for line in audit.latest(tx, 1)] == ["enrolled_by_hand"]


def test_each_fault_stands_in_its_own_cell_and_nothing_is_stored(world: World, sender: Browser) -> None:
    wrong = "1003,=HYPERLINK(1),Shah,1979-03-02,nobody,12,appointment booked,2026-02-31,99:00,initial,Moon\r\n"
    answer = sheet(sender, (HEADER + ROW + wrong).encode())
    assert answer.status == 422
    for cell, says in {
        "nobody": "This is not an email address",
        "12": "This is not a telephone number",
        "2026-02-31": "This is not a date",
        "99:00": "Enter a time of the day",
        "Moon": "There is no such site",
    }.items():
        assert re.search(f'<td class="faulty">{cell}<p class="wrong">{says}', answer.text), cell
    assert "<td>=HYPERLINK(1)</td>" in answer.text, "a formula is only words"
    assert 'name="content"' not in answer.text
    assert sheet(sender, (HEADER + ROW + wrong).encode(), name="content", path="").status == 422
    assert stored(world) == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "Choose a file that has something in it"),
        (b"PK\x03\x04xxxx", "This is a workbook"),
        (b"name,mail\r\nx,y\r\n", "none of the headings"),
        (HEADER.encode(), "There are no rows under the headings"),
        (HEADER.replace("Number,", "").encode() + b"x\r\n", "There is no column “Number”".encode()),
        (HEADER.encode() + b"x\r\n" * 501, "There are more than 500 rows"),
        (HEADER.encode() + b" " * 400_001, "larger than 400 kB"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(sender: Browser, content: bytes, says: str | bytes) -> None:
    answer = sheet(sender, content)
    assert answer.status == 422
    assert (says if isinstance(says, str) else says.decode()) in html.unescape(answer.text)


def test_a_file_that_is_far_too_large_is_not_even_read(sender: Browser) -> None:
    assert sheet(sender, b"x" * 1_000_000).status == 413


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'Number,First name\r\n"', b"\x00\x01", b"\xc3\x28," * 30])
def test_no_file_breaks_the_page(sender: Browser, content: bytes) -> None:
    assert sheet(sender, content).status == 422
    assert sheet(sender, HEADER.encode() + content).status == 422


def test_the_page_names_rows_as_the_spreadsheet_does(world: World, sender: Browser) -> None:
    page = words(sheet(sender, (HEADER + "\r\n" + ROW + OTHER.replace(",07700 900124", ",")).encode()))
    assert "There is no email address and no phone number: nothing can reach this patient. (row 4)" in page
    assert re.search(r"Would join 3 1001 .* Before your visit 4 1002", page)


def test_two_patients_never_become_one(world: World, sender: Browser) -> None:
    known(world)
    stranger = ROW.replace("1001", "p-1").replace("Amina", "Tom").replace("Shah", "Jones")
    assert "This number is on another record" in sheet(sender, (HEADER + stranger).encode()).text
    both = ROW + OTHER.replace("1002", "1001")
    assert "Another row has this number for somebody of another name" in sheet(sender, (HEADER + both).encode()).text


def test_a_row_about_somebody_who_is_known_is_added_to_their_record(world: World, sender: Browser) -> None:
    patient = known(world)
    row = ROW.replace("1001", "p-1")
    assert sheet(sender, (HEADER + row).encode(), name="content", path="").status == 303
    world.tick("2026-06-11 10:01")
    assert {one.patient_id for one in world.messages()} == {patient}


def test_nobody_is_enrolled_in_the_record_of_somebody_who_died(world: World, sender: Browser) -> None:
    known(world)
    world.tell(an_event("patient.deceased", "2026-06-11 09:00"))
    world.tick("2026-06-11 09:01")
    assert "This record is closed" in sheet(sender, (HEADER + ROW.replace("1001", "p-1")).encode()).text


def test_a_file_of_one_site_adds_to_no_record_of_another(world: World, site: Site) -> None:
    known(world)
    browser = at_site(world, site, Role.SENDER, "dock")
    told = sheet(browser, (HEADER + ROW.replace("1001", "p-1")).encode()).text
    assert "This number is on another record" in told
    assert "at your own sites only" in sheet(browser, (HEADER + OTHER).encode()).text
    assert "known" not in words(sheet(browser, (HEADER + ROW).encode()))


def test_the_example_is_a_file_that_is_right(sender: Browser) -> None:
    example = sender.get("/console/enrol/example.csv")
    assert example.headers["content-disposition"] == 'attachment; filename="enrol-example.csv"'
    assert "2 rows are right" in words(sheet(sender, example.text.encode()))


def test_looking_ahead_keeps_nothing_and_says_what_would_be(world: World) -> None:
    world.tell(a_booking("2026-06-19 10:00"))
    assert foresee.foresee(world.app, [], at("2026-06-11 10:00")) == []
    with world.store.read() as tx:
        assert events.count_pending(tx)[0] == 1, "what waits is the worker's"
