"""What the console's pages say: the numbers of a day, what waits, and a patient's story."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote, unquote

import pytest

from drip.core.role import Role
from drip.store import accounts, audit, desk, patients, records, task_list
from drip.store.records import NewTask
from drip.store.task_list import Which
from tests.databases import sqlite_url
from tests.web.build import Site, on_loopback, site_at
from tests.web.test_console import NOW, signed_in
from tests.world import ADVICE, World, a_visit, a_world, at


@pytest.fixture
def world() -> Iterator[World]:
    """Amina came at seven, hears at ten, tomorrow and in a week. It is ten past ten."""
    made = a_world(sqlite_url())
    made.publish(ADVICE)
    made.tell(a_visit("2026-06-11 07:00"))
    made.tick("2026-06-11 08:00")
    made.tick("2026-06-11 10:00")
    yield made
    made.app.close()


site = site_at(NOW)


def test_the_numbers_of_a_day(world: World) -> None:
    start, end = at("2026-06-11 00:00"), at("2026-06-12 00:00")
    with world.store.read() as tx:
        day = desk.count_day(tx, start, NOW, end)
    assert (day.accepted, day.planned, day.waiting, day.failed, day.left) == (1, 0, 0, 0, 0)


def test_after_a_long_standstill_no_more_is_counted_than_helps(
    world: World, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, end = at("2026-06-11 00:00"), at("2026-06-12 00:00")
    with world.store.write() as tx:
        overdue = "UPDATE messages SET due_at = '2026-06-10T08:00:00.000000Z' WHERE state = 'planned'"
        tx.connection.exec_driver_sql(overdue)
        assert desk.count_day(tx, start, NOW, end).waiting == 2
        monkeypatch.setattr(desk, "MOST_WAITING", 1)
        assert desk.count_day(tx, start, NOW, end).waiting == 1
    assert "<b>1</b> or more due and waiting" in signed_in(world, site, Role.VIEWER).get("/console").text


def test_tasks_stand_with_red_flags_first_and_their_words_are_only_words(world: World, site: Site) -> None:
    told = {"reply": "Is this right?", records.RED_FLAG: "<script>alert(1)</script>"}
    with world.store.write() as tx:
        tasks = [NewTask(key=kind, kind=kind, detail=detail) for kind, detail in told.items()]
        records.raise_tasks(tx, tasks, NOW)
    page = signed_in(world, site, Role.VIEWER).get("/console/tasks").text
    assert page.index("alert(1)") < page.index("Is this right?")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page


@pytest.mark.parametrize("wanted", ["p-1", "generic:p-1", "Amina@Example.org", "07700 900123", "+447700900123"])
def test_a_patient_is_found_however_they_are_named(world: World, site: Site, wanted: str) -> None:
    browser = signed_in(world, site, Role.VIEWER)
    assert "Amina Shah" in browser.find(wanted).text


@pytest.mark.parametrize("wanted", ["amina", "SHAH", "ami", "amina sh", ""])
def test_a_patient_is_found_by_name_and_shown_with_what_they_are_in(world: World, site: Site, wanted: str) -> None:
    page = signed_in(world, site, Role.VIEWER).find(wanted).text
    for shown in ("Amina Shah", "2 Mar 1979", "p-1", "Quay Street", "After your first visit", "Fri 12 Jun 10:00"):
        assert shown in page


@pytest.mark.parametrize("wanted", ["amina", ""])
def test_a_list_shows_no_patient_of_other_sites(world: World, site: Site, wanted: str) -> None:
    for role, at_site, is_shown in ((Role.VIEWER, "quay", True), (Role.SENDER, "dock", False)):
        browser = signed_in(world, site, role)
        with world.store.write() as tx:
            account = accounts.named(tx, role.value)
            assert account
            accounts.change(tx, replace(account.person, sites=frozenset({at_site})))
        assert ("Amina" in browser.find(wanted).text) == is_shown


def test_more_than_a_page_of_patients_is_said_to_be_more(world: World, site: Site) -> None:
    for number in range(52):
        told = {"ref": f"q-{number}", "first_name": "Bo", "last_name": "Larsen"}
        world.tell(a_visit("2026-06-11 07:00", event_id=f"b-{number}", patient=told))
    world.tick("2026-06-11 10:00")
    browser = signed_in(world, site, Role.VIEWER)
    page = browser.find("larsen").text
    assert "50 are shown, and there are more" in page
    assert page.count("<tr><") + page.count("<tr>\n") == 51
    assert "there are more" not in browser.find("amina").text


def test_whom_somebody_looked_for_stands_in_no_address_and_nobody_else_reads_it_there(world: World, site: Site) -> None:
    browser = signed_in(world, site, Role.VIEWER)
    address = browser.post("/console/patients", q="Amina Shah").headers["location"]
    assert "amina" not in unquote(address).lower()
    assert 'value="Amina Shah"' in browser.get(address).text
    other = signed_in(world, site, Role.SENDER).get(address)
    assert (other.status, 'value=""' in other.text) == (200, True)


@pytest.mark.parametrize("told", ["x", "AAAA", "=", "é", "9" * 5_000])
def test_an_address_of_a_search_that_was_made_by_hand_finds_nothing(world: World, site: Site, told: str) -> None:
    page = signed_in(world, site, Role.VIEWER).get(f"/console/patients?for={quote(told)}")
    assert (page.status, "Enrolled last" in page.text) == (200, True)


def test_that_a_story_was_read_is_written_down(world: World, site: Site) -> None:
    (patient,) = {one.patient_id for one in world.messages()}
    assert "was handed to sink" in signed_in(world, site, Role.VIEWER).get(f"/console/patients/{patient}").text
    with world.store.read() as tx:
        assert [line.deed.deed for line in audit.lines(tx, f"patient:{patient}")] == ["patient_read"]


def test_a_record_that_cannot_be_unsealed_hides_no_other_task(world: World, site: Site) -> None:
    (patient,) = {one.patient_id for one in world.messages()}
    with world.store.write() as tx:
        tasks = [
            NewTask(key="b", kind="reply", patient_id=patient),
            NewTask(key="r", kind=records.RED_FLAG, detail="calf"),
        ]
        records.raise_tasks(tx, tasks, NOW)
        tx.connection.exec_driver_sql("UPDATE patients SET facts = x'00'")
    page = signed_in(world, site, Role.VIEWER).get("/console/tasks")
    assert page.status == 200
    assert "calf" in page.text
    assert "cannot be unsealed" in page.text
    browser = signed_in(world, site, Role.SENDER)
    for wanted in ("p-1", "generic:p-1"):
        assert "cannot be unsealed" in browser.find(wanted).text
    for wanted in ("amina", "07700 900123", ""):
        assert browser.find(wanted).status == 200


def test_who_has_sites_of_their_own_sees_the_numbers_of_these_sites(world: World, site: Site) -> None:
    start, end = at("2026-06-11 00:00"), at("2026-06-12 00:00")
    (patient,) = {one.patient_id for one in world.messages()}
    with world.store.write() as tx:
        key = patients.load(tx, [patient])[patient].data_key
        tasks = [NewTask(key="k", kind="reply", patient_id=patient, data_key=key), NewTask(key="r", kind="review_due")]
        records.raise_tasks(tx, tasks, NOW)
    for sites, handed_over, asked in (({"quay"}, 1, {"reply": 1}), ({"dock"}, 0, {})):
        with world.store.read() as tx:
            assert desk.count_day(tx, start, NOW, end, sites).accepted == handed_over
            assert task_list.count_by_kind(tx, Which(sites=frozenset(sites))) == asked


def test_a_message_that_was_left_out_is_in_the_days_numbers(world: World) -> None:
    with world.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE messages SET state = 'skipped' WHERE step = 'hello'")
        assert desk.count_day(tx, at("2026-06-11 00:00"), NOW, at("2026-06-12 00:00")).left == 1


def test_the_banner_of_test_mode_says_who_is_reached(world: World, site: Site) -> None:
    assert "and reach nobody" in signed_in(world, site, Role.VIEWER).get("/console").text
    world.sink.reaches_people = True
    with on_loopback(world.app, now=lambda: NOW) as other:
        assert "no address is on the allow list" in signed_in(world, other, Role.SENDER).get("/console").text
    world.app = replace(world.app, allow_list=frozenset({"a@example.org", "b@example.org"}))
    with on_loopback(world.app, now=lambda: NOW) as other:
        assert "Only the 2 addresses on the allow list hear" in signed_in(world, other, Role.ADMIN).get("/console").text


def test_resuming_says_how_much_waits_and_leaves_late_ones_out_by_default(world: World, site: Site) -> None:
    browser = signed_in(world, site, Role.ADMIN)
    browser.post("/console/pause", why="The phones are down")
    with world.store.write() as tx:
        late = "UPDATE messages SET planned_for = '2026-06-10T08:00:00.000000Z', reason = 'paused' WHERE step = 'nudge'"
        tx.connection.exec_driver_sql(late)
    page = browser.get("/console/resume").text
    assert "<b>1</b> meant for yesterday" in page
    assert 'value="skip" checked' in page
    browser.post("/console/resume")
    assert world.states()["nudge"] == "skipped resumed_late"
    assert browser.get("/console/resume").headers["location"] == "/console"
