"""What everybody did: all of it, or what was done about one patient, to whoever may see that patient."""

import re

import pytest

from drip.core.role import Role
from drip.store import audit, records
from drip.store.audit import Deed
from drip.web.console import audit as page
from tests.web.at_the_desk import amina, ask, at_the_desk
from tests.web.test_console import NOW
from tests.world import World


def told(text: str) -> list[str]:
    """The deeds on a page, newest first."""
    return re.findall(r"<td>([a-z ]+)</td><td>(?=[\s<a-z])", text)


def done_about(clinic: World, patient: str) -> tuple[str, str]:
    """Somebody paused her, let a message of hers go and took a task on. The message and the task."""
    message = next(one.id for one in clinic.messages())
    task = ask(clinic, records.RED_FLAG, patient)
    about = {"patient_paused": f"patient:{patient}", "message_sent_now": f"message:{message}"}
    about |= {"task_assigned": f"task:{task}", "published": "sequence:advice"}
    with clinic.store.write() as tx:
        audit.write_all(tx, [Deed(who="a-1", deed=deed, about=what) for deed, what in about.items()], NOW)
    return message, task


def test_everything_is_there_with_links_to_what_it_is_about(clinic: World) -> None:
    patient = amina(clinic)
    message, _ = done_about(clinic, patient)
    with at_the_desk(clinic, Role.ADMIN) as admin:
        text = admin.get("/console/audit").text
    assert {"patient paused", "message sent now", "task assigned", "published"} <= set(told(text))
    for to in (f"patients/{patient}", f"messages/{message}", "sequences/advice"):
        assert f'href="/console/{to}"' in text
    assert text.count(">Amina Shah (p-1)</a>") == 3


def test_of_one_patient_there_is_what_was_done_about_her_her_messages_and_her_tasks(clinic: World) -> None:
    patient = amina(clinic)
    done_about(clinic, patient)
    with at_the_desk(clinic, Role.ADMIN) as admin:
        assert f"/console/audit?patient={patient}" in admin.get(f"/console/patients/{patient}").text
        text = admin.get(f"/console/audit?patient={patient}").text
    assert told(text) == ["patient read", "task assigned", "message sent now", "patient paused"]
    assert "What was done about Amina Shah" in text


def test_an_admin_of_one_site_does_not_see_what_was_done_about_patients_of_another(clinic: World) -> None:
    patient = amina(clinic)
    message, task = done_about(clinic, patient)
    with at_the_desk(clinic, Role.ADMIN, "dock") as admin:
        answer, of_her = admin.get("/console/audit"), admin.get(f"/console/audit?patient={patient}")
    assert "published" in told(answer.text)
    assert not {patient, message, task} & set(re.findall(r"[0-9a-f]{32}", answer.text))
    assert "Amina" not in answer.text + of_her.text
    assert of_her.status == 404


def test_an_admin_of_her_site_sees_what_was_done_about_her(clinic: World) -> None:
    patient = amina(clinic)
    done_about(clinic, patient)
    with at_the_desk(clinic, Role.ADMIN, "quay") as admin:
        assert "patient paused" in told(admin.get("/console/audit").text)
        assert admin.get(f"/console/audit?patient={patient}").status == 200


def test_a_patient_whom_nobody_knows_has_no_page(clinic: World) -> None:
    with at_the_desk(clinic, Role.ADMIN) as admin:
        assert admin.get("/console/audit?patient=nobody").status == 404


def test_older_lines_are_a_page_further_of_one_patient_too(clinic: World, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = amina(clinic)
    done_about(clinic, patient)
    monkeypatch.setattr(page, "LINES", 2)
    with at_the_desk(clinic, Role.ADMIN) as admin:
        text = admin.get(f"/console/audit?patient={patient}").text
        assert told(text) == ["task assigned", "message sent now"]
        (further,) = re.findall(r'href="/console/audit\?([^"]+)"', text)
        text = admin.get("/console/audit?" + further.replace("&amp;", "&")).text
    assert told(text)[0] == "patient paused"


def test_a_record_that_cannot_be_unsealed_hides_no_line(clinic: World) -> None:
    patient = amina(clinic)
    done_about(clinic, patient)
    with clinic.store.write() as tx:
        tx.connection.exec_driver_sql(
            "UPDATE patients SET facts = '\\x00'" if tx.is_postgres else "UPDATE patients SET facts = x'00'"
        )
    with at_the_desk(clinic, Role.ADMIN) as admin:
        text = admin.get("/console/audit").text
    assert "patient paused" in told(text)
    assert "a patient whose record cannot be read" in text
