"""Whatever is typed into the console, by whomever: it says no. It never falls over, and does nothing it may not."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest

from drip.core.role import Permission, Person, Role
from drip.flows.deeds.pause import pause
from drip.flows.draft import begin
from drip.store import accounts, audit
from drip.web import console as pages
from drip.web.console.routes import console
from tests.databases import sqlite_url
from tests.web.at_the_desk import account_of, amina, ask, at_the_desk, deeds
from tests.web.build import Answer
from tests.web.test_console import NOW, Browser, send
from tests.world import World, a_world

PERMISSIONS = console(a_world(sqlite_url()).app, lambda: NOW).permissions
NAMES = sorted(
    {
        name
        for path in Path(pages.__file__).parent.glob("*.py")
        for name in re.findall(r'(?:query|form|told|typed|asked)(?:\.get\(|\[)"(\w+)"', path.read_text())
    }
    - {"key"}
)
"""All that any page reads from an address or a form."""

ODD = {
    "a script, NULs and other ways": "=cmd|a\x00b<script>alert(1)</script>{{7*7}}\u202egnp.exe\u2066\U0001f600",
    "a great number": "9" * 300,
    "less than nothing": "-1",
    "the first day": "0001-01-01",
    "the last day": "9999-12-31",
    "the last hour": "9999-12-31T23:59:59+00:00",
    "up the folders": "../../etc/passwd",
}

ALONE = {"/console/sign-out", "/console/me/password", "/console/me/authenticator"}
"""Whoever uses these is somebody else afterwards."""


@pytest.fixture
def admin(clinic: World) -> Iterator[Browser]:
    """An admin at a clinic in which there is one of everything."""
    with at_the_desk(clinic, Role.ADMIN) as browser:
        yield browser


def ids(clinic: World) -> dict[str, str]:
    """What stands in the gaps of an address, by what comes before it."""
    patient = amina(clinic)
    message = next(one.id for one in clinic.messages())
    by = Person(id=account_of(clinic, Role.ADMIN), name="admin", full_name="Sam Okoro", role=Role.ADMIN)
    draft = begin(clinic.app, "advice", by, NOW).id
    task = ask(clinic, "reply", patient, "my calf")
    enrolment = next(one.enrolment for one in clinic.messages())
    return {
        "patients": patient, "messages": message, "drafts": draft, "tasks": task, "sequences": "advice",
        "enrolments": enrolment, "number": "1", "people": by.id,
    }  # fmt: skip


def filled(path: str, known: dict[str, str]) -> str:
    """An address of something that is there, as far as it can be told."""
    parts = path.split("/")
    for n, part in enumerate(parts):
        if part.startswith("{"):
            parts[n] = known.get(parts[n - 1]) or known.get(part.strip("{}")) or known["messages"]
    return "/".join(parts)


def routes(method: str) -> list[str]:
    """All of this kind that need a permission."""
    return sorted(path for (how, path), needs in PERMISSIONS.items() if how == method and needs and path not in ALONE)


def posted(browser: Browser, path: str, form: dict[str, str]) -> Answer:
    """A form, with whatever names."""
    return send(browser.site, path, {**form, "key": browser.key}, cookie=f"drip={browser.token}")


def test_nothing_falls_over_whatever_an_address_asks(clinic: World, admin: Browser) -> None:
    known = ids(clinic)
    fell = []
    for what, odd in ODD.items():
        query = urlencode(dict.fromkeys(NAMES, odd))
        fell += [(what, path) for path in routes("GET") if admin.get(f"{filled(path, known)}?{query}").status >= 500]
    assert fell == []


def test_nothing_falls_over_whatever_a_form_says(clinic: World, admin: Browser) -> None:
    known = ids(clinic)
    fell = []
    for what, odd in {**ODD, "nothing": "", "a number without an end": "9" * 5_000}.items():
        form = dict.fromkeys(NAMES, odd)
        fell += [(what, path) for path in routes("POST") if posted(admin, filled(path, known), form).status >= 500]
    assert fell == []


def test_nobody_signs_in_with_a_name_that_no_name_is(clinic: World, admin: Browser) -> None:
    form = {"name": "a\x00b", "password": "\x00", "code": "\x00"}
    assert posted(admin, "/console/sign-in", form).status < 500


def test_a_report_of_eight_thousand_years_is_none(admin: Browser) -> None:
    assert "The last day is far ahead" in admin.get("/console/reports?from=2026-06-01&to=9999-12-31").text


def test_who_may_only_look_changes_nothing_with_any_form(clinic: World, admin: Browser) -> None:
    known = ids(clinic)
    with at_the_desk(clinic, Role.VIEWER) as viewer:
        before, form = deeds(clinic), dict.fromkeys(NAMES, "1")
        asked = [path for path in routes("POST") if PERMISSIONS["POST", path] is not Permission.SEE]
        assert {posted(viewer, filled(path, known), form).status for path in asked} == {403}
        assert deeds(clinic) == before


HERS = ("amina@example.org", "7700900123", "my calf")


def test_whoever_sees_another_site_alone_reads_nothing_of_a_patient_on_any_page(clinic: World, admin: Browser) -> None:
    known = ids(clinic)
    pause(clinic.app, known["patients"], None, known["people"], NOW)
    asked = {"ref": "p-1", "patient": known["patients"], "of": known["enrolments"], "who": "unknown"}
    seen = "".join(admin.get(filled(path, known)).text for path in routes("GET"))
    assert all(word in seen for word in HERS), "whoever may, does"
    with at_the_desk(clinic, Role.APPROVER, "elsewhere") as other:
        told = {path: other.get(f"{filled(path, known)}?{urlencode(asked)}").text for path in routes("GET")}
    assert {path for path, text in told.items() if any(word in text for word in HERS)} == set()


def test_whoever_sees_another_site_alone_does_nothing_for_a_patient_with_any_form(
    clinic: World, admin: Browser
) -> None:
    known = ids(clinic)
    form = {
        "of": known["enrolments"], "enrolment": known["enrolments"], "patient": known["patients"], "ref": "p-1",
        "day": "2026-06-15", "clock": "12:00", "sure": "yes", "what": "all", "note": "x", "words": "x", "way": "write",
        "channel": "email", "it": "went", "mine": "1", "number": "1", "kind": "appointment.booked", "until": "",
    }  # fmt: skip
    before = [(one.state, one.reason, one.due_at) for one in clinic.messages()]
    with at_the_desk(clinic, Role.APPROVER, "elsewhere") as other:
        told = {path: posted(other, filled(path, known), form).text for path in routes("POST")}
    assert {path for path, text in told.items() if any(word in text for word in HERS)} == set()
    assert [(one.state, one.reason, one.due_at) for one in clinic.messages()] == before
    with clinic.store.read() as tx:
        about = {line.deed.about for line in audit.lines(tx) if line.deed.who == account_of(clinic, Role.APPROVER)}
    assert not about & {f"patient:{known['patients']}", f"task:{known['tasks']}", f"message:{known['messages']}"}


def test_whoever_sees_some_sites_makes_no_account_that_sees_more(clinic: World, admin: Browser) -> None:
    with clinic.store.write() as tx:
        account = accounts.named(tx, "admin")
        assert account
        accounts.change(tx, replace(account.person, sites=frozenset({"quay"})))
    for path in ("/console/people", "/console/people/admin/role", "/console/people/admin/reset"):
        assert posted(admin, path, {"name": "new", "full_name": "N", "role": "admin", "site": ""}).status == 422
    with clinic.store.read() as tx:
        assert [(one.person.name, one.person.sites) for one in accounts.everybody(tx)] == [
            ("admin", frozenset({"quay"}))
        ]
