"""Everybody who is paused: the longest first, since when, by whom, until when, and what waits behind it."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from drip.core.role import Role
from drip.flows.deeds.pause import pause
from drip.store import patient_pauses, patients, schema
from drip.store import paused as store
from tests.web.at_the_desk import account_of, at_the_desk, deeds
from tests.web.test_console import NOW
from tests.world import ADVICE, World, a_visit, at

NAMES = {"p-1": "Amina", "p-2": "Bo", "p-3": "Cleo"}


@pytest.fixture
def ids(clinic: World) -> dict[str, str]:
    """Amina and Bo came to Quay Street at seven; Cleo to another site. It is ten; hello is due then."""
    clinic.publish(ADVICE)
    for ref, name in NAMES.items():
        told = {"ref": ref, "first_name": name, "email": f"{ref}@example.org", "phone": f"+44770090012{ref[-1]}"}
        clinic.tell(a_visit("2026-06-11 07:00", event_id=ref, patient=told, appointment={"ref": f"a-{ref}"}))
    clinic.tick("2026-06-11 08:00")
    with clinic.store.write() as tx:
        found = {name: patients.find(tx, ref)[0].id for ref, name in NAMES.items()}
        theirs = update(schema.enrolments).where(schema.enrolments.c.patient_id == found["Cleo"])
        tx.connection.execute(theirs.values(site="dock"))
    return found


def page_of(clinic: World, role: Role = Role.SENDER, *sites: str, path: str = "/console/paused") -> str:
    with at_the_desk(clinic, role, *sites) as browser:
        return browser.get(path).text


def test_the_list_says_since_when_by_whom_until_when_and_what_waits_the_longest_first(
    clinic: World, ids: dict[str, str]
) -> None:
    with at_the_desk(clinic) as browser:
        sam = account_of(clinic, Role.SENDER)
        pause(clinic.app, ids["Amina"], at("2026-06-20 00:00"), sam, at("2026-06-11 09:00"))
        pause(clinic.app, ids["Bo"], None, "somebody-else", at("2026-06-11 08:30"))
        page = " ".join(browser.get("/console/paused").text.split())
    assert "2 patients are paused, the longest first." in page
    bo, amina = page.index("Bo Shah (p-2)</a>"), page.index("Amina Shah (p-1)</a>")
    assert bo < amina
    for told in ("Thursday 11 June at 08:30, today", "a colleague", "no end", "3, 1 of them due by now"):
        assert told in page[bo:amina], told
    for told in ("Thursday 11 June at 09:00, today", "Sam Okoro", "Saturday 20 June at 00:00, in 9 days"):
        assert told in page[amina:], told
    assert f'<a href="/console/patients/{ids["Bo"]}">' in page


def test_a_pause_that_is_over_and_a_patient_who_died_are_not_listed(clinic: World, ids: dict[str, str]) -> None:
    pause(clinic.app, ids["Amina"], at("2026-06-11 09:30"), "a1", at("2026-06-11 09:00"))
    for name in ("Bo", "Cleo"):
        pause(clinic.app, ids[name], None, "a1", at("2026-06-11 09:00"))
    with clinic.store.write() as tx:
        died = update(schema.patients).where(schema.patients.c.id == ids["Cleo"])
        tx.connection.execute(died.values(standing="deceased"))
    page = page_of(clinic)
    assert "1 patient is paused" in page
    assert "Bo Shah" in page


def test_who_is_limited_to_a_site_sees_the_paused_patients_of_that_site(clinic: World, ids: dict[str, str]) -> None:
    for name in ids:
        pause(clinic.app, ids[name], None, "a1", at("2026-06-11 09:00"))
    page = page_of(clinic, Role.VIEWER, "dock")
    assert "1 patient is paused" in page
    assert "Cleo Shah" in page
    assert "Amina" not in page
    assert "1 patient is paused" in page_of(clinic, Role.SENDER, "dock", path="/console")


def test_messages_are_resumed_from_the_list_by_whoever_may_act(clinic: World, ids: dict[str, str]) -> None:
    pause(clinic.app, ids["Amina"], None, "a1", at("2026-06-11 09:00"))
    resume = f"/console/patients/{ids['Amina']}/resume"
    assert f'action="{resume}"' in page_of(clinic)
    assert f'action="{resume}"' not in page_of(clinic, Role.VIEWER)
    with at_the_desk(clinic, Role.AUTHOR) as browser:
        answer = browser.post(resume)
        assert answer.headers["location"] == f"/console/patients/{ids['Amina']}"
        assert "Nobody is paused" in browser.get("/console/paused").text
    assert deeds(clinic)[-1] == "patient_resumed"


def test_today_says_how_many_are_paused_where_anybody_is_and_leads_to_them(clinic: World, ids: dict[str, str]) -> None:
    assert "/console/paused" not in page_of(clinic, Role.VIEWER, path="/console")
    pause(clinic.app, ids["Amina"], None, "a1", at("2026-06-11 09:00"))
    assert '<a href="/console/paused">1 patient is paused</a>' in page_of(clinic, path="/console")
    assert 'href="/console/paused"' in page_of(clinic, Role.AUTHOR, path="/console/patients")


def test_more_than_a_page_of_paused_patients_is_shown_a_page_at_a_time(clinic: World) -> None:
    clinic.publish(ADVICE)
    for number in range(52):
        told = {"ref": f"q-{number}", "first_name": "Bo", "last_name": "Larsen"}
        clinic.tell(a_visit("2026-06-11 07:00", event_id=f"b-{number}", patient=told))
    clinic.tick("2026-06-11 08:00")
    for one in {message.patient_id for message in clinic.messages()}:
        pause(clinic.app, one, None, "a1", at("2026-06-11 09:00"))
    with at_the_desk(clinic, Role.VIEWER) as browser:
        first, second = browser.get("/console/paused").text, browser.get("/console/paused?skip=50").text
    assert [page.count("<tr>\n") for page in (first, second)] == [50, 2]
    assert "52 patients are paused" in first
    assert "skip=50" in first
    assert "skip=100" not in second


def test_a_paused_patient_whose_record_cannot_be_unsealed_hides_nobody(clinic: World, ids: dict[str, str]) -> None:
    for name in ("Amina", "Bo"):
        pause(clinic.app, ids[name], None, "a1", at("2026-06-11 09:00"))
    with clinic.store.write() as tx:
        broken = update(schema.patients).where(schema.patients.c.id == ids["Amina"])
        tx.connection.execute(broken.values(facts=b"broken"))
    page = page_of(clinic)
    assert "cannot be unsealed" in page
    assert "Bo Shah" in page


def test_only_what_has_not_gone_is_counted_as_waiting(clinic: World, ids: dict[str, str]) -> None:
    clinic.tick("2026-06-11 10:00")
    pause(clinic.app, ids["Amina"], None, "a1", NOW)
    with clinic.store.read() as tx:
        (one,) = store.page(tx, NOW + timedelta(days=2), [], limit=10)
    assert (one.planned, one.late) == (2, 1)


def test_who_is_paused_and_has_nothing_planned_is_listed_all_the_same(clinic: World, ids: dict[str, str]) -> None:
    pause(clinic.app, ids["Amina"], None, "a1", NOW)
    with clinic.store.write() as tx:
        tx.connection.execute(update(schema.messages).values(state="cancelled"))
        assert [(one.planned, one.late) for one in store.page(tx, NOW, [], limit=10)] == [(0, 0)]


def test_a_pause_that_goes_on_is_given_an_end_on_the_patients_page(clinic: World, ids: dict[str, str]) -> None:
    pause(clinic.app, ids["Amina"], None, "a1", at("2026-06-11 09:00"))
    with at_the_desk(clinic) as browser:
        address = f"/console/patients/{ids['Amina']}"
        assert "Or pause until the start of" in browser.get(address).text
        browser.post(f"{address}/pause", until="2026-06-20", ends="1")
    with clinic.store.read() as tx:
        assert patient_pauses.of(tx, [ids["Amina"]], NOW)[ids["Amina"]].until == at("2026-06-20 00:00")


def test_a_pause_does_not_lose_its_end_because_the_day_was_left_empty(clinic: World, ids: dict[str, str]) -> None:
    pause(clinic.app, ids["Amina"], at("2026-06-20 00:00"), "a1", at("2026-06-11 09:00"))
    with at_the_desk(clinic) as browser:
        said = browser.post(f"/console/patients/{ids['Amina']}/pause", until="", ends="1").headers["set-cookie"]
    assert "Nothing%20was%20changed" in said
    with clinic.store.read() as tx:
        assert patient_pauses.of(tx, [ids["Amina"]], NOW)[ids["Amina"]].until == at("2026-06-20 00:00")
