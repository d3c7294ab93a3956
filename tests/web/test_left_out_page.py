"""Who was left out of a day and why: those that Today counts, of one's own sites, a page at a time."""

import re

from drip.core.model import Channel
from drip.core.reason import Reason
from drip.core.role import Role
from drip.store import desk, left_out
from tests.web.at_the_desk import at_the_desk
from tests.web.test_console import NOW
from tests.world import ADVICE, World, a_visit, at

PAGE = "/console/left-out"
DAY = at("2026-06-11 00:00"), at("2026-06-12 00:00")


def lived(clinic: World) -> None:
    """Amina hears by email today. Bo has no address, Cleo said stop before hers went: both were left out."""
    clinic.publish(ADVICE)
    nobody = {"ref": "p-2", "first_name": "Bo", "email": None, "phone": None}
    cleo = {"ref": "p-3", "first_name": "<i>Cleo</i>", "email": "cleo@example.org", "phone": "+447700900333"}
    for number, patient in enumerate(({}, nobody, cleo)):
        told = {"patient": patient} if patient else {}
        clinic.tell(
            a_visit(f"2026-06-11 0{5 + number}:00", event_id=f"e-{number}", appointment={"ref": f"a-{number}"}, **told)
        )
    clinic.tick("2026-06-11 07:30")
    with clinic.store.write() as tx:
        tx.connection.exec_driver_sql(
            "UPDATE messages SET state = 'suppressed', reason = 'suppressed_by_patient' WHERE channel = 'email' AND "
            "planned_for = (SELECT max(planned_for) FROM messages WHERE step = 'hello')"
        )
    clinic.tick("2026-06-11 09:00")


def page_of(clinic: World, path: str = PAGE, *sites: str, role: Role = Role.VIEWER) -> str:
    with at_the_desk(clinic, role, *sites) as browser:
        return browser.get(path).text


def rows(page: str) -> list[str]:
    """What stands in the list, one row each."""
    return re.findall(r"<tr><td><time>.*?</tr>", page)


def test_each_has_its_patient_its_message_and_the_reason_in_words(clinic: World) -> None:
    lived(clinic)
    page = page_of(clinic)
    assert len(rows(page)) == 2
    (bo,) = (one for one in rows(page) if "Bo" in one)
    (cleo,) = (one for one in rows(page) if "Cleo" in one)
    assert Reason.NO_ADDRESS.sentence in bo
    assert Reason.SUPPRESSED_BY_PATIENT.sentence in cleo
    assert "The email “Hello” of “After your first visit”" in cleo
    assert "&lt;i&gt;Cleo" in cleo
    patient = next(one.patient_id for one in clinic.messages() if one.patient == "p-3")
    assert f'href="/console/patients/{patient}"' in cleo
    assert "Amina" not in page


def test_they_are_as_many_as_today_says_and_today_leads_there(clinic: World) -> None:
    lived(clinic)
    with clinic.store.read() as tx:
        assert desk.count_day(tx, DAY[0], NOW, DAY[1]).left == len(left_out.page(tx, DAY, limit=50)) == 2
    assert '<b>2</b> <a href="/console/left-out">left out</a>' in page_of(clinic, "/console")


def test_who_has_sites_of_their_own_sees_only_theirs(clinic: World) -> None:
    lived(clinic)
    assert len(rows(page_of(clinic, PAGE, "quay"))) == 2
    page = page_of(clinic, PAGE, "dock", role=Role.SENDER)
    assert (rows(page), "Nothing was left out so far" in page) == ([], True)


def test_alerts_to_colleagues_are_not_in_it(clinic: World) -> None:
    lived(clinic)
    with clinic.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE messages SET sequence = 'staff-alert'")
    assert rows(page_of(clinic)) == []


def test_another_day_is_shown_if_it_is_asked_for(clinic: World) -> None:
    lived(clinic)
    with at_the_desk(clinic, Role.VIEWER) as browser:
        page = browser.get(f"{PAGE}?day=2026-06-10").text
        assert "Left out on Wednesday 10 June 2026" in page
        assert rows(page) == []
        for odd in ("day=x", "after=x", "day=0001-01-01", "after=2026-06-11~x"):
            assert len(rows(browser.get(f"{PAGE}?{odd}").text)) == 2


def test_a_page_goes_on_where_the_last_one_ended_also_within_one_moment(clinic: World) -> None:
    lived(clinic)
    with clinic.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE messages SET planned_for = (SELECT min(planned_for) FROM messages)")
    with clinic.store.read() as tx:
        (first,) = left_out.page(tx, DAY, limit=1)
        (second,) = left_out.page(tx, DAY, after=first.place, limit=1)
        assert left_out.page(tx, DAY, after=second.place, limit=1) == []
    assert first.id != second.id
    assert first.channel is second.channel is Channel.EMAIL


def test_more_than_fit_have_a_next_page_that_leads_back(clinic: World) -> None:
    clinic.publish(ADVICE)
    for number in range(51):
        nobody = {"ref": f"n-{number}", "first_name": "Nobody", "email": None, "phone": None}
        told = {"patient": nobody, "appointment": {"ref": f"v-{number}"}}
        clinic.tell(a_visit("2026-06-11 06:00", event_id=f"n-{number}", **told))
    for time in ("07:30", "09:00", "09:01"):
        clinic.tick(f"2026-06-11 {time}")
    with at_the_desk(clinic, Role.VIEWER) as browser:
        page = browser.get(PAGE).text
        assert len(rows(page)) == 50
        (further,) = re.findall(r'<a href="(/console/left-out\?day=[^"]*after=[^"]*)">More</a>', page)
        rest = browser.get(further.replace("&amp;", "&")).text
    assert len(rows(rest)) == 1
    assert "Back to the first" in rest
